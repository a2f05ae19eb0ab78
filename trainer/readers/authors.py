"""The Syned that came with arXiv 2412.15939: instructions, paraphrases with their defects, splits.

Its own edited pictures are not in the release; pairs are those of Emu Edit's generations, which the
instructions belong to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from syned.errors import SourceError
from trainer.readers.base import Entries, find_file, folder_of, read_lists
from trainer.readers.emu import LICENSE, content_rows, pair_id, row_number
from trainer.readers.references import cleaned
from trainer.readers.tables import Row, pair_of_cells
from trainer.rows import CaptionedPair, Dropped, Split

TEST_WORDS = "gt_augmented_test_clean.json"
INSTRUCTIONS = {
    "pool": "instructions_with_idx_train_split.txt",
    "test": "instructions_with_idx_test_split.txt",
}
_LINE = re.compile(r"^\s*(?P<number>\d+)\s*<INSTRUCT>\s*(?P<text>.*)$")


def is_here(path: str) -> bool:
    """Say whether the instructions are at a place."""
    return (folder_of(path) / INSTRUCTIONS["test"]).is_file()


def read(path: str, split: Split, protocol: str) -> Entries:
    """Yield the pairs of a split.

    Args:
        path: Folder with the release's files, and Emu Edit's generations in `emu/`.
        split: Which part; training and validation are those of `splits.json`.
        protocol: `cleaned` mends what can be mended in the test's paraphrases and leaves out what
            cannot, with the instruction as one more reference; `instructions` takes it alone.

    Raises:
        SourceError: A file is not there, or is another one.
    """
    content = "test" if split is Split.TEST else "pool"
    instructions = read_instructions(find_file(path, (INSTRUCTIONS[content],), "syned-authors"))
    more = _paraphrases(path) if split is Split.TEST and protocol == "cleaned" else {}
    wanted = _wanted(path, split, instructions)
    pictures = str(find_file(path, ("emu", "generations"), "syned-authors"))
    seen: set[int] = set()
    for row in content_rows(pictures, content):
        number = row_number(row, pictures)
        if number in wanted:
            seen.add(number)
            yield _pair(row, number, instructions[number], more.get(number, ()), split)
    for number in sorted(wanted - seen):
        message = "Emu Edit's generations have no such row"
        yield Dropped(key=pair_id(number, split), split=split, reason="no_picture", message=message)


def _pair(
    row: Row, number: int, instruction: str, paraphrases: Sequence[str], split: Split
) -> CaptionedPair | Dropped:
    """Return one pair with its clean references."""
    captions, kinds = cleaned(paraphrases, instruction)
    told = {
        "pair_id": pair_id(number, split),
        "split": split,
        "source": "syned-authors",
        "license": LICENSE,
        "change": str(row.get("task") or ""),
        "cleaned": kinds,
    }
    captions = (instruction, *captions)
    return pair_of_cells(row["image"], row["edited_image"], captions, told)


def read_instructions(path: Path) -> dict[int, str]:
    """Return the instructions of a file `ROW <INSTRUCT> TEXT` by their row.

    Raises:
        SourceError: It cannot be read, or a line is another one.
    """
    found: dict[int, str] = {}
    for place, line in enumerate(_lines(path), 1):
        match = _LINE.match(line)
        if match is None:
            if line.strip():
                raise SourceError(f"{path}, line {place}: expected ROW <INSTRUCT> TEXT")
            continue
        found[int(match["number"])] = " ".join(match["text"].split())
    return found


def _lines(path: Path) -> list[str]:
    """Return the lines of a file.

    Raises:
        SourceError: It cannot be read.
    """
    try:
        return path.read_text(encoding="utf-8").splitlines()
    except (OSError, ValueError) as error:
        raise SourceError(f"{path}: cannot be read as text: {error}") from error


def _paraphrases(path: str) -> dict[int, list[str]]:
    """Return the paraphrases of the test set by row; their keys end with a space.

    Raises:
        SourceError: The file is not there, or is another one.
    """
    wanted = "rows with lists of texts"
    file = find_file(path, (TEST_WORDS,), "syned-authors")
    found = read_lists(file, str, wanted)
    try:
        return {int(name): texts for name, texts in found.items()}
    except ValueError as error:
        raise SourceError(f"{file}: expected {wanted}") from error


def _wanted(path: str, split: Split, instructions: dict[int, str]) -> set[int]:
    """Return the rows of a split.

    Raises:
        SourceError: `splits.json` is not there, or is another file.
    """
    if split is Split.TEST:
        return set(instructions)
    file = find_file(path, ("splits.json",), "syned-authors")
    wanted = "train and validation with lists of numbers"
    listed = read_lists(file, int, wanted)
    name = "train" if split is Split.TRAIN else "validation"
    if name not in listed:
        raise SourceError(f"{file}: expected {wanted}")
    return set(listed[name]) & set(instructions)
