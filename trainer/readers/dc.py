"""CLEVR-DC (Kim et al., 2021): rendered scenes with a change, seen from a quite different place."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from syned.errors import SourceError
from trainer.readers.base import UNKNOWN, Entries, find_file, folder_of, pair_of_files, read_json
from trainer.rows import Split

SPLITS = {Split.TRAIN: ("train",), Split.VALIDATION: ("val", "valid"), Split.TEST: ("test",)}
_NUMBER = re.compile(r"(\d+)(?!.*\d)")


def is_here(path: str) -> bool:
    """Say whether the annotations are at a place."""
    return (folder_of(path) / "captions.json").is_file()


def read(path: str, split: Split, protocol: str) -> Entries:  # noqa: ARG001
    """Yield the pairs of a split; all have a change.

    Args:
        path: Folder with `captions.json`, `split.json`, `bef/` and `aft/`.
        split: Which part.
        protocol: There is one, `change`.

    Raises:
        SourceError: A file or folder is not there, or is another one.
    """
    captions = _captions(find_file(path, ("captions.json",), "dc"))
    splits = find_file(path, ("split.json", "splits.json"), "dc")
    before, after = (_pictures(find_file(path, (name,), "dc")) for name in ("bef", "aft"))
    for number in _numbers(splits, split):
        missing = Path(f"{path}/bef or aft, number {number}")
        files = (before.get(number, missing), after.get(number, missing))
        row = {
            "pair_id": str(number),
            "split": split,
            "source": "clevr-dc",
            "license": UNKNOWN,
            "change": "change",
        }
        yield pair_of_files(files, captions.get(number, ()), row)


def _numbers(path: Path, split: Split) -> list[int]:
    """Return the numbers of a split.

    Raises:
        SourceError: The file is another one.
    """
    found: Any = read_json(path)
    for name in SPLITS[split]:
        if isinstance(found, dict) and isinstance(found.get(name), list):
            return [int(number) for number in found[name]]
    raise SourceError(f"{path}: expected train, val and test with lists of numbers")


def _captions(path: Path) -> dict[int, list[str]]:
    """Return captions by number, whether keys are numbers or names of pictures."""
    found: Any = read_json(path)
    numbers = ((_NUMBER.search(str(name)), texts) for name, texts in found.items())
    return {
        int(match[1]): [texts] if isinstance(texts, str) else list(texts)
        for match, texts in numbers
        if match
    }


def _pictures(folder: Path) -> dict[int, Path]:
    """Return the pictures of a folder by the number in their name, with or without zeros."""
    found = ((_NUMBER.search(path.stem), path) for path in sorted(folder.iterdir()))
    return {int(match[1]): path for match, path in found if match}
