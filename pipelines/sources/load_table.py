"""Parquet files and Hub datasets, opened through `datasets` as one table."""

from __future__ import annotations

import glob
import logging
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import datasets

from pipelines.sections.sources import TableSource
from pipelines.sources.base import as_text
from pipelines.sources.stored import listed
from syned.errors import SourceError, SynedError
from syned.storage import protocol_of, to_place


def local_path(path: str) -> Path:
    """Return where a table would be on this machine."""
    return Path(path).expanduser()


def undecoded(dataset: Any, image: str) -> Any:
    """Return the table with the encoded bytes of its pictures instead of decoded ones."""
    if isinstance(dataset.features[image], datasets.Image):
        return dataset.cast_column(image, datasets.Image(decode=False))
    return dataset


def load_table(config: TableSource) -> Any:
    """Return a table as one dataset, all splits one after another unless one is named.

    Raises:
        SourceError: It cannot be read.
    """
    path = local_path(config.path)
    if protocol_of(config.path):
        with _explained(config.path), _quiet():
            return _load_stored(config.path, config.split or "train")
    with _explained(config.path), _quiet() if path.exists() else nullcontext():
        return _joined(_load_splits(config, path))


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn what keeps a table from being read into one message."""
    try:
        yield
    except SynedError:
        raise
    # pyarrow, `datasets`, the Hub's client and the network each have errors of their own.
    except Exception as error:
        text = next(iter(str(error).splitlines()), "") or type(error).__name__
        hub = (
            "" if local_path(name).exists() else "; nor is there a file or folder of that name here"
        )
        raise SourceError(f"{as_text(name)}: cannot be read as a table ({text}){hub}") from error


def load_files(files: list[str], name: str) -> Any:
    """Return Parquet files as one dataset.

    Raises:
        SourceError: They cannot be read.
    """
    with _explained(name), _quiet():
        return _load_files(files, "train")


def _load_splits(config: TableSource, path: Path) -> Any:
    """Return a dataset, or several by the names of their splits."""
    if path.is_dir() and not (config.split or config.config):
        # Found here, since `datasets` drops files whose names are no splits where some are.
        files = sorted(str(file) for file in path.rglob("*.parquet"))
        if not files:
            raise SourceError(f"{as_text(config.path)}: no .parquet file in this folder")
        return _load_files(files, "train")
    if path.is_file():
        return _load_files([str(path)], config.split or "train")
    where = str(path) if path.exists() else config.path
    return datasets.load_dataset(
        where, name=config.config, split=config.split, revision=config.revision
    )


def _load_stored(path: str, split: str) -> Any:
    """Return the Parquet files below a place in a store as one dataset."""
    if path.endswith(".parquet"):
        return _load_files([path], split)
    names = [name for name in listed(to_place(path)) if name.endswith(".parquet")]
    if not names:
        raise SourceError(f"{path}: no .parquet file in this folder")
    return _load_files([f"{path.rstrip('/')}/{name}" for name in names], split)


def _load_files(files: list[str], split: str) -> Any:
    """Return Parquet files as one dataset."""
    patterns = [glob.escape(file) for file in files]
    return datasets.load_dataset("parquet", data_files=patterns, split=split)


def _joined(loaded: Any) -> Any:
    """Return all splits as one dataset."""
    if not isinstance(loaded, datasets.DatasetDict):
        return loaded
    return datasets.concatenate_datasets(list(loaded.values()))


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the bars and messages of `datasets` off the terminal while it copies local files."""
    logger = logging.getLogger("datasets")
    level, bars = logger.level, datasets.are_progress_bars_disabled()
    logger.setLevel(logging.CRITICAL)
    datasets.disable_progress_bars()
    try:
        yield
    finally:
        logger.setLevel(level)
        if not bars:
            datasets.enable_progress_bars()
