"""What `syned data` prints."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trainer.data_found import Count, Report, SplitReport
from trainer.data_list import DatasetCard, Presence
from trainer.rows import Split

SHORT = 50
"""Most characters of examples that go on the line of what they are examples of."""

STYLES = {
    Presence.HERE: "green",
    Presence.NO_PICTURES: "yellow",
    Presence.DAMAGED: "red",
    Presence.ABSENT: "dim",
}


def print_cards(cards: Sequence[DatasetCard], root: str, console: Console) -> None:
    """Print a table of all datasets."""
    table = Table(box=None, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("name", no_wrap=True)
    table.add_column("title", min_width=len("Image-Editing-Request"))
    table.add_column("licence", min_width=len("CC-BY-NC-4.0"))
    for head in ("train", "valid.", "test"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("here", min_width=len("pictures"))
    for card in cards:
        sizes = card.protocols[0].sizes
        table.add_row(
            Text(card.name, style="bold"),
            card.title,
            card.license.partition(" (")[0],
            *(_number(sizes.get(split)) for split in Split),
            _here(card.presence, "–", between="\n"),
        )
    console.print(table)
    _say(f"Looked for in {root}/NAME. How to get one: syned data list NAME", console)


def print_card(card: DatasetCard, console: Console) -> None:
    """Print all that is known of one dataset."""
    console.print(Text.assemble((card.title, "bold"), f" ({card.name})"))
    here = Text.assemble(_here(card.presence, "not"), f" in {card.path}")
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="dim", no_wrap=True)
    grid.add_column(overflow="fold")
    for head, value in (("home", card.home), ("licence", card.license), ("files", card.layout)):
        grid.add_row(head, Text(value))
    grid.add_row("now", here)
    console.print(grid)
    console.print(_protocols(card))
    _say("How to get it:", console)
    for line in card.get.splitlines():
        _say(f"  {line}", console)


def _here(presence: Presence, absent: str, between: str = " ") -> Text:
    """Return whether a dataset is here, with a word of its own if it is not."""
    words = absent if presence is Presence.ABSENT else presence.replace(" ", between)
    return Text(words, style=STYLES[presence])


def _protocols(card: DatasetCard) -> Table:
    """Return a table of the protocols with their sizes."""
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    table.add_column("protocol", no_wrap=True, style="bold")
    table.add_column("what is a pair")
    for head in Split:
        table.add_column(head, justify="right", no_wrap=True)
    for protocol in card.protocols:
        sizes = (_number(protocol.sizes.get(split)) for split in Split)
        table.add_row(protocol.name, Text(protocol.meaning), *sizes)
    return table


def print_report(report: Report, console: Console) -> None:
    """Print what a check has found."""
    head = Text.assemble((report.title, "bold"), f" ({report.name}), protocol {report.protocol}")
    console.print(head)
    _say(report.path, console)
    console.print(_numbers(report.splits))
    for line in (*_examples(report.splits), *_leaks(report)):
        _say(line, console)
    if not report.problems:
        console.print("All is as expected.", style="green")
    for problem in report.problems:
        console.print(Text("problem: ", style="bold red"), end="")
        _say(problem, console)


def _numbers(splits: Sequence[SplitReport]) -> Table:
    """Return a table with a column for each split."""
    table = Table(box=box.SIMPLE, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("")
    for found in splits:
        table.add_column(found.split, justify="right", no_wrap=True)
    for name, numbers in _rows(splits):
        if any(numbers) or name in ("pairs", "references"):
            table.add_row(name, *map(_number, numbers))
    return table


def _rows(splits: Sequence[SplitReport]) -> Iterator[tuple[str, list[int | None]]]:
    """Yield names and numbers of the table."""
    yield "entries", [found.entries for found in splits]
    yield "entries expected", [found.expected for found in splits]
    for reason in _names(found.dropped for found in splits):
        dropped = (found.dropped.get(reason, Count(0, ())) for found in splits)
        yield f"no pair: {reason}", [count.count for count in dropped]
    yield "pairs", [found.pairs for found in splits]
    yield "references", [found.references for found in splits]
    for kind in _names(found.captions_mended for found in splits):
        yield f"mended: {kind}", [found.captions_mended.get(kind, 0) for found in splits]
    for kind in _names(found.captions_left_out for found in splits):
        yield f"left out: {kind}", [found.captions_left_out.get(kind, 0) for found in splits]
    yield "ids used again", [found.repeated_ids.count for found in splits]
    yield "missing pictures", [found.missing_pictures.count for found in splits]
    yield "broken pictures", [found.broken_pictures.count for found in splits]


def _names(groups: Iterable[Iterable[str]]) -> list[str]:
    return sorted({name for group in groups for name in group})


def _examples(splits: Sequence[SplitReport]) -> Iterator[str]:
    """Yield a line of examples for each finding, and why a split cannot be read."""
    for found in splits:
        if found.error:
            yield f"{found.split}: {'not here' if found.absent else 'cannot be read'}"
        for name, count in (
            *((f"no pair, {reason}", count) for reason, count in found.dropped.items()),
            ("ids used again", found.repeated_ids),
            ("missing pictures", found.missing_pictures),
            ("broken pictures", found.broken_pictures),
        ):
            if count.count:
                yield f"{found.split}, {name}:{_listed(count)}"


def _leaks(report: Report) -> Iterator[str]:
    """Yield a line of examples for each leak."""
    for leak in report.leaks:
        yield f"{leak.splits[0]} and {leak.splits[1]}, same {leak.kind}:{_listed(leak.found)}"


def _listed(found: Count) -> str:
    """Return examples, and how many more there are; long ones on lines of their own."""
    more = found.count - len(found.examples)
    items = [*found.examples, *([f"and {more:,} more"] if more else [])]
    line = ", ".join(found.examples) + (f" and {more:,} more" if more else "")
    return f" {line}" if len(line) <= SHORT else "".join(f"\n  {item}" for item in items)


def _number(value: int | None) -> str:
    return "–" if value is None else f"{value:,}"


def _say(line: str, console: Console) -> None:
    console.print(line, highlight=False, soft_wrap=True)
