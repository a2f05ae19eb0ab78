"""What is known of each dataset, and whether it is on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from shlex import quote

from syned.errors import SourceError
from trainer.readers.base import DatasetInfo, NotThere
from trainer.readers.registry import dataset, datasets, is_here, read
from trainer.rows import CaptionedPair, Split

LOOKED_AT = 50
"""Entries of a split that are looked at for one with pictures."""


class Presence(StrEnum):
    """Whether a dataset is at a place, by a look at the beginning of its splits."""

    HERE = "here"
    NO_PICTURES = "no pictures"
    DAMAGED = "damaged"
    ABSENT = "absent"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolCard:
    """A way in which entries become pairs."""

    name: str
    meaning: str
    sizes: dict[Split, int]
    """Pairs of each split, as far as they are known; those without a caption count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DatasetCard:
    """One dataset as `syned data list` shows it."""

    name: str
    title: str
    home: str
    license: str
    protocols: tuple[ProtocolCard, ...]
    """The usual one first."""
    layout: str
    """The files that are expected in its folder."""
    get: str
    """How to get it; paths are quoted for a shell."""
    path: str
    """Where it is looked for."""
    presence: Presence


def cards(root: Path, name: str | None = None) -> list[DatasetCard]:
    """Return all datasets, or one.

    Args:
        root: Folder with a folder of its own for each.
        name: The one.

    Raises:
        SourceError: There is none of that name.
    """
    infos = [dataset(name)] if name else list(datasets().values())
    return [_card(info, root) for info in infos]


def _card(info: DatasetInfo, root: Path) -> DatasetCard:
    """Return one dataset."""
    path = root / info.name
    return DatasetCard(
        name=info.name,
        title=info.title,
        home=info.home,
        license=info.license,
        protocols=tuple(
            ProtocolCard(name=name, meaning=meaning, sizes=info.sizes.get(name, {}))
            for name, meaning in info.protocols.items()
        ),
        layout=info.layout,
        get=info.get.replace("ROOT", quote(str(root))),
        path=str(path),
        presence=presence(info.name, path),
    )


def presence(name: str, path: Path) -> Presence:
    """Say whether a dataset is at a place, with pictures; only its beginning is read.

    Raises:
        SourceError: There is no such dataset.
    """
    info = dataset(name)
    try:
        if not path.exists() or not is_here(name, path):
            return Presence.ABSENT
        found = any(_has_pair(name, path, split) for split in reversed(info.splits))
    except (SourceError, OSError):
        return Presence.DAMAGED
    return Presence.HERE if found else Presence.NO_PICTURES


def _has_pair(name: str, path: Path, split: Split) -> bool:
    """Say whether a split begins with a pair."""
    try:
        first = islice(read(name, path, split), LOOKED_AT)
        return any(isinstance(entry, CaptionedPair) for entry in first)
    except NotThere:
        return False
