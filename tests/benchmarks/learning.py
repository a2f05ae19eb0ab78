"""Does synthetic data help, is LoRA enough, and is it more than plain augmentation? Measured small.

    python tests/benchmarks/learning.py augmentation [--steps 400] [--seeds 3] [--base M]
    python tests/benchmarks/learning.py lora [--steps 400] [--seeds 3] [--base M]

The base is the small BLIP-2 that ships with syned; it has seen simple scenes. What counts as "real"
here is a world that it has not seen: scenes with patterns and small objects, taken by a bad camera
that moves a little between the two pictures, each training pair with one short caption. Synthetic
pairs are what `syned generate` makes of such scenes, clean and with five captions.

`augmentation`: 150 real pairs alone, the same with flips, colours and crops, and the same with
3,000 synthetic ones. `lora`: 1,000 real pairs, LoRA on queries, keys and values against all
weights; what each forgets is what it loses on simple scenes. All arms of a comparison make the same
number of steps on batches of one size. Each row of the table is a mean over seeds; differences have
a 95 % interval by a paired bootstrap over test pairs of the mean over seeds. MiB are by how much
the process grew at most while it trained (activations of a batch among them); states are what
weights that are trained take with gradients and AdamW's moments: 16 bytes a number, in MiB.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer
from numpy.typing import NDArray

from trainer.setup import prepare_torch

prepare_torch("cpu")

import torch  # noqa: E402
from learning_data import SYNTHETIC, World, make_world  # noqa: E402
from truth import interval, is_true  # noqa: E402
from watching import Grown, Silent  # noqa: E402

from trainer.captioner import captions_of  # noqa: E402
from trainer.evaluation import judge, references_of  # noqa: E402
from trainer.mix import Part  # noqa: E402
from trainer.model import load, trainable_share  # noqa: E402
from trainer.phase import run_phase  # noqa: E402
from trainer.recipe import TrainRecipe  # noqa: E402
from trainer.store import Store  # noqa: E402

REAL_FEW, REAL_MORE = 150, 1000
BATCH = 32
RATES = {"full": 3e-4, "lora": 2e-3}
"""Learning rates; LoRA's best was found at five to ten times that of all weights."""
Measure = dict[str, NDArray[np.float64]]
"""For each measure a number for each test pair."""


@dataclass(frozen=True)
class Arm:
    """One way to train."""

    name: str
    parts: Callable[[World, int], list[Part]]
    tune: str = "full"
    augment: tuple[str, ...] = ()


def few(world: World, seed: int) -> list[Part]:
    """Return the few real pairs of a seed."""
    return [_some(world.real, REAL_FEW, seed)]


