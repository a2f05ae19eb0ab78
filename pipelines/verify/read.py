"""Reads the rows of a shard, as far as it can be read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.verify.layout import like
from pipelines.verify.report import Ledger
from syned.arrow import arrow_schema
from syned.dataset import Shard
from syned.dataset_rows import RawRow
from syned.parquet import cause_of

BATCH = 64
"""Rows in memory at once."""


def batches(
    shard: Shard, metadata: pq.FileMetaData | None, ledger: Ledger
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """Yield the number of the first row, and some rows; a row group that is damaged is left out."""
    first = 0
    for index in range(metadata.num_row_groups if metadata is not None else 0):
        assert metadata is not None, "there are row groups"
        place = first
        try:
            for batch in _group(shard, index):
                yield place, batch
                place += len(batch)
        except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
            where = f"{shard.name}, row group {index}: {cause_of(error)}"
            ledger.add("files", "a row group cannot be read", where)
        first += metadata.row_group(index).num_rows


def _group(shard: Shard, index: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of a row group."""
    with pq.ParquetFile(shard.path, pre_buffer=False, page_checksum_verification=True) as file:
        expected = arrow_schema(RawRow)
        columns = [f.name for f in file.schema_arrow if _is_readable(f, expected)]
        for batch in file.iter_batches(BATCH, row_groups=[index], columns=columns):
            yield batch.to_pylist()


def _is_readable(column: pa.Field, expected: pa.Schema) -> bool:
    """Say whether a column is one that is checked, and of its type."""
    known = column.name in expected.names
    return known and like(column.type, expected.field(column.name).type)
