"""`syned doctor`."""

from __future__ import annotations

from syned.cli.common import console


def doctor() -> None:
    """Say what is installed, which recipes can run here, and what each of the others lacks."""
    from pipelines.doctor import print_report, report

    print_report(report(), console())
