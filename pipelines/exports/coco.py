"""COCO captions: one JSON file of annotations for each split, and its pictures in a folder.

annotations/captions_SPLIT.json   info, images, annotations, licenses
SPLIT/                            KEY.image.EXT and KEY.edited_image.EXT

An image is a pair: `file_name` is its edited picture, `before_file_name` the one before, and its
further keys are the columns of the dataset. Each caption is an annotation. Ids are whole numbers
from 1 on, and go on from split to split, so that files can be joined.
"""

from __future__ import annotations

import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import count, groupby
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO, Any

from pipelines.exports.pairs import Pair, Placed, row_of, to_json, values_of
from syned.dataset_rows import DatasetRow

ANNOTATIONS = "annotations"
PREFIX = "captions_"
FILES = f"{ANNOTATIONS}/{PREFIX}*.json"
"""By these files such a folder is known."""
_INFO = {
    "description": "Captions of the difference from before_file_name to file_name, "
    "made by `syned export`",
    "version": "1.0",
}


def write(folder: Path, pairs: Iterable[Pair], row_type: type[DatasetRow]) -> None:  # noqa: ARG001
    """Write pairs into an empty folder.

    Args:
        folder: The folder.
        pairs: Split by split.
        row_type: The type of their rows.
    """
    (folder / ANNOTATIONS).mkdir()
    image_ids, caption_ids = count(1), count(1)
    for split, group in groupby(pairs, key=attrgetter("split")):
        (folder / split).mkdir(exist_ok=True)
        path = folder / ANNOTATIONS / f"{PREFIX}{split}.json"
        _write_split(path, _saved(group, folder / split), image_ids, caption_ids)


def _saved(pairs: Iterable[Pair], place: Path) -> Iterator[Pair]:
    """Yield pairs once their pictures are written."""
    for pair in pairs:
        for picture in pair.pictures:
            (place / picture.name).write_bytes(picture.data)
        yield pair


@dataclass(slots=True)
class _List:
    """A list in a file of JSON, written entry by entry."""

    file: IO[str]
    separator: str = "\n"

    def add(self, entry: dict[str, Any]) -> None:
        """Write an entry on a line of its own."""
        self.file.write(self.separator + to_json(entry))
        self.separator = ",\n"


def _write_split(
    path: Path, pairs: Iterable[Pair], image_ids: Iterator[int], caption_ids: Iterator[int]
) -> None:
    """Write the annotations of a split; captions wait in another file until all images are there.

    Args:
        path: Where they go.
        pairs: Of the split.
        image_ids: Ids that no image has yet.
        caption_ids: Ids that no caption has yet.
    """
    licenses: dict[str, int] = {}
    with (
        path.open("w", encoding="utf-8", newline="\n") as file,
        TemporaryFile("w+", encoding="utf-8", newline="\n", dir=path.parent) as waiting,
    ):
        images, captions = _List(file), _List(waiting)
        file.write(f'{{"info": {to_json(_INFO)},\n"images": [')
        for pair, image in zip(pairs, image_ids, strict=False):
            images.add(_image(image, pair, licenses))
            for caption, number in zip(pair.row.captions, caption_ids, strict=False):
                captions.add({"id": number, "image_id": image, "caption": caption})
        file.write('\n],\n"annotations": [')
        waiting.seek(0)
        shutil.copyfileobj(waiting, file)
        named = [{"id": number, "name": name, "url": ""} for name, number in licenses.items()]
        file.write(f'\n],\n"licenses": {to_json(named)}}}\n')


def _image(number: int, pair: Pair, licenses: dict[str, int]) -> dict[str, Any]:
    """Return the entry of a pair; its licence is named by a number, as COCO does it.

    Args:
        number: Its id.
        pair: The pair.
        licenses: Those met so far, with their ids; a new one is added.
    """
    values = values_of(pair.row)
    del values["captions"]
    if values["license"] is not None:
        values["license"] = licenses.setdefault(values["license"], len(licenses) + 1)
    width, height = pair.edited_image.size
    names = {"file_name": pair.edited_image.name, "before_file_name": pair.image.name}
    return {"id": number, **names, "width": width, "height": height, **values}


def read(folder: Path) -> Iterator[Placed]:
    """Yield the rows that were written, splits by name.

    The texts of one split are in memory at a time, since COCO has them all in one object.
    """
    for split in sorted(path.stem.removeprefix(PREFIX) for path in folder.glob(FILES)):
        text = (folder / ANNOTATIONS / f"{PREFIX}{split}.json").read_text(encoding="utf-8")
        whole = json.loads(text)
        captions: defaultdict[int, list[str]] = defaultdict(list)
        for entry in whole["annotations"]:
            captions[entry["image_id"]].append(entry["caption"])
        licenses = {entry["id"]: entry["name"] for entry in whole["licenses"]}
        for entry in whole["images"]:
            names = (Path(entry[name]).name for name in ("before_file_name", "file_name"))
            pictures = [(folder / split / name).read_bytes() for name in names]
            told = {"captions": captions[entry["id"]], "license": licenses.get(entry["license"])}
            yield split, row_of(entry | told, *pictures)
