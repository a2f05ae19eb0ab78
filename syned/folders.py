"""Folders that appear whole, and are made again only if they are not as they should be."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

from syned.storage import write_whole
from syned.temporary import TEMPORARY

_MARK = ".mark"
CACHE_VARIABLE = "SYNED_CACHE"


def cache_folder() -> Path:
    """Return the folder of what syned keeps between runs: `$SYNED_CACHE` or `~/.cache/syned`."""
    return Path(os.environ.get(CACHE_VARIABLE) or "~/.cache/syned").expanduser().absolute()


def appear_whole(folder: Path, mark: str, write: Callable[[Path], None]) -> None:
    """Make a folder, unless it is there as it should be.

    Args:
        folder: The folder.
        mark: Identifies what should be in it; kept there, with the files' sizes, in a hidden file.
        write: Writes its files into an empty folder.
    """
    note = folder / _MARK
    if note.is_file() and note.read_text(encoding="utf-8") == _note(folder, mark):
        return
    building = folder.with_name(f"{TEMPORARY}{folder.name}")
    shutil.rmtree(building, ignore_errors=True)
    building.mkdir(parents=True)
    write(building)
    write_whole(building / _MARK, _note(building, mark))
    shutil.rmtree(folder, ignore_errors=True)
    building.rename(folder)


def _note(folder: Path, mark: str) -> str:
    """Return what is noted of a folder: its mark, and the bytes of each file."""
    files = {p.name: p.stat().st_size for p in sorted(folder.iterdir()) if p.name != _MARK}
    return json.dumps({"mark": mark, "files": files})


def link(source: Path, place: Path) -> None:
    """Put the files of a folder at another place too, without copying them where that can be."""
    for path in sorted(source.iterdir()):
        try:
            os.link(path, place / path.name)
        except OSError:
            shutil.copy2(path, place / path.name)
