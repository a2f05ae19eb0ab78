"""The server that workers are forked from: it has imported the stages and nothing else.

Workers start in milliseconds, and no thread or GPU state of the parent comes with them.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from multiprocessing import forkserver, resource_tracker, util
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from syned.stage import Stage
from syned.storage import Place, client_of
from syned.temporary import scratch_path

WORKERS = multiprocessing.get_context("forkserver")


def preload(stages: Sequence[Stage], place: Place) -> None:
    """Have what stages import be imported once for all workers; call it before the first starts.

    Args:
        stages: Name their modules.
        place: Of the run; the client of its store is imported too.
    """
    modules = {module for stage in stages for module in stage.modules}
    client = client_of(place)
    WORKERS.set_forkserver_preload(
        ["syned.worker", *sorted(modules), *([client] if client else [])]
    )


def begin(target: Callable[..., None], args: tuple[Any, ...], log: Path) -> ForkServerProcess:
    """Start a worker, and the server before it, if there is none or it has died.

    Args:
        target: What the worker does.
        args: Of the target.
        log: Where the server, and a worker until it has a log of its own, write what goes wrong.

    Raises:
        ConnectionError: The server died meanwhile.
    """
    process = WORKERS.Process(target=target, args=args)
    try:
        with _quiet(), _logged(log), _tidy():
            forkserver.ensure_running()
        process.start()
    except EOFError as error:
        raise ConnectionError("the server of workers has died") from error
    return process


@contextmanager
def _quiet() -> Iterator[None]:
    """Have what is started ignore Ctrl-C, which a terminal sends to all: it is the parent's."""
    # It starts with the server, and would let a waiting interrupt through.
    resource_tracker.ensure_running()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGINT])
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGINT])


@contextmanager
def _tidy() -> Iterator[None]:
    """Have the server's socket lie where the next syned removes it, should this one be killed."""
    before, tempfile.tempdir = tempfile.gettempdir(), str(_scratch())
    try:
        yield
    finally:
        tempfile.tempdir = before


@cache
def _scratch() -> Path:
    """Make a folder for as long as this process lives."""
    path = scratch_path("")
    path.mkdir(mode=0o700)
    # After what multiprocessing itself removes within.
    util.Finalize(None, shutil.rmtree, (path,), {"ignore_errors": True}, exitpriority=-200)
    return path


@contextmanager
def _logged(path: Path) -> Iterator[None]:
    """Have what is started write its errors to a file, and not into the display."""
    path.parent.mkdir(parents=True, exist_ok=True)
    sys.stderr.flush()
    ours = os.dup(2)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    try:
        os.dup2(file, 2)
        yield
    finally:
        os.dup2(ours, 2)
        os.close(ours)
        os.close(file)
