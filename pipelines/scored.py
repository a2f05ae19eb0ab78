"""What the filter looks at: ids, outcomes and scores of every pair of a run, and no picture."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines import edit, instruct, score
from pipelines.scorers import definitions
from syned.images import hash_distance
from syned.parquet import read_table
from syned.parts import part_path
from syned.rows import SCORE_NAMES
from syned.run import RunFolder

OUTCOME = ["status", "reason", "message"]
_INSTRUCT = ["pair_id", "instruction_id", "image_id", "task", "instruction", "into"]
_SCORED = ["pair_id", *OUTCOME, *SCORE_NAMES, "phash", "edited_phash", "edited_id"]


def read_scores(run: RunFolder, parts: int) -> pd.DataFrame:
    """Read ids, outcomes and scores of every pair of a run, in the run's order.

    Returns:
        One row per pair: the columns of the instruct stage, the scores, `phash_distance`, and
        `stage`, `status`, `reason` and `message` of the last stage that the pair reached.
    """
    pairs = columns(run, instruct.NAME, parts, [*_INSTRUCT, *OUTCOME]).assign(stage=instruct.NAME)
    edits = columns(run, edit.NAME, parts, ["pair_id", *OUTCOME])
    scores = columns(run, score.NAME, parts, _SCORED)
    pairs = _with_outcome(pairs, edits, edit.NAME)
    pairs = _with_outcome(pairs, scores, score.NAME)
    distances = map(_distance, pairs["phash"], pairs["edited_phash"])
    return pairs.assign(phash_distance=np.fromiter(distances, dtype=np.float64, count=len(pairs)))


def columns(run: RunFolder, stage: str, parts: int, names: Sequence[str]) -> pd.DataFrame:
    """Read some columns of all parts of a stage."""
    folder = run.stage(stage)
    tables = [read_table(part_path(folder, i), names) for i in range(parts)]
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    return frame


def read_definitions(run: RunFolder) -> dict[str, dict[str, str]]:
    """Return what the scores of a run depend on, by scorer, as their files say."""
    return definitions.read_definitions(part_path(run.stage(score.NAME), 0))


def _with_outcome(pairs: pd.DataFrame, later: pd.DataFrame, stage: str) -> pd.DataFrame:
    """Add a later stage's columns; where it has a row, its outcome replaces the earlier one."""
    joined = pairs.merge(later, on="pair_id", how="left", suffixes=("", "_later"))
    reached = joined["status_later"].notna()
    for column in OUTCOME:
        joined[column] = joined[f"{column}_later"].where(reached, joined[column])
    joined["stage"] = joined["stage"].mask(reached, stage)
    return joined.drop(columns=[f"{column}_later" for column in OUTCOME])


def _distance(a: Any, b: Any) -> float:
    """Return the distance of two perceptual hashes, or NaN where there are none."""
    return hash_distance(a, b) if isinstance(a, str) and isinstance(b, str) and a and b else np.nan
