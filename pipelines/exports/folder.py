"""A folder of pictures, as the builder `imagefolder` of `datasets` reads it.

SPLIT/images/KEY.image.EXT, KEY.edited_image.EXT
SPLIT/metadata.parquet   all other columns, and the names of the files; `datasets` reads this one
SPLIT/pairs.jsonl        the same, one pair a line, for everything else

`datasets` would read a `metadata.jsonl` too, but takes the types of columns from its values: a
column that is null all through one split and not in another makes it stop. Parquet states them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import pyarrow as pa

from pipelines.exports.pairs import SIDES, Pair, Placed, row_of, to_json, values_of
from syned.arrow import arrow_schema
from syned.batches import batched
from syned.dataset_rows import DatasetRow
from syned.parquet import open_writer

IMAGES = "images"
LINES = "pairs.jsonl"
METADATA = "metadata.parquet"
FILES = f"*/{LINES}"
"""By these files such a folder is known."""
GROUP_ROWS = 1000
"""Rows of the metadata in memory at once; no pictures are among them."""


def write(folder: Path, pairs: Iterable[Pair], row_type: type[DatasetRow]) -> None:
    """Write pairs into an empty folder.

    Args:
        folder: The folder.
        pairs: Split by split.
        row_type: The type of their rows.
    """
    schema = _schema(row_type)
    for split, group in groupby(pairs, key=attrgetter("split")):
        place = folder / split
        (place / IMAGES).mkdir(parents=True)
        rows = (_save(pair, place) for pair in group)
        with (
            (place / LINES).open("w", encoding="utf-8", newline="\n") as lines,
            open_writer(place / METADATA, schema) as table,
        ):
            for values in batched(rows, GROUP_ROWS):
                lines.writelines(f"{to_json(each)}\n" for each in values)
                table.write_table(pa.Table.from_pylist(values, schema=schema))


def _schema(row_type: type[DatasetRow]) -> pa.Schema:
    """Return the schema of the metadata: names of files take the places of pictures."""
    return pa.schema(
        pa.field(f"{f.name}_file_name", pa.string()) if f.name in SIDES else f
        for f in arrow_schema(row_type)
    )


def _save(pair: Pair, place: Path) -> dict[str, Any]:
    """Write the pictures of a pair, and return its other values with the names of the files."""
    names = {}
    for side, picture in zip(SIDES, pair.pictures, strict=True):
        names[f"{side}_file_name"] = f"{IMAGES}/{picture.name}"
        (place / IMAGES / picture.name).write_bytes(picture.data)
    return names | values_of(pair.row)


def read(folder: Path) -> Iterator[Placed]:
    """Yield the rows that were written, one in memory at a time, splits by name."""
    for split in sorted(path.parent.name for path in folder.glob(FILES)):
        place = folder / split
        with (place / LINES).open(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                values = json.loads(line)
                names = (Path(values[f"{side}_file_name"]).name for side in SIDES)
                pictures = [(place / IMAGES / name).read_bytes() for name in names]
                yield split, row_of(values, *pictures)
