"""Stage 05: which pairs are kept. It sees the whole run, but only ids and scores, and no picture.

Rules apply in the order of `FilterConfig`: bounds, then duplicates, then the best candidates. The
first rule that a pair fails is its reason, kept with the value that the rule looked at.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines import edit, instruct, score
from pipelines.recipe import Recipe
from pipelines.sections.filter import FilterConfig
from syned.ids import digest
from syned.images import hash_distance
from syned.parquet import read_table
from syned.parts import part_path
from syned.reasons import Status
from syned.rows import SCORE_NAMES, Task
from syned.run import RunFolder

NAME = "05-filter"
VERSION = 1
MUST_CHANGE = frozenset(
    {"min_changed_area", "max_ssim", "min_phash_distance", "max_clip_sim_image", "min_clip_sim_dir"}
)
"""Rules that ask for a visible change; a pair of task `none` has none by design."""
_INSTRUCT = ["pair_id", "instruction_id", "image_id", "task", "instruction"]
_OUTCOME = ["status", "reason", "message"]
_SCORED = ["pair_id", *_OUTCOME, *SCORE_NAMES, "phash", "edited_phash", "edited_id"]


def read_scores(run: RunFolder, parts: int) -> pd.DataFrame:
    """Read ids, outcomes and scores of every pair of a run, in the run's order.

    Returns:
        One row per pair: the columns of the instruct stage, the scores, `phash_distance`, and
        `stage`, `status`, `reason` and `message` of the last stage that the pair reached.
    """
    pairs = _columns(run, instruct.NAME, parts, [*_INSTRUCT, *_OUTCOME]).assign(stage=instruct.NAME)
    edits = _columns(run, edit.NAME, parts, ["pair_id", *_OUTCOME])
    scores = _columns(run, score.NAME, parts, _SCORED)
    pairs = _with_outcome(pairs, edits, edit.NAME)
    pairs = _with_outcome(pairs, scores, score.NAME)
    distances = map(_distance, pairs["phash"], pairs["edited_phash"])
    return pairs.assign(phash_distance=np.fromiter(distances, dtype=np.float64, count=len(pairs)))


def _columns(run: RunFolder, stage: str, parts: int, columns: Sequence[str]) -> pd.DataFrame:
    """Read some columns of all parts of a stage."""
    folder = run.stage(stage)
    tables = [read_table(part_path(folder, i), columns) for i in range(parts)]
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    return frame


def _with_outcome(pairs: pd.DataFrame, later: pd.DataFrame, stage: str) -> pd.DataFrame:
    """Add a later stage's columns; where it has a row, its outcome replaces the earlier one."""
    joined = pairs.merge(later, on="pair_id", how="left", suffixes=("", "_later"))
    reached = joined["status_later"].notna()
    for column in _OUTCOME:
        joined[column] = joined[f"{column}_later"].where(reached, joined[column])
    joined["stage"] = joined["stage"].mask(reached, stage)
    return joined.drop(columns=[f"{column}_later" for column in _OUTCOME])


def _distance(a: Any, b: Any) -> float:
    """Return the distance of two perceptual hashes, or NaN where there are none."""
    return hash_distance(a, b) if isinstance(a, str) and isinstance(b, str) and a and b else np.nan


def decide(scores: pd.DataFrame, rules: FilterConfig, splits: pd.Series) -> pd.DataFrame:
    """Decide of every pair.

    Args:
        scores: As `read_scores` gives them.
        rules: What to keep.
        splits: The split of each pair.

    Returns:
        One row per pair with the columns of `DecisionRow`.
    """
    frame = scores.assign(value=np.nan, rank=pd.NA)
    for rule, bound in rules.bounds():
        _reject(frame, rule, _beyond(frame, rule, bound), frame[_score_of(rule)])
    if rules.drop_duplicates:
        _reject(frame, "drop_duplicates", _same_picture(frame))
        _reject(frame, "drop_duplicates", _same_words(frame))
    frame["rank"] = _ranks(frame, rules.rank_by)
    if rules.top_k is not None:
        _reject(frame, "top_k", frame["rank"] > rules.top_k, frame["rank"])
    kept = frame["status"] == Status.OK
    return frame.assign(kept=kept, split=splits.where(kept, None))


def _score_of(rule: str) -> str:
    return rule.removeprefix("min_").removeprefix("max_")


def _beyond(frame: pd.DataFrame, rule: str, bound: float) -> pd.Series:
    """Say which pairs are beyond a bound; a missing or NaN score is."""
    values = frame[_score_of(rule)].astype(float)
    within = values >= bound if rule.startswith("min_") else values <= bound
    if rule in MUST_CHANGE:
        within |= frame["task"] == Task.NONE
    return ~within


def _reject(
    frame: pd.DataFrame, rule: str, failing: pd.Series, values: pd.Series | None = None
) -> None:
    """Turn away the pairs that fail a rule and passed all before it."""
    rows = (frame["status"] == Status.OK) & failing.fillna(value=False).astype(bool)
    frame.loc[rows, ["stage", "status", "reason"]] = [NAME, Status.FILTERED.value, rule]
    if values is not None:
        frame.loc[rows, "value"] = values[rows].astype(float)


def _same_picture(frame: pd.DataFrame) -> pd.Series:
    """Say which kept pairs have the edited picture of a kept one of the same source before them."""
    alive = frame[frame["status"] == Status.OK]
    return alive.duplicated(["image_id", "edited_id"]).reindex(frame.index, fill_value=False)


def _same_words(frame: pd.DataFrame) -> pd.Series:
    """Say which kept pairs have another instruction in the words of a kept one before them."""
    alive = frame[frame["status"] == Status.OK]
    words = alive["instruction"].map(plain_words)
    first = alive.groupby([alive["image_id"], words])["instruction_id"].transform("first")
    return (alive["instruction_id"] != first).reindex(frame.index, fill_value=False)


def plain_words(text: str) -> str:
    """Return a text's words in lower case, without punctuation."""
    return " ".join(re.findall(r"\w+", text.lower()))


def _ranks(frame: pd.DataFrame, by: str) -> pd.Series:
    """Rank the kept candidates of each instruction, 1 the highest score; ties in their order."""
    alive = frame[frame["status"] == Status.OK]
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
    """Return the split of each pair's source picture."""
    shares = recipe.export.splits
    found = {i: split_of(i, recipe.seed, shares) for i in scores["image_id"].unique()}
    return scores["image_id"].map(found)
