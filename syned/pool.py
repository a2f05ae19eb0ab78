"""The worker processes of a stage on this machine, each with a part in each of its lanes."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess

from syned.errors import WorkerDied
from syned.events import Event, OnEvent, PartDone, RowsDone
from syned.fork_server import WORKERS, begin
from syned.parts import Summary
from syned.run import RunFolder
from syned.stage import Stage
from syned.work import LIMIT, Queue, Work, overdue
from syned.worker import OUT_OF_MEMORY, Message, end_family, log_path, set_aside, work_on

GRACE_SECONDS = 10.0
"""Given to a worker that has finished, to release locks and shared memory before it is killed."""

PAUSE_SECONDS = 0.2
"""Between two tries to start a worker."""


@dataclass(eq=False, slots=True)
class _Lane:
    """A pipe to a worker process, and the part that it makes at the pipe's other end."""

    process: ForkServerProcess
    pipe: Connection
    work: Work | None = None
    ready: bool = False
    since: float = 0.0
    """When it was given its part."""


class Pool:
    """The workers of a stage, each with a part in each of its lanes."""

    def __init__(
        self,
        stage: Stage,
        run: RunFolder,
        work: Sequence[Work],
        on_event: OnEvent,
        limit: float = LIMIT,
    ) -> None:
        self._stage = stage
        self._run = run
        self._queue = Queue(work)
        self._on_event = on_event
        self._lanes: list[_Lane] = []
        self._at_once = stage.lanes
        self._made: dict[int, Summary] = {}
        self._limit = limit
        self._ended: set[int | None] = set()

    def make_all(self, count: int) -> dict[int, Summary]:
        """Make all parts with so many workers."""
        for _ in range(count):
            self._start()
        while self._queue or self._lanes:
            ends = {end for lane in self._lanes for end in (lane.pipe, lane.process.sentinel)}
            wait(list(ends), self._patience())
            self._end_overdue()
            for lane in list(self._lanes):
                if lane in self._lanes:
                    self._hear(lane)
        return self._made

    def _patience(self) -> float | None:
        """Return the seconds until the first part is overdue."""
        since = [lane.since for lane in self._lanes if lane.work is not None]
        return max(0.0, min(since) + self._limit - time.monotonic()) if since else None

    def _end_overdue(self) -> None:
        """End workers that take too long for a part: an engine that hangs says nothing."""
        for lane in self._lanes:
            late = lane.work is not None and time.monotonic() - lane.since > self._limit
            if late and lane.process.pid not in self._ended:
                self._ended.add(lane.process.pid)
                end_family(lane.process.pid)

    def end(self) -> None:
        """End all workers and whatever they started."""
        for lane in self._lanes:
            end_family(lane.process.pid)
            lane.process.join()

    def _start(self) -> None:
        """Start a worker, and give it its parts."""
        count = max(1, min(self._at_once, self._queue.waiting()))
        ours, theirs = zip(*(WORKERS.Pipe() for _ in range(count)), strict=True)
        process = self._worker(theirs)
        for end in theirs:
            end.close()
        lanes = [_Lane(process, end) for end in ours]
        self._lanes += lanes
        for lane in lanes:
            self._give(lane)

    def _worker(self, pipes: Sequence[Connection]) -> ForkServerProcess:
        """Start a process that makes parts.

        Raises:
            WorkerDied: The server that it is forked from dies each time.
        """
        log = log_path(self._run, self._stage)
        while True:
            try:
                return begin(work_on, (self._stage, self._run.path, pipes), log)
            except ConnectionError as error:
                self._queue.failed()
                if self._queue.is_hopeless():
                    raise WorkerDied(self._epitaph(str(error))) from error
                # One that dies closes its socket some time before it can be seen to be dead.
                time.sleep(PAUSE_SECONDS)

    def _give(self, lane: _Lane) -> None:
        """Send a worker its next part, or word that there is none."""
        lane.work, lane.since = self._queue.take(), time.monotonic()
        try:
            lane.pipe.send(lane.work)
        except OSError:
            # It has died without a part; that is noticed where its end is waited for.
            if lane.work is not None:
                self._queue.give_back(lane.work)
                lane.work = None
                return
        if lane.work is None:
            self._dismiss(lane)

    def _hear(self, lane: _Lane) -> None:
        """Act on what a worker says, or on its death."""
        try:
            message: Message | None = lane.pipe.recv() if lane.pipe.poll() else None
        except (EOFError, ConnectionResetError):
            self._mourn(lane)
            return
        if message is None:
            if not lane.process.is_alive() and not lane.pipe.poll():
                self._mourn(lane)
        elif isinstance(message, PartDone):
            self._note(lane, message)
            self._give(lane)
        else:
            self._listen(lane, message)

    def _note(self, lane: _Lane, done: PartDone) -> None:
        """Keep the sidecar of a part that is made."""
        assert lane.work is not None, "it had a part to make"
        self._made[done.part] = done.summary
        self._queue.made(lane.work)
        lane.work = None

    def _listen(self, lane: _Lane, message: Event | BaseException) -> None:
        """Pass on what is told of the rows of a part, or raise what is wrong."""
        if isinstance(message, BaseException):
            raise message
        lane.ready = True
        self._on_event(message)

    def _dismiss(self, lane: _Lane) -> None:
        """Let a lane go that has nothing more to do, and its worker with the last one."""
        self._lanes.remove(lane)
        if all(other.process is not lane.process for other in self._lanes):
            lane.process.join(GRACE_SECONDS)
            end_family(lane.process.pid)
            lane.process.join()

    def _mourn(self, lane: _Lane) -> None:
        """Set aside the part that a worker has died of, or have another one make it.

        Which one of several that was is not known: none is blamed, and from then on each worker
        makes one at a time.

        Raises:
            WorkerDied: That cannot help.
        """
        process = lane.process
        process.join()
        end_family(process.pid)
        mourned = [other for other in self._lanes if other.process is process]
        for other in mourned:
            self._lanes.remove(other)
            self._hear_out(other)
        how = overdue(self._limit) if process.pid in self._ended else _how(process)
        busy = [other for other in mourned if other.work is not None]
        if len(busy) == 1 and busy[0].ready:
            self._blame(busy[0], how)
        else:
            self._forgive(busy)
        if self._queue.is_hopeless():
            raise WorkerDied(self._epitaph(how))
        if self._queue.waiting():
            self._start()

    def _hear_out(self, lane: _Lane) -> None:
        """Act on the last words of a worker that has died."""
        with suppress(EOFError, ConnectionResetError):
            while lane.pipe.poll():
                message = lane.pipe.recv()
                if isinstance(message, PartDone):
                    self._note(lane, message)
                else:
                    self._listen(lane, message)

    def _blame(self, lane: _Lane, how: str) -> None:
        """Note that a worker has died of a part."""
        assert lane.work is not None, "it had a part to make"
        if self._queue.died(lane.work):
            summary = set_aside(self._stage, self._run, lane.work, how)
            self._made[lane.work.index] = summary
            self._on_event(RowsDone(summary.rows, Counter(summary.reasons)))

    def _forgive(self, lanes: Sequence[_Lane]) -> None:
        """Take back the parts of a worker that died of none of them, or nobody knows of which."""
        for lane in reversed(lanes):
            if lane.work is not None:
                self._queue.give_back(lane.work)
        self._queue.failed()
        if any(lane.ready for lane in lanes):
            self._at_once = 1

    def _epitaph(self, how: str) -> str:
        """Say how workers died."""
        return (
            f"workers of {self._stage.name} end without a word ({how}). Their last words are in "
            f"{log_path(self._run, self._stage)}. Finished parts are kept: run the same command "
            "to go on."
        )


def _how(process: ForkServerProcess) -> str:
    """Say how a worker died."""
    exitcode = process.exitcode or 0
    if exitcode == OUT_OF_MEMORY:
        return "out of memory"
    hint = ", which is often the system running out of memory" if exitcode == -9 else ""
    return f"signal {-exitcode}{hint}" if exitcode < 0 else f"exit code {exitcode}"
