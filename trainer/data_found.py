"""What a check of a dataset finds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from trainer.rows import Split

SHOWN = 5
"""Most examples of one finding."""

Shared = Literal["ids", "pairs", "pictures"]
"""What two splits can share."""


@dataclass(frozen=True, slots=True)
class Count:
    """How often something was found, and the first examples."""

    count: int
    examples: tuple[str, ...]

    @classmethod
    def of(cls, found: Sequence[str]) -> Count:
        """Return the count of all that was found."""
        return cls(len(found), tuple(found[:SHOWN]))


@dataclass(slots=True)
class Examples:
    """Counts something, and keeps the first examples."""

    count: int = 0
    first: list[str] = field(default_factory=list)

    def add(self, example: str) -> None:
        """Count one more."""
        self.count += 1
        if len(self.first) < SHOWN:
            self.first.append(example)

    def told(self) -> Count:
        """Return what was counted."""
        return Count(self.count, tuple(self.first))


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitReport:
    """What was found in one split."""

    split: Split
    error: str
    """Why it, or the rest of it, cannot be read; empty if it can."""
    absent: bool
    """Whether the error is that it is not there."""
    expected: int | None
    """Entries that it should have, if that is known."""
    entries: int
    """Pairs and what gives no pair."""
    pairs: int
    references: int
    """Captions of all pairs."""
    dropped: dict[str, Count]
    """Entries that give no pair, by reason; examples are their keys."""
    captions_mended: dict[str, int]
    """By kind."""
    captions_left_out: dict[str, int]
    """By kind, where the pair has others."""
    repeated_ids: Count
    """Entries whose id another one of the split has."""
    missing_pictures: Count
    """Files that are not there or cannot be read, each once."""
    broken_pictures: Count
    """Pictures that cannot be decoded, each once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leak:
    """What two splits share."""

    kind: Shared
    """Ids of pairs, both pictures of pairs, or any picture; pictures are compared by SHA-256 of
    their files."""
    splits: tuple[Split, Split]
    found: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All that a check has found."""

    name: str
    title: str
    path: str
    protocol: str
    splits: tuple[SplitReport, ...]
    leaks: tuple[Leak, ...]
    problems: tuple[str, ...]
    """What is not as it should be, and what to do, one line each."""
