"""Emu Edit's generations (Sheynin et al., 2023): COCO pictures, instructions and edited pictures.

Two sets on the Hub have the names of their splits swapped: what one calls `validation` the other
calls `test`. So splits are known by their content: 3,589 rows are for training, 2,022 are the test
set of arXiv 2412.15939, whatever they are called.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from syned.errors import SourceError
from syned.ids import digest
from trainer.readers.base import Entries, folder_of, read_json
from trainer.readers.tables import Row, count_rows, pair_of_cells, table_rows
from trainer.rows import Split

NAMES = ("validation", "test", "train")
ROWS = {3589: "pool", 2022: "test"}
"""What a split is for, by its number of rows (dataset cards of facebook/emu_edit_test_set and
facebook/emu_edit_test_set_generations)."""
NEEDED = ("idx", "instruction", "image", "edited_image")
LICENSE = "CC-BY-NC-4.0"
VALIDATION_SHARE = 15
"""Percent of the pool that is for validation where the authors' `splits.json` is not there: theirs
has 539 of 3,589."""


def is_here(path: str) -> bool:
    """Say whether a split of a known size is at a place."""
    return folder_of(path).exists() and any(count_rows(path, name) in ROWS for name in NAMES)


def read(path: str, split: Split, protocol: str) -> Entries:  # noqa: ARG001
    """Yield the pairs of a split; the instruction is the caption.

    Args:
        path: A folder with Parquet files, or the name on the Hub.
        split: Which part. Training and validation pairs are both out of the 3,589 rows: as the
            authors' `splits.json` says if it lies beside the files, else by a hash of the row.
        protocol: There is one, `instructions`.

    Raises:
        SourceError: No split has a known number of rows, or there are no edited pictures.
    """
    for row in content_rows(path, "test" if split is Split.TEST else "pool"):
        if split is not Split.TEST and split_of(int(row["idx"]), path) is not split:
            continue
        told = {
            "pair_id": str(row["idx"]).strip(),
            "split": split,
            "source": "emu-edit",
            "license": LICENSE,
            "change": str(row.get("task") or ""),
        }
        yield pair_of_cells(row["image"], row["edited_image"], [row["instruction"]], told)


def content_rows(path: str, content: str) -> Iterator[Row]:
    """Yield the rows of the pool or of the test set, whatever the split is called.

    Raises:
        SourceError: No split has their number of rows.
    """
    counts = _counts(path)
    name = next((name for name, count in counts.items() if ROWS.get(count) == content), None)
    if name is None:
        found = ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"
        wanted = next(count for count, what in ROWS.items() if what == content)
        raise SourceError(
            f"{path}: no split has the {wanted:,} rows of Emu Edit's "
            f"{'test set' if content == 'test' else 'training pool'}; found {found}"
        )
    yield from table_rows(path, name, NEEDED, ("task",))


def _counts(path: str) -> dict[str, int]:
    """Return the rows of each split that there is."""
    if folder_of(path).exists():
        found = {name: count_rows(path, name) for name in NAMES}
    else:
        found = {name: count_rows(path, name) for name in NAMES[:2]}
    return {name: count for name, count in found.items() if count}


def split_of(number: int, path: str) -> Split:
    """Return the split of a row of the pool."""
    listed = folder_of(path) / "splits.json"
    if listed.is_file():
        return Split.VALIDATION if number in _validation(str(listed)) else Split.TRAIN
    drawn = int(digest("emu split", number), 16) % 100
    return Split.VALIDATION if drawn < VALIDATION_SHARE else Split.TRAIN


@cache
def _validation(path: str) -> frozenset[int]:
    """Return the rows for validation, read once."""
    return frozenset(map(int, read_json(folder_of(path)).get("validation", ())))