def few_and_synthetic(world: World, seed: int) -> list[Part]:
    """Return them twice over, and as many of the synthetic ones."""
    return [_some(world.real, REAL_FEW, seed, times=SYNTHETIC // REAL_FEW // 3), world.synthetic]


def more(world: World, seed: int) -> list[Part]:
    """Return more real pairs."""
    return [_some(world.real, REAL_MORE, seed)]


ARMS = {
    "augmentation": (
        Arm("real alone", few),
        Arm("real, flips, colours, crops", few, augment=("flip", "colour", "crop")),
        Arm("real and synthetic", few_and_synthetic),
    ),
    "lora": (Arm("all weights", more), Arm("LoRA", more, tune="lora")),
}


def _some(part: Part, count: int, seed: int, times: int = 1) -> Part:
    """Return so many pairs of a component, drawn with a seed, each with one short caption."""
    drawn = np.random.default_rng(seed).permutation(len(part.store.rows))[:count]
    rows = tuple(
        replace(part.store.rows[i], captions=(min(part.store.rows[i].captions, key=len),))
        for i in drawn
    )
    return Part(part.name, Store(rows, part.store.pixels[drawn]), (*range(count),) * times, {}, {})


def _recipe(base: str, arm: Arm, seed: int, steps: int) -> TrainRecipe:
    phase = {"components": [{"data": "scenes"}]}
    return TrainRecipe.model_validate(
        {
            "name": arm.name,
            "seed": seed,
            "mix": {"phases": [phase]},
            "model": {"base": base, "tune": arm.tune, "device": "cpu"},
            "train": {
                "batch_size": BATCH,
                "max_steps": steps,
                "eval_every": 1000,
                "workers": 0,
                "log": [],
                "learning_rate": RATES[arm.tune],
                "augment": arm.augment,
            },
            "generate": {"max_new_tokens": 40, "batch_size": 50},
        }
    )


def look(loaded: Any, recipe: TrainRecipe, part: Part, truth: dict[str, Any]) -> Measure:
    """Caption test pairs, and return for each pair whether it is true, its CIDEr, whether exact."""
    loaded.model.eval()
    rows, pixels = part.store.rows, part.store.pixels
    size = recipe.generate.batch_size
    said: list[str] = []
    for at in range(0, len(rows), size):
        said += captions_of(loaded, np.asarray(pixels[at : at + size]), recipe.generate, "cpu")
    captions = {row.pair_id: text for row, text in zip(rows, said, strict=True)}
    judged = judge(captions, references_of(rows), meteor=False)
    true = [is_true(captions[name], truth[name]) for name in judged.scores.ids]
    return {
        "true": np.array(true, np.float64),
        "CIDEr": np.asarray(judged.scores.per_sample["CIDEr"], np.float64),
        "exact": judged.exact,
    }


def run_arm(world: World, base: str, arm: Arm, seed: int, steps: int, out: Path) -> dict[str, Any]:
    """Train one arm with one seed, and look at both test sets."""
    recipe = _recipe(base, arm, seed, steps)
    loaded = load(recipe.model, [], seed)
    trained, whole = trainable_share(loaded.model)
    folder = out / f"{arm.name.replace(' ', '-').replace(',', '')}-{seed}-{time.time_ns()}"
    begun = time.perf_counter()
    phase = recipe.mix.phases[0]
    parts = arm.parts(world, seed)
    with Grown() as grown:
        run_phase(loaded, parts, None, recipe, phase, folder, Silent())
    seconds = time.perf_counter() - begun
    states = sum(p.numel() for p in loaded.model.parameters() if p.requires_grad) * 16 / 2**20
    return {
        "real": look(loaded, recipe, world.real_test, world.truth),
        "simple": look(loaded, recipe, world.simple_test, world.truth),
        "trained": trained / whole,
        "seconds": seconds,
        "mib": grown.mib,
        "states": states,
    }


def before(world: World, base: str) -> dict[str, Measure]:
    """Look at both test sets with the base as it is."""
    recipe = _recipe(base, Arm("base", few), 0, 1)
    loaded = load(recipe.model, [], 0)
    sets = {"real": world.real_test, "simple": world.simple_test}
    return {name: look(loaded, recipe, part, world.truth) for name, part in sets.items()}


def _mean(runs: Sequence[dict[str, Any]], which: str, name: str) -> NDArray[np.float64]:
    """Return a measure of each pair, mean over seeds."""
    return np.asarray(np.mean([run[which][name] for run in runs], axis=0))


def tell(arms: Sequence[Arm], found: dict[str, list[dict[str, Any]]], base: Any) -> None:
    """Print the table, and each arm against the first one."""
    print("| | true, real | by seed | CIDEr, real | true, simple | trained | s | MiB | states |")
    print("|---|---|---|---|---|---|---|---|---|")
    start = [base[which]["true"].mean() for which in ("real", "simple")]
    cider = base["real"]["CIDEr"].mean()
    print(f"| the base as it is | {start[0]:.1%} | | {cider:.2f} | {start[1]:.1%} | | | | |")
    for arm in arms:
        runs = found[arm.name]
        seeds = ", ".join(f"{run['real']['true'].mean():.1%}" for run in runs)
        means = [_mean(runs, *key).mean() for key in (("real", "true"), ("real", "CIDEr"))]
        kept = _mean(runs, "simple", "true").mean()
        costs = [np.mean([run[key] for run in runs]) for key in ("seconds", "mib", "states")]
        print(
            f"| {arm.name} | {means[0]:.1%} | {seeds} | {means[1]:.2f} | {kept:.1%} | "
            f"{runs[0]['trained']:.1%} | {' | '.join(f'{cost:.1f}' for cost in costs)} |"
        )
    for arm in arms[1:]:
        for which, name in (("real", "true"), ("real", "CIDEr"), ("simple", "true")):
            both = (_mean(found[a.name], which, name) for a in (arm, arms[0]))
            less = next(both) - next(both)
            low, high = interval(less)
            print(
                f"{arm.name} less {arms[0].name}, {name} on {which}: {less.mean():+.3f} "
                f"[{low:+.3f}, {high:+.3f}]"
            )


def _plain(run: dict[str, Any]) -> dict[str, Any]:
    """Return the figures of a run with measures as means over pairs."""

    def mean(value: Any) -> Any:
        return {k: float(v.mean()) for k, v in value.items()} if isinstance(value, dict) else value

    return {name: mean(value) for name, value in run.items()}


def main(
    what: Annotated[str, typer.Argument(help="augmentation or lora")],
    seeds: int = 3,
    steps: int = 400,
    base: str = "builtin:small",
    out: Path = Path("runs/learning"),
) -> None:
    """Measure, print the table, and keep the figures in OUT/WHAT-STEPS.json."""
    world = make_world(base, out)
    arms = ARMS[what]
    found: dict[str, list[dict[str, Any]]] = {arm.name: [] for arm in arms}
    for seed in range(seeds):
        for arm in arms:
            found[arm.name].append(run_arm(world, base, arm, seed, steps, out / "phases"))
            true = found[arm.name][-1]["real"]["true"].mean()
            print(f"seed {seed}, {arm.name}: {true:.1%} true", file=sys.stderr, flush=True)
    tell(arms, found, before(world, base))
    plain = {name: [_plain(run) for run in runs] for name, runs in found.items()}
    (out / f"{what}-{steps}.json").write_text(json.dumps(plain, indent=1), encoding="utf-8")


if __name__ == "__main__":
    torch.manual_seed(0)
    typer.run(main)
