"""What editor, scores and filter of a run on drawn scenes are worth, measured against the truth.

    syned generate --recipe world --n 2000 --out runs/world
    python tests/benchmarks/world.py runs/world [--plot world.png]

Every edited picture is read (`pipelines.world.judge`): was all done that was asked for, and did all
else stay? Captions are checked against the two scenes by the code that the tests check captions
with, the second scene as it is seen. Shares are over pairs, in percent, with 95 % intervals of a
bootstrap over source pictures where they stand in brackets.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from matplotlib.figure import Figure
from rich import box
from rich.console import Console
from rich.table import Table

sys.path.insert(0, str(Path(__file__).parents[1]))

import claims_scenes_counts  # noqa: F401
import claims_scenes_grounds  # noqa: F401
import claims_scenes_looks  # noqa: F401
import claims_scenes_moves  # noqa: F401
from claims_scenes import Unreadable, holds
from claims_scenes_facts import pair_of

from pipelines import edit, score
from pipelines.edits.base import SceneEdit
from pipelines.edits.registry import parse_edit
from pipelines.filter import decide, splits_of
from pipelines.recipe import Recipe
from pipelines.scenes.model import Scene
from pipelines.scenes.read import SeenObject, SeenScene, read_scene
from pipelines.score import EditedPair
from pipelines.scored import read_scores
from pipelines.sections.filter import FilterConfig
from pipelines.world.judge import STAYS, judge, stays
from syned.images import load_picture
from syned.run import RunFolder

CONSOLE = Console(width=120)
SCORES = (
    "clip_sim_dir clip_sim_image clip_sim_1 clip_sim_gain changed_area ssim caption_fit".split()
)
DRAWS = 1000


# --- the truth


def truths(run: RunFolder, parts: int) -> pd.DataFrame:
    """Judge every edited picture of a run, and its five captions."""
    pairs = (pair for part in range(parts) for pair in score.edited_pairs(run, part))
    return pd.DataFrame([_truth(pair) for pair in pairs if pair.edited.edited_image])


def _truth(pair: EditedPair) -> dict[str, Any]:
    """Return what is true of one pair."""
    row = pair.order.instruct
    before = Scene.model_validate_json(pair.order.picture.scene or "")
    asked = parse_edit(row.edit or "")
    expected = asked.apply(before) if isinstance(asked, SceneEdit) else before
    picture = load_picture(pair.edited.edited_image)
    verdict, seen = (
        judge(before, expected, picture),
        as_scene(before, expected, read_scene(picture)),
    )
    if isinstance(asked, SceneEdit):
        true = [is_true(caption, before, seen) for caption in row.captions]
    else:
        true = [verdict.right]
    return {
        "pair_id": row.pair_id,
        "kind": asked.kind if isinstance(asked, SceneEdit) else "none",
        "objects": len(before.objects),
        "done": verdict.done,
        "kept_rest": verdict.kept,
        "right": verdict.right,
        "true_captions": np.mean(true),
        "wrong": "; ".join(verdict.wrong),
    }


def as_scene(before: Scene, expected: Scene, seen: SeenScene) -> dict[str, Any]:
    """Return what was seen as a scene's JSON; what stayed is just as it was."""
    ground = before.ground.model_dump()
    if (before.ground.colour, before.ground.pattern) != (seen.colour, seen.pattern):
        ground = {"colour": seen.colour, "pattern": seen.pattern, "variant": 0}
    return {"ground": ground, "objects": [_object(before, expected, obj) for obj in seen.objects]}


def _object(before: Scene, expected: Scene, seen: SeenObject) -> dict[str, Any]:
    """Return what was seen of one thing: among shapes that look alike the expected one, and its
    place as it was if it hardly differs."""
    for obj in before.objects:
        if stays(obj, seen):
            return obj.model_dump()
    wanted = [obj.shape for obj in expected.objects if obj.place == seen.place]
    shape = next((name for name in wanted if name in seen.shapes), (*seen.shapes, "thing")[0])
    values = {"shape": shape, "colour": seen.colour or "unknown", "size": seen.size}
    for obj in before.objects:
        if max(abs(obj.x - seen.x), abs(obj.y - seen.y)) <= STAYS:
            return {**values, "x": obj.x, "y": obj.y}
    return {**values, "x": seen.x, "y": seen.y}


def is_true(caption: str, before: Scene, after: Mapping[str, Any]) -> bool:
    """Say whether a caption holds of what is seen."""
    try:
        return holds(caption, pair_of(before.model_dump(), dict(after)))
    except (Unreadable, LookupError):
        return False


# --- tables


