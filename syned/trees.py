"""Folders with all that is in them, here or in a store."""

from __future__ import annotations

import shutil
from pathlib import Path

from syned.storage import Place
from syned.temporary import TEMPORARY


def tree_sizes(folder: Place) -> dict[str, int]:
    """Return the files below a folder and their bytes, by their paths there, in order."""
    if isinstance(folder, Path):
        found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
        return {name: found[name].stat().st_size for name in sorted(found)}
    root = folder.path.rstrip("/") + "/"
    files = folder.fs.find(root, detail=True)
    return {name.removeprefix(root): int(files[name]["size"]) for name in sorted(files)}


def remove_tree(folder: Place) -> None:
    """Remove a folder and all in it, if it is there."""
    if isinstance(folder, Path):
        shutil.rmtree(folder, ignore_errors=True)
    elif folder.exists():
        folder.fs.rm(folder.path, recursive=True)


def replace_tree(new: Place, old: Place) -> None:
    """Put a folder in the place of another one beside it.

    A crash in between leaves the other gone or, in a store, incomplete: let a note that is written
    after it say that it is whole.
    """
    if not isinstance(new, Path):
        remove_tree(old)
        found = list(tree_sizes(new))
        place = new.parent / old.name
        new.fs.copy([f"{new.path}/{n}" for n in found], [f"{place.path}/{n}" for n in found])
        remove_tree(new)
        return
    assert isinstance(old, Path), "both are on one file system"
    previous = new.with_name(f"{TEMPORARY}previous")
    remove_tree(previous)
    if old.exists():
        old.rename(previous)
    new.rename(old)
    remove_tree(previous)
