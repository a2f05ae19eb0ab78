"""Shards of syned: a run, a dataset's folder, Parquet files, or a dataset on the Hub."""

from __future__ import annotations

from trainer.readers.base import UNKNOWN, Entries, folder_of
from trainer.readers.tables import pair_of_cells, parquet_files, table_rows
from trainer.rows import Split

NEEDED = ("pair_id", "image", "edited_image", "captions")
MORE = ("task", "source", "license", "scene")


def is_here(path: str) -> bool:
    """Say whether there are shards at a place."""
    return folder_of(path).exists() and any(parquet_files(path, split) for split in Split)


def read(path: str, split: Split, protocol: str) -> Entries:
    """Yield the pairs of a split.

    Args:
        path: A run, a dataset's folder, a Parquet file, or `owner/name` on the Hub.
        split: Which part.
        protocol: `scenes` takes pairs of drawn scenes alone, `pairs` takes all.

    Raises:
        SourceError: There are no shards of this split, or other columns.
    """
    for row in table_rows(path, split, NEEDED, MORE):
        if protocol == "scenes" and not row.get("scene"):
            continue
        told = {
            "pair_id": str(row["pair_id"]).strip(),
            "split": split,
            "source": row.get("source") or "syned",
            "license": row.get("license") or UNKNOWN,
            "change": row.get("task") or "",
        }
        yield pair_of_cells(row["image"], row["edited_image"], row["captions"] or (), told)
