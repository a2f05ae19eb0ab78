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
from syned.errors import SourceError

_HUB_NAME = re.compile(r"[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*")


def source_for(path: str) -> Source:
    """Return the source that a path or a name stands for.

    Args:
        path: A folder of pictures, one picture, a Parquet file or a folder of them (Emu Edit's
            layout is recognised by its columns), `owner/name` on the Hub, `builtin:photos`, or the
            word `scenes`.

    Raises:
        SourceError: There is nothing of that name, or it holds no pictures.
    """
    if path == "scenes":
        return ScenesSource()
    if path.startswith("builtin:"):
        folder_path(path)
        return FolderSource(path=path)
    place = Path(path).expanduser()
    if not path or not place.exists():
        return _hub_dataset(path)
    parquet = _first_parquet(place)
    return FolderSource(path=str(place)) if parquet is None else _table(place, parquet)


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


def _table(place: Path, parquet: Path) -> Source:
    """Return the source for Parquet files, by the columns of the first."""
    try:
        columns = set(pq.read_schema(parquet).names)
    except (pa.ArrowException, OSError) as error:
        text = next(iter(str(error).splitlines()), "")
        raise SourceError(f"{as_text(str(parquet))}: not a Parquet file ({text})") from error
    if columns >= {"instruction", "input_caption", "output_caption"}:
        return EmuEditSource(path=str(place))
    return TableSource(path=str(place))
