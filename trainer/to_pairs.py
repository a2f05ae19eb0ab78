"""Pairs of any dataset that has a reader, as Parquet files that `syned import` takes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from syned.arrow import IMAGE_TYPE
from syned.batches import batched
from syned.errors import SourceError
from syned.parquet import hub_metadata, open_writer, sync_and_rename
from syned.parts import temporary_path
from trainer.readers.registry import dataset, read
from trainer.rows import CaptionedPair, Split

ROWS = 64
"""In memory at once, and in a row group."""
SCHEMA = pa.schema(
    [
        ("image", IMAGE_TYPE),
        ("edited_image", IMAGE_TYPE),
        ("instruction", pa.string()),
        ("captions", pa.list_(pa.string())),
        ("task", pa.string()),
        ("license", pa.string()),
    ]
)


def write_pairs(name: str, path: str, folder: Path) -> None:
    """Write the pairs of each split of a dataset to `FOLDER/SPLIT.parquet`.

    The first reference of a pair is taken as its instruction. A file that is there stays.

    Raises:
        SourceError: No split of it is at this place, or a picture cannot be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    missing = []
    for split in dataset(name).splits:
        try:
            _write(name, path, split, folder / f"{split}.parquet")
        except SourceError as error:
            missing.append(error)
    if len(missing) == len(dataset(name).splits):
        raise missing[0]


def _write(name: str, path: str, split: Split, place: Path) -> None:
    """Write the pairs of a split; the file appears whole."""
    if place.is_file():
        return
    temporary = temporary_path(place)
    schema = SCHEMA.with_metadata(hub_metadata(SCHEMA))
    try:
        with open_writer(temporary, schema) as writer:
            for group in batched(_pairs(name, path, split), ROWS):
                writer.write_table(pa.Table.from_pylist([_row(pair) for pair in group], schema))
        sync_and_rename(temporary, place)
    finally:
        temporary.unlink(missing_ok=True)


def _pairs(name: str, path: str, split: Split) -> Iterator[CaptionedPair]:
    entries = read(name, path, split)
    return (entry for entry in entries if isinstance(entry, CaptionedPair))


def _row(pair: CaptionedPair) -> dict[str, object]:
    """Return a pair as a row of the table."""
    return {
        "image": {"bytes": pair.before.read(), "path": None},
        "edited_image": {"bytes": pair.after.read(), "path": None},
        "instruction": pair.captions[0],
        "captions": list(pair.captions),
        "task": pair.change,
        "license": pair.license,
    }
