"""Pairs of any dataset that has a reader, as Parquet files that `syned import` takes."""

from __future__ import annotations

import json
from collections import Counter
from itertools import chain
from pathlib import Path

import pyarrow as pa

from syned.arrow import IMAGE_TYPE
from syned.batches import batched
from syned.errors import SourceError
from syned.folders import appear_whole
from syned.ids import fingerprint
from syned.parquet import hub_metadata, open_writer
from syned.storage import write_whole
from trainer.readers.base import NotThere
from trainer.readers.registry import dataset, read
from trainer.rows import CaptionedPair, Split

DROPPED = "dropped.json"
"""Beside the tables: how many entries gave no pair, by reason."""
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


def write_pairs(name: str, path: str, folder: Path) -> dict[str, int]:
    """Write the pairs of each split of a dataset to `FOLDER/SPLIT.parquet`.

    The first reference of a pair is taken as its instruction. What was written of the same files
    before stays.

    Returns:
        Entries that give no pair, by reason.

    Raises:
        SourceError: No split of it is at this place, a file of it is damaged, or no pair has
            pictures.
    """
    mark = fingerprint([name, str(Path(path).expanduser().absolute()), _files(path)])
    appear_whole(folder, mark, lambda new: _write_splits(name, path, new))
    counts: dict[str, int] = json.loads((folder / DROPPED).read_text(encoding="utf-8"))
    return counts


def _files(path: str) -> list[list[str | int]]:
    """Return name, size and time of each file of a dataset."""
    place = Path(path).expanduser()
    found = ((file, file.stat()) for file in sorted(place.rglob("*")) if file.is_file())
    return [[str(file), info.st_size, info.st_mtime_ns] for file, info in found]


def _write_splits(name: str, path: str, folder: Path) -> None:
    """Write all splits that are there, and how many entries give no pair."""
    dropped: Counter[str] = Counter()
    missing, pairs = [], 0
    for split in dataset(name).splits:
        try:
            pairs += _write(name, path, split, folder / f"{split}.parquet", dropped)
        except NotThere as error:
            missing.append(error)
    if len(missing) == len(dataset(name).splits):
        raise missing[0]
    if not pairs:
        told = ", ".join(f"{count} {reason}" for reason, count in dropped.items())
        raise SourceError(
            f"{path}: no entry gives a pair ({told}); `syned data check {name} {path}` tells more"
        )
    write_whole(folder / DROPPED, json.dumps(dropped))


def _write(name: str, path: str, split: Split, place: Path, dropped: Counter[str]) -> int:
    """Write the pairs of a split, and return how many there are."""
    entries = read(name, path, split)
    first = next(entries, None)
    count = 0
    with open_writer(place, SCHEMA.with_metadata(hub_metadata(SCHEMA))) as writer:
        for group in batched(chain([first] if first else [], entries), ROWS):
            pairs = [entry for entry in group if isinstance(entry, CaptionedPair)]
            dropped.update(entry.reason for entry in group if not isinstance(entry, CaptionedPair))
            writer.write_table(pa.Table.from_pylist([_row(pair) for pair in pairs], SCHEMA))
            count += len(pairs)
    if not count:
        place.unlink()
    return count


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
