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
from trainer.readers.base import Entries, NotThere, folder_of, read_lists
from trainer.readers.tables import Row, column_names, count_rows, pair_of_cells, table_rows
from trainer.rows import Split

NAMES = ("validation", "test", "train")
ROWS = {3589: "pool", 2022: "test"}
"""What a split is for, by its number of rows (dataset cards of facebook/emu_edit_test_set and
facebook/emu_edit_test_set_generations)."""
LICENSE = "CC-BY-NC-4.0"
EDITED = "edited_image"
NEEDED = ("idx", "instruction", "image", EDITED)
VALIDATION_ROWS = 539
"""Rows of the pool that are for validation, in the authors' `splits.json` and without it."""


def is_here(path: str) -> bool:
    """Say whether a split of a known size is at a place."""
    return folder_of(path).exists() and any(count_rows(path, name) in ROWS for name in NAMES)


def read(path: str, split: Split, protocol: str) -> Entries:  # noqa: ARG001
    """Yield the pairs of a split; the instruction is the caption.

    Args:
        path: A folder with Parquet files, or the name on the Hub.
        split: Which part. Training and validation pairs are both out of the 3,589 rows: as the
            authors' `splits.json` says if it lies beside the files, else drawn by a hash of the
            row, as many.
        protocol: There is one, `instructions`.

    Raises:
        SourceError: No split has a known number of rows, or there are no edited pictures.
    """
    for row in content_rows(path, "test" if split is Split.TEST else "pool"):
        number = row_number(row, path)
        if split is not Split.TEST and split_of(number, path) is not split:
            continue
        told = {
            "pair_id": pair_id(number, split),
            "split": split,
            "source": "emu-edit",
            "license": LICENSE,
            "change": str(row.get("task") or ""),
        }
        yield pair_of_cells(row["image"], row["edited_image"], [row["instruction"]], told)


def content_rows(path: str, content: str) -> Iterator[Row]:
    """Yield the rows of the pool or of the test set, whatever the split is called.

    Raises:
        NotThere: No split has their number of rows.
        SourceError: The rows have no edited pictures.
    """
    counts = _counts(path)
    name = next((name for name, count in counts.items() if ROWS.get(count) == content), None)
    if name is None:
        found = ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"
        wanted = next(count for count, what in ROWS.items() if what == content)
        raise NotThere(
            f"{path}: no split has the {wanted:,} rows of Emu Edit's "
            f"{'test set' if content == 'test' else 'training pool'}; rows found: {found}. It is "
            "another set, or some of its files are missing"
        )
    if EDITED not in column_names(path, name):
        raise SourceError(
            f"{path}: its rows have no edited pictures, as those of facebook/emu_edit_test_set; "
            "pairs need facebook/emu_edit_test_set_generations"
        )
    yield from table_rows(path, name, NEEDED, ("task",))


def pair_id(number: int, split: Split) -> str:
    """Return the id of a row: its number, marked in the pool, since the test set has the same."""
    return str(number) if split is Split.TEST else f"pool-{number}"


def row_number(row: Row, path: str) -> int:
    """Return the number of a row.

    Raises:
        SourceError: It has none.
    """
    try:
        return int(row["idx"])
    except (TypeError, ValueError) as error:
        raise SourceError(f"{path}: idx is {row['idx']!r}, not a number") from error


def _counts(path: str) -> dict[str, int]:
    """Return the rows of each split that there is."""
    if folder_of(path).exists():
        found = {name: count_rows(path, name) for name in NAMES}
    else:
        found = {name: count_rows(path, name) for name in NAMES[:2]}
    return {name: count for name, count in found.items() if count}


def split_of(number: int, path: str) -> Split:
    """Return the split of a row of the pool.

    Raises:
        SourceError: `splits.json` is another file.
    """
    listed = folder_of(path) / "splits.json"
    chosen = _listed(str(listed)) if listed.is_file() else _drawn()
    return Split.VALIDATION if number in chosen else Split.TRAIN


@cache
def _listed(path: str) -> frozenset[int]:
    """Return the rows for validation of the authors' file, read once."""
    wanted = "train and validation with lists of numbers"
    found = read_lists(folder_of(path), int, wanted)
    if "validation" not in found:
        raise SourceError(f"{path}: expected {wanted}")
    return frozenset(found["validation"])


@cache
def _drawn() -> frozenset[int]:
    """Return rows for validation, those with the least hashes."""
    pool = next(count for count, content in ROWS.items() if content == "pool")
    ordered = sorted(range(pool), key=lambda number: digest("emu split", number))
    return frozenset(ordered[:VALIDATION_ROWS])