def told(frame: pd.DataFrame, column: str) -> str:
    """Return the mean of a column in percent, with its interval."""
    if frame.empty:
        return "-"
    groups = frame.groupby("image_id")[column].agg(["sum", "count"]).to_numpy(np.float64)
    drawn = np.random.default_rng(0).multinomial(
        len(groups), np.full(len(groups), 1 / len(groups)), DRAWS
    )
    sums = drawn @ groups
    low, high = np.quantile(sums[:, 0] / sums[:, 1], [0.025, 0.975])
    return f"{100 * frame[column].mean():.1f} [{100 * low:.1f}, {100 * high:.1f}]"


def show_editor(frame: pd.DataFrame) -> None:
    """Print how often the editor did what it was told."""
    table = Table("edit", "pairs", "done", "rest kept", "right", box=box.SIMPLE)
    by_objects = {f"{n} objects": own for n, own in frame.groupby("objects")}
    kinds = dict(list(frame.groupby("kind")))
    edits = frame[frame["kind"] != "none"]
    for name, own in {**kinds, **by_objects, "all edits": edits}.items():
        cells = [told(own, column) for column in ("done", "kept_rest", "right")]
        table.add_row(str(name), str(len(own)), *cells)
    CONSOLE.print(table)


def rules() -> dict[str, FilterConfig]:
    """Return single rules, top-k, and presets with calibrated thresholds."""
    single = {
        "min_changed_area": 0.005,
        "max_clip_sim_image": 0.99,
        "min_clip_sim_dir": 0.2,
        "min_clip_sim_gain": 0.0,
        "min_caption_fit": 0.2,
    }
    made = {f"{name} {value}": FilterConfig(**{name: value}) for name, value in single.items()}
    made["relative"] = FilterConfig(relative=True)
    for by in ("clip_sim_dir", "clip_sim_1"):
        made[f"top_k 1 by {by}"] = FilterConfig(rank_by=by, top_k=1)
    for rate in (0.7, 0.5, 0.3):
        own = {"keep_rate": rate, "top_k": None}
        made[f"calibrated, keep_rate {rate}"] = FilterConfig(preset="calibrated", **own)
    return made


def show_rules(frame: pd.DataFrame, recipe: Recipe) -> None:
    """Print what each rule keeps, and how much of it is right."""
    table = Table("rule", "kept", "right of kept", "of right kept", "captions true", box=box.SIMPLE)
    named = {
        "nothing": FilterConfig(drop_duplicates=False),
        **rules(),
        "the run's own": recipe.filter,
    }
    for name, rule in named.items():
        kept = frame[decide(frame, rule, splits_of(frame, recipe)).pairs["kept"].to_numpy(bool)]
        found = kept["right"].sum() / max(frame["right"].sum(), 1)
        table.add_row(
            name,
            f"{len(kept) / len(frame):.0%}",
            told(kept, "right"),
            f"{found:.0%}",
            told(kept, "true_captions"),
        )
    CONSOLE.print(table)


def show_candidates(frame: pd.DataFrame) -> None:
    """Print how often the best of several candidates is right, by what chooses it."""
    table = Table("of the candidates of an instruction", "is right", box=box.SIMPLE)
    edits = frame[frame["kind"] != "none"]
    groups = edits.groupby("instruction_id")
    table.add_row("any one (mean)", told(edits, "right"))
    for name in SCORES:
        if edits[name].notna().any():
            best = edits.loc[groups[name].idxmax().dropna()]
            table.add_row(f"the one of the highest {name}", told(best, "right"))
    possible = edits.assign(right=groups["right"].transform("max"))
    table.add_row("at least one", told(possible.drop_duplicates("instruction_id"), "right"))
    CONSOLE.print(table)


def draw_curves(frame: pd.DataFrame, path: Path) -> None:
    """Draw how many of the best pairs are right, by how many are taken and by which score."""
    figure = Figure(figsize=(7, 4.5))
    axes = figure.subplots()
    edits = frame[frame["kind"] != "none"]
    for name in SCORES:
        if edits[name].notna().any():
            right = edits.sort_values(name, ascending=False)["right"].to_numpy(float)
            taken = np.arange(1, len(right) + 1)
            axes.plot(taken / len(right), right.cumsum() / taken, label=name)
    axes.axhline(edits["right"].mean(), color="grey", linestyle=":", label="all")
    axes.set(
        xlabel="share of pairs that is taken, best first", ylabel="share of them that is right"
    )
    axes.set_xlim(0.02, 1)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=120, bbox_inches="tight")


def main(
    folder: Annotated[Path, typer.Argument(metavar="RUN", exists=True)],
    plot: Annotated[Path | None, typer.Option()] = None,
) -> None:
    """Judge, filter, print."""
    run = RunFolder(folder)
    recipe = Recipe.model_validate(run.load_recipe())
    parts = len(list(run.stage(edit.NAME).glob("part-*.parquet")))
    frame = read_scores(run, parts).merge(truths(run, parts), on="pair_id")
    show_editor(frame)
    show_candidates(frame)
    show_rules(frame, recipe)
    if plot:
        draw_curves(frame, plot)


if __name__ == "__main__":
    typer.run(main)
