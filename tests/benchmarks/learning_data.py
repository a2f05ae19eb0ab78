"""The pairs of `learning.py`: a "real" world, synthetic pairs of its kind, and the base's own."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageFilter
from truth import read_truth

from trainer.base import load_config
from trainer.mix import Part, Where, load_part
from trainer.pictures import InputShape, Pixels, halves
from trainer.recipe import DataConfig
from trainer.rows import Split
from trainer.store import Store

REAL, SYNTHETIC, TEST = 2000, 3000, 300
BLUR, NOISE, SHAKE = 0.7, 6.0, 2
"""The camera: pixels of blur, levels of noise, pixels of movement at most."""
SHARES = "{train: 0.8, validation: 0.02, test: 0.18}"
TASKS = "{add: 3, remove: 3, local: 3, background: 1, color: 3, none: 1}"
MARKED = "{kind: scenes, max_objects: 3}"
SIMPLE = "{kind: scenes, simple: true, max_objects: 3}"


@dataclass(frozen=True)
class World:
    """Pairs, and what is true of them."""

    real: Part
    synthetic: Part
    real_test: Part
    simple_test: Part
    truth: dict[str, dict[str, Any]]


def seen_by_camera(pixels: Pixels, shape: InputShape, seed: int) -> Pixels:
    """Return joined pictures as a bad camera sees them, which moves between the two.

    Args:
        pixels: uint8 (H, W, 3).
        shape: How they are joined.
        seed: Of noise and movement.
    """
    rng = np.random.default_rng(seed)
    warm = rng.uniform(0.85, 1.1, 3)
    found = []
    for half in halves(pixels, shape):
        moved = np.roll(half, tuple(rng.integers(-SHAKE, SHAKE + 1, 2)), (0, 1))
        soft = np.asarray(Image.fromarray(moved).filter(ImageFilter.GaussianBlur(BLUR)), np.float64)
        noisy = soft * warm + rng.normal(0, NOISE, soft.shape)
        found.append(np.clip(noisy, 0, 255).astype(np.uint8))
    return np.concatenate(found, axis=shape.axis)


def filmed(part: Part, shape: InputShape) -> Part:
    """Return pairs as a bad camera sees them."""
    pixels = np.stack([seen_by_camera(p, shape, i) for i, p in enumerate(part.store.pixels)])
    return replace(part, store=Store(part.store.rows, pixels))


def ignore(name: str, count: int) -> Callable[[], None]:  # noqa: ARG001
    """Tell nobody of work on pairs."""
    return lambda: None


def generate(folder: Path, n: int, seed: int, source: str, *more: str) -> None:
    """Make a dataset of scenes with `syned generate`, if it is not there.

    Args:
        folder: Of the run.
        n: Pairs before filtering.
        seed: Of the run.
        source: Of the recipe.
        more: Further values of the recipe, `key=value`.
    """
    if (folder / "dataset.json").is_file():
        return
    sets = [f"seed={seed}", "image.resolution=192", *more, f"sample.sources=[{source}]"]
    sets += [f"export.splits={SHARES}", f"instruct.writer.tasks={TASKS}"]
    command = [sys.executable, "-m", "syned", "generate", "--recipe", "demo", "--n", str(n)]
    command += ["--out", str(folder)] + [x for value in sets for x in ("--set", value)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def make_world(base: str, out: Path) -> World:
    """Make all pairs."""
    generate(out / "real", 2000, 901, MARKED)
    generate(out / "synthetic", 1 + SYNTHETIC * 5 // 4, 902, MARKED)
    generate(out / "simple", 2000, 903, SIMPLE)
    shape = InputShape(int(load_config(base, None).vision_config.image_size), "vertical", False)
    where = Where(out, out / "ready", shape, 0, ignore)

    def part(name: str, split: Split, most: int) -> Part:
        config = DataConfig(data="scenes", path=str(out / name), split=split, max_pairs=most)
        return load_part(config, where)

    truth = {k: v for name in ("real", "simple") for k, v in read_truth(out / name).items()}
    return World(
        real=filmed(part("real", Split.TRAIN, REAL), shape),
        synthetic=part("synthetic", Split.TRAIN, SYNTHETIC),
        real_test=filmed(part("real", Split.TEST, TEST), shape),
        simple_test=part("simple", Split.TEST, TEST),
        truth=truth,
    )
