"""What the tests of `syned verify` share: shards are changed, and problems found."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.verify.verify import verify
from syned.parquet import open_writer

Rows = list[dict[str, Any]]


def shard(folder: Path, split: str = "train") -> Path:
    return next((folder / "data").glob(f"{split}-*.parquet"))


def rewrite(path: Path, change: Callable[[Rows], Rows | None], schema: Any = None) -> None:
    """Change the rows of a shard; all else stays as syned writes it."""
    table = pq.read_table(path)
    rows = table.to_pylist()
    rows = change(rows) or rows
    kept = table.schema if schema is None else schema
    with open_writer(path, kept) as writer:
        writer.write_table(pa.Table.from_pylist(rows, schema=kept), row_group_size=10)


def found(folder: Path, **more: Any) -> dict[str, list[str]]:
    """Return the kinds of problems of each check that failed."""
    verified = verify(folder, **more)
    return {c.name: [p.kind for p in c.problems] for c in verified.checks if not c.ok}
