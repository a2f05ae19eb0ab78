"""What a training or an evaluation prints at its end."""

from __future__ import annotations

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from syned.run import RunFolder
from trainer.evaluation import Comparison, Measured, Result
from trainer.train import Trained

NAMES = ("Bleu_4", "METEOR", "ROUGE_L", "CIDEr", "exact")
NUMBERS_WIDTH = 58
"""Characters that the columns of numbers take."""


def print_trained(trained: Trained, run: RunFolder, console: Console) -> None:
    """Print where everything is, and the test scores."""
    if trained.test:
        print_results([trained.test], console)
    for name, what in (
        ("model", "weights, with their card"),
        ("curves.png", "learning curves"),
        ("test/page.html", "test pairs with captions, worst first"),
    ):
        path = run.path / name
        if path.exists():
            console.print(f"{path}  {what}", highlight=False, soft_wrap=True)
    line = f"syned caption BEFORE AFTER --model {run.path}"
    console.print(line, highlight=False, soft_wrap=True)


def print_results(results: Sequence[Result], console: Console) -> None:
    """Print the scores of results of one set, with the baselines."""
    first = results[0]
    console.print(
        f"{first.pairs:,} pairs of {first.data} ({first.split}), protocol {first.protocol}, "
        f"{first.references:,} references; scores times 100",
        highlight=False,
    )
    table = Table(box=box.SIMPLE, pad_edge=False, collapse_padding=True)
    names = max(20, console.width - NUMBERS_WIDTH)
    table.add_column("", overflow="ellipsis", no_wrap=True, max_width=names)
    for name in (*NAMES, "CIDEr, 95 %"):
        table.add_column(name, justify="right", no_wrap=True)
    for result in results:
        table.add_row(Text(result.model, style="bold"), *_cells(result.measured))
    for name, measured in first.baselines.items():
        table.add_row(Text(name, style="dim"), *_cells(measured))
    for result in results:
        for kind, group in result.by_change.items():
            numbers = [_number(group.scores.get(name)) for name in NAMES]
            own = f"{result.model}, " if len(results) > 1 else ""
            table.add_row(Text(f"{own}{kind} ({group.pairs:,} pairs)"), *numbers, "")
    console.print(table)
    for note in dict.fromkeys(note for result in results for note in result.notes):
        console.print(note, highlight=False)


def _cells(measured: Measured) -> list[str]:
    """Return scores, and CIDEr's interval."""
    low, high = measured.intervals["CIDEr"]
    numbers = [_number(measured.scores.get(name)) for name in NAMES]
    return [*numbers, f"{100 * low:.1f} to {100 * high:.1f}"]


def _number(value: float | None) -> str:
    return "–" if value is None else f"{100 * value:.1f}"


def print_comparison(names: tuple[str, str], found: Comparison, console: Console) -> None:
    """Print whether the second of two is better."""
    table = Table(box=box.SIMPLE, pad_edge=False)
    for head in ("", f"{names[1]} less {names[0]}", "95 % interval", "better in"):
        table.add_column(head, justify="left" if not head else "right")
    for name, value in found.difference.items():
        low, high = found.intervals[name]
        ends = f"[{100 * low:+.2f}, {100 * high:+.2f}]"
        table.add_row(name, f"{100 * value:+.2f}", ends, f"{found.better[name]:.1%} of resamples")
    console.print(table)
    console.print(verdict(names, found), highlight=False)


def verdict(names: tuple[str, str], found: Comparison) -> str:
    """Say in one sentence whether the second is better, by CIDEr."""
    low, high = found.intervals["CIDEr"]
    if low > 0:
        return f"{names[1]} is better than {names[0]} by CIDEr: the interval is above 0."
    if high < 0:
        return f"{names[1]} is worse than {names[0]} by CIDEr: the interval is below 0."
    return (
        f"These pairs do not tell {names[1]} and {names[0]} apart by CIDEr: 0 is in the interval."
    )
