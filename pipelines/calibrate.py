"""Lower bounds from a run's own scores, per task, at a wanted keep rate."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from syned.rows import Task


def calibrated(
    scores: pd.DataFrame, names: Sequence[str], keep_rate: float
) -> dict[Task, dict[str, float]]:
    """Return lower bounds of some scores for each task.

    All bounds of a task lie at the same quantile of its pairs: the highest one at which the share
    of pairs that pass all of them is still the keep rate or more. Each is the score of a pair, so
    pairs with equal scores pass together. Pairs of task `none` have no bounds: their scores say
    that nothing changed, as they should.

    Args:
        scores: The pairs that count, with a column `task` and the scores; a pair that lacks one of
            the scores passes no bound and is not counted.
        names: The scores.
        keep_rate: In (0, 1].
    """
    found: dict[Task, dict[str, float]] = {}
    for task, group in scores.groupby("task", sort=True):
        values = group[list(names)].astype(float).dropna().to_numpy()
        if task != Task.NONE and len(values):
            bounds = _common_quantile(values, keep_rate)
            pairs = zip(names, bounds, strict=True)
            found[Task(str(task))] = {f"min_{name}": float(bound) for name, bound in pairs}
    return found


def _common_quantile(values: np.ndarray, keep_rate: float) -> np.ndarray:
    """Return the highest row of the sorted columns that enough rows are not below.

    Args:
        values: float64 (pairs, scores).
        keep_rate: In (0, 1].

    Returns:
        float64 (scores,).
    """
    ordered = np.sort(values, axis=0)
    low, high = 0, len(values) - 1
    while low < high:  # how many pass falls with the row, and all pass the first
        middle = (low + high + 1) // 2
        passing = (values >= ordered[middle]).all(axis=1).mean()
        low, high = (middle, high) if passing >= keep_rate else (low, middle - 1)
    bounds: np.ndarray = ordered[low]
    return bounds
