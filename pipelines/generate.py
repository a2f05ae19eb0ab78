"""Carries out a plan: stage after stage, then filter and export. Goes on where it stopped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from pipelines import filter, sample, scan  # noqa: A004
from pipelines.against import against_stage, marks_of_sets, pictures_in_sets
from pipelines.card import render_card
from pipelines.card_facts import CardFacts
from pipelines.decisions import (
    decide_run,
    decision_fingerprint,
    is_decided,
    save_decisions,
    words_of_kept,
)
from pipelines.export import Exported, export, export_fingerprint, read_exported
from pipelines.foreign import refuse_foreign
from pipelines.funnel import Funnel, StageCount, count_stage, make_funnel, read_funnel
from pipelines.loaded import noted
from pipelines.plan import Plan, stages
from pipelines.recipe import Recipe
from pipelines.scored import read_definitions
from pipelines.scorers.definitions import definitions
from syned.errors import RunError
from syned.events import OnEvent, RowsDone, StageDone, StageStarted
from syned.fork_server import preload
from syned.parts import Summary, read_summaries, remove_index, write_index
from syned.run import RunFolder
from syned.runner import Runner, run_here
from syned.stage import Stage
from syned.work import missing_parts

EXPORT = "dataset"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a run came to."""

    funnel: Funnel
    exported: Exported


def generate(
    plan: Plan,
    run: RunFolder,
    on_event: OnEvent,
    *,
    runner: Runner = run_here,
    retry_failed: bool = False,
) -> Outcome:
    """Make all that is not there yet of a run.

    Args:
        plan: What is to be made.
        run: The run's folder, started and claimed.
        on_event: Told of each step.
        runner: Makes the parts of a stage.
        retry_failed: Whether rows that failed before are tried again.

    Raises:
        SynedError: The user's input or environment does not allow it.
    """
    recipe = plan.recipe
    scanning, *others = stages(recipe)
    preload([scanning, *others], run.path)
    marks = _run(scanning, run, [""], plan.pictures, on_event, runner)
    layout = sample.read_layout(run, recipe)
    marks = marks * layout.parts
    pictures = layout.placed
    for stage in others:
        total = pictures if stage.name == sample.NAME else recipe.n
        marks = _run(stage, run, marks, total, on_event, runner, retry_failed=retry_failed)
    return refine(recipe, run, on_event)


def _run(
    stage: Stage,
    run: RunFolder,
    before: Sequence[str],
    total: int,
    on_event: OnEvent,
    runner: Runner = run_here,
    *,
    retry_failed: bool = False,
) -> list[str]:
    """Make the missing parts of a stage.

    Returns:
        The mark of each of its parts.
    """
    run.refuse_if_removed()
    there = _summaries(stage, run, len(before))
    work = missing_parts(stage, there, before, retry_failed=retry_failed)
    finished = there.keys() - {part.index for part in work}
    done = count_stage(stage.name, stage.unit, [there[part] for part in finished])
    rows = done.ok + done.filtered + done.failed
    on_event(StageStarted(stage.name, stage.unit, total, rows, Counter(done.reasons)))
    if work:
        remove_index(run.stage(stage.name))
        there |= runner(stage, run, work, on_event)
        write_index(run.stage(stage.name), there)
    on_event(StageDone(stage.name))
    return [there[part].mark for part in range(len(before))]


def _summaries(stage: Stage, run: RunFolder, parts: int) -> dict[int, Summary]:
    """Return the sidecars of the parts of a stage that are there."""
    return read_summaries(run.stage(stage.name), range(parts))


