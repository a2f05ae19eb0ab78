"""CLEVR-Change (Park et al., 2019): rendered scenes with a change, and with none but the view."""

from __future__ import annotations

import re
from pathlib import Path

from syned.errors import SourceError
from trainer.readers.base import (
    UNKNOWN,
    Entries,
    find_file,
    folder_of,
    pair_of_files,
    read_lists,
)
from trainer.rows import CaptionedPair, Dropped, Split

SPLITS = {Split.TRAIN: "train", Split.VALIDATION: "val", Split.TEST: "test"}
_NUMBER = re.compile(r"(\d{6})")


def is_here(path: str) -> bool:
    """Say whether the annotations are at a place."""
    folder = folder_of(path)
    return any((folder / name).is_file() for name in ("splits.json", "data/splits.json"))


def read(path: str, split: Split, protocol: str) -> Entries:
    """Yield the pairs of a split.

    Args:
        path: Folder with the annotations and the three folders of pictures.
        split: Which part.
        protocol: `change` and `no-change` take one kind, `total` both; a pair without a change has
            `_n` after its number, as in the files of other projects.

    Raises:
        SourceError: The annotations are not there, or are others.
    """
    splits = find_file(path, ("splits.json", "data/splits.json"), "clevr")
    folder = splits.parent
    types = _types(folder / "type_mapping.json")
    numbers = _numbers(splits, split)
    if protocol != "no-change":
        captions = _captions(find_file(path, _both("change_captions.json"), "clevr"))
        for number in numbers:
            yield _pair(folder, number, captions, split, types.get(number, "change"))
    if protocol != "change":
        captions = _captions(find_file(path, _both("no_change_captions.json"), "clevr"))
        for number in numbers:
            yield _pair(folder, number, captions, split, "none")


def _both(name: str) -> tuple[str, str]:
    return (name, f"data/{name}")


def _pair(
    folder: Path, number: int, captions: dict[int, list[str]], split: Split, change: str
) -> CaptionedPair | Dropped:
    """Return one pair, or why there is none."""
    kind, place = ("nonsemantic", "nsc_images") if change == "none" else ("semantic", "sc_images")
    files = (
        folder / "images" / f"CLEVR_default_{number:06d}.png",
        folder / place / f"CLEVR_{kind}_{number:06d}.png",
    )
    row = {
        "pair_id": f"{number:06d}" + ("_n" if change == "none" else ""),
        "split": split,
        "source": "clevr-change",
        "license": UNKNOWN,
        "change": change,
    }
    return pair_of_files(files, captions.get(number, ()), row)


def _numbers(path: Path, split: Split) -> list[int]:
    """Return the numbers of a split.

    Raises:
        SourceError: The file is another one.
    """
    wanted = "train, val and test with lists of numbers"
    found = read_lists(path, int, wanted)
    if SPLITS[split] not in found:
        raise SourceError(f"{path}: expected {wanted}")
    return found[SPLITS[split]]


def _captions(path: Path) -> dict[int, list[str]]:
    """Return captions by number; their file has the names of pictures as keys.

    Raises:
        SourceError: The file is another one.
    """
    found = read_lists(path, str, "names of pictures with lists of captions")
    return {_number(name, path): texts for name, texts in found.items()}


def _number(name: str, path: Path) -> int:
    match = _NUMBER.search(name)
    if match is None:
        raise SourceError(f"{path}: {name!r} is no picture of CLEVR-Change (no number of 6 digits)")
    return int(match[1])


def _types(path: Path) -> dict[int, str]:
    """Return the type of each change; nothing if the file is not there.

    Raises:
        SourceError: The file is another one.
    """
    if not path.is_file():
        return {}
    found = read_lists(path, str, "types of change with lists of names of pictures")
    return {_number(name, path): kind for kind, names in found.items() for name in names}
