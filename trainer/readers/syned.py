"""Shards of syned: a run, a dataset's folder, Parquet files, or a dataset on the Hub."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from syned.errors import SourceError
from trainer.readers.base import Entries, clean_captions, folder_of
from trainer.rows import CaptionedPair, Dropped, Picture, Split

COLUMNS = ("pair_id", "image", "edited_image", "captions", "task", "source", "license")
BATCH = 64
"""Rows that are held at once."""


def is_here(path: str) -> bool:
    """Say whether there are shards at a place."""
    folder = folder_of(path)
    return folder.exists() and any(_files(folder, split) for split in Split)


def read(path: str, split: Split, protocol: str) -> Entries:
    """Yield the pairs of a split.

    Args:
        path: A run, a dataset's folder, a Parquet file, or `owner/name` on the Hub.
        split: Which part.
        protocol: There is one, `pairs`; `scenes` takes pairs of drawn scenes alone.

    Raises:
        SourceError: There are no shards of this split, or other columns.
    """
    for row in _rows(path, split):
        if protocol == "scenes" and not row.get("scene"):
            continue
        yield _pair(row, split)


def _rows(path: str, split: Split) -> Iterator[dict[str, Any]]:
    """Yield rows as plain values, pictures encoded."""
    folder = folder_of(path)
    if not folder.exists():
        yield from _hub_rows(path, split)
        return
    files = _files(folder, split)
    if not files:
        raise SourceError(
            f"{path}: no Parquet files of the split {split}; expected a run of syned, or a folder "
            f"with data/{split}-*.parquet, as `syned generate` writes it"
        )
    for file in files:
        yield from _file_rows(file)


def _files(folder: Path, split: Split) -> list[Path]:
    """Return the files of a split; one that names no split holds training pairs."""
    if folder.is_file():
        named = any(folder.name.startswith(s) for s in Split)
        return [folder] if folder.name.startswith(split) or not named else []
    places = (folder / "dataset" / "data", folder / "data", folder)
    place = next((p for p in places if p.is_dir() and any(p.glob("*.parquet"))), folder)
    return sorted(place.glob(f"{split}-*.parquet")) or sorted(place.glob(f"{split}.parquet"))


def _file_rows(file: Path) -> Iterator[dict[str, Any]]:
    """Yield the rows of a file, a few at a time."""
    try:
        with pq.ParquetFile(file) as opened:
            columns = _columns(opened.schema_arrow.names, str(file))
            for batch in opened.iter_batches(BATCH, columns=columns):
                yield from batch.to_pylist()
    except (pa.ArrowInvalid, OSError) as error:
        raise SourceError(f"{file}: cannot be read as Parquet: {error}") from error


def _columns(names: list[str], where: str) -> list[str]:
    """Return the columns that are read.

    Raises:
        SourceError: The table has not the columns of syned.
    """
    needed = ("image", "edited_image", "captions")
    missing = [name for name in needed if name not in names]
    if missing:
        raise SourceError(
            f"{where}: no column {', '.join(missing)}; found {', '.join(names)}. Shards of syned "
            "have image, edited_image and captions"
        )
    return [name for name in (*COLUMNS, "scene") if name in names]


def _hub_rows(path: str, split: Split) -> Iterator[dict[str, Any]]:
    """Yield the rows of a dataset on the Hub."""
    from datasets import Image, load_dataset

    try:
        table = load_dataset(path, split=str(split))
    except Exception as error:
        said = str(error).strip().splitlines()
        raise SourceError(
            f"{path}: neither a folder nor a dataset on the Hub with a split {split}: "
            f"{said[-1] if said else type(error).__name__}"
        ) from error
    names = _columns(table.column_names, path)
    table = table.select_columns(names)
    for name in ("image", "edited_image"):
        table = table.cast_column(name, Image(decode=False))
    yield from table


def _pair(row: dict[str, Any], split: Split) -> CaptionedPair | Dropped:
    """Return a row as a pair."""
    name = str(row.get("pair_id") or "").strip()
    captions = clean_captions(row["captions"] or ())
    pictures = [row["image"], row["edited_image"]]
    if not captions or not all(p and (p.get("bytes") or p.get("path")) for p in pictures):
        reason = "no_picture" if captions else "no_caption"
        return Dropped(key=name, split=split, reason=reason, message=f"the row has {reason[3:]}s")
    before, after = (Picture(p.get("path") or name, p.get("bytes")) for p in pictures)
    return CaptionedPair(
        pair_id=name,
        before=before,
        after=after,
        captions=captions,
        split=split,
        source=row.get("source") or "syned",
        license=row.get("license") or "unknown",
        change=row.get("task") or "",
    )
