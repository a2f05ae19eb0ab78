"""The Ray runner: the same parts, made by actors on as many machines and GPUs as Ray has.

Ray places actors and restarts nothing here: a part whose actor, or whose machine, is gone is
handed to another actor, as in the local runner. Only numbers of parts and their sidecars travel;
rows go between the run's folder and the actors.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from syned.errors import RunError, WorkerDied
from syned.events import OnEvent, RowsDone, WorkerReady
from syned.parts import Summary
from syned.ray_actor import Maker
from syned.ray_cluster import version
from syned.ray_sizes import Size
from syned.run import RunFolder
from syned.stage import Stage
from syned.storage import make_folder
from syned.temporary import sweep
from syned.work import LIMIT, Queue, Work, overdue
from syned.worker import set_aside

PATIENCE = 300.0
"""Seconds in which machines with enough room may join."""
LOOK_SECONDS = 5.0
"""Seconds after which machines that have joined are looked for."""


@dataclass(eq=False, slots=True)
class _Lane:
    """Something that an actor was asked, and the part that this is about."""

    handle: Any
    asked: Any
    work: Work | None = None
    since: float = field(default_factory=time.monotonic)
    """When it was asked."""


class RayRunner:
    """Makes the parts of a stage with actors.

    Args:
        sizes: How many actors a stage has and what each needs, by the stage's name.
        limit: Seconds that an actor may take for a part; then it is ended as if it had died.
    """

    def __init__(self, sizes: Mapping[str, Size], limit: float = LIMIT) -> None:
        self._sizes = sizes
        self._limit = limit

    def __call__(
        self, stage: Stage, run: RunFolder, work: Sequence[Work], on_event: OnEvent
    ) -> dict[int, Summary]:
        """Make parts of a stage.

        Args:
            stage: What to run.
            run: The run's folder.
            work: The parts to make, in order.
            on_event: Told of each step.

        Returns:
            The sidecars of the parts.

        Raises:
            SynedError: An actor met an error of the user's input or environment.
            WorkerDied: Actors die again and again.
            WorkerFailure: An actor met a bug.
        """
        make_folder(run.stage(stage.name))
        sweep(run.stage(stage.name))
        size = self._sizes[stage.name]
        pool = _Pool(stage, run, Queue(work), size, on_event, self._limit)
        try:
            return pool.make_all()
        finally:
            pool.end()
            sweep(run.stage(stage.name))


class _Pool:
    """The actors of a stage, each with a part in each of its lanes."""

    def __init__(
        self,
        stage: Stage,
        run: RunFolder,
        queue: Queue,
        size: Size,
        on_event: OnEvent,
        limit: float,
    ) -> None:
        import ray

        self._ray: Any = ray
        self._stage = stage
        self._run = run
        self._queue = queue
        self._on_event = on_event
        self._size = size
        # Started again by us alone: Ray would not know which part it has died of.
        self._kind = self._ray.remote(
            num_cpus=size.cpus,
            num_gpus=size.gpus,
            max_restarts=0,
            max_task_retries=0,
            max_concurrency=stage.lanes,
        )(Maker)
        self._asked: dict[Any, _Lane] = {}
        self._at_once = stage.lanes
        self._alone_since = time.monotonic()
        self._made: dict[int, Summary] = {}
        self._limit = limit
        self._ended: set[Any] = set()

    def make_all(self) -> dict[int, Summary]:
        """Make all parts."""
        while self._queue:
            self._fill()
            self._refuse_no_room()
            self._end_overdue()
            done, _ = self._ray.wait(list(self._asked), num_returns=1, timeout=LOOK_SECONDS)
            for reference in done:
                self._hear(self._asked.pop(reference))
        return self._made

    def _end_overdue(self) -> None:
        """End actors that take too long for a part: an engine that hangs says nothing."""
        for lane in self._asked.values():
            late = lane.work is not None and time.monotonic() - lane.since > self._limit
            if late and lane.handle not in self._ended:
                self._ended.add(lane.handle)
                self._ray.kill(lane.handle, no_restart=True)

    def end(self) -> None:
        """End all actors; one that has no machine yet included."""
        for lane in self._asked.values():
            self._ray.kill(lane.handle, no_restart=True)

    def _fill(self) -> None:
        """Start actors until there are as many as are wanted, or as there are parts for."""
        wanted = min(self._size.count(self._ray.cluster_resources()), self._queue.left())
        there = {lane.handle for lane in self._asked.values()}
        for _ in range(wanted - len(there)):
            handle = self._kind.remote(self._stage, self._run.path, version(), os.getcwd())
            self._ask(_Lane(handle, handle.ready.remote()))

    def _refuse_no_room(self) -> None:
        """Raise if no machine has had room for an actor for so long that none will join."""
        nodes = [node["Resources"] for node in self._ray.nodes() if node["Alive"]]
        if any(self._size.fits(resources) for resources in nodes):
            self._alone_since = time.monotonic()
        elif time.monotonic() - self._alone_since > PATIENCE:
            raise self._no_room()

    def _no_room(self) -> RunError:
        """Return the error for actors that no machine has room for."""
        size = self._size
        return RunError(
            f"no machine of the cluster has room for an actor of {self._stage.name}, which takes "
            f"{size.cpus:g} cores and {size.gpus:g} GPUs; see `ray status`, or change --size"
        )

    def _ask(self, lane: _Lane) -> None:
        """Wait for what an actor was asked."""
        self._asked[lane.asked] = lane

    def _hear(self, lane: _Lane) -> None:
        """Act on what an actor answers, or on its death."""
        try:
            answer = self._ray.get(lane.asked)
        except self._ray.exceptions.ActorUnschedulableError as error:
            raise self._no_room() from error
        except self._ray.exceptions.RayError as error:
            # What a part raises is returned, so that this is an actor, or its machine, that died.
            self._mourn(lane, error)
            return
        if isinstance(answer, BaseException):
            raise answer
        if lane.work is None:
            self._on_event(WorkerReady())
            for _ in range(self._at_once):
                self._give(lane.handle)
        else:
            self._note(lane.work, answer)
            self._queue.made(lane.work)
            self._give(lane.handle)

    def _give(self, handle: Any) -> None:
        """Ask an actor for the next part; let it go if there is none and it has nothing to do."""
        work = self._queue.take()
        if work is not None:
            self._ask(_Lane(handle, handle.make.remote(work), work))
        elif all(lane.handle is not handle for lane in self._asked.values()):
            self._ray.kill(handle, no_restart=True)

    def _note(self, work: Work, summary: Summary) -> None:
        """Keep a sidecar, and tell of its rows."""
        self._made[work.index] = summary
        self._on_event(RowsDone(summary.rows, Counter(summary.reasons)))

    def _mourn(self, lane: _Lane, error: Exception) -> None:
        """Set aside the part that an actor has died of, or have another one make it.

        Which one of several that was is not known: none is blamed, and from then on each actor
        makes one at a time.

        Raises:
            WorkerDied: That cannot help.
        """
        # It may be out of reach alone, and go on writing what another one makes again.
        self._ray.kill(lane.handle, no_restart=True)
        how = overdue(self._limit) if lane.handle in self._ended else _how(error)
        others = [other for other in self._asked.values() if other.handle is lane.handle]
        for other in others:
            del self._asked[other.asked]
        if lane.work is None or others:
            self._forgive([lane, *others])
        elif self._queue.died(lane.work):
            self._note(lane.work, set_aside(self._stage, self._run, lane.work, how))
        if self._queue.is_hopeless():
            raise WorkerDied(
                f"actors of {self._stage.name} end without a word ({how}). Their last words are "
                "in Ray's logs (`ray logs`). Finished parts are kept: run the same command to go "
                "on."
            )

    def _forgive(self, lanes: Sequence[_Lane]) -> None:
        """Take back the parts of an actor that died of none of them, or nobody knows of which."""
        for lane in reversed(lanes):
            if lane.work is not None:
                self._queue.give_back(lane.work)
                self._at_once = 1
        self._queue.failed()


def _how(error: Exception) -> str:
    """Say how an actor died, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if "cause" in line.lower() or "died" in line.lower()]
    return (told or lines or [type(error).__name__])[-1][:200]
