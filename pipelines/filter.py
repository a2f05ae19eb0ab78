"""Stage 05: which pairs are kept. It sees the whole run, but only ids and scores, and no picture.

Rules apply in the order of `FilterConfig`: bounds, evaluation sets, duplicates, repeats, then the
best candidates. The first rule that a pair fails is its reason, kept with the value that the rule
looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipelines.alike import kinds, repeated, same_picture, same_words
from pipelines.calibrate import calibrated
from pipelines.diversity import signature
from pipelines.near import near_duplicates
from pipelines.recipe import Recipe
from pipelines.sections.filter import Bounds, FilterConfig
from syned.errors import RecipeError
from syned.ids import digest
from syned.reasons import Status
from syned.rows import Task

NAME = "05-filter"
VERSION = 2
MUST_CHANGE = frozenset(
    "min_changed_area max_ssim min_phash_distance max_clip_sim_image min_clip_sim_dir"
    " min_clip_sim_gain max_dino_sim min_caption_fit".split()
)
"""Rules that ask for a change; a pair of task `none` has none by design."""

Thresholds = Mapping[Task, Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Decided:
    """What the filter decided of a run.

    Attributes:
        pairs: One row per pair with the columns of `DecisionRow`.
        thresholds: The calibrated lower bounds of each task, if there are any.
    """

    pairs: pd.DataFrame
    thresholds: Thresholds


def decide(scores: pd.DataFrame, rules: FilterConfig, splits: pd.Series) -> Decided:
    """Decide of every pair.

    Args:
        scores: As `read_scores` gives them; with `against`, also `against_distance`,
            `against_similarity` and `against_picture` of the nearest picture of an evaluation set.
        rules: What to keep.
        splits: The split of each pair.

    Raises:
        RecipeError: A score that is to be calibrated is missing from the run.
    """
    frame = scores.assign(value=np.nan, rank=pd.NA, split=splits)
    _apply_bounds(frame, rules, rules.by_task)
    thresholds = _thresholds(frame, rules)
    for task, bounds in thresholds.items():
        _apply_bounds(frame, Bounds(), {task: Bounds(**bounds)})
    if rules.relative:
        gain = frame["clip_sim_gain"].astype(float)
        _reject(frame, "relative", ~(gain > 0) & (frame["task"] != Task.NONE), gain)
    _reject_against(frame, rules)
    _reject_alike(frame, rules)
    _choose_best(frame, rules)
    kept = frame["status"] == Status.OK
    return Decided(frame.assign(kept=kept, split=splits.where(kept, None)), thresholds)


def _apply_bounds(frame: pd.DataFrame, general: Bounds, by_task: Mapping[Task, Bounds]) -> None:
    """Turn away the pairs beyond bounds; those of a task go before the general ones."""
    own = {str(task): dict(bounds.bounds()) for task, bounds in by_task.items()}
    codes, tasks = pd.factorize(frame["task"])
    for rule in Bounds.model_fields:
        usual = getattr(general, rule)
        # The last one is for a pair without a task.
        limits = [*(own.get(task, {}).get(rule, usual) for task in tasks), usual]
        if any(limit is not None for limit in limits):
            bound = pd.Series(np.array(limits, dtype=float)[codes], index=frame.index)
            values = frame[_score_of(rule)].astype(float)
            _reject(frame, rule, bound.notna() & ~_within(frame, rule, values, bound), values)


def _score_of(rule: str) -> str:
    return rule.removeprefix("min_").removeprefix("max_")


def _within(frame: pd.DataFrame, rule: str, values: pd.Series, bound: pd.Series) -> pd.Series:
    """Say which pairs are within a bound; one without the score is not."""
    within = values >= bound if rule.startswith("min_") else values <= bound
    return within | (frame["task"] == Task.NONE) if rule in MUST_CHANGE else within


def _thresholds(frame: pd.DataFrame, rules: FilterConfig) -> Thresholds:
    """Return the calibrated lower bounds, from the pairs that are within all others."""
    alive = _alive(frame)
    if rules.keep_rate is None or alive.empty:
        return {}
    missing = [name for name in rules.calibrate if alive[name].isna().all()]
    if missing:
        there = [name for name in frame if name in FILTERABLE and alive[name].notna().any()]
        raise RecipeError(
            "filter.calibrate",
            [f"the run has no {', '.join(missing)}; it has {', '.join(there)}"],
        )
    return calibrated(alive, rules.calibrate, rules.keep_rate)


FILTERABLE = frozenset(_score_of(rule) for rule in Bounds.model_fields)
"""The scores that rules look at."""


def _alive(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the pairs that no rule has turned away so far."""
    return frame[frame["status"] == Status.OK]


