"""The worker's side of the local runner: make parts, tell of each step, end with the parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from pathlib import Path

import psutil

from syned.errors import SynedError
from syned.events import Event, RowsDone, WorkerReady
from syned.parts import read_part, read_summary, write_part
from syned.reasons import Status
from syned.rows import Row
from syned.run import RunFolder
from syned.stage import Done, Stage


class WorkerFailure(Exception):
    """A bug within a worker, with the worker's traceback."""


@dataclass(frozen=True, slots=True)
class Work:
    """One part to make.

    Attributes:
        index: The part's number.
        before: The mark of the part that it is made from.
        keep: Whether rows of the part that have not failed are kept as they are.
    """

    index: int
    before: str
    keep: bool = False


def work_on(stage: Stage, path: Path, work: list[Work], sender: Connection) -> None:
    """Make parts in a worker process; tell of each step, or of the error that ends it.

    Args:
        stage: What to run.
        path: The run's folder.
        work: The parts to make, in order.
        sender: Where events go, then an error or, at the end, nothing.
    """
    # The parent decides what an interrupt means and ends the worker itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    run = RunFolder(path)
    _log_to(log_path(run, stage))
    try:
        _make_parts(stage, run, work, sender.send)
    except SynedError as error:
        sender.send(error)
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None:
            sender.send(OSError(error.errno, error.strerror, error.filename))
        else:
            sender.send(WorkerFailure(traceback.format_exc()))
    else:
        sender.send(None)
    _kill(psutil.Process().children(recursive=True))


def _make_parts(
    stage: Stage, run: RunFolder, work: Sequence[Work], send: Callable[[Event], None]
) -> None:
    """Make parts one after another."""
    make = stage.start(run)
    send(WorkerReady())

    def tell(rows: Sequence[Row]) -> None:
        send(RowsDone(len(rows), Counter(str(row.reason) for row in rows if row.reason)))

    for part in work:
        write_part(
            run.stage(stage.name),
            part.index,
            make(part.index, _done(stage, run, part)),
            stage.output,
            stage.fingerprint,
            before=part.before,
            metadata=stage.metadata,
            on_rows=tell,
        )


def _done(stage: Stage, run: RunFolder, part: Work) -> Done:
    """Return the rows of a part that need not be made again: those that have not failed."""
    folder, index = run.stage(stage.name), part.index
    summary = read_summary(folder, index)
    if not part.keep or summary is None or summary.fingerprint != stage.fingerprint:
        return {}
    rows: defaultdict[str, list[Row]] = defaultdict(list)
    output: type[Row] = stage.output
    for row in read_part(folder, index, output):
        rows[stage.row_key(row)].append(row)
    return {
        key: group
        for key, group in rows.items()
        if all(row.status is not Status.FAILED for row in group)
    }


def log_path(run: RunFolder, stage: Stage) -> Path:
    """Return where a stage's worker writes what its libraries print."""
    return run.logs / f"{stage.name}.log"


def _log_to(path: Path) -> None:
    """Send what libraries print, from Python or from C, to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def _end_with_parent() -> None:
    """Wait for the parent's end in a thread, then kill this process and its children."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        end_family(os.getpid())

    threading.Thread(target=watch, daemon=True).start()


def end_family(pid: int | None) -> None:
    """Kill a process and all that it started."""
    try:
        process = psutil.Process(pid)
        _kill([*process.children(recursive=True), process])
    except psutil.NoSuchProcess:
        return


def _kill(processes: Sequence[psutil.Process]) -> None:
    """Kill processes, those that have ended already included."""
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
