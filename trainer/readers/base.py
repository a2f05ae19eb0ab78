"""What readers share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from trainer.rows import CaptionedPair, Dropped, Split

Entries = Iterator[CaptionedPair | Dropped]
Reader = Callable[[str, Split, str], Entries]
"""Takes a path or Hub id, a split and a protocol.

Raises:
    SourceError: There is no such dataset at this place.
"""

UNKNOWN = "unknown"
"""The licence of a dataset that states none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetInfo:
    """What is known of a dataset, and how it is read."""

    name: str
    title: str
    home: str
    """Where it comes from: a URL."""
    license: str
    sizes: dict[str, dict[Split, int]]
    """Pairs of each split by protocol, as far as they are known."""
    protocols: dict[str, str]
    """How entries become pairs: name and meaning."""
    default_protocol: str
    get: str
    """How to get it: commands, or instructions with the names of files."""
    layout: str
    """The files that are expected under its folder."""
    module: str
    """Where `read` and `is_here` are; imported when it is used."""
    splits: tuple[Split, ...] = field(default=(Split.TRAIN, Split.VALIDATION, Split.TEST))


def clean_captions(texts: Iterable[object]) -> tuple[str, ...]:
    """Return captions without white space at their ends or line breaks, and without empty ones."""
    return tuple(plain for text in texts if (plain := " ".join(str(text).split())))


def folder_of(path: str) -> Path:
    """Return a path with the user's home in it."""
    return Path(path).expanduser()
