"""Image-Editing-Request (Tan et al., 2019): photographs and what people asked to be edited."""

from __future__ import annotations

from typing import Any

from syned.errors import SourceError
from trainer.readers.base import UNKNOWN, Entries, find_file, folder_of, pair_of_files, read_json
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
    entries: Any = read_json(annotations)
    try:
        found = [
            (str(e["uid"]).strip(), str(e["img0"]), str(e["img1"]), list(e["sents"]))
            for e in entries
        ]
    except (KeyError, TypeError) as error:
        raise SourceError(
            f"{annotations}: expected a list of entries with uid, img0, img1 and sents"
        ) from error
    for name, first, second, sentences in found:
        row = {
            "pair_id": name,
            "split": split,
            "source": "image-editing-request",
            "license": UNKNOWN,
        }
        yield pair_of_files((folder / first, folder / second), sentences, row)
