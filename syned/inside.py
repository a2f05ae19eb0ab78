"""Names of files that a dataset brings along: followed within its own folder, and nowhere else.

A table or a list of annotations may name any file of this machine. What it names would be read,
and might end up in a dataset that is published.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path


def inside(name: str, folders: Sequence[Path]) -> Path | None:
    """Return the file that a dataset names, or nothing if that leads out of its folders.

    Links are followed: a dataset cannot bring any through the Hub or in a table.

    Args:
        name: A path, relative to the first folder or absolute.
        folders: Where files of the dataset may lie.
    """
    if not folders or "\0" in name:
        return None
    path = Path(os.path.normpath(folders[0].absolute() / name))
    roots = (os.path.normpath(folder.absolute()) for folder in folders)
    return path if any(path.is_relative_to(root) for root in roots) else None


def leads_out(name: str) -> bool:
    """Say whether a name is no path within whatever folder it belongs to."""
    return inside(name, (Path("/folder"),)) is None


def hub_caches() -> tuple[Path, ...]:
    """Return the folders in which pictures of datasets from the Hub lie once they are here."""
    from datasets import config
    from huggingface_hub import constants

    cached = (constants.HF_HUB_CACHE, config.HF_DATASETS_CACHE, config.DOWNLOADED_DATASETS_PATH)
    return tuple(Path(folder) for folder in cached)
