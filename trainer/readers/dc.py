"""CLEVR-DC (Kim et al., 2021): rendered scenes, seen again from a quite different place."""

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
from trainer.rows import Split

SPLITS = {Split.TRAIN: ("train",), Split.VALIDATION: ("val", "valid"), Split.TEST: ("test",)}
CAPTIONS = ("captions.json", "change_captions.json")
NUMBERS = ("split.json", "splits.json")
BEFORE, AFTER = ("bef", "images"), ("aft", "sc_images")
_NUMBER = re.compile(r"(\d+)(?!.*\d)")


def is_here(path: str) -> bool:
    """Say whether the annotations are at a place."""
    folder = folder_of(path)
    aside = any((folder / name).is_dir() for name in (*BEFORE, *AFTER))
    return aside and any((folder / name).is_file() for name in CAPTIONS)


def read(path: str, split: Split, protocol: str) -> Entries:  # noqa: ARG001
    """Yield the pairs of a split; one in six has no change but the view.

    Args:
        path: Folder with `captions.json`, `split.json`, `bef/` and `aft/`; or with the names that
            other projects give them, `change_captions.json`, `splits.json`, `images/` and
            `sc_images/`.
        split: Which part.
        protocol: There is one, `pairs`.

    Raises:
        SourceError: A file or folder is not there, or is another one.
    """
    captions = _captions(find_file(path, CAPTIONS, "dc"))
    numbers = _numbers(find_file(path, NUMBERS, "dc"), split)
    before, after = (_pictures(find_file(path, names, "dc")) for names in (BEFORE, AFTER))
    folder = folder_of(path)
    for number in numbers:
        files = (
            before.get(number, folder / BEFORE[0] / f"{number}.png"),
            after.get(number, folder / AFTER[0] / f"{number}.png"),
        )
        row = {"pair_id": str(number), "split": split, "source": "clevr-dc", "license": UNKNOWN}
        yield pair_of_files(files, captions.get(number, ()), row)


def _numbers(path: Path, split: Split) -> list[int]:
    """Return the numbers of a split.

    Raises:
        SourceError: The file is another one.
    """
    wanted = "train, val and test with lists of numbers"
    found = read_lists(path, int, wanted)
    for name in SPLITS[split]:
        if name in found:
            return found[name]
    raise SourceError(f"{path}: expected {wanted}")


def _captions(path: Path) -> dict[int, list[str]]:
    """Return captions by number, whether keys are numbers or names of pictures.

    Raises:
        SourceError: The file is another one.
    """
    found = read_lists(path, str, "numbers with lists of captions")
    numbers = ((_NUMBER.search(name), texts) for name, texts in found.items())
    return {int(match[1]): texts for match, texts in numbers if match}


def _pictures(folder: Path) -> dict[int, Path]:
    """Return the pictures of a folder by the number in their name, with or without zeros."""
    found = ((_NUMBER.search(path.stem), path) for path in sorted(folder.iterdir()))
    return {int(match[1]): path for match, path in found if match}