def refine(recipe: Recipe, run: RunFolder, on_event: OnEvent) -> Outcome:
    """Decide which pairs are kept and export them.

    No model is needed, except for evaluation sets that were not looked at before.

    Raises:
        RunError: The run's stages are not finished.
        RecipeError: A rule needs a score that the run lacks, or that is defined in another way.
        SourceError: An evaluation set cannot be read.
    """
    counts, marks = _finished(recipe, run)
    parts = len(marks)
    refuse_foreign(recipe.filter, read_definitions(run))
    if recipe.filter.against:
        looked, seen = _look_at_sets(recipe, run, on_event)
        counts, marks = [*counts, looked], [*marks, *seen]
    decided = decision_fingerprint(recipe, marks)
    on_event(StageStarted(filter.NAME, "pairs", recipe.n, 0, Counter()))
    if not is_decided(run, decided):
        table, thresholds = decide_run(run, parts, recipe)
        words = words_of_kept(run, parts, table)
        funnel = make_funnel(recipe, counts, table, thresholds, words)
        _remember(recipe, run)
        save_decisions(run, table, funnel, decided)
    funnel = read_funnel(run)
    on_event(RowsDone(recipe.n, Counter(funnel.stages[-1].reasons)))
    on_event(StageDone(filter.NAME))
    on_event(StageStarted(EXPORT, "pairs", funnel.kept, 0, Counter()))
    exported = _export(recipe, run, parts, decided)
    on_event(RowsDone(funnel.kept))
    on_event(StageDone(EXPORT))
    return Outcome(funnel, exported)


def _look_at_sets(
    recipe: Recipe, run: RunFolder, on_event: OnEvent
) -> tuple[StageCount, list[str]]:
    """Look at the evaluation sets that pairs must not come near, unless that has been done.

    Returns:
        What became of their pictures, and the mark of each set.
    """
    stage, before = against_stage(recipe), marks_of_sets(recipe)
    there = _summaries(stage, run, len(before))
    if missing_parts(stage, there, before):
        preload([stage], run.path)
        total = pictures_in_sets(recipe)
    else:
        total = sum(summary.rows for summary in there.values())
    marks = _run(stage, run, before, total, on_event)
    looked = _summaries(stage, run, len(before)).values()
    return count_stage(stage.name, stage.unit, looked), marks


def _remember(recipe: Recipe, run: RunFolder) -> None:
    """Save a recipe whose rules have changed, before anything is made by it."""
    values = recipe.model_dump(mode="json")
    if run.load_recipe() != values:
        run.save_recipe(values)


def _finished(recipe: Recipe, run: RunFolder) -> tuple[list[StageCount], list[str]]:
    """Return what became of the rows of each stage, and the marks of the last one's parts."""
    counts: list[StageCount] = []
    marks = [""]
    for stage in stages(recipe):
        there = _summaries(stage, run, len(marks))
        if missing_parts(stage, there, marks):
            raise RunError(
                f"{run.path} is not finished: parts of {stage.name} are missing. "
                "Run its `syned generate` command again first."
            )
        counts.append(count_stage(stage.name, stage.unit, there.values()))
        marks = [there[part].mark for part in range(len(marks))]
        if stage.name == scan.NAME:
            marks = marks * sample.read_layout(run, recipe).parts
    return counts, marks


def _export(recipe: Recipe, run: RunFolder, parts: int, decided: str) -> Exported:
    """Export the kept pairs, unless just that dataset is there."""
    mark = export_fingerprint(decided, recipe.export)
    exported = read_exported(run)
    if exported is not None and exported.fingerprint == mark:
        return exported
    card = partial(_card, recipe, run, read_funnel(run))
    return export(run, parts, recipe, mark, card)


def _card(recipe: Recipe, run: RunFolder, funnel: Funnel, exported: Exported) -> str:
    """Return the text of the dataset's README."""
    return render_card(card_facts(recipe, run, funnel, exported))


def card_facts(recipe: Recipe, run: RunFolder, funnel: Funnel, exported: Exported) -> CardFacts:
    """Return what a card says of a run."""
    return CardFacts(
        name=f"Syned {recipe.name}",
        recipe=recipe,
        funnel=funnel,
        splits=exported.rows,
        licenses=exported.licenses,
        sources=exported.sources,
        prompt_version=exported.prompt_version,
        inverse=exported.inverse,
        faces=exported.faces,
        definitions=definitions(recipe.score),
        commits=noted(run),
    )
