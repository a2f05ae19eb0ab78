"""A bar on the standard error for one long piece of work, where there is a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from syned.terminal import Terminal


@contextmanager
def bar(label: str, *, of_bytes: bool = False) -> Iterator[Callable[[int, int], None]]:
    """Show how far a piece of work is; nothing where output goes elsewhere.

    Args:
        label: What is done.
        of_bytes: Whether bytes are counted, and not things.

    Yields:
        What to call with how much was done since the last call, and how much there is in all.
    """
    console = Terminal(stderr=True)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        DownloadColumn() if of_bytes else MofNCompleteColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    hidden = not console.is_terminal
    with Progress(*columns, console=console, transient=True, disable=hidden) as progress:
        task = progress.add_task(label, total=None)

        def advance(done: int, total: int) -> None:
            progress.update(task, advance=done, total=total)

        yield advance
