"""Where files lie: a path of this machine, or a URL of an object store, through one layer.

A file appears whole or not at all: it is written beside its place (or, for a store, in the folder
for temporary files) and then renamed or uploaded. Nothing is ever written through an open handle
of a store, which publishes what it has when the writer fails.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from syned.errors import MissingExtra, RunError, StorageError
from syned.secrets import refuse_secret
from syned.temporary import temporary_path

if TYPE_CHECKING:
    from upath import UPath

Place: TypeAlias = "Path | UPath"
"""A local path, or one of an object store."""

_EXTRAS = {"s3": "s3fs", "s3a": "s3fs", "gs": "gcsfs", "gcs": "gcsfs"}
"""The packages of the extra `storage`, by protocol; what a run can be written to."""
_READ_ONLY = ("hf",)
_FULL = (errno.ENOSPC, errno.EDQUOT)
_ATTEMPTS = 8
"""At a request to S3, unless `AWS_MAX_ATTEMPTS` says how many."""


def protocol_of(text: str | Path) -> str:
    """Return the protocol of a URL such as `s3://bucket/run`; empty for a path."""
    head, mark, _ = str(text).partition("://")
    return head if mark else ""


def to_place(text: str | Path) -> Place:
    """Return the place that a path or a URL names.

    Raises:
        RunError: The protocol is none that syned knows, it is a pattern, or it holds a password.
        MissingExtra: The package for the protocol is not installed.
    """
    protocol = protocol_of(text)
    if not protocol:
        return Path(text)
    refuse_secret(str(text))
    if protocol not in (*_EXTRAS, *_READ_ONLY):
        known = ", ".join(f"{name}://" for name in (*_EXTRAS, *_READ_ONLY))
        raise RunError(f"{text}: {protocol}:// is not known; give a folder, or one of {known}")
    if wild := next((letter for letter in "*?[]" if letter in str(text)), None):
        raise RunError(f"{text}: {wild!r} is for patterns; name one place")
    from upath import UPath

    package = _EXTRAS.get(protocol, "")
    try:
        place = UPath(str(text), **_options(package))
        # Made at once, so that a missing package is met here.
        _ = place.fs
    except ImportError as error:
        raise MissingExtra(package or protocol, "storage") from error
    return cast("UPath", place)


def client_of(place: Place) -> str | None:
    """Return the package that speaks with a place's store; nothing for a folder."""
    return None if isinstance(place, Path) else _EXTRAS.get(place.protocol)


def _options(package: str) -> dict[str, Any]:
    """Return what the client of a store is told."""
    if not package:
        return {}
    retries = {"mode": "standard"}
    own = {} if "AWS_MAX_ATTEMPTS" in os.environ else {"max_attempts": _ATTEMPTS}
    config = {"config_kwargs": {"retries": retries | own}} if package == "s3fs" else {}
    # Another process writes there too: a listing that is kept would say that its parts are missing.
    return {"use_listings_cache": False} | config


def is_read_only(place: Place) -> bool:
    """Say whether nothing can be written to a place's store."""
    return not isinstance(place, Path) and place.protocol in _READ_ONLY


def publish(temporary: Path, final: Place) -> None:
    """Have a finished local file appear at its place, whole; the local one is gone after."""
    if isinstance(final, Path):
        _sync_and_rename(temporary, final)
        return
    final.fs.put_file(str(temporary), final.path)
    temporary.unlink()


def _sync_and_rename(temporary: Path, final: Path) -> None:
    """Give a finished file its name; after a crash it is there whole or not at all."""
    descriptor = os.open(temporary, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    temporary.replace(final)


@contextmanager
def written_whole(final: Place) -> Iterator[Path]:
    """Yield a local path to write to; the file appears at its place if nothing is raised."""
    temporary = temporary_path(final)
    try:
        with room_named(final):
            yield temporary
            publish(temporary, final)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def room_named(final: Place) -> Iterator[None]:
    """Say which disk is full, where one is: libraries say that it is, and not which.

    Raises:
        StorageError: It is the one on which files for a store are written first.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in _FULL:
            raise
        if isinstance(final, Path):
            raise OSError(error.errno, os.strerror(error.errno), str(final.parent)) from error
        raise StorageError(
            f"no space is left in {tempfile.gettempdir()}, where files for a store are written "
            "first; free some, or set TMPDIR to another folder. Finished parts are kept: give the "
            "same command again to go on."
        ) from error


def write_whole(final: Place, text: str) -> None:
    """Write a text file that is there whole or not at all."""
    with written_whole(final) as temporary:
        temporary.write_text(text, encoding="utf-8")


def rename(place: Place, name: str) -> None:
    """Give a file another name in its folder."""
    if isinstance(place, Path):
        place.rename(place.with_name(name))
    else:
        place.fs.mv(place.path, place.with_name(name).path)


def make_folder(place: Place) -> None:
    """Make a local folder; a store has none of its own."""
    if isinstance(place, Path):
        place.mkdir(parents=True, exist_ok=True)


def remove(place: Place) -> None:
    """Remove a file, if it is there."""
    if isinstance(place, Path):
        place.unlink(missing_ok=True)
    elif place.exists():
        place.unlink()


def sizes(folder: Place) -> dict[str, int]:
    """Return the files of a folder and their bytes, by name, in one listing.

    A folder that is not there has none.
    """
    if isinstance(folder, Path):
        if not folder.is_dir():
            return {}
        with os.scandir(folder) as entries:
            return {entry.name: entry.stat().st_size for entry in entries if entry.is_file()}
    found = ((_last(item["name"]), item) for item in _listed(folder))
    return {name: int(item["size"]) for name, item in found if item["type"] == "file"}


def names(folder: Place) -> list[str]:
    """Return what lies in a folder, folders included, in order; nothing if it is not there."""
    if isinstance(folder, Path):
        return sorted(os.listdir(folder)) if folder.is_dir() else []
    return sorted(_last(item["name"]) for item in _listed(folder))


def _listed(folder: UPath) -> list[dict[str, Any]]:
    """List a folder of a store."""
    try:
        found: list[dict[str, Any]] = folder.fs.ls(folder.path, detail=True)
    except FileNotFoundError:
        return []
    # Some tools make an empty object of the folder's own name.
    return [item for item in found if item["name"].rstrip("/") != folder.path.rstrip("/")]


def _last(key: str) -> str:
    """Return the last piece of a key."""
    return key.rstrip("/").rpartition("/")[2]


def read_files(folder: Place, names: Sequence[str]) -> Mapping[str, bytes]:
    """Read small files, those of a store many at a time; one that is gone by now is left out."""
    if isinstance(folder, Path):
        return {name: data for name in names if (data := _bytes(folder / name)) is not None}
    paths = [f"{folder.path.rstrip('/')}/{name}" for name in names]
    found = folder.fs.cat(paths, on_error="return") if paths else {}
    read = {path.rpartition("/")[2]: data for path, data in found.items()}
    wrong = next((d for d in read.values() if isinstance(d, Exception)), None)
    if wrong is not None and not isinstance(wrong, FileNotFoundError):
        raise wrong
    return {name: data for name, data in read.items() if isinstance(data, bytes)}


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
