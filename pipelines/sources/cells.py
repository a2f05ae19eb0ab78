"""Columns and cells of a table with pictures: which is which, and what a cell holds."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import datasets

from pipelines.sources.base import as_text, read_file
from syned.errors import RowError, SourceError
from syned.inside import hub_caches, inside
from syned.reasons import Reason

_TEXT = ("string", "large_string")
_BYTES = ("binary", "large_binary")
CAPTION_COLUMNS = ("caption", "text")


def image_column(features: Any, wanted: str | None, path: str) -> str:
    """Return the column that holds pictures.

    Without a wish it is the only one of type Image; failing that, of type {bytes, path}; failing
    that, of plain bytes.

    Raises:
        SourceError: There is none, or more than one, or the wish cannot hold pictures.
    """
    kinds: dict[str, str | None] = {
        name: _image_kind(feature) for name, feature in features.items()
    }
    if wanted is not None:
        if kinds.get(wanted) is None:
            raise _column_error(path, f"no image column `{wanted}`", features)
        return wanted
    for kind in ("image", "struct", "bytes"):
        found = [name for name in kinds if kinds[name] == kind]
        if len(found) > 1:
            several = f"several image columns ({', '.join(found)}); name one by `image_column`"
            raise _column_error(path, several, features)
        if found:
            return found[0]
    raise _column_error(path, "no image column", features)


def image_column_names(features: Any) -> list[str]:
    """Return the columns that hold pictures; plain bytes only where no column says more."""
    kinds = {name: _image_kind(feature) for name, feature in features.items()}
    sure = [name for name, kind in kinds.items() if kind in ("image", "struct")]
    return sure or [name for name, kind in kinds.items() if kind == "bytes"]


def caption_column(features: Any, wanted: str | None, path: str) -> str | None:
    """Return the column that holds captions; nothing if there is none and none was wished for.

    Raises:
        SourceError: The wish is not a column of text.
    """
    if wanted is not None and not _is_text(features.get(wanted)):
        raise _column_error(path, f"no text column `{wanted}`", features)
    names = CAPTION_COLUMNS if wanted is None else (wanted,)
    return next((name for name in names if _is_text(features.get(name))), None)


def folders_of(place: Path) -> tuple[Path, ...]:
    """Return where the files that a table names may lie.

    Args:
        place: Of the table on this machine; for a Hub dataset, a place that is not there.
    """
    if place.exists():
        return (place.parent if place.is_file() else place,)
    return hub_caches()


def cell_bytes(cell: Any, folders: Sequence[Path]) -> bytes:
    """Return the encoded picture of a cell: bytes, or {bytes, path}.

    Args:
        cell: What the table holds.
        folders: Where files that it names may lie.

    Raises:
        RowError: UNREADABLE, for a cell that holds neither bytes nor the path of a file of the
            dataset.
    """
    if isinstance(cell, bytes):
        return cell
    held: dict[str, Any] = cell if isinstance(cell, dict) else {}
    if isinstance(cell, str):
        held = {"path": cell}
    data, path = held.get("bytes"), held.get("path")
    if data is not None:
        return bytes(data)
    if not path:
        raise RowError(Reason.UNREADABLE, "the cell holds no picture")
    file = inside(str(path), folders)
    if file is None:
        raise RowError(Reason.UNREADABLE, "the cell names a file outside of the dataset's folder")
    return read_file(file)


def cell_text(row: dict[str, Any], column: str | None) -> str:
    """Return the text of a cell, the first of several; empty if there is none."""
    value = row[column] if column else None
    if isinstance(value, list):
        value = next(iter(value), None)
    return as_text(str(value).strip()) if value is not None else ""


def _image_kind(feature: Any) -> str | None:
    """Return how a column holds pictures: `image`, `struct` or `bytes`; or nothing."""
    if isinstance(feature, datasets.Image):
        return "image"
    if isinstance(feature, dict):
        return "struct" if getattr(feature.get("bytes"), "dtype", None) in _BYTES else None
    return "bytes" if getattr(feature, "dtype", None) in _BYTES else None


def _is_text(feature: Any) -> bool:
    """Say whether a column holds text, or lists of texts."""
    if isinstance(feature, datasets.List):
        feature = feature.feature
    return getattr(feature, "dtype", None) in _TEXT


def _column_error(path: str, what: str, features: Any) -> SourceError:
    """Say what is wrong with the columns of a table, and which it has."""
    found = ", ".join(f"{name} ({_type_name(feature)})" for name, feature in features.items())
    return SourceError(f"{as_text(path)}: {what}; found the columns {found}")


def _type_name(feature: Any) -> str:
    """Name the type of a column in a word."""
    return str(getattr(feature, "dtype", None) or type(feature).__name__).lower()
