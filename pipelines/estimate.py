"""What a run will take and keep, from a probe: a small run of the same recipe, timed.

Seconds, bytes and shares of the probe are carried over in proportion to rows; the loading of models
is counted once for each worker.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from pipelines import filter, scan  # noqa: A004
from pipelines.estimate_facts import Estimate, StageEstimate, wilson
from pipelines.generate import EXPORT, Outcome, generate
from pipelines.layout import instructions_wanted
from pipelines.plan import Plan, make_plan, stages
from pipelines.recipe import Recipe
from pipelines.requirements import gpus
from syned.events import Event, OnEvent, RowsDone, StageDone, StageStarted, WorkerReady
from syned.parts import Summary, read_summaries
from syned.run import RunFolder
from syned.runner import run_here
from syned.stage import Stage
from syned.trees import tree_sizes
from syned.work import Work

PROBE = 24
"""Pairs of a probe, unless asked otherwise."""
PARTS = 3
"""Of a probe: the first one bears what is done once, and the others tell the pace."""
BRIEF = 20.0
"""Seconds of making under which a probe is too small to tell a pace."""
FIXED = 0.4
"""Seconds that filter and export take for a handful of pairs, whatever their number (measured)."""
LARGE = 10_000
"""Runs of so many pairs and more are estimated before they begin."""


def estimate(plan: Plan, probe: int | None = None) -> Estimate:
    """Make a few pairs of a recipe in a folder of their own, and carry over what they took.

    Args:
        plan: What is to be made.
        probe: Pairs to make; if not given 24, and eight times as many while that takes seconds.

    Raises:
        SynedError: The user's input or environment does not allow the recipe.
    """
    if probe is not None:
        return _probe(plan, probe)
    probe = PROBE
    found = _probe(plan, probe)
    while probe < plan.recipe.n and found.probe_seconds < BRIEF:
        probe *= 8
        found = _probe(plan, probe)
    return found


def _probe(plan: Plan, probe: int) -> Estimate:
    """Make so many pairs, and carry over what they took."""
    recipe = _reduced(plan.recipe, probe)
    clock = _Clock()
    with tempfile.TemporaryDirectory(prefix="syned-probe-") as folder:
        run = RunFolder(Path(folder))
        run.start(recipe.model_dump(mode="json"))
        small = make_plan(recipe)
        outcome = generate(small, run, clock, runner=_alone)
        return Estimate(
            pairs=plan.recipe.n,
            probed=recipe.n,
            stages=tuple(_stages(plan, small, run, outcome, clock)),
            probe_seconds=sum(clock.whole.values()) - sum(clock.loading.values()),
            kept=_kept(recipe, outcome),
        )


def _alone(
    stage: Stage, run: RunFolder, work: Sequence[Work], on_event: OnEvent
) -> dict[int, Summary]:
    """Make parts with one worker, so that its first part alone bears the warming up."""
    return run_here(replace(stage, workers=1), run, work, on_event)


def _reduced(recipe: Recipe, probe: int) -> Recipe:
    """Return a recipe for a few pairs, whole instructions, in three parts."""
    candidates = recipe.edit.candidates
    n = min(recipe.n, max(PARTS, probe // candidates) * candidates)
    # Evaluation sets are looked at once, however many pairs there are.
    rules = recipe.filter.model_copy(update={"against": ()})
    return recipe.model_copy(update={"n": n, "part_size": -(-n // PARTS), "filter": rules})


def _kept(recipe: Recipe, outcome: Outcome) -> tuple[float, float, float]:
    """Return the kept share and its interval."""
    share = outcome.funnel.kept / recipe.n
    return (share, *wilson(share, instructions_wanted(recipe)))


@dataclass(slots=True)
class _Clock:
    """Times the steps of a probe by what is told of them."""

    loading: dict[str, float] = field(default_factory=dict)
    """Seconds until a stage's first worker was ready."""
    whole: dict[str, float] = field(default_factory=dict)
    """Seconds of a step in all."""
    _stage: str = ""
    _since: float = 0.0

    def __call__(self, event: Event) -> None:
        """Note the time of an event."""
        now = time.monotonic()
        match event:
            case StageStarted():
                self._stage, self._since = event.stage, now
            case WorkerReady():
                self.loading.setdefault(self._stage, now - self._since)
            case StageDone():
                self.whole[event.stage] = now - self._since
            case RowsDone():
                pass


def _stages(
    plan: Plan, small: Plan, run: RunFolder, outcome: Outcome, clock: _Clock
) -> Iterator[StageEstimate]:
    """Carry over what each step of a probe took."""
    by_unit = {
        "pictures": plan.pictures / small.pictures,
        "pairs": plan.recipe.n / small.recipe.n,
    }
    on_gpus = bool(gpus())
    for stage in stages(small.recipe):
        made = list(read_summaries(run.stage(stage.name), range(small.parts)).values())
        rows = sum(summary.rows for summary in made)
        if rows:
            pace = _pace(made)
            warming = max(0.0, made[0].seconds - made[0].rows * pace) if len(made) > 1 else 0.0
            yield StageEstimate(
                stage=stage.name,
                rows=round(rows * by_unit[stage.unit]),
                row_seconds=pace,
                load_seconds=clock.loading.get(stage.name, 0.0) + warming,
                workers=1 if stage.name == scan.NAME else min(stage.workers, plan.parts),
                row_bytes=sum(summary.bytes for summary in made) / rows,
                on_gpu=on_gpus and stage.holds_model,
            )
    kept = outcome.funnel.kept
    yield _whole(filter.NAME, plan.recipe.n, small.recipe.n, clock, 0.0)
    if kept:
        share = kept / small.recipe.n
        size = sum(tree_sizes(run.dataset).values())
        yield _whole(EXPORT, round(share * plan.recipe.n), kept, clock, size / kept)


def _pace(made: Sequence[Summary]) -> float:
    """Return the seconds of a row, in the parts after the first if there are some."""
    warm = [summary for summary in made[1:] if summary.rows] or made
    return sum(summary.seconds for summary in warm) / sum(summary.rows for summary in warm)


def _whole(stage: str, rows: int, probed: int, clock: _Clock, row_bytes: float) -> StageEstimate:
    """Carry over a step that one process does."""
    seconds = clock.whole[stage]
    fixed = min(seconds, FIXED)
    return StageEstimate(
        stage=stage,
        rows=rows,
        row_seconds=(seconds - fixed) / probed,
        load_seconds=fixed,
        workers=1,
        row_bytes=row_bytes,
    )
