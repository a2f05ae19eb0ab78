"""The audit of a run of syned."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from pipelines import instruct
from pipelines.decisions import read_decisions
from pipelines.diversity import signature
from pipelines.export import read_exported
from pipelines.funnel import Funnel, read_funnel
from pipelines.near import near_duplicates
from pipelines.recipe import Recipe
from pipelines.report.edges import read_edges
from pipelines.report.facts import (
    Audit,
    Cost,
    Histogram,
    StageCost,
    Threshold,
    histogram,
    lengths,
    repeats,
    shares,
)
from pipelines.sample import read_layout
from pipelines.scored import columns, read_scores
from syned.errors import RunError
from syned.parts import read_summaries
from syned.recipes import check
from syned.rows import SCORE_NAMES
from syned.run import RunFolder
from syned.storage import names

NEAR = 2
"""Bits of the perceptual hashes that pairs counted as alike may differ in."""


def run_audit(run: RunFolder) -> Audit:
    """Look through a finished run.

    Raises:
        RunError: It is no run, or not finished.
        RecipeError: Its recipe is of another version.
    """
    recipe = check(Recipe, run.load_recipe(), str(run.recipe_path))
    funnel = read_funnel(run)
    parts = read_layout(run, recipe).parts
    pairs = _pairs(run, parts)
    kept = pairs[pairs["kept"]]
    asked = kept.drop_duplicates("instruction_id")
    thresholds = list(_thresholds(recipe, funnel))
    return Audit(
        name=run.path.name,
        kind="run",
        pairs=len(pairs),
        kept=len(kept),
        funnel=funnel,
        tasks=funnel.by_task,
        wanted=shares(recipe.instruct.writer.tasks),
        histograms=tuple(_histograms(pairs, thresholds)),
        diversity=funnel.diversity,
        instruction_lengths=lengths(asked["instruction"]),
        caption_lengths=lengths(text for five in asked["captions"] for text in five),
        repeats=repeats(asked["instruction"], _alike(kept)),
        edges=tuple(read_edges(run, pairs, thresholds)),
        cost=_cost(run, parts, pairs),
        recipe=recipe.model_dump(mode="json"),
    )


def _pairs(run: RunFolder, parts: int) -> pd.DataFrame:
    """Return ids, words, scores and decisions of every pair, in the run's order."""
    written = columns(run, instruct.NAME, parts, ["pair_id", "captions", "attempts"])
    rows = ((row.pair_id, row.kept, row.reason) for row in read_decisions(run))
    decided = pd.DataFrame(rows, columns=["pair_id", "kept", "rule"])
    pairs = read_scores(run, parts).merge(written, on="pair_id").merge(decided, on="pair_id")
    made = read_summaries(run.stage(instruct.NAME), range(parts))
    if sum(summary.rows for summary in made.values()) != len(pairs):
        raise RunError(
            f"{run.path} is not finished: of its stages some parts are missing, or are others than "
            "those that were filtered. Run its `syned generate` command again first."
        )
    return pairs.assign(part=np.repeat(list(made), [summary.rows for summary in made.values()]))


def _thresholds(recipe: Recipe, funnel: Funnel) -> Iterator[Threshold]:
    """Yield the bounds that were in force: general ones, those of tasks, and calibrated ones."""
    for rule, value in recipe.filter.bounds():
        yield Threshold(rule=rule, value=value)
    for task, bounds in recipe.filter.by_task.items():
        for rule, value in bounds.bounds():
            yield Threshold(rule=rule, value=value, task=task)
    for task, found in funnel.rules.get("calibrated", {}).items():
        for rule, value in found.items():
            yield Threshold(rule=rule, value=value, task=task)


def score_histograms(run: RunFolder, recipe: Recipe, parts: int) -> list[Histogram]:
    """Return a histogram of each score that a finished run has, with the bounds in force."""
    thresholds = list(_thresholds(recipe, read_funnel(run)))
    return list(_histograms(_pairs(run, parts), thresholds))


def _histograms(pairs: pd.DataFrame, thresholds: Sequence[Threshold]) -> Iterator[Histogram]:
    """Yield a histogram of each score that the run has."""
    for name in (*SCORE_NAMES, "phash_distance"):
        own = [threshold for threshold in thresholds if threshold.rule[4:] == name]
        found = histogram(name, pairs[name].astype(float), pairs["kept"], own)
        if found is not None:
            yield found


def _alike(kept: pd.DataFrame) -> int:
    """Count the kept pairs whose words and pictures are near those of an earlier one."""
    before, after = (kept[name].fillna("") for name in ("phash", "edited_phash"))
    return sum(near_duplicates(kept["instruction"].map(signature), before, after, NEAR))


def _cost(run: RunFolder, parts: int, pairs: pd.DataFrame) -> Cost:
    """Add up what the parts of each stage took."""
    stages = [name for name in names(run.path) if re.match("0[0-4]-", name)]
    asked = pairs.drop_duplicates("instruction_id")
    accepted = (asked["stage"] != instruct.NAME).sum()
    exported = read_exported(run)
    return Cost(
        stages=tuple(_stage_cost(run, stage, parts) for stage in stages),
        attempts=round(float(asked["attempts"].sum() / accepted), 3) if accepted else None,
        dataset_bytes=sum(exported.files.values()) if exported else 0,
    )


def _stage_cost(run: RunFolder, stage: str, parts: int) -> StageCost:
    """Add up the sidecars of a stage."""
    found = read_summaries(run.stage(stage), range(parts)).values()
    return StageCost(
        stage=stage,
        rows=sum(summary.rows for summary in found),
        seconds=round(sum(summary.seconds for summary in found), 3),
        bytes=sum(summary.bytes for summary in found),
    )
