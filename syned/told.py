"""Errors as a user meets them: one message and an exit code, never a traceback."""

from __future__ import annotations

import errno
import signal
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from syned.errors import EXIT_USER, SynedError
from syned.secrets import hidden

EXIT_INTERRUPTED = 130
"""The shell's own number for a program that was interrupted."""

GO_ON = "Finished parts are kept: give the same command again to go on."
"""What to do after a stop of a command that keeps what it has made."""

ENVIRONMENT_ERRORS = {
    *(errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS, errno.EIO, errno.EMFILE),
    *(errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.ELOOP),
}
"""What the system says of a full disk, of rights, and of paths that cannot be."""


@contextmanager
def told(again: str) -> Iterator[None]:
    """Turn errors that a user can mend, and interrupts, into one message and an exit code.

    Args:
        again: What to do after it was stopped, or the system did not allow it.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    except SynedError as error:
        _fail(str(error), EXIT_USER)
    except KeyboardInterrupt:
        _fail(f"stopped. {again}", EXIT_INTERRUPTED)
    except Exception as error:
        explained = _of_store(error)
        if explained is not None:
            _fail(str(explained), EXIT_USER)
        if not isinstance(error, OSError) or error.errno not in ENVIRONMENT_ERRORS:
            raise
        where = f": {error.filename}" if error.filename else ""
        _fail(f"{error.strerror}{where}. {again}", EXIT_USER)


def _of_store(error: Exception) -> SynedError | None:
    from syned.storage_errors import explained

    return explained(error)


def _fail(message: str, code: int) -> None:
    from syned.terminal import Terminal

    console = Terminal(stderr=True)
    console.print("syned:", style="bold red", end=" ")
    console.print(hidden(message), highlight=False, soft_wrap=True)
    raise typer.Exit(code)
