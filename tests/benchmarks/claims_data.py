"""The pairs of `claims.py`: scenes as the world's models know them, filmed, exact and made."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from learning_data import SIMPLE, TEST, filmed, generate, ignore
from truth import read_truth

from trainer.mix import Part, Where, load_part
from trainer.pictures import InputShape
from trainer.recipe import DataConfig
from trainer.rows import Split

REAL = 5000
"""Exact pairs, as many for the camera as clean; two thousand of each and more are trained on."""
AS_THE_WORLD = ("image.resolution=72", "image.format=png")
RULES = ("keep_rate", "top_k", "min_changed_area", "max_clip_sim_image", "max_caption_defects")
UNFILTERED = (*(f"{rule}=null" for rule in RULES), "drop_duplicates=false")


@dataclass(frozen=True)
class MadeWorld:
    """Pairs, and what is true of the test pairs.

    Attributes:
        real: Exact pairs as a camera sees them.
        exact: Exact pairs as they are drawn: what an editor without a fault would make.
        made: All that the trained editor made.
        kept: What the run's own filter kept of it.
        real_test: Exact pairs by the camera, of other scenes.
        simple_test: Clean ones.
        truth: Of both, by id.
    """

    real: Part
    exact: Part
    made: Part
    kept: Part
    real_test: Part
    simple_test: Part
    truth: dict[str, dict[str, Any]]


def make_world(shape: InputShape, run: Path, out: Path) -> MadeWorld:
    """Read all pairs; exact ones are drawn first, unless they are there.

    Args:
        shape: Of the input of the captioner that will be trained.
        run: A finished run of the recipe `world`.
        out: Folder for exact pairs and for a copy of the run without its filter.
    """
    generate(out / "real", REAL, 911, SIMPLE, *AS_THE_WORLD)
    generate(out / "exact", REAL, 912, SIMPLE, *AS_THE_WORLD)
    unfiltered(run, out / "made")
    where = Where(out, out / "ready", shape, 0, ignore)

    def part(place: Path, split: Split, most: int | None = None) -> Part:
        config = DataConfig(data="scenes", path=str(place), split=split, max_pairs=most)
        return load_part(config, where)

    truth = {k: v for name in ("real", "exact") for k, v in read_truth(out / name).items()}
    return MadeWorld(
        real=filmed(part(out / "real", Split.TRAIN), shape),
        exact=part(out / "exact", Split.TRAIN),
        made=part(out / "made", Split.TRAIN),
        kept=part(run, Split.TRAIN),
        real_test=filmed(part(out / "real", Split.TEST, TEST), shape),
        simple_test=part(out / "exact", Split.TEST, TEST),
        truth=truth,
    )


def unfiltered(run: Path, copy: Path) -> None:
    """Copy a run and export all of its pairs, unless it is there; files are linked."""
    if copy.is_dir():
        return
    draft = copy.with_name(copy.name + "-draft")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(run, draft, copy_function=os.link)
    rules = [word for rule in UNFILTERED for word in ("--set", rule)]
    command = [sys.executable, "-m", "syned", "filter", str(draft), *rules]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    draft.rename(copy)
