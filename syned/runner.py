"""The local runner: a stage has worker processes of its own and gives all back as they exit.

A GPU's memory, threads and child processes (vLLM has some) end with the worker. The worker in
turn ends when its parent does, however that died.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess

from syned.errors import WorkerDied
from syned.events import OnEvent, PartDone, RowsDone
from syned.parts import Summary
from syned.run import RunFolder
from syned.stage import Stage
from syned.storage import make_folder, sweep
from syned.work import Queue, Work
from syned.worker import Message, end_family, log_path, set_aside, work_on

GRACE_SECONDS = 10.0
"""Given to a worker that has finished, to release locks and shared memory before it is killed."""

Runner = Callable[[Stage, RunFolder, Sequence[Work], OnEvent], dict[int, Summary]]
"""Makes parts of a stage, and returns their sidecars."""

# Workers are forked from a server that has imported the stages and nothing else: they start in
# milliseconds, and no thread or GPU state of the parent comes with them.
_WORKERS = multiprocessing.get_context("forkserver")


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


def run_here(
    stage: Stage, run: RunFolder, work: Sequence[Work], on_event: OnEvent
) -> dict[int, Summary]:
    """Make parts of a stage in worker processes of this machine.

    Args:
        stage: What to run.
        run: The run's folder.
        work: The parts to make, in order.
        on_event: Told of each step.

    Returns:
        The sidecars of the parts.

    Raises:
        SynedError: A worker met an error of the user's input or environment.
        WorkerDied: Workers were killed again and again.
        WorkerFailure: A worker met a bug.
    """
    make_folder(run.stage(stage.name))
    sweep(run.stage(stage.name))
    pool = _Pool(stage, run, work, on_event)
    try:
        return pool.make_all(min(stage.workers, len(work)))
    finally:
        pool.end()
        sweep(run.stage(stage.name))


@dataclass(eq=False, slots=True)
class _Worker:
    """A process, the pipe to it, and the part that it works on."""

    process: ForkServerProcess
    pipe: Connection
    work: Work | None = None
    ready: bool = False


class _Pool:
    """The workers of a stage, each with one part at a time."""

    def __init__(
        self, stage: Stage, run: RunFolder, work: Sequence[Work], on_event: OnEvent
    ) -> None:
        self._stage = stage
        self._run = run
        self._queue = Queue(work)
        self._on_event = on_event
        self._workers: list[_Worker] = []
        self._made: dict[int, Summary] = {}

    def make_all(self, count: int) -> dict[int, Summary]:
        """Make all parts with so many workers."""
        for _ in range(count):
            self._start()
        while self._queue or self._workers:
            wait([end for w in self._workers for end in (w.pipe, w.process.sentinel)])
            for worker in list(self._workers):
                self._hear(worker)
        return self._made

    def end(self) -> None:
        """End all workers and whatever they started."""
        for worker in self._workers:
            end_family(worker.process.pid)
            worker.process.join()

    def _start(self) -> None:
        """Start a worker, and give it a part."""
        ours, theirs = _WORKERS.Pipe()
        process = _WORKERS.Process(target=work_on, args=(self._stage, self._run.path, theirs))
        process.start()
        theirs.close()
        worker = _Worker(process, ours)
        self._workers.append(worker)
        self._give(worker)

    def _give(self, worker: _Worker) -> None:
        """Send a worker its next part, or word that there is none."""
        worker.work = self._queue.take()
        try:
            worker.pipe.send(worker.work)
        except OSError:
            # It has died without a part; that is noticed where its end is waited for.
            if worker.work is not None:
                self._queue.give_back(worker.work)
                worker.work = None
                return
        if worker.work is None:
            self._dismiss(worker)

    def _hear(self, worker: _Worker) -> None:
        """Act on what a worker says, or on its death."""
        try:
            message: Message | None = worker.pipe.recv() if worker.pipe.poll() else None
        except (EOFError, ConnectionResetError):
            self._mourn(worker)
            return
        if message is None:
            if not worker.process.is_alive() and not worker.pipe.poll():
                self._mourn(worker)
        elif isinstance(message, BaseException):
            raise message
        elif isinstance(message, PartDone):
            assert worker.work is not None, "it had a part to make"
            self._made[message.part] = message.summary
            self._queue.made(worker.work)
            self._give(worker)
        else:
            worker.ready = True
            self._on_event(message)

    def _dismiss(self, worker: _Worker) -> None:
        """Let a worker go that has nothing more to do."""
        worker.process.join(GRACE_SECONDS)
        end_family(worker.process.pid)
        worker.process.join()
        self._workers.remove(worker)

    def _mourn(self, worker: _Worker) -> None:
        """Set aside the part that a worker has died of, or have another one make it.

        Raises:
            WorkerDied: That cannot help.
        """
        worker.process.join()
        end_family(worker.process.pid)
        self._workers.remove(worker)
        how = _how(worker)
        if worker.work is None:
            self._queue.failed()
        elif not worker.ready:
            self._queue.give_back(worker.work)
            self._queue.failed()
        elif self._queue.died(worker.work):
            summary = set_aside(self._stage, self._run, worker.work, how)
            self._made[worker.work.index] = summary
            self._on_event(RowsDone(summary.rows, Counter(summary.reasons)))
        if self._queue.is_hopeless():
            raise WorkerDied(self._epitaph(how))
        if self._queue.waiting():
            self._start()

    def _epitaph(self, how: str) -> str:
        """Say how workers died."""
        return (
            f"workers of {self._stage.name} end without a word ({how}). Their last words are in "
            f"{log_path(self._run, self._stage)}. Finished parts are kept: run the same command "
            "to go on."
        )


def _how(worker: _Worker) -> str:
    """Say how a worker died."""
    exitcode = worker.process.exitcode or 0
    hint = ", which is often the system running out of memory" if exitcode == -9 else ""
    return f"signal {-exitcode}{hint}" if exitcode < 0 else f"exit code {exitcode}"
