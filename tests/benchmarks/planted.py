"""Planted failures: what each filter rule and each preset catches, and what it costs.

    python tests/benchmarks/planted.py [RUN] [--n 300] [--rate 0.2]

Takes a finished run with exact edits, or makes one of the recipe `demo`. In a copy of it a share of
the pairs with a difference is spoilt, in one way at a time; the copy is scored and filtered by the
stages themselves. A table says which share of the spoilt pairs each rule turns away, and which
share of all pairs it turns away where nothing is spoilt.

CLIP and DINOv2 are tiny and UNTRAINED here. What rules on their scores do in this table shows that
the rules work, and nothing of how well a trained model tells good pairs from bad ones.
"""

from __future__ import annotations

import random
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import pandas as pd
import typer
from rich import box
from rich.console import Console
from rich.table import Table
from spoilt import KINDS

from pipelines import edit, instruct, sample, score
from pipelines.filter import decide, splits_of
from pipelines.recipe import Recipe
from pipelines.score import EditedPair
from pipelines.scored import read_scores
from pipelines.sections.filter import FilterConfig, presets
from pipelines.sections.scorers import ClipConfig, DinoConfig, ScoreConfig
from syned.parts import read_part, write_part
from syned.rows import SCORE_NAMES, EditRow, InstructRow, ScoreRow, Task
from syned.run import RunFolder

WIDTH = 190
"""Characters of a line of the tables."""


# --- rules


def rules() -> dict[str, FilterConfig]:
    """Return single rules, then the presets, by name."""
    bounds = {
        "min_changed_area": (0.002, 0.01),
        "max_changed_area": (0.98,),
        "max_ssim": (0.99,),
        "min_ssim": (0.05,),
        "min_phash_distance": (1,),
        "max_phash_distance": (28,),
        "max_caption_defects": (0,),
        "max_caption_overlap": (0.8,),
        "min_caption_fit": (0.2, 0.4),
        "max_clip_sim_image": (0.999,),
        "min_clip_sim_dir": (0,),
        "min_dino_sim": (0.4,),
    }
    singles = {f"{name} {v}": {name: v} for name, values in bounds.items() for v in values}
    made = {name: FilterConfig(drop_duplicates=False, **rule) for name, rule in singles.items()}
    small = {task: {"max_changed_area": 0.25} for task in ("add", "remove", "local", "text")}
    made["max_changed_area 0.25, small edits"] = FilterConfig(drop_duplicates=False, by_task=small)
    made["relative"] = FilterConfig(drop_duplicates=False, relative=True)
    made["drop_duplicates"] = FilterConfig()
    made["near_duplicates 0"] = FilterConfig(drop_duplicates=False, near_duplicate_distance=0)
    return made | {f"preset {name}": FilterConfig(preset=name) for name in presets()}


# --- the run


def demo(folder: Path, n: int) -> Path:
    """Make a run of the recipe `demo`."""
    command = [sys.executable, "-m", "syned", "generate", "--recipe", "demo", "--n", str(n)]
    subprocess.run([*command, "--out", str(folder / "run")], check=True, stdout=subprocess.DEVNULL)
    return folder / "run"


def with_tiny_models(run: RunFolder) -> Recipe:
    """Return a run's recipe with untrained models."""
    more = {"device": "cpu", "threads": 1, "batch_size": 8}
    scorers = ScoreConfig(
        clip=ClipConfig(model="builtin:tiny-clip", **more),
        dino=DinoConfig(model="builtin:tiny-dinov2", **more),
    )
    return Recipe.model_validate(run.load_recipe()).model_copy(update={"score": scorers})


def copy(run: RunFolder, folder: Path, parts: int, spoilt: Mapping[str, EditedPair]) -> RunFolder:
    """Copy a run up to its edited pictures, with other words and pictures for some pairs."""
    folder.mkdir()
    (folder / sample.NAME).symlink_to(run.stage(sample.NAME).absolute())
    for i in range(parts):
        written = list(read_part(run.stage(instruct.NAME), i, InstructRow))
        edited = list(read_part(run.stage(edit.NAME), i, EditRow))
        for rows, kind, stage in ((written, InstructRow, instruct), (edited, EditRow, edit)):
            (folder / stage.NAME).mkdir(exist_ok=True)
            new = [row_of(spoilt, row) for row in rows]
            write_part(folder / stage.NAME, i, new, kind, "planted")
    return RunFolder(folder)


def row_of(spoilt: Mapping[str, EditedPair], row: InstructRow | EditRow) -> InstructRow | EditRow:
    """Return the row of a pair, or what it became if the pair was spoilt."""
    pair = spoilt.get(row.pair_id)
    if pair is None:
        return row
    return pair.order.instruct if isinstance(row, InstructRow) else pair.edited


