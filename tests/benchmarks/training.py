"""What a training step costs over a bare PyTorch loop, and how long training waits for its data.

    python tests/benchmarks/training.py [STEPS] [BATCH] [REPEATS]

Both train the same small BLIP-2 of the true class from the same weights on the same pairs. The
floor has its batches in memory and does nothing but forward, backward, clipping and AdamW; the
trainer is `transformers.Trainer` as `syned train` sets it up, with its sampler, collator, callbacks
and log, but without looks at validation pairs. Both run in turn; the ratio is that of the least
seconds a step.
"""

from __future__ import annotations

import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from trainer.setup import prepare_torch

prepare_torch("cpu")

import torch  # noqa: E402

from trainer.examples import Order, TrainingPairs, examples_of  # noqa: E402
from trainer.mix import Part  # noqa: E402
from trainer.model import Loaded, load  # noqa: E402
from trainer.phase import collate_of, run_phase  # noqa: E402
from trainer.recipe import TrainRecipe  # noqa: E402
from trainer.store import ReadyPair, Store  # noqa: E402

SIDE = 128
SIZES = {"image_size": SIDE, "patch_size": 16}
CAPTIONS = ("The red circle in the upper left corner has gone.", "A large blue star has come.")


def make_part(count: int) -> Part:
    """Return pairs of noise; what is seen does not change what a step costs."""
    pixels = np.random.default_rng(0).integers(0, 255, (count, SIDE, SIDE, 3), dtype=np.uint8)
    rows = tuple(
        ReadyPair(
            pair_id=str(number),
            captions=CAPTIONS,
            source="noise",
            license="cc0-1.0",
            change="",
            before_hash="",
            after_hash="",
        )
        for number in range(count)
    )
    return Part("noise", Store(rows, pixels), tuple(range(count)), {}, {})


def make_recipe(steps: int, batch: int) -> TrainRecipe:
    """Return the recipe of a small new model for so many steps."""
    return TrainRecipe.model_validate(
        {
            "name": "bench",
            "mix": {"phases": [{"components": [{"data": "scenes"}]}]},
            "model": {"base": "scratch", "tune": "full", "device": "cpu", "scratch": SIZES},
            "train": {"batch_size": batch, "max_steps": steps, "workers": 0, "log": []},
        }
    )


class Silent:
    """A watch that shows nothing."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **more: None  # noqa: ARG005


def trained(recipe: TrainRecipe, part: Part) -> tuple[float, float]:
    """Return seconds for each step, and the share of them that was waited for data."""
    loaded = load(recipe.model, CAPTIONS, 0)
    with tempfile.TemporaryDirectory() as folder:
        phase = recipe.mix.phases[0]
        done = run_phase(loaded, [part], None, recipe, phase, Path(folder), Silent())  # type: ignore[arg-type]
    whole = done.seconds_in_steps + done.seconds_waiting
    return whole / done.own_steps, done.seconds_waiting / whole


def batches(loaded: Loaded, part: Part, recipe: TrainRecipe) -> list[Any]:
    """Return the batches of the trainer's first pass."""
    pairs = TrainingPairs(
        [part], examples_of([part], "random"), loaded.encoder, loaded.shape, (), 0
    )
    numbers, collate = iter(Order(len(pairs), shuffled=True, seed=0)), collate_of(loaded)
    size = recipe.train.batch_size
    found = []
    while chosen := list(islice(numbers, size)):
        found.append(collate([pairs[number] for number in chosen]))
    return found


def bare(recipe: TrainRecipe, part: Part, steps: int) -> float:
    """Return seconds for each step of a plain loop."""
    loaded = load(recipe.model, CAPTIONS, 0)
    ready = batches(loaded, part, recipe)
    model = loaded.model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.train.learning_rate)
    begun = time.perf_counter()
    for step in range(steps):
        loss = model(**ready[step % len(ready)]).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()
    return (time.perf_counter() - begun) / steps


def main(steps: int = 60, batch: int = 32, repeats: int = 3) -> None:
    """Time both in turn and print the ratio."""
    part, recipe = make_part(steps * batch // 2), make_recipe(steps, batch)
    floors, ours, waits = [], [], []
    for _ in range(repeats):
        floors.append(bare(recipe, part, steps))
        seconds, waited = trained(recipe, part)
        ours.append(seconds)
        waits.append(waited)
        print(f"bare {floors[-1]:.4f} s a step, trainer {seconds:.4f} s, waiting {waited:.2%}")
    print(f"ratio {min(ours) / min(floors):.3f}, waiting at most {max(waits):.2%}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
