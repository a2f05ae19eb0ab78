"""Who is told of a training while it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from trainer.callbacks import Look


class Watch(Protocol):
    """Shows or keeps what happens."""

    def part(self, name: str, count: int) -> None:
        """Take note that pairs are made ready: which, and at most how many."""
        ...

    def tick(self) -> None:
        """Take note of one pair made ready."""
        ...

    def say(self, line: str) -> None:
        """Take note of a fact in one line."""
        ...

    def step(self, step: int, steps: int, logs: dict[str, float] | None) -> None:
        """Take note of a step, and of what was logged after it."""
        ...

    def look(self, look: Look) -> None:
        """Take note of a look at the validation pairs."""
        ...
