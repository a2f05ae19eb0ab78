"""Pictures in an object store: found in one listing, read one by one."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

from pipelines.sources.metadata import METADATA_NAMES, Note, read_notes
from syned.errors import RowError, SourceError, StorageError
from syned.reasons import Reason
from syned.storage import Place
from syned.storage_errors import explained
from syned.trees import tree_sizes

if TYPE_CHECKING:
    from collections.abc import Callable

Found = tuple[list[str], dict[str, Note], Counter[str]]
"""Paths of pictures in order, notes on them, and the suffixes of other files."""


def scan_store(root: Place, is_picture: Callable[[str], bool]) -> Found:
    """Find the pictures below a place in a store, by their suffixes, and what metadata say of them.

    Args:
        root: A folder in a store.
        is_picture: Says whether a name is that of a picture.

    Raises:
        SourceError: There is nothing, or metadata are malformed.
        StorageError: The store cannot be reached, or does not allow it.
    """
    folders: defaultdict[str, list[str]] = defaultdict(list)
    for name in listed(root):
        if not any(piece.startswith(".") for piece in name.split("/")):
            inside, file = posixpath.split(name)
            folders[inside].append(file)
    pictures: set[str] = set()
    notes: dict[str, Note] = {}
    others: Counter[str] = Counter()
    for inside, files in folders.items():
        metadata = next((name for name in METADATA_NAMES if name in files), None)
        own = read_notes(root / inside / metadata) if metadata else {}
        notes |= {posixpath.normpath(posixpath.join(inside, n)): note for n, note in own.items()}
        for file in files:
            if is_picture(file):
                pictures.add(posixpath.join(inside, file))
            else:
                others[posixpath.splitext(file)[1].lower() or "no suffix"] += 1
    return sorted(pictures | notes.keys()), notes, others


def listed(root: Place) -> dict[str, int]:
    """Return the files below a place in a store and their bytes, by their paths there.

    Raises:
        SourceError: There is nothing.
        StorageError: The store cannot be reached, or does not allow it.
    """
    try:
        found = tree_sizes(root)
    except Exception as error:
        raise _meant(error) from error
    if not found:
        raise SourceError(f"{root}: there is nothing under this address")
    return found


def read_stored(file: Place, most: int) -> bytes:
    """Return the bytes of a file in a store.

    Args:
        file: Where it is.
        most: Larger files are not read, in bytes.

    Raises:
        RowError: UNREADABLE, for one that is gone or too large.
        StorageError: The store cannot be reached, or does not allow it.
    """
    try:
        size = file.stat().st_size
        if size > most:
            message = f"{size / 2**30:.1f} GiB; files up to {most / 2**30:.0f} GiB are read"
            raise RowError(Reason.UNREADABLE, message)
        return file.read_bytes()
    except (FileNotFoundError, IsADirectoryError) as error:
        raise RowError(Reason.UNREADABLE, "there is no such file in the store") from error
    except RowError:
        raise
    except Exception as error:
        raise _meant(error) from error


def _meant(error: Exception) -> Exception:
    """Return an error of a store in words, or the error itself."""
    return explained(error) or (
        StorageError(f"the object store: {error}") if isinstance(error, OSError) else error
    )
