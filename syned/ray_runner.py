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
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from syned.errors import RunError, WorkerDied
from syned.events import OnEvent, RowsDone, WorkerReady
from syned.parts import Summary
from syned.ray_cluster import host, version
from syned.ray_sizes import Size
from syned.run import RunFolder
from syned.stage import Stage
from syned.storage import Place, make_folder, sweep
from syned.work import Queue, Work
from syned.worker import make_part, set_aside, travelling

PATIENCE = 300.0
"""Seconds in which machines with enough room may join."""
LOOK_SECONDS = 5.0
"""Seconds after which machines that have joined are looked for."""


class Maker:
    """An actor's side: a stage, loaded once, and its parts made one after another."""

    def __init__(self, stage: Stage, path: Place, version: str, folder: str) -> None:
        # Paths of the recipe and of the run may be relative to where the driver stands.
        if os.path.isdir(folder):
            os.chdir(folder)
        self._stage = stage
        self._run = RunFolder(path)
        self._version = version

    def ready(self) -> BaseException | None:
        """Load the stage; return what is wrong, if something is."""
        try:
            self._refuse_elsewhere()
            if not isinstance(self._run.path, Path):
                sweep(self._run.stage(self._stage.name))
            self._make = self._stage.start(self._run)
        except Exception as error:
            return travelling(error)
        return None

    def make(self, work: Work) -> Summary | BaseException:
        """Make one part, and return its sidecar, or what is wrong."""
        try:
            return make_part(self._stage, self._run, self._make, work, lambda _event: None)
        except Exception as error:
            return travelling(error)

    def _refuse_elsewhere(self) -> None:
        """Raise if this machine has another Python, or does not see the run's folder."""
        here = version()
        if here != self._version:
            raise RunError(f"{host()} has {here}, the driver {self._version}; install the same")
        if not self._run.recipe_path.is_file():
            raise RunError(
                f"{host()} does not see {self._run.path}: give --out a folder that all machines "
                "share under one path, or s3://bucket/run"
            )


@dataclass(eq=False, slots=True)
class _Actor:
    """An actor, what it was asked last, and the part that this is about."""

    handle: Any
    asked: Any
    work: Work | None = None


class RayRunner:
    """Makes the parts of a stage with actors.

    Args:
        sizes: How many actors a stage has and what each needs, by the stage's name.
    """

    def __init__(self, sizes: Mapping[str, Size]) -> None:
        self._sizes = sizes

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
        pool = _Pool(stage, run, Queue(work), self._sizes[stage.name], on_event)
        try:
            return pool.make_all()
        finally:
            pool.end()
            sweep(run.stage(stage.name))


class _Pool:
    """The actors of a stage, each with one part at a time."""

    def __init__(
        self, stage: Stage, run: RunFolder, queue: Queue, size: Size, on_event: OnEvent
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
            num_cpus=size.cpus, num_gpus=size.gpus, max_restarts=0, max_task_retries=0
        )(Maker)
        self._actors: dict[Any, _Actor] = {}
        self._alone_since = time.monotonic()
        self._made: dict[int, Summary] = {}

    def make_all(self) -> dict[int, Summary]:
        """Make all parts."""
        while self._queue:
            self._fill()
            self._refuse_no_room()
            done, _ = self._ray.wait(list(self._actors), num_returns=1, timeout=LOOK_SECONDS)
            for reference in done:
                self._hear(self._actors.pop(reference))
        return self._made

    def end(self) -> None:
        """End all actors; one that has no machine yet included."""
        for actor in self._actors.values():
            self._ray.kill(actor.handle, no_restart=True)

    def _fill(self) -> None:
        """Start actors until there are as many as are wanted, or as there are parts for."""
        wanted = min(self._size.count(self._ray.cluster_resources()), self._queue.left())
        for _ in range(wanted - len(self._actors)):
            handle = self._kind.remote(self._stage, self._run.path, version(), os.getcwd())
            self._ask(_Actor(handle, handle.ready.remote()))

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

    def _ask(self, actor: _Actor) -> None:
        """Wait for what an actor was asked."""
        self._actors[actor.asked] = actor

    def _hear(self, actor: _Actor) -> None:
        """Act on what an actor answers, or on its death."""
        try:
            answer = self._ray.get(actor.asked)
        except self._ray.exceptions.ActorUnschedulableError as error:
            raise self._no_room() from error
        except self._ray.exceptions.RayError as error:
            # What a part raises is returned, so that this is an actor, or its machine, that died.
            self._mourn(actor, error)
            return
        if isinstance(answer, BaseException):
            raise answer
        if actor.work is None:
            self._on_event(WorkerReady())
        else:
            self._note(actor.work, answer)
            self._queue.made(actor.work)
        actor.work = self._queue.take()
        if actor.work is None:
            self._ray.kill(actor.handle, no_restart=True)
        else:
            actor.asked = actor.handle.make.remote(actor.work)
            self._ask(actor)

    def _note(self, work: Work, summary: Summary) -> None:
        """Keep a sidecar, and tell of its rows."""
        self._made[work.index] = summary
        self._on_event(RowsDone(summary.rows, Counter(summary.reasons)))

    def _mourn(self, actor: _Actor, error: Exception) -> None:
        """Set aside the part that an actor has died of, or have another one make it.

        Raises:
            WorkerDied: That cannot help.
        """
        # It may be out of reach alone, and go on writing what another one makes again.
        self._ray.kill(actor.handle, no_restart=True)
        how = _how(error)
        if actor.work is None:
            self._queue.failed()
        elif self._queue.died(actor.work):
            self._note(actor.work, set_aside(self._stage, self._run, actor.work, how))
        if self._queue.is_hopeless():
            raise WorkerDied(
                f"actors of {self._stage.name} end without a word ({how}). Their last words are "
                "in Ray's logs (`ray logs`). Finished parts are kept: run the same command to go "
                "on."
            )


def _how(error: Exception) -> str:
    """Say how an actor died, in one line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    told = [line for line in lines if "cause" in line.lower() or "died" in line.lower()]
    return (told or lines or [type(error).__name__])[-1][:200]
