"""Shards by the Hub's rules: `data/SPLIT-00000-of-000NN.parquet`, small row groups, a page index.

See https://huggingface.co/docs/hub/datasets-image and /datasets-viewer-configure: at most 100 rows
with pictures in a row group, row groups well below 286 MiB, shards below 500 MB.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from syned.parquet import open_writer

MAX_GROUP_BYTES = 64 * 2**20
"""A row group is closed at this size, in bytes, whatever its rows; the viewer reads one whole."""


class ShardWriter:
    """Writes the shards of one split, a row group in memory at a time.

    Args:
        folder: Where the shards go.
        split: Name of the split.
        schema: Schema of every shard.
        max_bytes: A shard is closed once it has this size.
        group_rows: Rows in a row group.
    """

    def __init__(
        self, folder: Path, split: str, schema: pa.Schema, max_bytes: int, group_rows: int
    ) -> None:
        self.rows = 0
        self._folder = folder
        self._split = split
        self._schema = schema
        self._max_bytes = max_bytes
        self._group_rows = group_rows
        self._group: list[dict[str, Any]] = []
        self._group_bytes = 0
        self._shard_bytes = 0
        self._paths: list[Path] = []
        self._writer: pq.ParquetWriter | None = None

    def add(self, row: dict[str, Any], size: int) -> None:
        """Add a row.

        Args:
            row: Values by column.
            size: Its pictures' bytes, which set the size of groups and shards.
        """
        self._group.append(row)
        self._group_bytes += size
        self.rows += 1
        if len(self._group) >= self._group_rows or self._group_bytes >= MAX_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        """Write the rows at hand as one row group, in a new shard if the last one is full."""
        if not self._group:
            return
        if self._writer is None or self._shard_bytes >= self._max_bytes:
            self._next_shard()
        assert self._writer is not None, "a shard is open"
        table = pa.Table.from_pylist(self._group, schema=self._schema)
        self._writer.write_table(table, row_group_size=len(self._group))
        self._shard_bytes += self._group_bytes
        self._group, self._group_bytes = [], 0

    def _next_shard(self) -> None:
        """Close the shard at hand and open the next."""
        if self._writer is not None:
            self._writer.close()
        self._paths.append(self._folder / f"{self._split}-{len(self._paths):05d}.parquet")
        self._writer = open_writer(self._paths[-1], self._schema)
        self._shard_bytes = 0

    def close(self) -> None:
        """Write what is left and give the shards their names, now that their number is known."""
        self._flush()
        if self._writer is not None:
            self._writer.close()
        count = len(self._paths)
        for number, path in enumerate(self._paths):
            path.rename(self._folder / f"{self._split}-{number:05d}-of-{count:05d}.parquet")
