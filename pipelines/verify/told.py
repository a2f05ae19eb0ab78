"""What `syned verify` prints."""

from __future__ import annotations

from dataclasses import asdict

from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.verify.report import Check, Verified
from syned.plain import plain_json

WARNING = "Not ready for everybody"


def as_json(found: Verified) -> str:
    """Return all that was found as JSON."""
    checks = [asdict(check) | {"ok": check.ok} for check in found.checks]
    whole = asdict(found) | {"ok": found.ok, "checks": checks}
    return plain_json(whole, indent=2)


def print_verified(found: Verified, console: Console) -> None:
    """Print a table of all checks, and where each problem is."""
    for config, splits in found.rows.items():
        told = ", ".join(f"{split} {count:,}" for split, count in splits.items())
        _say(f"{found.path}: {config}: {told} pairs", console)
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for check in found.checks:
        mark = Text("ok", style="green") if check.ok else Text("NO", style="bold red")
        table.add_row(mark, check.name, _what(check))
    console.print(table)
    wrong = sum(not check.ok for check in found.checks)
    verdict = f"{wrong} of {len(found.checks)} checks failed." if wrong else "All checks hold."
    console.print(verdict, style="bold red" if wrong else "green", highlight=False)
    if found.unscreened:
        console.print(f"{WARNING}: {found.unscreened}.", style="yellow", highlight=False)


def _what(check: Check) -> Text:
    """Return what was checked, and below it each kind of problem with the first places."""
    lines = Text(check.what)
    for problem in check.problems:
        times = f", {problem.count:,} times" if problem.count > 1 else ""
        lines.append(f"\n{problem.kind}{times}", style="red")
        for place in problem.examples:
            lines.append(f"\n  {place}", style="dim")
        if problem.count > len(problem.examples):
            lines.append("\n  …", style="dim")
    return lines


def _say(text: str, console: Console) -> None:
    console.print(text, highlight=False, soft_wrap=True)
