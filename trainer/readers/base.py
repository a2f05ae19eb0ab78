"""What readers share: what is known of a dataset, files that have to be there, plain captions."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from syned.errors import SourceError
from syned.inside import leads_out
from syned.mirror import on_this_machine
from trainer.rows import CaptionedPair, Dropped, Picture, Split

Entries = Iterator[CaptionedPair | Dropped]

UNKNOWN = "unknown"
"""The licence of a dataset that states none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MissingPictures(Dropped):
    """An entry whose pictures are not there."""

    files: tuple[str, ...]
    """Those that are not there."""


class NotThere(SourceError):
    """A dataset, or a split of it, is not at a place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetInfo:
    """What is known of a dataset, and how it is read."""

    name: str
    title: str
    home: str
    """Where it comes from: a URL."""
    license: str
    sizes: dict[str, dict[Split, int]] = field(default_factory=dict)
    """Pairs of each split by protocol, as far as they are known; those without a caption count."""
    protocols: dict[str, str]
    """How entries become pairs: name and meaning."""
    default_protocol: str
    get: str
    """How to get it: commands, or instructions with the names of files."""
    layout: str
    """The files that are expected under its folder."""
    module: str
    """Where `read` and `is_here` are; imported when it is used."""
    splits: tuple[Split, ...] = (Split.TRAIN, Split.VALIDATION, Split.TEST)


def clean_captions(texts: object) -> tuple[str, ...]:
    """Return captions without white space at their ends or line breaks, and without empty ones.

    A text that is no list is one caption; what is no text is none.
    """
    listed = texts if isinstance(texts, list | tuple) else [texts]
    found = (" ".join(text.split()) for text in listed if isinstance(text, str))
    return tuple(text for text in found if text)


def folder_of(path: str) -> Path:
    """Return a path with the user's home in it; of a place in a store, the copy here."""
    return on_this_machine(path)


def find_file(path: str, names: Iterable[str], dataset: str) -> Path:
    """Return the first of some files that is there.

    Args:
        path: Folder of the dataset.
        names: Paths within it.
        dataset: Its name, for messages.

    Raises:
        NotThere: None of them is there.
    """
    wanted = list(names)
    for name in wanted:
        found = folder_of(path) / name
        if found.exists():
            return found
    what = f"no {' or '.join(wanted)}" if folder_of(path).exists() else "there is no such folder"
    raise NotThere(
        f"{path}: {what}; `syned data list {dataset}` says how to get it and where its files go"
    )


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises:
        SourceError: It cannot be read.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"{path}: cannot be read as JSON: {error}") from error


def read_entries(path: Path, names: Sequence[str], texts: str) -> list[dict[str, Any]]:
    """Read a JSON list of entries.

    Args:
        path: The file.
        names: What each entry has as text or as a number.
        texts: What each entry has as a list of texts.

    Raises:
        SourceError: It cannot be read, or holds something else.
    """
    wanted = f"expected a list of entries with {', '.join(names)} and {texts}, a list of texts"
    found: Any = read_json(path)
    if not isinstance(found, list):
        raise SourceError(f"{path}: {wanted}")
    for number, entry in enumerate(found, 1):
        named = isinstance(entry, dict) and all(
            isinstance(entry.get(name), str | int) for name in names
        )
        if not named or not _is_list(entry.get(texts), str):
            raise SourceError(f"{path}, entry {number}: {wanted}")
        for name in names:
            if leads_out(str(entry[name])):
                told = f"{name} is {entry[name]!r}, a path outside of the dataset's folder"
                raise SourceError(f"{path}, entry {number}: {told}")
    return found


def read_lists(path: Path, kind: type, wanted: str) -> dict[str, list[Any]]:
    """Read a JSON object whose values are lists.

    Args:
        path: The file.
        kind: Of all items of the lists; a text that is no list is a list of one.
        wanted: What is expected, for messages.

    Raises:
        SourceError: It cannot be read, or holds something else.
    """
    found: Any = read_json(path)
    if not isinstance(found, dict):
        raise SourceError(f"{path}: expected {wanted}")
    lists = {k: [v] if kind is str and isinstance(v, str) else v for k, v in found.items()}
    for name, values in lists.items():
        if not _is_list(values, kind):
            raise SourceError(f"{path}, {name!r}: expected {wanted}")
    return lists


def _is_list(value: object, kind: type) -> bool:
    """Say whether a value is a list of one kind."""
    return isinstance(value, list) and all(isinstance(item, kind) for item in value)


def pair_of_files(
    files: tuple[Path, Path], captions: object, row: Mapping[str, Any]
) -> CaptionedPair | Dropped:
    """Return the pair of two files, or why there is none.

    Args:
        files: The earlier and the later picture.
        captions: As the dataset has them.
        row: `pair_id`, `split`, `source`, `license` and `change` of the pair.
    """
    name, split = str(row["pair_id"]), row["split"]
    told = clean_captions(captions)
    if not told:
        return Dropped(key=name, split=split, reason="no_caption", message="all captions are empty")
    missing = tuple(str(file) for file in files if not file.is_file())
    if missing:
        message = f"{', '.join(missing)}: there is no such picture"
        return MissingPictures(
            key=name, split=split, reason="no_picture", message=message, files=missing
        )
    before, after = (Picture(str(file)) for file in files)
    return CaptionedPair(before=before, after=after, captions=told, **row)
