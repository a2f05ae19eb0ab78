"""How many rows went into each stage and what became of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pandas as pd
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines import filter  # noqa: A004
from pipelines.diversity import Diversity
from pipelines.recipe import Recipe
from syned.errors import RunError
from syned.parts import Summary
from syned.reasons import Status
from syned.run import RunFolder
from syned.storage import Place, names, sizes


class StageCount(BaseModel):
    """What became of the rows of one stage."""

    model_config = ConfigDict(frozen=True)

    stage: str
    unit: str
    """What a row is: `pictures` or `pairs`."""
    ok: int
    filtered: int
    failed: int
    reasons: dict[str, int]
    """Rows per reason, the most frequent first."""


class Funnel(BaseModel):
    """The whole run in numbers, saved as `funnel.json`."""

    model_config = ConfigDict(frozen=True)

    asked: int
    """Pairs asked for."""
    stages: tuple[StageCount, ...]
    kept: int
    by_task: dict[str, int]
    """Kept pairs per task."""
    by_split: dict[str, int]
    """Kept pairs per split."""
    rules: dict[str, Any]
    """The filter's rules that were in force; calibrated bounds per task under `calibrated`."""
    diversity: Diversity
    """The words of the kept pairs."""
    ways_back: int
    """Kept pairs whose way back is worded: those that `export.inverse` turns round too."""


def count_stage(stage: str, unit: str, summaries: Iterable[Summary]) -> StageCount:
    """Add up the sidecars of a stage's parts."""
    statuses: Counter[Status] = Counter()
    reasons: Counter[str] = Counter()
    for summary in summaries:
        statuses.update(summary.statuses)
        reasons.update(summary.reasons)
    return _count(stage, unit, statuses, reasons)


def _count(stage: str, unit: str, statuses: Counter[Status], reasons: Counter[str]) -> StageCount:
    """Return counts with the most frequent reasons first."""
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return StageCount(
        stage=stage,
        unit=unit,
        ok=statuses[Status.OK],
        filtered=statuses[Status.FILTERED],
        failed=statuses[Status.FAILED],
        reasons=dict(ordered),
    )


def make_funnel(
    recipe: Recipe,
    counts: Iterable[StageCount],
    decisions: pa.Table,
    thresholds: filter.Thresholds,
    words: tuple[Diversity, int],
) -> Funnel:
    """Count the decisions of the filter and put them after the stages'.

    Args:
        recipe: The run's.
        counts: What became of the rows of the stages before.
        decisions: What the filter decided of each pair, as `DecisionRow`s.
        thresholds: Its calibrated bounds.
        words: What was written of the kept pairs, as `words_of_kept` returns it.
    """
    diversity, ways_back = words
    frame = decisions.select(["stage", "status", "reason", "kept", "task", "split"]).to_pandas()
    kept = frame[frame["kept"]]
    judged = frame[frame["kept"] | (frame["stage"] == filter.NAME)]
    tasks, splits = _counted(kept["task"]), _counted(kept["split"])
    statuses = Counter({Status(name): n for name, n in _counted(judged["status"]).items()})
    return Funnel(
        asked=recipe.n,
        stages=(*counts, _count(filter.NAME, "pairs", statuses, _counted(judged["reason"]))),
        kept=len(kept),
        by_task=dict(sorted(tasks.items())),
        by_split={name: splits[name] for name in filter.splits_in_order(recipe) if splits[name]},
        rules=recipe.filter.in_force() | ({"calibrated": thresholds} if thresholds else {}),
        diversity=diversity,
        ways_back=ways_back,
    )


def _counted(values: pd.Series) -> Counter[str]:
    """Count values; what is missing does not count."""
    return Counter({str(name): int(n) for name, n in values.value_counts().items()})


def funnel_path(run: RunFolder) -> Place:
    """Return where a run's funnel lies."""
    return run.stage(filter.NAME) / "funnel.json"


def read_funnel(run: RunFolder) -> Funnel:
    """Return the funnel of a filtered run.

    Raises:
        RunError: The run is not finished.
    """
    path = funnel_path(run)
    try:
        return Funnel.model_validate_json(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise RunError(
            f"{run.path} is not finished: {_reached(run)}. Run its `syned generate` command again"
        ) from error
    except (UnicodeDecodeError, ValidationError) as error:
        raise RunError(
            f"{path} is damaged; run its `syned generate` command again, or `syned filter`"
        ) from error


def _reached(run: RunFolder) -> str:
    """Say how far the stages of a run have come."""
    found = {stage: _parts(sizes(run.stage(stage))) for stage in _stages(run)}
    told = ", ".join(f"{parts} of {stage}" for stage, parts in found.items() if parts)
    return f"of its parts there are {told}; nothing is filtered" if told else "it has no parts yet"


def _parts(files: Iterable[str]) -> int:
    """Count the sidecars among some files."""
    return sum(name.startswith("part-") and name.endswith(".json") for name in files)


def _stages(run: RunFolder) -> list[str]:
    """Return the folders of a run's stages before the filter."""
    return [name for name in names(run.path) if re.match("0[0-4]-", name)]
