"""What lies in a store, copied to this machine for whatever reads it more than once.

The copy is kept in the cache. Only files that are new or have changed are fetched, so the same
command again goes on where it was stopped.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from syned.bars import bar
from syned.errors import SourceError
from syned.folders import cache_folder
from syned.ids import digest
from syned.storage import protocol_of, to_place, write_whole, written_whole

if TYPE_CHECKING:
    from upath import UPath

_INDEX = ".mirror.json"
_VERSIONS = ("ETag", "etag", "blob_id", "md5Hash", "LastModified", "mtime")
"""What stores call that by which a file of another content is told apart, best first."""
_BATCH = 16
"""Files that are fetched at once."""


def on_this_machine(text: str | Path, *, whole: bool = False) -> Path:
    """Return a path of this machine, of a store the copy of what lies there.

    Args:
        text: A path, or a URL of a run, a folder or a file in a store.
        whole: Whether all of a run is wanted; else its dataset is.

    Raises:
        SourceError: There is nothing in the store of that name, or a name leads out of it.
        StorageError: The store cannot be reached, or does not allow it.
    """
    if not protocol_of(text):
        return Path(text).expanduser()
    return _mirrored(str(text).rstrip("/"), whole)


@cache
def _mirrored(url: str, whole: bool) -> Path:
    place: Any = to_place(url)
    if not whole and (place / "recipe.yaml").exists() and (place / "dataset").exists():
        place = place / "dataset"
    there = _files(place)
    if not there:
        raise SourceError(f"{url}: there is no such file or folder in the store")
    folder = cache_folder() / "stores" / digest(str(place)) / str(place.name)
    _bring(place, folder, there)
    is_file = list(there) == [""]
    return folder / str(place.name) if is_file else folder


def _files(place: UPath) -> dict[str, list[Any]]:
    """Return bytes and version of each file below a place, by its path there."""
    root = place.path.rstrip("/")
    found = place.fs.find(root, detail=True)
    inside = {n[len(root) :]: v for n, v in found.items() if n == root or n.startswith(f"{root}/")}
    # A store takes any name; one that leads out of the copy's folder is not followed.
    for name in inside:
        if ".." in PurePosixPath(name).parts:
            raise SourceError(f"{place}{name}: a name with '..' is not copied to this machine")
    return {name.lstrip("/"): _version(info) for name, info in inside.items()}


def _version(info: dict[str, Any]) -> list[Any]:
    known = next((info[name] for name in _VERSIONS if info.get(name)), "")
    return [int(info["size"]), str(known)]


def _bring(place: UPath, folder: Path, there: dict[str, list[Any]]) -> None:
    """Fetch what a folder lacks, and remove from it what is not there any more."""
    folder.mkdir(parents=True, exist_ok=True)
    note = folder / _INDEX
    had = json.loads(note.read_text(encoding="utf-8")) if note.is_file() else {}
    have = {
        n: v for n, v in had.items() if there.get(n) == v and (folder / _name(n, place)).exists()
    }
    for name in had.keys() - there.keys():
        (folder / _name(name, place)).unlink(missing_ok=True)
    missing = [name for name in there if name not in have]
    total = sum(there[name][0] for name in missing)
    with bar(f"copying {place}", of_bytes=True) as advance:
        for start in range(0, len(missing), _BATCH):
            batch = missing[start : start + _BATCH]
            with ThreadPoolExecutor(_BATCH) as threads:
                list(threads.map(partial(_fetch, place, folder), batch))
            have |= {name: there[name] for name in batch}
            write_whole(note, json.dumps(have))
            advance(sum(there[name][0] for name in batch), total)


def _fetch(place: UPath, folder: Path, name: str) -> None:
    target = folder / _name(name, place)
    target.parent.mkdir(parents=True, exist_ok=True)
    source = place.path.rstrip("/") + (f"/{name}" if name else "")
    with written_whole(target) as temporary:
        place.fs.get_file(source, str(temporary))


def _name(name: str, place: UPath) -> str:
    """Return a file's path within the copy; a place that is a file has no path of its own."""
    return name or str(place.name)
