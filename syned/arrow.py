"""Arrow for typed rows: schemas derived from annotations, and the way there and back."""

from __future__ import annotations

import types
import typing
from collections.abc import Iterable
from dataclasses import asdict, fields
from enum import Enum
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from syned.rows import EncodedImage

IMAGE_TYPE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_SCALARS: dict[type, pa.DataType] = {
    str: pa.string(),
    int: pa.int64(),
    float: pa.float64(),
    bool: pa.bool_(),
    EncodedImage: IMAGE_TYPE,
    np.ndarray: pa.list_(pa.float16()),
}

R = TypeVar("R")


def _plain(annotation: Any) -> Any:
    """Strip `| None` from an annotation."""
    if isinstance(annotation, types.UnionType):
        return next(a for a in typing.get_args(annotation) if a is not type(None))
    return annotation


def _arrow_type(annotation: Any) -> pa.DataType:
    """Return the Arrow type of a field's annotation."""
    kind = _plain(annotation)
    if typing.get_origin(kind) is not None:
        return pa.list_(_arrow_type(typing.get_args(kind)[0]))
    if issubclass(kind, Enum):
        return pa.string()
    return _SCALARS[kind]


def arrow_schema(row_type: type[Any]) -> pa.Schema:
    """Return the Arrow schema of a row type, in the order of its fields."""
    hints = typing.get_type_hints(row_type)
    return pa.schema([(f.name, _arrow_type(hints[f.name])) for f in fields(row_type)])


def _parsers(row_type: type[Any]) -> dict[str, type]:
    """Return the fields whose values are not plain once read from Arrow."""
    kinds = {name: _plain(kind) for name, kind in typing.get_type_hints(row_type).items()}
    return {n: k for n, k in kinds.items() if isinstance(k, type) and k not in (str, int, float)}


def to_table(rows: Iterable[Any], row_type: type) -> pa.Table:
    """Return rows of one type as a table with that type's schema."""
    return pa.Table.from_pylist([as_dict(row) for row in rows], schema=arrow_schema(row_type))


def as_dict(row: Any) -> dict[str, Any]:
    """Return a row as a dict, one level deep except for pictures."""
    values = {f.name: getattr(row, f.name) for f in fields(row)}
    return {k: asdict(v) if isinstance(v, EncodedImage) else v for k, v in values.items()}


def from_batch(batch: pa.RecordBatch | pa.Table, row_type: type[R]) -> list[R]:
    """Return the rows of a record batch, with enums and pictures as their types."""
    parsers = _parsers(row_type)
    return [row_type(**_parsed(values, parsers)) for values in batch.to_pylist()]


def _parsed(values: dict[str, Any], parsers: dict[str, type]) -> dict[str, Any]:
    """Turn the plain values of one row into the types of its fields."""
    for name, kind in parsers.items():
        value = values.get(name)
        if value is not None:
            values[name] = _parse(value, kind)
    return values


def _parse(value: Any, kind: type) -> Any:
    """Turn one plain value into a picture, an array or an enum member."""
    if kind is EncodedImage:
        return EncodedImage(**value)
    if kind is np.ndarray:
        return np.asarray(value, dtype=np.float16)
    return kind(value)
