"""The command line, as `syned` and as `python -m syned`; it can be stopped from its start on."""

from __future__ import annotations

import os
import signal
from types import FrameType


def main() -> None:
    """Run the command line."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)
    from syned.cli import app

    app()


def _stop(number: int, frame: FrameType | None) -> None:  # noqa: ARG001
    """End at once; while a command works, `syned.told` has a handler that lets it tidy up."""
    os.write(2, b"syned: stopped. Give the same command again to go on.\n")
    os._exit(130)


if __name__ == "__main__":
    main()
