"""Ways to train a small captioner, run with several seeds and compared on the same test pairs.

What an arm came to is kept in a file, so a comparison that was stopped goes on, and two comparisons
share an arm. A figure is a mean over seeds; the interval of a difference is that of a paired
bootstrap over test pairs.
"""

from __future__ import annotations

import hashlib
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from truth import interval, is_true
from watching import Grown, Silent

from syned.ids import fingerprint
from trainer.captioner import captions_of
from trainer.evaluation import judge, references_of
from trainer.mix import Part
from trainer.model import load, trainable_share
from trainer.phase import run_phase
from trainer.recipe import TrainRecipe
from trainer.store import Store

BATCH = 32
RATES = {"full": 3e-4, "lora": 2e-3}
"""Learning rates; LoRA's best was found at five to ten times that of all weights."""
Found = dict[str, NDArray[np.float64]]
"""What an arm came to: `true real` and the like for each test pair, and costs of one number."""


@dataclass(frozen=True)
class Tests:
    """What arms are looked at with.

    Attributes:
        sets: Test pairs by name.
        truth: What is true of each pair, by its id.
    """

    sets: dict[str, Part]
    truth: dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Arm:
    """One way to train.

    Attributes:
        name: In the table.
        parts: Returns the pairs to train on, by the seed.
        tune: `full` or `lora`.
        augment: Kinds of plain augmentation.
    """

    name: str
    parts: Callable[[int], list[Part]]
    tune: str = "full"
    augment: tuple[str, ...] = ()


@dataclass
class Trials:
    """Runs arms, each of so many steps, and keeps what they come to.

    Attributes:
        base: The model that all begin with.
        tests: What they are looked at with.
        out: Where results are kept.
        steps: Of each arm.
        seeds: How many.
        join: How the pictures are joined, as those of the tests are.
    """

    base: str
    tests: Tests
    out: Path
    steps: int
    seeds: int
    join: str = "vertical"

    @cached_property
    def before(self) -> Found:
        """What the base as it is comes to."""
        recipe = self._recipe(Arm("base", lambda _: []), 0)
        return self._look(load(recipe.model, [], 0), recipe)

    def run(self, arms: Sequence[Arm]) -> dict[str, list[Found]]:
        """Run all arms with all seeds."""
        found: dict[str, list[Found]] = {arm.name: [] for arm in arms}
        for seed in range(self.seeds):
            for arm in arms:
                found[arm.name].append(self.come_to(arm, seed))
                true = found[arm.name][-1]["true real"].mean()
                print(f"seed {seed}, {arm.name}: {true:.1%} true", file=sys.stderr, flush=True)
        return found

    def come_to(self, arm: Arm, seed: int) -> Found:
        """Return what an arm came to, from its file if it was run before."""
        parts = arm.parts(seed)
        # What the base comes to tells bases and test sets apart.
        asked = [self.before["CIDEr real"].tolist(), arm.tune, arm.augment, seed, self.steps]
        mark = fingerprint([asked, [_identity(part) for part in parts]])[:12]
        path = self.out / f"{mark}.npz"
        if not path.is_file():
            found = self._train(arm, parts, seed, self.out / mark)
            np.savez(path.with_suffix(".part.npz"), **found)
            path.with_suffix(".part.npz").rename(path)
        return dict(np.load(path))

    def _train(self, arm: Arm, parts: list[Part], seed: int, folder: Path) -> Found:
        """Train one arm with one seed, and look at all test sets."""
        recipe = self._recipe(arm, seed)
        loaded = load(recipe.model, [], seed)
        trained, whole = trainable_share(loaded.model)
        shutil.rmtree(folder, ignore_errors=True)
        begun = time.perf_counter()
        with Grown() as grown:
            run_phase(loaded, parts, None, recipe, recipe.mix.phases[0], folder, Silent())
        seconds = time.perf_counter() - begun
        shutil.rmtree(folder)
        states = sum(p.numel() for p in loaded.model.parameters() if p.requires_grad) * 16 / 2**20
        costs = {"trained": trained / whole, "seconds": seconds, "MiB": grown.mib, "states": states}
        costs = {name: np.array(value) for name, value in costs.items()}
        return {**self._look(loaded, recipe), **costs}

    def _recipe(self, arm: Arm, seed: int) -> TrainRecipe:
        train = {
            "batch_size": BATCH,
            "max_steps": self.steps,
            "eval_every": 1000,
            "workers": 0,
            "log": [],
            "learning_rate": RATES[arm.tune],
            "augment": arm.augment,
        }
        model = {"base": self.base, "tune": arm.tune, "device": "cpu", "join": self.join}
        return TrainRecipe.model_validate(
            {
                "name": arm.name,
                "seed": seed,
                "mix": {"phases": [{"components": [{"data": "scenes"}]}]},
                "model": model,
                "train": train,
                "generate": {"max_new_tokens": 40, "batch_size": 50},
            }
        )

    def _look(self, loaded: Any, recipe: TrainRecipe) -> Found:
        """Caption test pairs, and say of each whether that is true, its CIDEr, whether exact."""
        loaded.model.eval()
        found: Found = {}
        for which, part in self.tests.sets.items():
            captions = _captions(loaded, recipe, part)
            judged = judge(captions, references_of(part.store.rows), meteor=False)
            ids, truth = judged.scores.ids, self.tests.truth
            true = [is_true(captions[name], truth[name]) for name in ids]
            found[f"true {which}"] = np.array(true, np.float64)
            found[f"CIDEr {which}"] = np.asarray(judged.scores.per_sample["CIDEr"], np.float64)
            found[f"exact {which}"] = np.asarray(judged.exact, np.float64)
        return found