def scored(
    run: RunFolder, parts: int, scorers: score.Scorers, before: Mapping[str, ScoreRow]
) -> dict[str, ScoreRow]:
    """Score the pairs of a run that are not scored yet, and return all rows."""
    run.stage(score.NAME).mkdir()
    done = {pair_id: [row] for pair_id, row in before.items()}
    for i in range(parts):
        rows = score.score_rows(score.edited_pairs(run, i), scorers, done)
        write_part(run.stage(score.NAME), i, rows, ScoreRow, "planted")
    scores = (read_part(run.stage(score.NAME), i, ScoreRow) for i in range(parts))
    return {row.pair_id: row for part in scores for row in part}


@dataclass(frozen=True)
class Planted:
    """A run of which some pairs are spoilt: what the filter looks at, and which they are."""

    scores: pd.DataFrame
    spoilt: pd.Series


def plant(base: RunFolder, recipe: Recipe, folder: Path, rate: float) -> dict[str, Planted]:
    """Score a run as it is, under the name "", and spoilt in each way."""
    parts = len(list(base.stage(edit.NAME).glob("part-*.parquet")))
    pairs = [pair for i in range(parts) for pair in score.edited_pairs(base, i)]
    differing = [pair for pair in pairs if pair.order.instruct.task is not Task.NONE]
    scorers, found, clean = score.load_scorers(recipe.score), {}, {}
    for name, spoil in {"": None, **KINDS}.items():
        draw = random.Random(name)
        chosen = draw.sample(differing, max(1, round(rate * len(differing)))) if spoil else []
        spoilt = {p.edited.pair_id: spoil(p, differing, draw) for p in chosen if spoil}
        run = copy(base, folder / f"planted {name}", parts, spoilt)
        rows = scored(run, parts, scorers, {k: v for k, v in clean.items() if k not in spoilt})
        clean = clean or rows
        scores = read_scores(run, parts)
        found[name] = Planted(scores, scores["pair_id"].isin(spoilt))
    return found


def turned_away(planted: Planted, rule: FilterConfig, recipe: Recipe) -> float:
    """Return which share of the spoilt pairs a rule turns away; of all pairs if none is."""
    kept = decide(planted.scores, rule, splits_of(planted.scores, recipe)).pairs["kept"]
    looked_at = planted.spoilt if planted.spoilt.any() else ~planted.spoilt
    return float((~kept[looked_at].astype(bool)).mean())


def show_caught(found: Mapping[str, Planted], recipe: Recipe) -> None:
    """Print what each rule turns away, in percent."""
    table = Table("rule, of pairs that are", "right", *KINDS, box=box.SIMPLE)
    for name, rule in rules().items():
        table.add_row(name, *(f"{turned_away(p, rule, recipe):.0%}" for p in found.values()))
    Console(width=WIDTH).print(table)


def show_scores(found: Mapping[str, Planted]) -> None:
    """Print how the scores of right pairs with a difference lie, and the median of spoilt ones."""
    marks = {"least": 0, "1 %": 0.01, "median": 0.5, "99 %": 0.99, "most": 1}
    table = Table("score, of pairs that are right:", *marks, *KINDS, box=box.SIMPLE)
    right = found[""].scores[found[""].scores["task"] != Task.NONE]
    for name in (*SCORE_NAMES, "phash_distance"):
        own = [right[name].astype(float).quantile(mark) for mark in marks.values()]
        spoilt = (found[kind].scores[found[kind].spoilt] for kind in KINDS)
        values = [*own, *(frame[name].astype(float).median() for frame in spoilt)]
        table.add_row(name, *(f"{value:.3f}" for value in values))
    Console(width=WIDTH).print(table)


def main(
    run: Annotated[Path | None, typer.Argument(exists=True)] = None,
    n: Annotated[int, typer.Option()] = 300,
    rate: Annotated[float, typer.Option(min=0.01, max=1)] = 0.2,
) -> None:
    """Plant, score, filter, print."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        base = RunFolder(run or demo(folder, n))
        recipe = with_tiny_models(base)
        found = plant(base, recipe, folder, rate)
    spoilt = int(found["black"].spoilt.sum())
    print(f"{len(found[''].scores)} pairs, {spoilt} of them spoilt in each way, one way at a time.")
    print("CLIP and DINOv2 are untrained: what rules on them catch and lose is of no meaning.")
    show_caught(found, recipe)
    show_scores(found)


if __name__ == "__main__":
    typer.run(main)
