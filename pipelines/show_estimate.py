"""An estimate for people, and how it compares with what a run then took."""

from __future__ import annotations

from rich.console import Console

from pipelines.estimate_facts import Estimate
from pipelines.show import new_table
from syned.progress import size


def span(seconds: float) -> str:
    """Return a time span for people: `42 s`, `7 min`, `3.5 h` or `12 days`."""
    for unit, length in (("days", 86_400.0), ("h", 3600.0), ("min", 60.0)):
        if seconds >= 2 * length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.1f} s"


def print_estimate(found: Estimate, console: Console, price: float | None = None) -> None:
    """Print what a run will take and keep.

    Args:
        found: The estimate.
        console: Where to.
        price: Of an hour of a GPU or, without one, of the machine.
    """
    shown = new_table(
        f"Estimate from {found.probed} pairs", "step", "rows", "each", "workers", "time", "disk"
    )
    for stage in found.stages:
        each = f"{1000 * stage.row_seconds:.1f} ms"
        row = (f"{stage.rows:,}", each, str(stage.workers), span(stage.seconds))
        shown.add_row(stage.stage, *row, size(stage.bytes))
    console.print(shown)
    likely, low, high = found.kept_pairs()
    console.print(f"time      {span(found.seconds)}")
    if found.gpu_hours:
        console.print(f"GPU       {found.gpu_hours:.2f} hours")
    console.print(f"disk      {size(found.bytes)}, dataset included")
    console.print(
        f"kept      {likely:,} of {found.pairs:,} pairs, 95 % interval {low:,} to {high:,}"
    )
    if price is not None:
        hours = found.gpu_hours or found.seconds / 3600
        console.print(f"cost      {hours * price:,.2f} ({hours:.2f} hours at {price:g})")


def print_comparison(
    found: Estimate, console: Console, *, seconds: float | None, kept: int, stored: int
) -> None:
    """Print what an estimate said beside what came of it.

    Args:
        found: The estimate.
        console: Where to.
        seconds: That the run took; nothing if parts of it were there before.
        kept: Pairs.
        stored: Bytes of the run.
    """
    likely, low, high = found.kept_pairs()
    took = f"time {span(seconds)} (said {span(found.seconds)}), " if seconds is not None else ""
    console.print(
        f"estimate  {took}kept {kept:,} (said {likely:,}, {low:,} to {high:,}), "
        f"disk {size(stored)} (said {size(found.bytes)})",
        soft_wrap=True,
    )
