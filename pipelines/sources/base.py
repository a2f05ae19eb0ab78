"""What a source of pictures is."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from syned.batches import ahead
from syned.errors import RowError
from syned.ids import digest
from syned.memory import is_out_of_memory
from syned.reasons import Reason
from syned.rows import Task
from syned.storage import Place

T = TypeVar("T")
P = TypeVar("P")
MAX_FILE_BYTES = 2**30
"""Larger files are not read: 179 megapixels take 0.7 GB without any compression."""


@dataclass(frozen=True, slots=True)
class SourcePicture:
    """One picture as it was found, and what is known of it.

    Attributes:
        data: The bytes of the picture file, or the canonical JSON of a drawn scene.
        key: Where it was found: a path within the folder, or a number.
        caption: What the picture shows; may be empty.
        license: Licence of the picture; may be empty.
        instruction: An edit instruction that came with it.
        task: The kind of that edit.
        edited_caption: What the edited picture would show.
        is_scene: Whether `data` is a scene.
        edited: The bytes of the edited picture that came with it.
        captions: Captions of the difference that came with it.
    """

    data: bytes
    key: str
    caption: str = ""
    license: str = ""
    instruction: str | None = None
    task: Task | None = None
    edited_caption: str | None = None
    is_scene: bool = False
    edited: bytes | None = None
    captions: tuple[str, ...] = ()

    @property
    def given(self) -> str:
        """Identify what came with the picture; empty for a picture alone."""
        made = digest(self.edited) if self.edited is not None else ""
        return (self.instruction or "") + made


class PictureSource(Protocol):
    """A numbered collection of pictures; the numbers do not change while the pictures do not."""

    name: str
    """As kept in the rows; names no folder of the machine above the last."""
    is_far: bool
    """Whether each picture is waited for: then several are read at once."""

    def __len__(self) -> int:
        """Return how many pictures there are; `sys.maxsize` for a source without an end."""
        ...

    def key(self, index: int) -> str:
        """Return where picture `index` is found, without reading it."""
        ...

    def read(self, index: int) -> SourcePicture:
        """Read picture `index`.

        Raises:
            RowError: This one cannot be read.
        """
        ...


READERS = 16
"""Pictures of a far source that are read at once."""


def read_ahead(
    items: Iterable[T], read: Callable[[T], P], threads: int
) -> Iterator[tuple[T, P | RowError]]:
    """Yield items with what is read of them, or with what keeps them from being read, in order.

    Args:
        items: What is read.
        read: Reads one.
        threads: How many are read at once, ahead of what is taken; 0 for one by one.
    """

    def tried(item: T) -> tuple[T, P | RowError]:
        try:
            return item, read(item)
        except RowError as error:
            return item, error

    return ahead(items, tried, threads)


def as_text(value: str) -> str:
    r"""Return text that is valid UTF-8; bytes of file names that are not are written \udcxx."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")


def as_task(value: Any) -> Task | None:
    """Return the task of that name, in any case; nothing for a name that is no task."""
    name = str(value).strip().lower().replace("colour", "color")
    return Task(name) if name in set(Task) else None


def read_file(path: Place) -> bytes:
    """Return the bytes of a plain file, or of one in a store.

    Raises:
        RowError: UNREADABLE, for one that is gone, not permitted, too large or not a plain file.
        StorageError: A store cannot be reached, or does not allow it.
    """
    if not isinstance(path, Path):
        from pipelines.sources.stored import read_stored

        return read_stored(path, MAX_FILE_BYTES)
    try:
        info = path.stat()
        # A pipe or a device would be waited for without an end.
        if not stat.S_ISREG(info.st_mode):
            raise RowError(Reason.UNREADABLE, "not a file, but a folder or something special")
        if info.st_size > MAX_FILE_BYTES:
            size = f"{info.st_size / 2**30:.1f} GiB"
            raise RowError(Reason.UNREADABLE, f"{size}; files up to 1 GiB are read")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if is_out_of_memory(error):
            raise
        text = getattr(error, "strerror", None) or type(error).__name__
        raise RowError(Reason.UNREADABLE, f"the file cannot be read ({text})") from error
