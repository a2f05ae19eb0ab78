"""A dataset as the Hub has it: Parquet shards in the splits of its configurations, and a card."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from syned.errors import RunError, SourceError
from syned.yaml_text import read_yaml_text

CARD = "README.md"
DEFAULT = "default"
_FRONT = re.compile(r"\A\s*---\r?\n(.*?)\r?\n---\r?(?:\n|\Z)", re.DOTALL)
_SPLIT = re.compile(r"(?:.*[-_.])?(train|validation|valid|val|dev|test)(?:[-_.].*)?", re.IGNORECASE)
_NUMBERED = re.compile(r"(?P<split>\w[\w.-]*)-(?P<number>\d{5})-of-(?P<count>\d{5})\.parquet")


@dataclass(frozen=True, slots=True)
class Shard:
    """One Parquet file.

    Attributes:
        path: Where it is.
        name: Its path within the dataset.
        config: The configuration that it belongs to.
        split: The split that it belongs to.
    """

    path: Path
    name: str
    config: str
    split: str


@dataclass(frozen=True, slots=True)
class Card:
    """The text of a README and what its front matter says.

    Attributes:
        text: Nothing if there is no README.
        front: The front matter; empty if there is none.
        fault: Why the front matter cannot be read; empty if it can.
    """

    text: str | None = None
    front: Mapping[str, Any] = field(default_factory=dict)
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Dataset:
    """A dataset on disk.

    Attributes:
        folder: Its folder.
        shards: In the order of configurations, splits and names.
        stray: Parquet files that belong to no split of the card.
        card: Its README.
    """

    folder: Path
    shards: tuple[Shard, ...]
    stray: tuple[str, ...]
    card: Card


def open_dataset(place: Path) -> Dataset:
    """Find the shards and the card of a dataset.

    Which files belong to which split is what the card says, as `datasets` and the Hub read it;
    without a card it follows from their names.

    Args:
        place: A run, a folder as it is on the Hub, or one Parquet file.

    Raises:
        RunError: A run has no dataset yet.
        SourceError: There is no such folder, or no Parquet file in it.
    """
    if place.is_file():
        shard = Shard(place, place.name, DEFAULT, split_in_name(place.name))
        return Dataset(place.parent, (shard,), (), Card())
    folder = _folder(place)
    card = read_card(folder / CARD)
    files = {path.relative_to(folder).as_posix(): path for path in _parquet(folder)}
    declared = [*_declared(card.front, folder), *_in_folders(card.front, folder)]
    shards = declared or [Shard(p, name, DEFAULT, split_in_name(name)) for name, p in files.items()]
    if not files:
        raise SourceError(
            f"{folder}: no Parquet file in it; expected a run, or a folder with shards such as "
            "data/train-00000-of-00001.parquet"
        )
    used = {shard.name for shard in shards}
    return Dataset(folder, tuple(shards), tuple(n for n in files if n not in used), card)


def is_run(place: Path) -> bool:
    """Say whether a folder is a run, and no dataset alone."""
    return (place / "recipe.yaml").is_file() and any(place.glob("0[0-5]-*"))


def _folder(place: Path) -> Path:
    """Return the folder with the shards: of a run, its dataset."""
    if not place.is_dir():
        raise SourceError(f"{place}: there is no such file or folder")
    if not is_run(place):
        return place
    if not (place / "dataset").is_dir():
        raise RunError(f"{place} has no dataset yet; run its `syned generate` command again")
    return place / "dataset"


def _parquet(folder: Path) -> Iterator[Path]:
    """Yield the Parquet files of a folder that are not hidden, in order."""
    for path in sorted(folder.rglob("*.parquet")):
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(folder).parts):
            yield path


def read_card(path: Path) -> Card:
    """Read a README and its front matter; what is wrong with it is told, not raised."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return Card()
    except UnicodeDecodeError:
        return Card("", {}, "it is not UTF-8 text")
    found = _FRONT.match(text)
    if found is None:
        return Card(text, {}, "it has no front matter between two lines of ---")
    try:
        front = read_yaml_text(found[1])
    # YAML that is none, dates that are none, brackets without an end.
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        return Card(text, {}, "its front matter is no YAML: " + " ".join(str(error).split())[:200])
    if not isinstance(front, dict):
        return Card(text, {}, "its front matter is no mapping")
    return Card(text, front)


def configs_of(front: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """Yield configuration, split and pattern of the files that a front matter names."""
    configs = front.get("configs")
    for config in configs if isinstance(configs, list) else ():
        if isinstance(config, dict):
            name = str(config.get("config_name", DEFAULT))
            folder = str(config.get("data_dir") or "").strip("/")
            for split, pattern in _patterns(config.get("data_files")):
                yield name, split, f"{folder}/{pattern}" if folder else pattern


def _patterns(files: Any) -> Iterator[tuple[str, str]]:
    """Yield split and pattern of each entry of `data_files`, in any of the forms it may have."""
    for entry in files if isinstance(files, list) else [files]:
        split, paths = "train", entry
        if isinstance(entry, dict):
            split, paths = str(entry.get("split", "train")), entry.get("path")
        for path in paths if isinstance(paths, list) else [paths]:
            if isinstance(path, str) and path:
                yield split, path


def _in_folders(front: Mapping[str, Any], folder: Path) -> Iterator[Shard]:
    """Yield the shards of configurations that name a folder and no files."""
    configs = front.get("configs")
    for config in configs if isinstance(configs, list) else ():
        if isinstance(config, dict) and config.get("data_dir") and not config.get("data_files"):
            inside = str(config["data_dir"]).strip("/")
            for path in _parquet(folder):
                name = path.relative_to(folder).as_posix()
                if name.startswith(f"{inside}/"):
                    split = split_in_name(name.removeprefix(f"{inside}/"))
                    yield Shard(path, name, str(config.get("config_name", DEFAULT)), split)


def _declared(front: Mapping[str, Any], folder: Path) -> Iterator[Shard]:
    """Yield the shards that a front matter names and that are there."""
    for config, split, pattern in configs_of(front):
        if not pattern.startswith(("/", "~")) and ".." not in pattern.split("/"):
            for path in _matching(folder, pattern):
                if path.suffix == ".parquet" and path.is_file():
                    yield Shard(path, path.relative_to(folder).as_posix(), config, split)


def _matching(folder: Path, pattern: str) -> list[Path]:
    """Return the files that a pattern stands for; none if it is no pattern."""
    # For the Hub `**` at the end stands for files, and for `glob` for folders.
    pattern = f"{pattern}/*" if pattern.endswith("/**") else pattern
    try:
        return sorted(folder.glob(pattern))
    except (ValueError, IndexError, NotImplementedError):
        return []


def split_in_name(name: str) -> str:
    """Return the split that a file's name, or a folder it is in, says; else `train`."""
    for piece in reversed(name.removesuffix(".parquet").split("/")):
        numbered = _NUMBERED.fullmatch(f"{piece}.parquet")
        if numbered is not None:
            return numbered["split"]
        found = _SPLIT.fullmatch(piece)
        if found is not None:
            short = {"valid": "validation", "val": "validation", "dev": "validation"}
            return short.get(found[1].lower(), found[1].lower())
    return "train"


def number_in_name(name: str) -> tuple[str, int, int] | None:
    """Return folder and split, number and count of a shard called `SPLIT-00000-of-00001`."""
    folder, _, file = name.rpartition("/")
    found = _NUMBERED.fullmatch(file)
    if found is None:
        return None
    return f"{folder}/{found['split']}", int(found["number"]), int(found["count"])
