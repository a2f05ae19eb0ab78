"""A folder of pictures, nested, with or without metadata: an imagefolder."""

from __future__ import annotations

import os
import posixpath
import stat
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from importlib import resources
from pathlib import Path

from PIL import Image

from pipelines.sections.sources import FolderSource
from pipelines.sources.base import SourcePicture, as_text, read_file
from pipelines.sources.metadata import METADATA_NAMES, Note, read_notes
from pipelines.sources.stored import scan_store
from syned.errors import RowError, SourceError
from syned.images import READERS
from syned.reasons import Reason
from syned.storage import Place, protocol_of, to_place

BUILTIN_PHOTOS = "builtin:photos"

_SNIFFED = ("JPEG", "PNG", "WEBP", "GIF", "TIFF", "AVIF")
"""Formats that a file without a suffix is recognised as; their signatures are long enough."""


class FolderPictures:
    """The pictures of a folder, in an order that does not depend on the file system.

    Args:
        root: The folder that keys are relative to.
        names: Paths of the files within the folder.
        notes: What is known of some of them, by the same paths.
        config: Where it came from.
    """

    def __init__(
        self, root: Place, names: list[str], notes: dict[str, Note], config: FolderSource
    ) -> None:
        self.name = source_name(config.path)
        self.is_far = not isinstance(root, Path)
        self._root = root
        self._names = names
        self._notes = notes
        self._license = config.license

    def __len__(self) -> int:
        return len(self._names)

    def key(self, index: int) -> str:
        """Return the path within the folder, as valid text."""
        return as_text(self._names[index])

    def read(self, index: int) -> SourcePicture:
        """Read picture `index`.

        Raises:
            RowError: UNREADABLE, for a file that is gone, not a plain file, not permitted, too
                large or outside of the folder.
        """
        name = self._names[index]
        if os.path.isabs(name) or name.split(os.sep, maxsplit=1)[0] == os.pardir:
            raise RowError(Reason.UNREADABLE, "the metadata name a path outside of the folder")
        note = self._notes.get(name, Note())
        return SourcePicture(
            data=read_file(self._root / name),
            key=self.key(index),
            caption=note.caption,
            license=note.license or self._license,
            instruction=note.instruction,
            task=note.task,
            edited_caption=note.edited_caption,
        )


def open_folder(config: FolderSource) -> FolderPictures:
    """Find the pictures of a folder, or of a single file.

    Pictures are the files with the suffix of a picture format, those without a suffix that begin
    like a picture, and those that metadata list. Hidden files are left out, links are followed.

    Raises:
        SourceError: There is no such folder, it holds no pictures, or its metadata are malformed.
    """
    root = folder_path(config.path)
    if not isinstance(root, Path):
        if is_picture_name(root.name):
            return FolderPictures(root.parent, [root.name], {}, config)
        names, notes, others = scan_store(root, is_picture_name)
        return _opened(root, names, notes, others, config)
    if root.is_file():
        return FolderPictures(root.parent, [_only_picture(root)], {}, config)
    if not root.is_dir():
        what = "is not a folder" if root.exists() else "there is no such folder"
        raise SourceError(f"{as_text(config.path)}: {what}; expected a folder of pictures")
    if not os.access(root, os.R_OK | os.X_OK):
        raise SourceError(f"{as_text(config.path)}: you are not permitted to list this folder")
    names, notes, others = _scan(root)
    return _opened(root, names, notes, others, config)


def _opened(
    root: Place,
    names: list[str],
    notes: dict[str, Note],
    others: Counter[str],
    config: FolderSource,
) -> FolderPictures:
    """Return the pictures that were found, if there are any."""
    if not names:
        raise SourceError(f"{as_text(config.path)}: {_nothing_found(others)}")
    return FolderPictures(root, names, notes, config)


def folder_path(path: str) -> Place:
    """Return where a folder is; `builtin:photos`, `~` and URLs of stores are resolved.

    Raises:
        SourceError: An unknown `builtin:` name.
    """
    if path == BUILTIN_PHOTOS:
        return Path(str(resources.files("pipelines") / "photos"))
    if path.startswith("builtin:"):
        raise SourceError(f"{path}: no such built-in folder; the only one is {BUILTIN_PHOTOS}")
    return to_place(path) if protocol_of(path) else Path(path).expanduser()


