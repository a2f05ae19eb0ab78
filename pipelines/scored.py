"""What the filter looks at: ids, outcomes and scores of every pair of a run, and no picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd
import pyarrow as pa

from pipelines import edit, instruct, score
from pipelines.near import hashes
from pipelines.scorers import definitions
from syned.batches import batched
from syned.parquet import read_table
from syned.parts import part_path
from syned.rows import SCORE_NAMES
from syned.run import RunFolder

READERS = 8
"""Parts that are read at once; a store answers many as quickly as one."""
OUTCOME = ["status", "reason", "message"]
_INSTRUCT = ["pair_id", "instruction_id", "image_id", "task", "instruction", "into"]
_SCORED = ["pair_id", *OUTCOME, *SCORE_NAMES, "phash", "edited_phash", "edited_id"]


def read_scores(run: RunFolder, parts: int) -> pd.DataFrame:
    """Read ids, outcomes and scores of every pair of a run, in the run's order.

    Returns:
        One row per pair: the columns of the instruct stage, the scores, `phash_distance`, `nsfw`
        (the higher of both pictures), and `stage`, `status`, `reason` and `message` of the last
        stage that the pair reached.
    """
    pairs = columns(run, instruct.NAME, parts, [*_INSTRUCT, *OUTCOME]).assign(stage=instruct.NAME)
    edits = columns(run, edit.NAME, parts, ["pair_id", *OUTCOME])
    scores = columns(run, score.NAME, parts, _SCORED)
    pairs = _with_outcome(pairs, edits, edit.NAME)
    pairs = _with_outcome(pairs, scores, score.NAME)
    return pairs.assign(
        phash_distance=_distances(pairs["phash"], pairs["edited_phash"]),
        nsfw=pairs[["nsfw_0", "nsfw_1"]].astype(float).max(axis=1, skipna=False),
    )


def columns(run: RunFolder, stage: str, parts: int, names: Sequence[str]) -> pd.DataFrame:
    """Read some columns of all parts of a stage."""
    frame: pd.DataFrame = pa.concat_tables(tables(run, stage, parts, names)).to_pandas()
    return frame


def tables(run: RunFolder, stage: str, parts: int, names: Sequence[str]) -> Iterator[pa.Table]:
    """Yield some columns of each part of a stage, read several at a time."""
    folder = run.stage(stage)
    with ThreadPoolExecutor(READERS) as pool:
        # A few ahead at a time, so that one who is slow to take them does not have all in memory.
        for group in batched(range(parts), 16 * READERS):
            yield from pool.map(lambda part: read_table(part_path(folder, part), names), group)


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


def _distances(before: pd.Series, after: pd.Series) -> np.ndarray:
    """Return in how many bits two perceptual hashes differ, float64 (N,); NaN where one lacks."""
    there = (before.fillna("") != "") & (after.fillna("") != "")
    found = np.full(len(before), np.nan)
    found[there.to_numpy()] = np.bitwise_count(hashes(before[there]) ^ hashes(after[there]))
    return found
