"""MagicBrush (Zhang et al., 2023): pictures that people edited turn by turn."""

from __future__ import annotations

from trainer.readers.base import Entries, folder_of
from trainer.readers.tables import pair_of_cells, parquet_files, table_rows
from trainer.rows import Split

SPLITS = {Split.TRAIN: "train", Split.VALIDATION: "dev", Split.TEST: "test"}
NEEDED = ("img_id", "turn_index", "source_img", "target_img", "instruction")


def is_here(path: str) -> bool:
    """Say whether Parquet files of a split are at a place."""
    return folder_of(path).exists() and any(parquet_files(path, n) for n in SPLITS.values())


def read(path: str, split: Split, protocol: str) -> Entries:  # noqa: ARG001
    """Yield the pairs of a split, one for each turn; the instruction is the caption.

    Args:
        path: A folder with Parquet files, or the name on the Hub.
        split: Which part; `validation` is its `dev`.
        protocol: There is one, `turns`.

    Raises:
        SourceError: There is no such split, or it has other columns.
    """
    for row in table_rows(path, SPLITS[split], NEEDED):
        told = {
            "pair_id": f"{str(row['img_id']).strip()}-{row['turn_index']}",
            "split": split,
            "source": "magicbrush",
            "license": "CC-BY-4.0",
        }
        yield pair_of_cells(row["source_img"], row["target_img"], [row["instruction"]], told)
