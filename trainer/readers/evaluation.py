"""The pictures that captioners are evaluated on, so that no training data comes close to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from syned.errors import SourceError
from trainer.readers.base import MissingPictures
from trainer.readers.registry import dataset, read
from trainer.rows import CaptionedPair, Picture, Split


def evaluation_pictures(name: str, path: Path) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of both pictures of each validation and test pair of a dataset.

    What is missing is yielded without bytes.

    Raises:
        SourceError: There is no such dataset, or neither split is at this place.
    """
    there = dataset(name).splits
    splits: Sequence[Split] = [s for s in there if s is not Split.TRAIN] or there
    missing: list[SourceError] = []
    for split in splits:
        try:
            yield from _pictures(name, path, split)
        except SourceError as error:
            missing.append(error)
    if len(missing) == len(splits):
        raise missing[0]


def _pictures(name: str, path: Path, split: Split) -> Iterator[tuple[str, bytes]]:
    for entry in read(name, path, split):
        if isinstance(entry, CaptionedPair):
            for picture in (entry.before, entry.after):
                yield f"{name} {split}: {entry.pair_id}", _bytes(picture)
        elif isinstance(entry, MissingPictures):
            yield from ((f"{name} {split}: {file}", b"") for file in entry.files)


def _bytes(picture: Picture) -> bytes:
    """Return a picture; nothing for one that is missing."""
    try:
        return picture.read()
    except SourceError:
        return b""
