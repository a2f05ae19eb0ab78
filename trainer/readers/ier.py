"""Image-Editing-Request (Tan et al., 2019): photographs and what people asked to be edited."""

from __future__ import annotations

from trainer.readers.base import (
    UNKNOWN,
    Entries,
    find_file,
    folder_of,
    pair_of_files,
    read_entries,
)
from trainer.rows import Split

FILES = {Split.TRAIN: "train", Split.VALIDATION: "valid", Split.TEST: "test"}
PICTURES = ("images", "dataset/adobe/images", "adobe/images", ".")


def is_here(path: str) -> bool:
    """Say whether the annotations are at a place."""
    folder = folder_of(path)
    return any((folder / name).is_file() for name in _names(Split.TEST))


def _names(split: Split) -> list[str]:
    name = f"{FILES[split]}.json"
    return [name, f"dataset/adobe/{name}", f"adobe/{name}"]


def read(path: str, split: Split, protocol: str) -> Entries:  # noqa: ARG001
    """Yield the pairs of a split, one for each entry.

    Args:
        path: Folder with the annotations and the pictures.
        split: Which part.
        protocol: There is one, `entries`.

    Raises:
        SourceError: The annotations are not there, or are others.
    """
    annotations = find_file(path, _names(split), "ier")
    folder = next((p for n in PICTURES if (p := folder_of(path) / n).is_dir()), folder_of(path))
    for entry in read_entries(annotations, ("uid", "img0", "img1"), "sents"):
        files = (folder / str(entry["img0"]), folder / str(entry["img1"]))
        row = {
            "pair_id": str(entry["uid"]).strip(),
            "split": split,
            "source": "image-editing-request",
            "license": UNKNOWN,
        }
        yield pair_of_files(files, entry["sents"], row)
