"""All datasets by name: what is known of them (`datasets.yaml`), and how they are read."""

from __future__ import annotations

from functools import cache
from importlib import import_module, resources
from pathlib import Path
from typing import Any

import yaml

from syned.errors import SourceError
from trainer.readers.base import DatasetInfo, Entries
from trainer.rows import Split


@cache
def datasets() -> dict[str, DatasetInfo]:
    """Return what is known of each dataset, by name."""
    text = (resources.files("trainer") / "readers" / "datasets.yaml").read_text(encoding="utf-8")
    return {name: _info(name, values) for name, values in yaml.safe_load(text).items()}


def _info(name: str, values: dict[str, Any]) -> DatasetInfo:
    sizes = {
        protocol: {Split(split): count for split, count in counts.items()}
        for protocol, counts in values.pop("sizes", {}).items()
    }
    splits = tuple(Split(split) for split in values.pop("splits", list(Split)))
    first = next(iter(values["protocols"]))
    return DatasetInfo(name=name, sizes=sizes, splits=splits, default_protocol=first, **values)


def dataset(name: str) -> DatasetInfo:
    """Return what is known of a dataset.

    Raises:
        SourceError: There is none of that name.
    """
    if name not in datasets():
        raise SourceError(f"there is no dataset {name!r}; known are {', '.join(datasets())}")
    return datasets()[name]


def read(name: str, path: str | Path, split: Split, protocol: str | None = None) -> Entries:
    """Yield the entries of a split of a dataset.

    Raises:
        SourceError: There is no such dataset, protocol or split, or it is not at this place.
    """
    chosen = protocol_of(name, protocol)
    entries: Entries = import_module(dataset(name).module).read(str(path), split, chosen)
    return entries


def protocol_of(name: str, protocol: str | None) -> str:
    """Return a protocol of a dataset, the usual one if none is given.

    Raises:
        SourceError: There is no such dataset or protocol.
    """
    info = dataset(name)
    chosen = protocol or info.default_protocol
    if chosen not in info.protocols:
        known = ", ".join(f"{key} ({what})" for key, what in info.protocols.items())
        raise SourceError(f"{name} has no protocol {chosen!r}; known are {known}")
    return chosen


def is_here(name: str, path: str | Path) -> bool:
    """Say whether a dataset is at a place, by its files; nothing is fetched.

    Raises:
        SourceError: A file of it is damaged.
    """
    return bool(import_module(dataset(name).module).is_here(str(path)))
