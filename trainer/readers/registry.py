"""All datasets by name."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from syned.errors import SourceError
from trainer.readers.base import DatasetInfo, Entries
from trainer.rows import Split

_MAKE = "syned generate --recipe demo --n 5000 --out {place}"

DATASETS: dict[str, DatasetInfo] = {
    info.name: info
    for info in (
        DatasetInfo(
            name="syned",
            title="Shards of syned",
            home="https://arxiv.org/abs/2412.15939",
            license="that of each row",
            sizes={},
            protocols={"pairs": "each row is a pair, each of its captions a reference"},
            default_protocol="pairs",
            get=_MAKE,
            layout="a run, data/{train,validation,test}-*.parquet, or `owner/name` on the Hub",
            module="trainer.readers.syned",
        ),
        DatasetInfo(
            name="scenes",
            title="Drawn scenes of syned",
            home="https://arxiv.org/abs/2412.15939",
            license="that of each row",
            sizes={},
            protocols={"scenes": "each row with a drawn scene is a pair"},
            default_protocol="scenes",
            get=_MAKE,
            layout="as for syned",
            module="trainer.readers.syned",
        ),
    )
}


def dataset(name: str) -> DatasetInfo:
    """Return what is known of a dataset.

    Raises:
        SourceError: There is none of that name.
    """
    if name not in DATASETS:
        raise SourceError(f"there is no dataset {name!r}; known are {', '.join(DATASETS)}")
    return DATASETS[name]


def read(name: str, path: str | Path, split: Split, protocol: str | None = None) -> Entries:
    """Yield the entries of a split of a dataset.

    Raises:
        SourceError: There is no such dataset, protocol or split, or it is not at this place.
    """
    info = dataset(name)
    chosen = protocol or info.default_protocol
    if chosen not in info.protocols:
        known = ", ".join(f"{key} ({what})" for key, what in info.protocols.items())
        raise SourceError(f"{name} has no protocol {chosen!r}; known are {known}")
    entries: Entries = import_module(info.module).read(str(path), split, chosen)
    return entries
