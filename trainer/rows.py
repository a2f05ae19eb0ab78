"""The row that every dataset reader gives, whatever the dataset looks like on disk."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from syned.errors import SourceError


class Split(StrEnum):
    """The parts of a dataset, by what they are for."""

    TRAIN = "train"
    VALIDATION = "validation"
    TEST = "test"


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture: bytes out of a table, or a file that is read when it is needed."""

    path: str
    """The file, or the name that the picture has within its table."""
    data: bytes | None = None
    """The encoded picture; nothing for a file."""

    def read(self) -> bytes:
        """Return the encoded picture.

        Raises:
            SourceError: The file cannot be read.
        """
        if self.data is not None:
            return self.data
        try:
            return Path(self.path).read_bytes()
        except OSError as error:
            raise SourceError(
                f"{self.path}: the picture cannot be read ({error.strerror}); "
                "`syned data check` lists all that is missing"
            ) from error


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionedPair:
    """Two pictures and the captions that tell their difference."""

    pair_id: str
    """Unique within one source, split and protocol; without white space at its ends."""
    before: Picture
    after: Picture
    captions: tuple[str, ...]
    """At least one; each is clean: no white space at its ends, no line break, not empty."""
    split: Split
    source: str
    """Name of the dataset."""
    license: str
    """SPDX identifier where there is one, such as `CC-BY-NC-4.0`; else `unknown`."""
    change: str = ""
    """The kind of change where the dataset tells it: a task, a change type, or `none`."""
    cleaned: tuple[str, ...] = ()
    """What was mended in the captions, one word for each mending, such as `quotes`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An entry of a dataset that gives no pair."""

    key: str
    """Where it stands in the dataset."""
    split: Split
    reason: str
    """One word out of a small set, such as `no_caption`."""
    message: str
    """One short line for a person."""
