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
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from PIL import Image, ImageOps
from rich import box
from rich.console import Console
from rich.table import Table

from pipelines import edit, instruct, sample, score
from pipelines.filter import decide, splits_of
from pipelines.recipe import Recipe, ScoreConfig
from pipelines.scored import read_scores
from pipelines.score import EditedPair
from pipelines.sections.filter import FilterConfig, presets
from pipelines.sections.scorers import ClipConfig, DinoConfig
from syned.images import encode_picture, load_picture
from syned.parts import read_part, write_part
from syned.rows import SCORE_NAMES, EditRow, EncodedImage, InstructRow, ScoreRow, Task
from syned.run import RunFolder

REFUSAL = "I'm sorry, but as an AI language model I cannot describe this picture."
NOISE = 60
"""Standard deviation, of 255."""
WIDTH = 190
"""Characters of a line of the tables."""
Others = Sequence[EditedPair]
Spoil = Callable[[EditedPair, Others, random.Random], EditedPair]


# --- ways to spoil a pair


def redrawn(draw: Callable[[Image.Image], Image.Image]) -> Spoil:
    """Return what puts something made of the source in place of the edited picture."""

    def spoil(pair: EditedPair, _others: Others, _draw: random.Random) -> EditedPair:
        return with_picture(pair, draw(source(pair)))

    return spoil


def source(pair: EditedPair) -> Image.Image:
    """Decode the source picture of a pair."""
    picture = pair.order.picture.image
    assert picture is not None
    return load_picture(picture)


def with_picture(pair: EditedPair, image: Image.Image) -> EditedPair:
    """Put another edited picture into a pair, encoded as the recipe `demo` does."""
    return replace(
        pair, edited=replace(pair.edited, edited_image=encode_picture(image, "jpeg", 95))
    )


def with_words(pair: EditedPair, **words: object) -> EditedPair:
    """Put other words into a pair."""
    written = replace(pair.order.instruct, **words)  # type: ignore[arg-type]
    return replace(pair, order=replace(pair.order, instruct=written))


def other_picture(pair: EditedPair, others: Others, draw: random.Random) -> EditedPair:
    """Put the edited picture of another source picture into a pair."""
    picture = draw.choice([o for o in others if not same_picture(o, pair)]).edited.edited_image
    assert isinstance(picture, EncodedImage)
    return with_picture(pair, load_picture(picture).resize(source(pair).size))


def same_picture(one: EditedPair, other: EditedPair) -> bool:
    """Say whether two pairs have one source picture."""
    return one.order.picture.image_id == other.order.picture.image_id


def other_row(pair: EditedPair, others: Others, draw: random.Random) -> EditedPair:
    """Give a pair the five captions and the captions of the pictures of another one."""
    words = draw.choice([o for o in others if not same_picture(o, pair)]).order.instruct
    return with_words(
        pair,
        captions=words.captions,
        source_caption=words.source_caption,
        edited_caption=words.edited_caption,
    )


def other_five(pair: EditedPair, others: Others, draw: random.Random) -> EditedPair:
    """Give a pair the five captions of another source picture."""
    fitting = [o for o in others if not same_picture(o, pair)]
    return with_words(pair, captions=draw.choice(fitting).order.instruct.captions)


def other_task(pair: EditedPair, others: Others, draw: random.Random) -> EditedPair:
    """Give a pair the five captions of another task, of the same picture if it has one."""
    fitting = [o for o in others if o.order.instruct.task != pair.order.instruct.task]
    near = [o for o in fitting if same_picture(o, pair)]
    return with_words(pair, captions=draw.choice(near or fitting).order.instruct.captions)


def one_twice(pair: EditedPair, _others: Others, draw: random.Random) -> EditedPair:
    """Say one of the five captions twice, the second time with one word less."""
    first, second, *more = draw.sample(list(pair.order.instruct.captions), 5)
    words = first.rstrip(".").split()
    del words[draw.randrange(len(words))]
    return with_words(pair, captions=(first, " ".join(words), second, *more[:2]))


def refused(pair: EditedPair, _others: Others, draw: random.Random) -> EditedPair:
    """Put a refusal among the five captions."""
    captions = list(pair.order.instruct.captions)
    captions[draw.randrange(5)] = REFUSAL
    return with_words(pair, captions=tuple(captions))


def noisy(image: Image.Image) -> Image.Image:
    """Lay heavy noise over a picture, the same for pictures of one size."""
    noise = np.random.default_rng(0).normal(0, NOISE, (image.height, image.width, 3))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


KINDS: dict[str, Spoil] = {
    "not done": redrawn(lambda image: image),
    "black": redrawn(lambda image: Image.new("RGB", image.size)),
    "grey": redrawn(lambda image: Image.new("RGB", image.size, (128, 128, 128))),
    "mirrored": redrawn(ImageOps.mirror),
    "noise": redrawn(noisy),
    "other picture": other_picture,
    "other row": other_row,
    "other five": other_five,
    "other task": other_task,
    "one twice": one_twice,
    "refusal": refused,
}


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
            new = [
                row_of(spoilt[row.pair_id], kind) if row.pair_id in spoilt else row for row in rows
            ]
            write_part(folder / stage.NAME, i, new, kind, "planted")
    return RunFolder(folder)


def row_of(pair: EditedPair, kind: type) -> InstructRow | EditRow:
    """Return one of the two rows of a pair."""
    return pair.order.instruct if kind is InstructRow else pair.edited


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
    run: Annotated[Path | None, typer.Argument()] = None,
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
