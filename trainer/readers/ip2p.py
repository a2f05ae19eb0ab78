"""InstructPix2Pix's filtered pairs (Brooks et al., 2023), made by Stable Diffusion; train only."""

from __future__ import annotations

from syned.errors import SourceError
from trainer.readers.base import UNKNOWN, Entries, folder_of
from trainer.readers.tables import pair_of_cells, parquet_files, table_rows
from trainer.rows import Split

NEEDED = ("original_image", "edit_prompt", "edited_image")


def is_here(path: str) -> bool:
    """Say whether Parquet files are at a place."""
    return folder_of(path).exists() and bool(parquet_files(path, "train"))


def read(path: str, split: Split, protocol: str) -> Entries:  # noqa: ARG001
    """Yield the training pairs; the instruction is the caption.

    Args:
        path: A folder with Parquet files, or the name on the Hub.
        split: It has training pairs alone.
        protocol: There is one, `instructions`.

    Raises:
        SourceError: Another split is asked for, or it has other columns.
    """
    if split is not Split.TRAIN:
        raise SourceError(f"InstructPix2Pix has training pairs alone, no split {split}")
    for number, row in enumerate(table_rows(path, "train", NEEDED)):
        told = {
            "pair_id": str(number),
            "split": split,
            "source": "instructpix2pix",
            "license": UNKNOWN,
        }
        yield pair_of_cells(row["original_image"], row["edited_image"], [row["edit_prompt"]], told)
