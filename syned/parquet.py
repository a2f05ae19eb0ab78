"""Parquet as image datasets want it: readable by the Hub's viewer, cheap to write and to re-read.

Encoded pictures do not compress, and compression keeps the Hub's chunk store from finding equal
bytes again, so picture columns are stored plain, without dictionary and statistics.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from syned.errors import RunError, SynedError
from syned.storage import Place
from syned.storage_errors import explained

READ_BYTES = 16 * 2**20
"""What is fetched at once of a file in a store that is read from one end to the other."""


def _leaves(field: pa.Field, prefix: str = "") -> Iterator[tuple[str, pa.DataType]]:
    """Yield the Parquet column paths below a field."""
    path = f"{prefix}{field.name}"
    if pa.types.is_struct(field.type):
        for child in field.type:
            yield from _leaves(child, f"{path}.")
    elif pa.types.is_list(field.type):
        yield f"{path}.list.element", field.type.value_type
    else:
        yield path, field.type


def hub_metadata(schema: pa.Schema) -> dict[str, str]:
    """Return the schema metadata by which `datasets` knows pictures from other structs.

    The list form `[feature]` is read by every release of `datasets`; `List` only from 4.0 on.
    """
    features = {field.name: _feature(field.type) for field in schema}
    return {"huggingface": json.dumps({"info": {"features": features}})}


def _feature(kind: pa.DataType) -> Any:
    """Return how `datasets` describes a column."""
    if pa.types.is_struct(kind):
        return {"_type": "Image"}
    if pa.types.is_list(kind):
        return [_feature(kind.value_type)]
    name = {"double": "float64"}.get(str(kind), str(kind))
    return {"dtype": name, "_type": "Value"}


def front_type(kind: pa.DataType) -> dict[str, str]:
    """Return the type of a column as the front matter of a card has it."""
    if pa.types.is_struct(kind):
        return {"dtype": "image"}
    if pa.types.is_list(kind):
        return {"list": str(kind.value_type)}
    return {"dtype": {"double": "float64"}.get(str(kind), str(kind))}


def open_writer(path: Path, schema: pa.Schema) -> pq.ParquetWriter:
    """Open a Parquet file for writing, with settings that follow from the schema.

    A page index is written, so that the Hub's viewer reads single pages of a row group, and a
    checksum of each page, so that damage is met where pictures would still decode.
    """
    leaves = [leaf for field in schema for leaf in _leaves(field)]
    plain = {name for name, kind in leaves if pa.types.is_binary(kind)}
    others = [name for name, _ in leaves if name not in plain]
    simple = [n for n, kind in leaves if n not in plain and "." not in n]
    return pq.ParquetWriter(
        path,
        schema,
        compression={name: "none" if name in plain else "zstd" for name, _ in leaves},
        use_dictionary=[n for n in others if n in simple],
        write_statistics=simple,
        write_page_index=True,
        write_page_checksum=True,
        store_schema=True,
    )


def read_batches(
    path: Place, columns: Sequence[str] | None = None, rows: int = 64
) -> Iterator[pa.RecordBatch]:
    """Yield a file's record batches without holding the file in memory.

    Raises:
        RunError: The file is missing or damaged.
    """
    try:
        with (
            _opened(path, columns) as handle,
            pq.ParquetFile(handle, pre_buffer=False, page_checksum_verification=True) as file,
        ):
            yield from file.iter_batches(batch_size=rows, columns=columns)
    except (pa.ArrowException, OSError) as error:
        raise _meant(path, error) from error


def read_table(
    path: Place, columns: Sequence[str], filters: list[tuple[str, str, Any]] | None = None
) -> pa.Table:
    """Read some columns of a file whole.

    Args:
        path: The file.
        columns: Which columns.
        filters: Which rows, as pyarrow has it: `(column, "==", value)`; all if not given.

    Raises:
        RunError: The file is missing or damaged.
    """
    try:
        with _opened(path, columns) as handle:
            if filters is not None:
                return pq.read_table(
                    handle,
                    columns=list(columns),
                    filters=filters,
                    page_checksum_verification=True,
                )
            # A tenth of the time that `pq.read_table` takes for a small file.
            with pq.ParquetFile(handle, page_checksum_verification=True) as file:
                if lacking := sorted(set(columns) - set(file.schema_arrow.names)):
                    raise pa.ArrowInvalid(f"it has no column {', '.join(lacking)}")
                return file.read(columns=list(columns), use_threads=False)
    except (pa.ArrowException, OSError) as error:
        raise _meant(path, error) from error


def read_schema(path: Place) -> pa.Schema:
    """Read what columns a file has, and its metadata.

    Raises:
        RunError: The file is missing or damaged.
    """
    try:
        with _opened(path, []) as handle:
            return pq.read_schema(handle)
    except (pa.ArrowException, OSError) as error:
        raise _meant(path, error) from error


def _opened(path: Place, columns: Sequence[str] | None) -> AbstractContextManager[Any]:
    """Open a Parquet file; of one in a store, only what the columns need is fetched."""
    if isinstance(path, Path):
        return nullcontext(path)
    if columns is None:
        opened: Any = path.fs.open(path.path, block_size=READ_BYTES, cache_type="readahead")
        return closing(opened)
    from fsspec.parquet import open_parquet_file

    try:
        found = open_parquet_file(path.path, fs=path.fs, columns=list(columns), engine="pyarrow")
    except TypeError as error:
        # It takes what could not be read for bytes; asked again, the store says why.
        path.fs.cat_file(path.path, start=-8)
        raise OSError(f"{path}: the store did not answer") from error
    return closing(found)


def _meant(path: Place, error: Exception) -> SynedError:
    """Return what an error means: that of a store, or a file that is missing or damaged."""
    if isinstance(path, Path) or isinstance(error, FileNotFoundError):
        return damaged(path, error)
    return explained(error) or damaged(path, error)


def cause_of(error: Exception) -> str:
    """Return the first line of what a library says, for a message."""
    return next(iter(str(error).splitlines()), "")[:200] or type(error).__name__


def damaged(path: Place, error: Exception) -> RunError:
    """Return the error for a file that cannot be read."""
    return RunError(
        f"{path} cannot be read ({cause_of(error)}). Remove it and the .json beside it, "
        "then run the run's `syned generate` command again: only this part is made anew."
    )