def _reject(
    frame: pd.DataFrame, rule: str, failing: pd.Series, values: pd.Series | None = None
) -> None:
    """Turn away the pairs that fail a rule and passed all before it."""
    failing = failing.reindex(frame.index, fill_value=False).astype(bool)
    rows = (frame["status"] == Status.OK) & failing
    frame.loc[rows, ["stage", "status", "reason"]] = [NAME, Status.FILTERED.value, rule]
    if values is not None:
        frame.loc[rows, "value"] = values[rows].astype(float)


def _reject_against(frame: pd.DataFrame, rules: FilterConfig) -> None:
    """Turn away the pairs with a picture that is close to one of an evaluation set."""
    if not rules.against:
        return
    frame["message"] = frame["message"].astype(object)
    limits = {
        "against_distance": frame["against_distance"] <= rules.against_distance,
        "against_similarity": frame["against_similarity"] >= (rules.against_similarity or np.inf),
    }
    for rule, close in limits.items():
        rows = (frame["status"] == Status.OK) & close
        frame.loc[rows, "message"] = "close to " + frame.loc[rows, f"{rule}_picture"].astype(str)
        _reject(frame, rule, close, frame[rule])


def _reject_alike(frame: pd.DataFrame, rules: FilterConfig) -> None:
    """Turn away repeated pairs and repeated instructions; the first stays."""
    if rules.drop_duplicates:
        _reject(frame, "drop_duplicates", same_picture(_alive(frame)))
        _reject(frame, "drop_duplicates", same_words(_alive(frame)))
    distance = rules.near_duplicate_distance
    if distance is not None:
        alive = _alive(frame)
        before, after = (alive[name].fillna("") for name in ("phash", "edited_phash"))
        alike = kinds(alive["instruction"], lambda text: " ".join(signature(text)))
        near = near_duplicates(alike, before, after, distance)
        _reject(frame, "near_duplicate_distance", pd.Series(near, index=alive.index, dtype=bool))
    if rules.max_instruction_repeats is not None:
        # Pairs without a difference have but a few wordings, which are meant to come back.
        alive = _alive(frame)
        first = alive[alive["task"] != Task.NONE].drop_duplicates("instruction_id")
        again = repeated(first["instruction"].tolist(), rules.max_instruction_repeats)
        ids = first["instruction_id"][np.array(again, dtype=bool)]
        _reject(frame, "max_instruction_repeats", frame["instruction_id"].isin(ids))


def _choose_best(frame: pd.DataFrame, rules: FilterConfig) -> None:
    """Rank candidates, and turn away those beyond the best."""
    frame["rank"] = _ranks(frame, rules.rank_by)
    if rules.top_k is not None:
        _reject(frame, "top_k", (frame["rank"] > rules.top_k).fillna(value=False), frame["rank"])
    for split, most in rules.max_per_split.items():
        alive = _alive(frame)
        own = alive[alive["split"] == split].assign(score=lambda f: f[rules.rank_by].astype(float))
        order = own.sort_values(["rank", "score"], ascending=[True, False], kind="stable")
        beyond = pd.Series(True, index=order.index[most:])
        _reject(frame, "max_per_split", beyond, frame["rank"])


def _ranks(frame: pd.DataFrame, by: str) -> pd.Series:
    """Rank the kept candidates of each instruction, 1 the highest score; ties in their order."""
    alive = _alive(frame)
    values = alive[by].astype(float).fillna(-np.inf)
    ranks = (
        values.groupby(alive["instruction_id"])
        .rank(method="first", ascending=False)
        .astype("Int64")
    )
    return ranks.reindex(frame.index)


def split_of(image_id: str, seed: int, shares: Mapping[str, float]) -> str:
    """Return the split of a source picture: always the same for the same seed and shares.

    Args:
        image_id: All pairs of a picture are in one split.
        seed: The run's seed.
        shares: The share of each split, relative to their sum.
    """
    place = int(digest(seed, "split", image_id)[:13], 16) / 16**13 * sum(shares.values())
    for name, share in shares.items():
        place -= share
        if place < 0:
            return name
    return next(reversed(list(shares)))


def splits_of(scores: pd.DataFrame, recipe: Recipe) -> pd.Series:
    """Return the split of each pair: the one that its source is fixed to, or its picture's."""
    shares = recipe.export.splits
    found = {i: split_of(i, recipe.seed, shares) for i in scores["image_id"].unique()}
    return scores["into"].fillna(scores["image_id"].map(found))


def splits_in_order(recipe: Recipe) -> Iterator[str]:
    """Yield the names of all splits that pairs can be in: drawn ones, then those of sources."""
    fixed = (source.into for source in recipe.sample.sources if source.into is not None)
    yield from dict.fromkeys([*recipe.export.splits, *fixed])
