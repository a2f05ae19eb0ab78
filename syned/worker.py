"""The worker's side of the local runner: make parts, tell of each step, end with the parent."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
import traceback
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection, wait
from pathlib import Path

import psutil

from syned.errors import RowError, SynedError
from syned.events import Event, PartDone, RowsDone, WorkerReady
from syned.memory import is_out_of_memory
from syned.parts import Summary, read_part, read_summary, write_part
from syned.reasons import Reason, Status
from syned.rows import Row
from syned.run import RunFolder
from syned.stage import Done, PartFunction, Stage
from syned.storage import Place
from syned.storage_errors import explained
from syned.work import TRIES, Work

OUT_OF_MEMORY = 12
"""Exit code of a worker that got no more memory: it dies as if the system had killed it."""


class WorkerFailure(Exception):
    """A bug within a worker, with the worker's traceback."""


Message = Event | PartDone | BaseException
"""What a worker says."""


def work_on(stage: Stage, path: Place, pipes: Sequence[Connection]) -> None:
    """Make parts in a worker process; tell of each step, or of the error that ends it.

    Args:
        stage: What to run.
        path: The run's folder.
        pipes: Where parts come from, until a nothing, and where messages go; one for each part
            that is made at once.
    """
    # The parent decides what an interrupt means and ends the worker itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_parent()
    run = RunFolder(path)
    _log_to(log_path(run, stage))
    try:
        make = stage.start(run)
    except Exception as error:
        pipes[0].send(travelling(error))
    else:
        with ThreadPoolExecutor(len(pipes)) as lanes:
            for pipe in pipes:
                lanes.submit(_serve, stage, run, make, pipe)
    _kill(psutil.Process().children(recursive=True))


def _serve(stage: Stage, run: RunFolder, make: PartFunction, pipe: Connection) -> None:
    """Make the parts that come through a pipe, one after another."""
    try:
        pipe.send(WorkerReady())
        while (work := pipe.recv()) is not None:
            pipe.send(PartDone(work.index, make_part(stage, run, make, work, pipe.send)))
    except Exception as error:
        pipe.send(travelling(error))


def travelling(error: Exception) -> BaseException:
    """Return an error as it is told to another process: the user's, the system's, or a bug.

    Without memory there is nothing to tell, and this process ends.
    """
    if is_out_of_memory(error):
        os._exit(OUT_OF_MEMORY)
    if isinstance(error, SynedError):
        return error
    told = explained(error)
    if told is not None:
        return told
    if isinstance(error, OSError) and error.errno is not None:
        return OSError(error.errno, error.strerror, error.filename)
    return WorkerFailure("".join(traceback.format_exception(error)))


def make_part(
    stage: Stage,
    run: RunFolder,
    make: PartFunction,
    work: Work,
    send: Callable[[Event], None],
) -> Summary:
    """Make one part.

    Args:
        stage: What to run.
        run: The run's folder.
        make: Makes the rows of a part.
        work: The part.
        send: Told of rows as they are written.

    Returns:
        Its sidecar.
    """

    def tell(rows: Sequence[Row]) -> None:
        send(RowsDone(len(rows), Counter(str(row.reason) for row in rows if row.reason)))

    return write_part(
        run.stage(stage.name),
        work.index,
        make(work.index, _done(stage, run, work)),
        stage.output,
        stage.fingerprint,
        before=work.before,
        metadata=stage.metadata,
        on_rows=tell,
    )


def set_aside(stage: Stage, run: RunFolder, work: Work, how: str) -> Summary:
    """Write a part that costs its workers their lives: every row of it failed.

    Args:
        stage: Whose part.
        run: The run's folder.
        work: The part.
        how: What the workers died of.

    Returns:
        Its sidecar.
    """
    cause = RowError(Reason.WORKER_DIED, f"{TRIES} workers died of this part: {how}")

    def refused(part: int, done: Done) -> Iterator[Row]:
        return _instead(done, stage.refused(run, part, cause), stage.row_key)

    return make_part(stage, run, refused, work, lambda _event: None)


def _instead(done: Done, rows: Iterable[Row], key: Callable[[Row], str]) -> Iterator[Row]:
    """Yield rows, but where some are done those."""
    seen = set()
    for row in rows:
        name = key(row)
        if name not in done:
            yield row
        elif name not in seen:
            seen.add(name)
            yield from done[name]


def _done(stage: Stage, run: RunFolder, part: Work) -> Done:
    """Return the rows of a part that need not be made again: those that have not failed."""
    folder, index = run.stage(stage.name), part.index
    summary = read_summary(folder, index) if part.keep else None
    if summary is None or summary.fingerprint != stage.fingerprint:
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
