"""Errors as a user meets them: one message and an exit code, never a traceback."""

from __future__ import annotations

import errno
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from syned.errors import EXIT_USER, SynedError
from syned.memory import is_out_of_memory
from syned.secrets import hidden

EXIT_INTERRUPTED = 130
"""The shell's own number for a program that was interrupted."""

GO_ON = "Finished parts are kept: give the same command again to go on."
"""What to do after a stop of a command that keeps what it has made."""

MOST = 5_000
"""Characters of a message; one may quote what is far longer."""

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
    try:
        with _stoppable():
            yield
    except SynedError as error:
        _fail(str(error), EXIT_USER)
    except KeyboardInterrupt:
        _show_cursor()
        _fail(f"stopped. {again}", EXIT_INTERRUPTED)
    except Exception as error:
        if is_out_of_memory(error):
            _fail(f"the machine has no memory left. {again}", EXIT_USER)
        explained = _of_store(error)
        if explained is not None:
            _fail(str(explained), EXIT_USER)
        if not isinstance(error, OSError) or error.errno not in ENVIRONMENT_ERRORS:
            raise
        where = f": {error.filename}" if error.filename else ""
        _fail(f"{error.strerror}{where}. {again}", EXIT_USER)


@contextmanager
def _stoppable() -> Iterator[None]:
    """Have SIGINT and SIGTERM raise KeyboardInterrupt, so that what was begun is tidied up."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = [(number, signal.getsignal(number)) for number in (signal.SIGINT, signal.SIGTERM)]
    for number, _ in before:
        signal.signal(number, signal.default_int_handler)
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


def _of_store(error: Exception) -> SynedError | None:
    from syned.storage_errors import explained

    return explained(error)


def _show_cursor() -> None:
    """Give a terminal its cursor back: a second Ctrl-C may have stopped the display's own end."""
    from rich.console import Console

    for stderr in (False, True):
        Console(stderr=stderr).show_cursor()


def _fail(message: str, code: int) -> None:
    from syned.terminal import Terminal

    console = Terminal(stderr=True)
    console.print("syned:", style="bold red", end=" ")
    message = hidden(message)
    if len(message) > MOST:
        message = f"{message[: MOST // 2]} […] {message[-MOST // 2 :]}"
    console.print(message, highlight=False, soft_wrap=True)
    raise typer.Exit(code)
