"""The local runner: a stage has worker processes of its own and gives all back as they exit.

A GPU's memory, threads and child processes (vLLM has some) end with the worker. The worker in
turn ends when its parent does, however that died.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess

from syned.errors import WorkerDied
from syned.events import Event, OnEvent
from syned.parts import read_summary, sweep
from syned.reasons import Status
from syned.run import RunFolder
from syned.stage import Stage
from syned.worker import Work, end_family, log_path, work_on

GRACE_SECONDS = 10.0
"""Given to a worker that has finished, to release locks and shared memory before it is killed."""

# Workers are forked from a server that has imported the stages and nothing else: they start in
# milliseconds, and no thread or GPU state of the parent comes with them.
_WORKERS = multiprocessing.get_context("forkserver")


def missing_parts(
    stage: Stage, run: RunFolder, marks: Sequence[str], *, retry_failed: bool = False
) -> list[Work]:
    """Return the parts that are not there, or not as they would be made now.

    Args:
        stage: Whose parts.
        run: The run's folder.
        marks: For each part, the mark of the part that it is made from.
        retry_failed: Whether parts with failed rows count as missing; their other rows are kept.
    """
    missing = []
    for index, before in enumerate(marks):
        summary = read_summary(run.stage(stage.name), index)
        current = summary and (summary.fingerprint, summary.before) == (stage.fingerprint, before)
        failed = summary is not None and summary.statuses.get(Status.FAILED, 0) > 0
        if not current or (retry_failed and failed):
            missing.append(Work(index, before, keep=retry_failed))
    return missing


def preload(stages: Sequence[Stage]) -> None:
    """Have the modules of stages imported once for all workers; call it before the first starts.

    The server of workers inherits what an interrupt means; Ctrl-C, which goes to every process of a
    terminal, is for the parent alone.
    """
    modules = {module for stage in stages for module in stage.modules}
    _WORKERS.set_forkserver_preload([__name__, *sorted(modules)])
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        forkserver.ensure_running()
    finally:
        signal.signal(signal.SIGINT, handler)


def run_stage(stage: Stage, run: RunFolder, work: Sequence[Work], on_event: OnEvent) -> None:
    """Make parts of a stage in worker processes.

    Args:
        stage: What to run.
        run: The run's folder.
        work: The parts to make, in order.
        on_event: Told of each step.

    Raises:
        SynedError: A worker met an error of the user's input or environment.
        WorkerDied: A worker was killed.
        WorkerFailure: A worker met a bug.
    """
    run.stage(stage.name).mkdir(parents=True, exist_ok=True)
    sweep(run.stage(stage.name))
    count = min(stage.workers, len(work))
    workers = [_start(stage, run, work[i::count]) for i in range(count)]
    try:
        _relay(workers, on_event)
        for worker in workers:
            worker.process.join(GRACE_SECONDS)
    except _Silent as died:
        raise WorkerDied(_epitaph(stage, run, died.worker)) from None
    finally:
        for worker in workers:
            end_family(worker.process.pid)
            worker.process.join()


@dataclass(frozen=True, slots=True)
class _Worker:
    """A process and the end of the pipe on which it tells what it does."""

    process: ForkServerProcess
    receiver: Connection


class _Silent(Exception):
    """A worker ended and had not said that it had finished."""

    def __init__(self, worker: _Worker) -> None:
        self.worker = worker
        super().__init__(worker.process.pid)


def _start(stage: Stage, run: RunFolder, work: Sequence[Work]) -> _Worker:
    """Start a worker on some parts."""
    receiver, sender = _WORKERS.Pipe(duplex=False)
    process = _WORKERS.Process(target=work_on, args=(stage, run.path, list(work), sender))
    process.start()
    sender.close()
    return _Worker(process, receiver)


def _relay(workers: Sequence[_Worker], on_event: OnEvent) -> None:
    """Pass on the workers' events until all have finished; raise what one of them raised."""
    working = list(workers)
    while working:
        wait([end for w in working for end in (w.receiver, w.process.sentinel)])
        for worker in list(working):
            if worker.receiver.poll():
                message = _receive(worker)
                if message is None:
                    working.remove(worker)
                else:
                    on_event(message)
            elif not worker.process.is_alive():
                raise _Silent(worker)


def _receive(worker: _Worker) -> Event | None:
    """Return a worker's next event, or nothing if it has finished; raise what it raised."""
    try:
        message: Event | BaseException | None = worker.receiver.recv()
    except EOFError:
        raise _Silent(worker) from None
    if isinstance(message, BaseException):
        raise message
    return message


def _epitaph(stage: Stage, run: RunFolder, worker: _Worker) -> str:
    """Say how a worker died."""
    worker.process.join()
    exitcode = worker.process.exitcode or 0
    how = f"signal {-exitcode}" if exitcode < 0 else f"exit code {exitcode}"
    hint = " Signal 9 is often the system running out of memory." if exitcode == -9 else ""
    log = log_path(run, stage)
    return (
        f"the worker of {stage.name} ended without a word ({how}).{hint} Its last words are in "
        f"{log}. Finished parts are kept: run the same command to go on."
    )
