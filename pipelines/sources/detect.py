"""Tells what kind of source `--images` names."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.sections.sources import (
    EmuEditSource,
    FolderSource,
    ScenesSource,
    Source,
    TableSource,
)
from pipelines.sources.base import as_text
from pipelines.sources.folder import folder_path, is_picture_name, walk
from pipelines.sources.stored import listed
from syned.errors import SourceError
from syned.parquet import cause_of
from syned.storage import Place, protocol_of, to_place

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def source_for(path: str) -> Source:
    """Return the source that a path or a name stands for.

    Args:
        path: A folder of pictures, one picture, a Parquet file or a folder of them (Emu Edit's
            layout is recognised by its columns), `owner/name` on the Hub, a URL of such a folder or
            file in a store, `builtin:photos`, or the word `scenes`.

    Raises:
        SourceError: There is nothing of that name, or it holds no pictures.
    """
    if path == "scenes":
        return ScenesSource()
    if path.startswith("builtin:"):
        folder_path(path)
        return FolderSource(path=path)
    if protocol_of(path):
        return _stored(path)
    place = Path(path).expanduser()
    if not path or not place.exists():
        return _hub_dataset(path)
    parquet = _first_parquet(place)
    return FolderSource(path=str(place)) if parquet is None else _table(str(place), parquet)


def _stored(path: str) -> Source:
    """Return the source for a place in a store: pictures, or Parquet files if there are none."""
    root = to_place(path)
    if path.endswith(".parquet"):
        return _table(path, root)
    if is_picture_name(path):
        return FolderSource(path=path)
    names = listed(root)
    tables = [name for name in names if name.endswith(".parquet")]
    if tables and not any(is_picture_name(name) for name in names):
        return _table(path, root / tables[0])
    return FolderSource(path=path)


def _hub_dataset(path: str) -> Source:
    """Return the source for a name that is nothing on this machine."""
    # `pictures/hollidays` beside a folder `pictures` is a slip, and not somebody's dataset.
    if _HUB_NAME.fullmatch(path) and not Path(path).parent.exists():
        return TableSource(path=path)
    raise SourceError(
        f"{as_text(path)}: no such file or folder; expected pictures, Parquet files, "
        "`owner/name` of a Hub dataset, `builtin:photos` or `scenes`"
    )


def _first_parquet(place: Path) -> Path | None:
    """Return the Parquet file, or a folder's first one if it holds no pictures."""
    if place.is_file():
        return place if place.suffix.lower() == ".parquet" else None
    first = None
    for inside, files in walk(place):
        if any(is_picture_name(name) for name in files):
            return None
        tables = [name for name in files if name.endswith(".parquet")]
        if first is None and tables:
            first = place / inside / tables[0]
    return first


def _table(path: str, parquet: Place) -> Source:
    """Return the source for Parquet files, by the columns of the first."""
    try:
        with parquet.open("rb") as file:
            columns = set(pq.read_schema(file).names)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(
            f"{as_text(str(parquet))}: not a Parquet file ({cause_of(error)})"
        ) from error
    if columns >= {"instruction", "input_caption", "output_caption"}:
        return EmuEditSource(path=path)
    return TableSource(path=path)
