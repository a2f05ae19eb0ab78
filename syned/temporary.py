"""Names for what is not finished, and the removal of what killed processes left under them.

A name tells the machine and the process that it belongs to, as far as process numbers have a
meaning: of another machine, or container, nobody here can say whether it is alive.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import psutil

from syned.ids import digest

if TYPE_CHECKING:
    from syned.storage import Place

TEMPORARY = ".tmp-"
LONGEST = 40
"""Characters of a folder's path; a socket's, with two folders below it, may have 107."""
ANYWHERE = Path("/tmp")
"""Where sockets may lie if the folder for temporary files has a long path."""
_SCRATCH = "syned-"


def scratch_folder() -> Path:
    """Return a folder for temporary files with a path so short that sockets can lie below it."""
    own = Path(tempfile.gettempdir())
    return own if len(str(own)) <= LONGEST else ANYWHERE


def temporary_path(final: Place) -> Path:
    """Return a local path for a file that is to appear at `final`; no other process uses it."""
    if isinstance(final, Path):
        return final.with_name(f"{TEMPORARY}{_own()}-{final.name}")
    return scratch_path(final.name)


def scratch_path(name: str) -> Path:
    """Return a path in the folder for temporary files; no other process uses it."""
    return scratch_folder() / f"{_SCRATCH}{_own()}-{name}"


@contextmanager
def folder_of_sockets(name: str, longest: int) -> Iterator[Path]:
    """Make a folder for the files of a library that keeps sockets there, and remove it at the end.

    Args:
        name: The end of its name.
        longest: Characters that its path may have.
    """
    path = scratch_path(name)
    if len(str(path)) > longest:
        path = ANYWHERE / path.name
    path.mkdir()
    try:
        yield path
    finally:
        # Its processes may write for a moment yet; what is left is swept by the next command.
        for wait in (0.0, 0.1, 0.5, 2.0):
            time.sleep(wait)
            shutil.rmtree(path, ignore_errors=True)
            if not path.exists():
                break


def _own() -> str:
    """Name this machine and this process, and a number that comes once."""
    return f"{_machine()}-{os.getpid()}-{uuid4().hex[:6]}"


@cache
def _machine() -> str:
    """Name the machine, or container, within which process numbers have a meaning."""
    space = ""
    with suppress(OSError):
        space = os.readlink("/proc/self/ns/pid")
    return digest(socket.gethostname(), space)[:6]


def sweep(folder: Place) -> None:
    """Remove what killed processes left in a folder that this one has claimed.

    Of a folder in a store, they left files in the folder for temporary ones.
    """
    if isinstance(folder, Path):
        for path in folder.glob(f"{TEMPORARY}*"):
            _remove(path)
    else:
        sweep_scratch()


def sweep_dead(folder: Place) -> None:
    """Remove what killed processes of this machine left in a folder that nobody has claimed.

    In a store nothing is left: its files are uploaded whole.
    """
    if isinstance(folder, Path):
        _sweep(folder, TEMPORARY)


def sweep_scratch() -> None:
    """Remove what killed processes of this machine left in the folder for temporary files."""
    for folder in {scratch_folder(), ANYWHERE}:
        _sweep(folder, _SCRATCH)


def _sweep(folder: Path, prefix: str) -> None:
    own = f"{prefix}{_machine()}-"
    for path in folder.glob(f"{own}*"):
        process = path.name.removeprefix(own).partition("-")[0]
        if not process.isdigit() or not psutil.pid_exists(int(process)):
            _remove(path)


def _remove(path: Path) -> None:
    """Remove a file or a folder, unless it is another user's."""
    with suppress(PermissionError):
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