def some(part: Part, count: int, seed: int, *, times: int = 1, captions: int = 0) -> Part:
    """Return so many pairs of a component, drawn with a seed.

    Args:
        part: The component.
        count: How many.
        seed: Of the draw.
        times: How often each comes in a pass.
        captions: How many captions of each are kept; the shortest one alone if 0.
    """
    drawn = np.random.default_rng(seed).permutation(len(part.store.rows))[:count]
    rows = []
    for row in (part.store.rows[i] for i in drawn):
        kept = row.captions[:captions] or (min(row.captions, key=len),)
        rows.append(replace(row, captions=kept))
    store = Store(tuple(rows), part.store.pixels[drawn])
    return Part(part.name, store, (*range(count),) * times, {}, {})


def _identity(part: Part) -> list[Any]:
    """Return what tells a component from others."""
    first = hashlib.sha256(np.ascontiguousarray(part.store.pixels[:1]).tobytes()).hexdigest()
    return [first, part.draws, [(row.pair_id, row.captions) for row in part.store.rows]]


def _captions(loaded: Any, recipe: TrainRecipe, part: Part) -> dict[str, str]:
    """Caption the pairs of a part."""
    rows, size = part.store.rows, recipe.generate.batch_size
    said: list[str] = []
    for at in range(0, len(rows), size):
        pixels = np.asarray(part.store.pixels[at : at + size])
        said += captions_of(loaded, pixels, recipe.generate, "cpu")
    return {row.pair_id: text for row, text in zip(rows, said, strict=True)}


# --- tables


def mean(runs: Sequence[Found], name: str) -> NDArray[np.float64]:
    """Return a measure of each test pair, mean over seeds."""
    return np.asarray(np.mean([run[name] for run in runs], axis=0))


def tell(found: dict[str, list[Found]], before: Found) -> None:
    """Print what each arm came to, the base first."""
    print("| | true, real | by seed | CIDEr, real | true, simple | trained | s | MiB | states |")
    print("|---|---|---|---|---|---|---|---|---|")
    start = [before[name].mean() for name in ("true real", "CIDEr real", "true simple")]
    print(f"| the base as it is | {start[0]:.1%} | | {start[1]:.2f} | {start[2]:.1%} | | | | |")
    for name, runs in found.items():
        seeds = ", ".join(f"{run['true real'].mean():.1%}" for run in runs)
        true, cider, kept = (
            mean(runs, key).mean() for key in ("true real", "CIDEr real", "true simple")
        )
        costs = [np.mean([run[key] for run in runs]) for key in ("seconds", "MiB", "states")]
        print(
            f"| {name} | {true:.1%} | {seeds} | {cider:.2f} | {kept:.1%} | "
            f"{float(runs[0]['trained']):.1%} | {' | '.join(f'{cost:.1f}' for cost in costs)} |"
        )


def tell_differences(found: dict[str, list[Found]], pairs: Sequence[tuple[str, str]]) -> None:
    """Print by how much the first arm of each pair is better than the second."""
    for one, other in pairs:
        for name in ("true real", "CIDEr real", "true simple"):
            less = mean(found[one], name) - mean(found[other], name)
            low, high = interval(less)
            print(f"{one} less {other}, {name}: {less.mean():+.3f} [{low:+.3f}, {high:+.3f}]")
