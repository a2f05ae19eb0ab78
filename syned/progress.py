"""What a person sees while a run goes on: live bars in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from syned.events import Event, OnEvent, RowsDone, StageDone, StageStarted, WorkerReady

PLAIN_SECONDS = 10.0
"""Seconds between two plain lines of one stage."""


def describe_reasons(reasons: Counter[str], most: int = 3) -> str:
    """Return rejected rows per reason in words, the most frequent first."""
    shown = [f"{count} {reason}" for reason, count in reasons.most_common(most)]
    more = len(reasons) - len(shown)
    return ", ".join([*shown, f"{more} more reasons"] if more > 0 else shown)


def size(count: float) -> str:
    """Return a number of bytes for people, in powers of 1,000."""
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} TB"


class _RateColumn(ProgressColumn):
    """Rows per second."""

    def render(self, task: Task) -> Text:
        """Return the rate, or nothing before there is one."""
        speed = task.finished_speed or task.speed
        return Text(f"{speed:.1f}/s" if speed else "", style="progress.data.speed")


class _Live:
    """Bars that are redrawn."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._bar = TaskID(0)
        self._reasons: Counter[str] = Counter()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        match event:
            case StageStarted():
                self._reasons = Counter(event.reasons)
                self._bar = self._progress.add_task(
                    event.stage, total=event.total, completed=event.done, note="starting"
                )
                self._note()
            case WorkerReady():
                self._note()
            case RowsDone():
                self._reasons.update(event.reasons)
                self._progress.advance(self._bar, event.rows)
                self._note()
            case StageDone():
                total = self._progress.tasks[self._bar].total
                self._progress.update(self._bar, completed=total)
                self._note()

    def _note(self) -> None:
        self._progress.update(self._bar, note=describe_reasons(self._reasons))


class _Plain:
    """Lines now and then, for logs."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._started = self._last = 0.0
        self._stage = StageStarted("", "", 0, 0, Counter())
        self._rows = 0
        self._reasons: Counter[str] = Counter()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        match event:
            case StageStarted():
                self._stage, self._rows, self._reasons = event, event.done, Counter(event.reasons)
                self._started = self._last = time.monotonic()
            case RowsDone():
                self._rows += event.rows
                self._reasons.update(event.reasons)
                if time.monotonic() - self._last > PLAIN_SECONDS:
                    self._last = time.monotonic()
                    self._line(self._pace())
            case StageDone():
                self._line("done")
            case WorkerReady():
                pass

    def _pace(self) -> str:
        """Return the rate and the time left."""
        made = self._rows - self._stage.done
        rate = made / (time.monotonic() - self._started)
        left = max(0, self._stage.total - self._rows) / rate
        return f"{rate:.1f}/s, {time.strftime('%H:%M:%S', time.gmtime(left))} left"

    def _line(self, what: str) -> None:
        reasons = describe_reasons(self._reasons)
        rows = f"{self._rows}/{self._stage.total} {self._stage.unit}"
        line = f"{self._stage.stage}: {rows}, {what}" + (f" ({reasons})" if reasons else "")
        self._console.print(line, highlight=False, soft_wrap=True)


@contextmanager
def display(console: Console) -> Iterator[OnEvent]:
    """Show a run's events: bars in a terminal, plain lines where output goes elsewhere."""
    if not console.is_terminal:
        yield _Plain(console)
        return
    columns = (
        SpinnerColumn(finished_text="[green]✓"),
        TextColumn("{task.description}"),
        BarColumn(bar_width=24),
        MofNCompleteColumn(),
        _RateColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}", style="yellow"),
    )
    with Progress(*columns, console=console) as progress:
        yield _Live(progress)
