"""Spot-the-Diff (Jhamtani and Berg-Kirkpatrick, 2018): pairs out of surveillance videos."""

from __future__ import annotations

from pathlib import Path

from trainer.readers.base import (
    UNKNOWN,
    Entries,
    find_file,
    folder_of,
    pair_of_files,
    read_entries,
)
from trainer.rows import Split

FILES = {Split.TRAIN: "train", Split.VALIDATION: "val", Split.TEST: "test"}
PICTURES = ("resized_images", "images", ".")


def is_here(path: str) -> bool:
    """Say whether the annotations are at a place."""
    folder = folder_of(path)
    return any((folder / name).is_file() for name in _names(Split.TEST))


def _names(split: Split) -> list[str]:
    name = f"{FILES[split]}.json"
    return [name, f"annotations/{name}", f"data/annotations/{name}"]


def read(path: str, split: Split, protocol: str) -> Entries:
    """Yield the pairs of a split.

    Args:
        path: Folder with the annotations and the pictures.
        split: Which part.
        protocol: `A` makes all entries of a pair one, each sentence a reference; `B` has an item
            for each entry; `C` is A with all sentences joined to one reference.

    Raises:
        SourceError: The annotations are not there, or are others.
    """
    annotations = find_file(path, _names(split), "std")
    pictures = next((p for n in PICTURES if (p := folder_of(path) / n).is_dir()), folder_of(path))
    for name, number, sentences in _items(annotations, protocol):
        files = (_picture(pictures, name), _picture(pictures, f"{name}_2"))
        row = {
            "pair_id": f"{name}#{number}" if protocol == "B" else name,
            "split": split,
            "source": "spot-the-diff",
            "license": UNKNOWN,
        }
        told = [" ".join(" ".join(sentences).split())] if protocol == "C" else sentences
        yield pair_of_files(files, told, row)


def _picture(folder: Path, stem: str) -> Path:
    """Return the file of a picture, `.png` as it is distributed, or `.jpg`."""
    other = folder / f"{stem}.jpg"
    return other if other.is_file() else folder / f"{stem}.png"


def _items(annotations: Path, protocol: str) -> list[tuple[str, int, list[str]]]:
    """Return name, number of the entry and sentences of each item.

    Raises:
        SourceError: The file is another one.
    """
    entries = read_entries(annotations, ("img_id",), "sentences")
    found = [(str(e["img_id"]).strip(), number, e["sentences"]) for number, e in enumerate(entries)]
    if protocol == "B":
        return found
    merged: dict[str, list[str]] = {}
    for name, _, sentences in found:
        merged.setdefault(name, []).extend(sentences)
    return [(name, 0, sentences) for name, sentences in merged.items()]
