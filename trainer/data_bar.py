"""A bar while a dataset is checked, where there is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from trainer.data_check import OnSplit
from trainer.rows import Split


@contextmanager
def bar(console: Console) -> Iterator[OnSplit]:
    """Show each split that is read; nothing where output goes elsewhere."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    shown = console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=not shown) as progress:

        def on_split(split: Split, count: int | None) -> Callable[[], None]:
            task = progress.add_task(f"reading {split}", total=count)
            return lambda: progress.advance(task)

        yield on_split
