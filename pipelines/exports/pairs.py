"""One pair on its way into another layout and back: its pictures as files, the rest as JSON."""

from __future__ import annotations

import io
import json
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from PIL import Image

from syned.dataset_rows import DatasetRow, RawRow
from syned.errors import SourceError
from syned.ids import file_stem
from syned.images import READERS
from syned.rows import EncodedImage, Task

SIDES = ("image", "edited_image")
"""The columns that hold pictures; the name of a picture's file says which one it is of."""
Placed = tuple[str, DatasetRow]
"""A split, and a row of it."""
_EXTENSIONS = {"JPEG": "jpg", "MPO": "jpg", "TIFF": "tif", "JPEG2000": "jp2"}
_RAW_ONLY = tuple(f.name for f in fields(RawRow) if f.name not in DatasetRow.__dataclass_fields__)


@dataclass(frozen=True, slots=True)
class Picture:
    """An encoded picture as a file.

    Attributes:
        name: Of the file: `KEY.image.EXT` or `KEY.edited_image.EXT`.
        data: Its bytes, as they are in the dataset.
        size: Width and height in pixels.
    """

    name: str
    data: bytes
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Pair:
    """A row ready to be written.

    Attributes:
        split: Its split.
        key: What its files are called: the `pair_id`, or a hash of one that is no name for files.
        row: All its columns.
        image: Its first picture.
        edited_image: Its second picture.
    """

    split: str
    key: str
    row: DatasetRow
    image: Picture
    edited_image: Picture

    @property
    def pictures(self) -> tuple[Picture, Picture]:
        """Return both pictures, in the order of `SIDES`."""
        return self.image, self.edited_image

    @property
    def content(self) -> tuple[str, str, bytes, bytes]:
        """Return what two pairs have in common if and only if they are the same."""
        values = to_json(values_of(self.row))
        return self.split, values, self.image.data, self.edited_image.data


def pack(split: str, row: DatasetRow, where: str) -> Pair:
    """Return a row ready to be written.

    Args:
        split: Its split.
        row: The row.
        where: Where it was found, for a message.

    Raises:
        SourceError: It has no id, no captions, or a picture that is none.
    """
    if not isinstance(row.pair_id, str) or not row.pair_id:
        raise SourceError(f"{where}: it has no pair_id; expected a text that no other pair has")
    if not isinstance(row.captions, list) or not all(isinstance(c, str) for c in row.captions):
        raise SourceError(f"{where}: its captions are {row.captions!r}; expected a list of texts")
    odd = [f.name for f in fields(row) if not _is_finite(getattr(row, f.name))]
    if odd:
        raise SourceError(
            f"{where}: its {odd[0]} is {getattr(row, odd[0])}, which JSON cannot hold"
        )
    key = file_stem(row.pair_id)
    image, edited = (_picture(getattr(row, side), f"{key}.{side}", where) for side in SIDES)
    return Pair(split, key, row, image, edited)


def _is_finite(value: Any) -> bool:
    return not isinstance(value, float) or math.isfinite(value)


def _picture(encoded: EncodedImage | None, stem: str, where: str) -> Picture:
    """Return a picture as a file; its bytes say what kind of file."""
    data = encoded.bytes if encoded is not None else None
    if not data:
        raise SourceError(f"{where}: {stem.partition('.')[2]} has no bytes; expected a picture")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data), formats=READERS) as image:
                kind, size = str(image.format), image.size
    # Damaged bytes make Pillow raise nearly anything.
    except Exception as error:
        begin = f"{len(data)} bytes, the first are {data[:8].hex(' ')}"
        side = stem.partition(".")[2]
        raise SourceError(f"{where}: {side} is no picture in a known format ({begin})") from error
    return Picture(f"{stem}.{_EXTENSIONS.get(kind, kind.lower())}", data, size)


def values_of(row: DatasetRow) -> dict[str, Any]:
    """Return all columns of a row but the bytes of its pictures, as JSON has them."""
    values = {f.name: getattr(row, f.name) for f in fields(row) if f.name not in SIDES}
    paths = {f"{side}_path": getattr(row, side).path for side in SIDES}
    return values | {name: path for name, path in paths.items() if path is not None}


def row_of(values: Mapping[str, Any], image: bytes, edited_image: bytes) -> DatasetRow:
    """Return the row that `values_of` was given; what is not there is None, other keys are ignored.

    Args:
        values: Of a `DatasetRow`, or of a `RawRow`, which has columns that the other has not.
        image: The bytes of the first picture.
        edited_image: The bytes of the second picture.
    """
    row_type = RawRow if any(name in values for name in _RAW_ONLY) else DatasetRow
    columns: dict[str, Any] = {n: values.get(n) for n in row_type.__dataclass_fields__}
    columns["task"] = None if values.get("task") is None else Task(values["task"])
    columns["image"] = EncodedImage(image, values.get("image_path"))
    columns["edited_image"] = EncodedImage(edited_image, values.get("edited_image_path"))
    return row_type(**columns)


def to_json(value: Any) -> str:
    """Return a value as one line of JSON; numbers come back from it bit for bit."""
    return json.dumps(value, ensure_ascii=False)
