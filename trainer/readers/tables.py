"""Tables of pairs: Parquet files on this machine, or a dataset on the Hub."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from syned.errors import SourceError
from syned.hub.commits import split_revision
from syned.inside import hub_caches, inside
from trainer.readers.base import NotThere, clean_captions, folder_of
from trainer.rows import CaptionedPair, Dropped, Picture

_SHARD = re.compile(r"(train|validation|test|dev)\b.*\.parquet$")
BATCH = 64
"""Rows that are held at once."""

Row = dict[str, Any]


def parquet_files(path: str, split: str) -> list[Path]:
    """Return the Parquet files of a split of a local dataset.

    A file stands for any split, unless its name begins with that of another one.
    """
    folder = folder_of(path)
    if folder.is_file():
        return [] if split_in_name(folder) not in (None, split) else [folder]
    places = (folder / "dataset" / "data", folder / "data", folder)
    place = next((p for p in places if p.is_dir() and any(p.glob("*.parquet"))), folder)
    return sorted(place.glob(f"{split}-*.parquet")) or sorted(place.glob(f"{split}.parquet"))


def split_in_name(file: Path) -> str | None:
    """Return the split that the name of a shard begins with, if any."""
    match = _SHARD.match(file.name)
    return match[1] if match else None


def column_names(path: str, split: str) -> list[str]:
    """Return the columns of a split.

    Raises:
        SourceError: A file is damaged, or the Hub cannot be reached.
    """
    if folder_of(path).exists():
        files = parquet_files(path, split)
        return list(_opened(files[0]).schema_arrow.names) if files else []
    return list(_hub_table(path, split).column_names)


def table_rows(
    path: str, split: str, needed: Sequence[str], more: Sequence[str] = ()
) -> Iterator[Row]:
    """Yield the rows of a split as plain values, pictures encoded.

    Args:
        path: A folder, a Parquet file, or `owner/name` on the Hub.
        split: As the dataset calls it.
        needed: Columns that must be there.
        more: Columns that are read if they are there.

    Raises:
        NotThere: There is no such split.
        SourceError: There is no such column, or a file is damaged.
    """
    if not folder_of(path).exists():
        yield from _hub_rows(path, split, needed, more)
        return
    files = parquet_files(path, split)
    if not files:
        raise NotThere(
            f"{path}: no Parquet files of the split {split}; expected {split}-*.parquet in it or "
            "in data/"
        )
    root = folder_of(path)
    for file in files:
        folders = (file.parent, root) if root.is_dir() else (file.parent,)
        yield from (_kept_inside(row, folders) for row in _file_rows(file, needed, more))


def count_rows(path: str, split: str) -> int:
    """Return the rows of a split.

    Raises:
        SourceError: A file is damaged, or the Hub cannot be reached.
    """
    if folder_of(path).exists():
        return sum(_opened(file).metadata.num_rows for file in parquet_files(path, split))
    return len(_hub_table(path, split))


def _opened(file: Path) -> Any:
    try:
        return pq.ParquetFile(file)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceError(f"{file}: cannot be read as Parquet: {error}") from error


def _file_rows(file: Path, needed: Sequence[str], more: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a file, a few at a time."""
    opened = _opened(file)
    names = _columns(opened.schema_arrow.names, str(file), needed, more)
    try:
        for batch in opened.iter_batches(BATCH, columns=names):
            yield from batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise SourceError(f"{file}: cannot be read as Parquet: {error}") from error


def _columns(
    names: Sequence[str], where: str, needed: Sequence[str], more: Sequence[str]
) -> list[str]:
    """Return the columns that are read.

    Raises:
        SourceError: One that is needed is not there.
    """
    missing = [name for name in needed if name not in names]
    if missing:
        raise SourceError(f"{where}: no column {', '.join(missing)}; found {', '.join(names)}")
    return [*needed, *(name for name in more if name in names)]


def _hub_table(path: str, split: str) -> Any:
    """Return a split of a dataset on the Hub, `owner/name` or `owner/name@revision`.

    Raises:
        NotThere: There is none, or the Hub cannot be reached. What would lie in a folder of this
            machine is not looked for on the Hub.
    """
    repo, revision = split_revision(path)
    if repo.count("/") != 1 or path.startswith((".", "/", "~")) or Path(path).parent.is_dir():
        raise NotThere(
            f"{path}: there is no such file or folder; `syned data list` says how to get each "
            "dataset and where its files go"
        )
    from datasets import load_dataset

    try:
        return load_dataset(repo, split=split, revision=revision)
    except Exception as error:
        said = str(error).strip().splitlines()
        raise NotThere(
            f"{path}: neither a folder nor a dataset on the Hub with a split {split}: "
            f"{said[-1] if said else type(error).__name__}"
        ) from error


def _hub_rows(path: str, split: str, needed: Sequence[str], more: Sequence[str]) -> Iterator[Row]:
    """Yield the rows of a dataset on the Hub."""
    from datasets import Image

    table = _hub_table(path, split)
    table = table.select_columns(_columns(table.column_names, path, needed, more))
    for name, feature in table.features.items():
        if isinstance(feature, Image):
            table = table.cast_column(name, Image(decode=False))
    caches = hub_caches()
    yield from (_kept_inside(row, caches) for row in table)


def _kept_inside(row: Row, folders: Sequence[Path]) -> Row:
    """Return a row whose pictures name no file outside of their dataset's folder."""
    return {name: _held(cell, folders) for name, cell in row.items()}


def _held(cell: Any, folders: Sequence[Path]) -> Any:
    """Return a cell; one that names a file in place of bytes has the whole path, or none."""
    if not isinstance(cell, dict) or cell.get("bytes") or not isinstance(cell.get("path"), str):
        return cell
    file = inside(cell["path"], folders)
    return cell | {"path": None if file is None else str(file)}


def pair_of_cells(
    before: Any, after: Any, captions: object, row: Mapping[str, Any]
) -> CaptionedPair | Dropped:
    """Return the pair of two cells with pictures, or why there is none.

    Args:
        before: The earlier picture: bytes, or a mapping with `bytes` and `path`.
        after: The later one.
        captions: As the dataset has them.
        row: `pair_id`, `split`, `source`, `license` and `change` of the pair.
    """
    name, split = str(row["pair_id"]), row["split"]
    told = clean_captions(captions)
    if not told:
        return Dropped(key=name, split=split, reason="no_caption", message="all captions are empty")
    first, second = _picture(before, name), _picture(after, name)
    if first is None or second is None:
        message = (
            "a picture of the row is empty, no picture, or a file outside of the dataset's folder"
        )
        return Dropped(key=name, split=split, reason="no_picture", message=message)
    return CaptionedPair(before=first, after=second, captions=told, **row)


def _picture(cell: Any, name: str) -> Picture | None:
    """Return the picture of a cell, or nothing if it holds none."""
    named = cell if isinstance(cell, Mapping) else {"bytes": cell}
    data, path = named.get("bytes"), named.get("path")
    known = path if isinstance(path, str) and path else None
    if isinstance(data, bytes) and data:
        return Picture(known or name, data)
    return None if known is None else Picture(known)
