"""What a person sees of a training: a live display in a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from types import TracebackType

    from trainer.callbacks import Look

PLAIN_SECONDS = 15.0
"""Seconds between two plain lines."""
SHOWN = ("eval_loss", "CIDEr", "Bleu_4", "ROUGE_L", "exact")


class Display:
    """Shows a training (see `trainer.watch.Watch`).

    Args:
        console: Where it is shown.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=console,
        )
        self._bar: Any = None
        self._name = ""
        self._done = self._count = 0
        self._loss: float | None = None
        self._looks: list[Look] = []
        self._told = time.monotonic()
        self._live = Live(console=console, get_renderable=self._render, refresh_per_second=4)

    def __enter__(self) -> Display:
        """Begin to show."""
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop showing."""
        if self._console.is_terminal:
            self._live.stop()

    def part(self, name: str, count: int) -> None:
        """Show that pairs are made ready."""
        self._begin(f"reading {name}", count)

    def tick(self) -> None:
        """Show one more of them."""
        self._to(self._done + 1)

    def say(self, line: str) -> None:
        """Print a fact."""
        self._console.print(line, highlight=False, soft_wrap=True)

    def step(self, step: int, steps: int, logs: dict[str, float] | None) -> None:
        """Show a step, and the loss."""
        if self._name != "training" or self._count != steps:
            self._begin("training", steps)
        if logs and "loss" in logs:
            self._loss = logs["loss"]
        self._to(step)

    def look(self, look: Look) -> None:
        """Show scores and captions of validation pairs."""
        self._looks.append(look)
        if not self._console.is_terminal:
            scores = ", ".join(f"{n} {look.scores[n]:.3f}" for n in SHOWN if n in look.scores)
            self.say(f"step {look.step} (pass {look.epoch:.2f}): {scores}")
            for sample in look.samples[:2]:
                self.say(f"  said: {sample.caption}\n  true: {sample.reference}")

    def _begin(self, name: str, count: int) -> None:
        """Begin to count something else."""
        self._name, self._done, self._count = name, 0, count
        if self._bar is not None:
            self._progress.remove_task(self._bar)
        self._bar = self._progress.add_task(name, total=count)
        self._told = time.monotonic()

    def _to(self, done: int) -> None:
        """Show how far it is."""
        self._done = done
        self._progress.update(self._bar, completed=done)
        late = time.monotonic() - self._told > PLAIN_SECONDS
        if late and not self._console.is_terminal:
            self._told = time.monotonic()
            loss = f", loss {self._loss:.3f}" if self._loss is not None else ""
            self.say(f"{self._name}: {done}/{self._count}{loss}")

    def _render(self) -> Group:
        """Return the bar, the latest scores, and captions beside what is true."""
        parts: list[Any] = [self._progress]
        if self._loss is not None:
            parts.append(Text(f"loss {self._loss:.4f}"))
        if self._looks:
            parts += [self._scores(), self._samples()]
        return Group(*parts)

    def _scores(self) -> Table:
        """Return the last looks as a table."""
        table = Table(box=None, pad_edge=False)
        for name in ("step", "pass", *SHOWN[1:]):
            table.add_column(name, justify="right")
        for look in self._looks[-5:]:
            cells = (f"{look.scores[n]:.3f}" if n in look.scores else "" for n in SHOWN[1:])
            table.add_row(str(look.step), f"{look.epoch:.2f}", *cells)
        return table

    def _samples(self) -> Table:
        """Return the captions of the last look."""
        table = Table(box=None, pad_edge=False)
        table.add_column("said", ratio=1)
        table.add_column("true", ratio=1)
        for sample in self._looks[-1].samples:
            table.add_row(Text(sample.caption), Text(sample.reference, style="green"))
        return table
