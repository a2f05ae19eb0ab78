"""Joined pictures against two encoded streams, from one tower, and what made pairs do for each.

    syned generate --recipe world --n 2000 --out runs/world
    python tests/benchmarks/streams.py [--seeds 3]

As in the paper both begin with a vision tower that knows single pictures: a small new one, which
first learns which words describe a scene (`trainer.words`). `joined` is BLIP2IDC: one input, here
with a square for each picture, so that both models see the same pixels. `streams` encodes each
picture alone with the same tower, as CLIP4IDC does (`trainer.streams`). Each then learns words,
language and captions of exact pairs, in the same order for the same number of steps, and after that
150 "real" pairs, alone and with pairs that trained models made (see `claims.py`).
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import typer

from trainer.setup import prepare_torch

prepare_torch("cpu")

from arms import Arm, Found, Tests, Trials, mean, tell_differences  # noqa: E402
from claims import ALONE, KEPT, made  # noqa: E402
from claims_data import AS_THE_WORLD, MadeWorld, make_world  # noqa: E402
from learning_data import SIMPLE, generate, ignore  # noqa: E402
from truth import read_truth  # noqa: E402
from watching import Silent  # noqa: E402

from pipelines.scenes.describe import describe  # noqa: E402
from pipelines.scenes.model import Scene  # noqa: E402
from trainer.mix import Part, Where, load_part  # noqa: E402
from trainer.model import Loaded, ready  # noqa: E402
from trainer.phase import run_phase  # noqa: E402
from trainer.pictures import InputShape, halves  # noqa: E402
from trainer.recipe import DataConfig, ModelConfig, ScratchSection, TrainRecipe  # noqa: E402
from trainer.scratch import new_model, new_processor  # noqa: E402
from trainer.store import Store  # noqa: E402

JOINS = {"joined": "native", "streams": "streams"}
SIZES = ScratchSection(image_size=96, patch_size=32, vocabulary=800)
"""A cell of a scene is one patch."""
PAIRS = 30_000
BATCH = 64
TOWER = {"words": 800}
PHASES = {"words": 2000, "language": 400, "captions": 800}
"""Steps of each phase."""
RATES = {"words": 5e-4, "language": 5e-4, "captions": 4e-4}
STEPS = 400


def learned(loaded: Loaded, part: Part, phases: dict[str, int], seed: int, out: Path) -> None:
    """Train a model for some phases."""
    for learns, steps in phases.items():
        phase = {"learns": learns, "components": [{"data": "scenes"}]}
        train = {"optimizer": "muon", "batch_size": BATCH, "max_steps": steps, "workers": 0}
        train |= {"learning_rate": RATES[learns], "log": [], "eval_every": 1000, "warmup": 0.05}
        recipe = TrainRecipe.model_validate(
            {
                "name": learns,
                "seed": seed,
                "mix": {"phases": [phase]},
                "model": {"base": "scratch", "tune": "full", "device": "cpu"},
                "train": train,
            }
        )
        folder = out / f"{learns}-{seed}"
        run_phase(loaded, [part], None, recipe, recipe.mix.phases[0], folder, Silent())


def new(processor: Any, seed: int, join: str) -> Loaded:
    """Return a model with new weights."""
    config = ModelConfig(base="scratch", tune="full", join=join, device="cpu", scratch=SIZES)
    return ready(new_model(processor, SIZES, seed, join), processor, config)


def singles(part: Part, truth: dict[str, Any], shape: InputShape) -> Part:
    """Return the earlier pictures alone, each twice in its input, with what they show."""
    rows = [
        replace(row, captions=(describe(Scene.model_validate_json(truth[row.pair_id]["scene"])),))
        for row in part.store.rows
    ]
    pixels = np.stack([np.concatenate([halves(p, shape)[0]] * 2) for p in part.store.pixels])
    return replace(part, store=Store(tuple(rows), pixels))


def base_of(pairs: Part, shown: Part, seed: int, out: Path) -> dict[str, str]:
    """Return the folder of a trained model for each way; they are trained unless they are there."""
    places = {name: out / f"{name}-{seed}" for name in JOINS}
    if all(place.is_dir() for place in places.values()):
        return {name: str(place) for name, place in places.items()}
    texts = [text for part in (pairs, shown) for row in part.store.rows for text in row.captions]
    processor = new_processor(texts, SIZES)
    tower = new(processor, seed, "streams")
    learned(tower, shown, TOWER, seed, out / "tower")
    for name, join in JOINS.items():
        loaded = new(processor, seed, join)
        loaded.model.vision_model.load_state_dict(tower.model.vision_model.state_dict())
        learned(loaded, pairs, PHASES, seed, out / name)
        loaded.model.save_pretrained(places[name])
        processor.save_pretrained(places[name])
    return {name: str(place) for name, place in places.items()}


def tables(found: dict[str, list[Found]]) -> None:
    """Print the shares of true captions, and the differences."""
    print("| | true, real | by seed | CIDEr, real | true, simple | by seed |")
    print("|---|---|---|---|---|---|")
    for name, runs in found.items():
        seeds = (
            ", ".join(f"{run[f'true {w}'].mean():.1%}" for run in runs) for w in ("real", "simple")
        )
        real, cider, simple = (
            mean(runs, n).mean() for n in ("true real", "CIDEr real", "true simple")
        )
        print(
            f"| {name} | {real:.1%} | {next(seeds)} | {cider:.2f} | {simple:.1%} | {next(seeds)} |"
        )
    ways = ("exact pairs", ALONE, KEPT)
    tell_differences(found, [(f"joined, {way}", f"streams, {way}") for way in ways])
    tell_differences(found, [(f"{name}, {KEPT}", f"{name}, {ALONE}") for name in JOINS])


def trained(world: MadeWorld, bases: dict[str, str], seed: int, out: Path) -> dict[str, Found]:
    """Train both models of a seed on real pairs, and look at them before and after."""
    tests = Tests({"real": world.real_test, "simple": world.simple_test}, world.truth)
    arms: dict[str, Arm] = {arm.name: arm for arm in made(world)}
    found = {}
    for name, join in JOINS.items():
        trials = Trials(bases[name], tests, out / "arms", STEPS, 1, join)
        found[f"{name}, exact pairs"] = trials.before
        for way in (ALONE, KEPT):
            found[f"{name}, {way}"] = trials.come_to(arms[way], seed)
    return found


def main(run: Path = Path("runs/world"), seeds: int = 3, out: Path = Path("runs/claims")) -> None:
    """Measure, and print the table."""
    generate(out / "pairs", PAIRS, 913, SIMPLE, *AS_THE_WORLD)
    shape = InputShape(SIZES.image_size, "native")
    where = Where(out, out / "ready", shape, 0, ignore)
    pairs = load_part(DataConfig(data="scenes", path=str(out / "pairs")), where)
    shown = singles(pairs, read_truth(out / "pairs"), shape)
    world = make_world(shape, run, out)
    found: dict[str, list[Found]] = {}
    for seed in range(seeds):
        bases = base_of(pairs, shown, seed, out / "streams")
        for name, one in trained(world, bases, seed, out).items():
            found.setdefault(name, []).append(one)
    tables(found)


if __name__ == "__main__":
    typer.run(main)
