"""Variants of a dataset: further configurations beside `default`, from the same run.

raw_scored   every scored pair, kept or not, with the filter's decision, but none that `max_nsfw`
             turns away
strict       of the kept pairs the better half by the filter's own scores, the best candidate of
             each instruction
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipelines.decisions import decide_run
from pipelines.export import SplitShards, dataset_row, dataset_rows
from pipelines.filter import split_of, splits_in_order
from pipelines.pairs import Pair, read_pairs
from pipelines.recipe import Recipe
from pipelines.scored import read_scores
from pipelines.sections.filter import FilterConfig
from syned.arrow import as_dict
from syned.dataset_rows import DatasetRow, RawRow
from syned.folders import appear_whole
from syned.ids import fingerprint
from syned.rows import ScoreRow, Task
from syned.run import RunFolder

VERSION = 2
STRICT_SHARE = 0.5
"""Share of the pairs of each task that `strict` keeps of what `default` keeps, or just more."""
Placed = tuple[DatasetRow, str]
"""A row, and its split."""


@dataclass(frozen=True, slots=True)
class Variant:
    """A further configuration of a dataset.

    Attributes:
        meaning: For the card.
        row_type: The type of its rows.
        rows: Yields them, of a filtered run with so many parts.
    """

    meaning: str
    row_type: type[DatasetRow]
    rows: Callable[[RunFolder, int, Recipe], Iterator[Placed]]


def _raw(run: RunFolder, parts: int, recipe: Recipe) -> Iterator[Placed]:
    """Yield every scored pair with what the filter decided; none that may not be safe for work."""
    for pair in read_pairs(run, parts):
        if pair.edit is None or pair.edit.edited_image is None:
            continue
        if pair.score is not None and is_safe(pair.score, pair.instruct.task, recipe.filter):
            decided = pair.decision
            row = RawRow(
                **_values(dataset_row(pair, recipe.export.license)),
                kept=decided.kept,
                reason=decided.reason,
                value=decided.value,
                rank=decided.rank,
            )
            yield row, _split(pair, recipe)


def is_safe(scored: ScoreRow, task: Task, rules: FilterConfig) -> bool:
    """Say whether both pictures of a pair pass `max_nsfw`, if that rule is in force.

    A pair that another stage or rule turned away may fail this one too.
    """
    own = rules.by_task.get(task)
    limit = rules.max_nsfw if own is None or own.max_nsfw is None else own.max_nsfw
    if limit is None:
        return True
    found = (scored.nsfw_0, scored.nsfw_1)
    return all(score is not None and score <= limit for score in found)


def _values(row: DatasetRow) -> dict[str, Any]:
    """Return the values of a row, pictures as they are."""
    return {name: getattr(row, name) for name in as_dict(row)}


def _split(pair: Pair, recipe: Recipe) -> str:
    """Return the split of a pair, kept or not."""
    drawn = split_of(pair.instruct.image_id, recipe.seed, recipe.export.splits)
    return pair.instruct.into or drawn


def _strict(run: RunFolder, parts: int, recipe: Recipe) -> Iterator[Placed]:
    """Yield the pairs that are kept by stricter rules too."""
    rules = stricter(recipe.filter, read_scores(run, parts))
    decided, _ = decide_run(run, parts, recipe.model_copy(update={"filter": rules}))
    kept = set(decided.filter(decided["kept"])["pair_id"].to_pylist())
    for pair in read_pairs(run, parts):
        if pair.decision.kept and pair.instruct.pair_id in kept:
            for row in dataset_rows(pair, recipe.export):
                yield row, pair.decision.split or ""


def stricter(rules: FilterConfig, scores: pd.DataFrame) -> FilterConfig:
    """Return the rules of `strict`: those of the run, calibrated to fewer pairs, one candidate.

    Args:
        rules: Of the run.
        scores: Of its pairs; without any of the scores that are calibrated as a rule, how well
            captions fit the edit decides.
    """
    there = tuple(name for name in rules.calibrate if scores[name].notna().any())
    share = STRICT_SHARE * (rules.keep_rate or 1.0)
    changes = {"keep_rate": share, "calibrate": there or ("caption_fit",), "top_k": 1}
    return rules.model_copy(update=changes)


VARIANTS: Mapping[str, Variant] = {
    "raw_scored": Variant(
        "every scored pair, kept or not, with the filter's decision: `kept`, `reason`, `value` "
        "and `rank`; but none that `max_nsfw` turns away",
        RawRow,
        _raw,
    ),
    "strict": Variant(
        "of the pairs of `default` the better half, task by task, by the scores that the filter "
        "calibrates (without any, by `caption_fit`), and the best candidate of each instruction",
        DatasetRow,
        _strict,
    ),
}


def write_variant(
    name: str, run: RunFolder, parts: int, recipe: Recipe, folder: Path, mark: str
) -> dict[str, int]:
    """Write the shards of a variant, unless they are there.

    Args:
        name: One of `VARIANTS`.
        run: A filtered run.
        parts: The number of its parts.
        recipe: The run's.
        folder: Where its shards go; it appears whole.
        mark: The fingerprint of the run's dataset.

    Returns:
        Its rows by split.
    """

    def write(new: Path) -> None:
        shards = SplitShards(new, recipe.export, VARIANTS[name].row_type)
        for row, split in VARIANTS[name].rows(run, parts, recipe):
            shards.add(row, split)
        shards.close()

    appear_whole(folder, fingerprint([VERSION, name, mark]), write)
    return rows_of(folder, recipe)


def rows_of(folder: Path, recipe: Recipe) -> dict[str, int]:
    """Return the rows of each split of a folder of shards, in the order of the recipe's splits."""
    import pyarrow.parquet as pq

    found = {
        split: sum(pq.read_metadata(p).num_rows for p in folder.glob(f"{split}-*.parquet"))
        for split in splits_in_order(recipe)
    }
    return {split: rows for split, rows in found.items() if rows}