def source_name(path: str) -> str:
    """Return the name kept in rows: the last folder alone, so that runs can be published."""
    if path == BUILTIN_PHOTOS:
        return path
    if protocol_of(path):
        return f"folder:{as_text(posixpath.basename(path.rstrip('/')))}"
    return f"folder:{as_text(os.path.basename(os.path.abspath(Path(path).expanduser())))}"


@cache
def picture_suffixes() -> frozenset[str]:
    """Return the suffixes of the formats that can be read, in lower case with the dot."""
    known = Image.registered_extensions().items()
    return frozenset({suffix for suffix, form in known if form in READERS} | {".mpo"})


def is_picture_name(name: str) -> bool:
    """Say whether a file's suffix is that of a picture."""
    return os.path.splitext(name)[1].lower() in picture_suffixes()


def walk(
    root: Path, on_error: Callable[[OSError], None] | None = None
) -> Iterator[tuple[str, list[str]]]:
    """Yield each folder once, links followed, with the names of its files; hidden ones left out.

    A folder whose name looks like a picture's counts as a file too, to be rejected when it is
    read, so that it does not go unnoticed.

    Args:
        root: Where to begin.
        on_error: Is told of folders that cannot be listed.

    Yields:
        The folder's path within the root, empty for the root itself, and names in order.
    """
    seen: set[tuple[int, int]] = set()
    for folder, folders, files in os.walk(root, followlinks=True, onerror=on_error):
        info = os.stat(folder)
        if (info.st_dev, info.st_ino) in seen:
            folders.clear()
            continue
        seen.add((info.st_dev, info.st_ino))
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        inside = os.path.relpath(folder, root)
        names = sorted([*files, *filter(is_picture_name, folders)])
        yield "" if inside == "." else inside, [n for n in names if not n.startswith(".")]


def _scan(root: Path) -> tuple[list[str], dict[str, Note], Counter[str]]:
    """Return the paths of pictures in order, notes on them, and the suffixes of other files.

    A folder that cannot be listed is taken for a picture: reading it says why.
    """
    closed: list[OSError] = []
    names: set[str] = set()
    notes: dict[str, Note] = {}
    others: Counter[str] = Counter()
    for inside, files in walk(root, closed.append):
        notes |= _notes_of(root, inside, files)
        for file in files:
            if is_picture_name(file) or _begins_like_picture(root / inside / file):
                names.add(os.path.join(inside, file))
            else:
                others[os.path.splitext(file)[1].lower() or "no suffix"] += 1
    names |= {os.path.relpath(str(error.filename), root) for error in closed}
    return sorted(names | notes.keys()), notes, others


def _notes_of(root: Path, inside: str, files: list[str]) -> dict[str, Note]:
    """Return what the metadata file of one folder says, by paths within the root."""
    metadata = next((name for name in METADATA_NAMES if name in files), None)
    notes = read_notes(root / inside / metadata) if metadata else {}
    return {os.path.normpath(os.path.join(inside, name)): note for name, note in notes.items()}


def _begins_like_picture(file: Path) -> bool:
    """Say whether a file without a suffix begins with the signature of a picture."""
    if file.suffix:
        return False
    try:
        if not stat.S_ISREG(file.stat().st_mode):
            return False
        with file.open("rb") as opened:
            start = opened.read(16)
    except OSError:
        return False
    accepts = (Image.OPEN[form][1] for form in _SNIFFED)
    return any(accept is not None and accept(start) is True for accept in accepts)


def _only_picture(file: Path) -> str:
    """Return the name of a single file, if it can be a picture.

    Raises:
        SourceError: Neither its suffix nor its first bytes are those of a picture.
    """
    if is_picture_name(file.name) or _begins_like_picture(file):
        return file.name
    raise SourceError(f"{as_text(str(file))}: not a picture; expected a picture or a folder")


def _nothing_found(others: Counter[str]) -> str:
    """Say what a folder without pictures holds."""
    known = "give a folder with pictures such as .jpg, .png, .webp or .tif"
    if not others:
        return f"the folder is empty; {known}"
    kinds = ", ".join(f"{as_text(suffix)} ({count})" for suffix, count in others.most_common(5))
    return f"no pictures among {others.total()} files: {kinds}; {known}"
