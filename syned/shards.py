"""Shards by the Hub's rules: `data/SPLIT-00000-of-000NN.parquet`, small row groups, a page index.

See https://huggingface.co/docs/hub/datasets-image and /datasets-viewer-configure: at most 100 rows
with pictures in a row group, row groups well below 286 MiB, shards below 500 MB.

Where a shard ends depends on the rows around, not on how many came before: when rows are added or
dropped, the shards further on stay as they are, and need not be uploaded again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from syned.ids import digest
from syned.parquet import open_writer
from syned.storage import Place, publish, rename, room_named
from syned.temporary import temporary_path

MAX_GROUP_BYTES = 64 * 2**20
"""A row group is closed at this size, in bytes, whatever its rows; the viewer reads one whole."""


class ShardWriter:
    """Writes the shards of one split, a row group in memory at a time.

    Args:
        folder: Where the shards go.
        split: Name of the split.
        schema: Schema of every shard.
        max_bytes: A shard is closed once it has this size, or half of it and more, after a row
            whose key says so.
        group_rows: Rows in a row group.
    """

    def __init__(
        self, folder: Place, split: str, schema: pa.Schema, max_bytes: int, group_rows: int
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
        self._paths: list[Place] = []
        self._open = Path()
        self._writer: pq.ParquetWriter | None = None

    def add(self, row: dict[str, Any], size: int, key: str) -> None:
        """Add a row.

        Args:
            row: Values by column.
            size: Its pictures' bytes, which set the size of groups and shards.
            key: Its id.
        """
        self._group.append(row)
        self._group_bytes += size
        self.rows += 1
        ends = self._ends_shard(size, key)
        if ends or len(self._group) >= self._group_rows or self._group_bytes >= MAX_GROUP_BYTES:
            self._flush()
        if ends:
            self._close_shard()

    def _ends_shard(self, size: int, key: str) -> bool:
        """Say whether a shard ends with this row: by chance that hangs on its id alone.

        Past half of the largest size it ends, on average, after another eighth.
        """
        filled = self._shard_bytes + self._group_bytes
        if filled < self._max_bytes // 2:
            return False
        chance = int(digest("shard", key)[:8], 16) / 16**8
        return filled >= self._max_bytes or chance < size / (self._max_bytes / 8)

    def _flush(self) -> None:
        """Write the rows at hand as one row group, in a new shard if none is open."""
        if not self._group:
            return
        if self._writer is None:
            self._next_shard()
        assert self._writer is not None, "a shard is open"
        table = pa.Table.from_pylist(self._group, schema=self._schema)
        with room_named(self._paths[-1]):
            self._writer.write_table(table, row_group_size=len(self._group))
        self._shard_bytes += self._group_bytes
        self._group, self._group_bytes = [], 0

    def _next_shard(self) -> None:
        """Open the next shard."""
        self._paths.append(self._folder / f"{self._split}-{len(self._paths):05d}.parquet")
        self._open = temporary_path(self._paths[-1])
        self._writer = open_writer(self._open, self._schema)
        self._shard_bytes = 0

    def _close_shard(self) -> None:
        """Finish the shard at hand."""
        if self._writer is not None:
            with room_named(self._paths[-1]):
                self._writer.close()
                publish(self._open, self._paths[-1])
        self._writer, self._shard_bytes = None, 0

    def close(self) -> None:
        """Write what is left and give the shards their names, now that their number is known."""
        self._flush()
        self._close_shard()
        count = len(self._paths)
        for number, path in enumerate(self._paths):
            rename(path, f"{self._split}-{number:05d}-of-{count:05d}.parquet")
