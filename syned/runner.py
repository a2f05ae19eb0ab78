"""The local runner: a stage has worker processes of its own and gives all back as they exit.

A GPU's memory, threads and child processes (vLLM has some) end with the worker. The worker in
turn ends when its parent does, however that died.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from syned.events import OnEvent
from syned.parts import Summary
from syned.pool import Pool
from syned.run import RunFolder
from syned.stage import Stage
from syned.storage import make_folder
from syned.temporary import sweep
from syned.work import LIMIT, Work

Runner = Callable[[Stage, RunFolder, Sequence[Work], OnEvent], dict[int, Summary]]
"""Makes parts of a stage, and returns their sidecars."""


def run_here(
    stage: Stage,
    run: RunFolder,
    work: Sequence[Work],
    on_event: OnEvent,
    *,
    limit: float = LIMIT,
) -> dict[int, Summary]:
    """Make parts of a stage in worker processes of this machine.

    Args:
        stage: What to run.
        run: The run's folder.
        work: The parts to make, in order.
        on_event: Told of each step.
        limit: Seconds that a worker may take for a part; then it is ended as if it had died.

    Returns:
        The sidecars of the parts.

    Raises:
        SynedError: A worker met an error of the user's input or environment.
        WorkerDied: Workers were killed again and again.
        WorkerFailure: A worker met a bug.
    """
    make_folder(run.stage(stage.name))
    sweep(run.stage(stage.name))
    pool = Pool(stage, run, work, on_event, limit)
    try:
        return pool.make_all(min(stage.workers, len(work)))
    finally:
        pool.end()
        sweep(run.stage(stage.name))
