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
weights that are trained take with gradients and AdamW's moments: 16 bytes a number, in MiB. What
was run is kept in OUT; the same command goes on.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from trainer.setup import prepare_torch

prepare_torch("cpu")

from arms import Arm, Tests, Trials, some, tell, tell_differences  # noqa: E402
from learning_data import SYNTHETIC, World, make_world  # noqa: E402

REAL_FEW, REAL_MORE = 150, 1000


def augmentation(world: World) -> list[Arm]:
    """Return the arms that have few real pairs; synthetic ones are two of three pairs of a pass."""
    times = SYNTHETIC // REAL_FEW // 3
    return [
        Arm("real alone", lambda seed: [some(world.real, REAL_FEW, seed)]),
        Arm(
            "real, flips, colours, crops",
            lambda seed: [some(world.real, REAL_FEW, seed)],
            augment=("flip", "colour", "crop"),
        ),
        Arm(
            "real and synthetic",
            lambda seed: [some(world.real, REAL_FEW, seed, times=times), world.synthetic],
        ),
    ]


def lora(world: World) -> list[Arm]:
    """Return the arms that have more real pairs."""
    return [
        Arm("all weights", lambda seed: [some(world.real, REAL_MORE, seed)]),
        Arm("LoRA", lambda seed: [some(world.real, REAL_MORE, seed)], tune="lora"),
    ]


COMPARISONS = {"augmentation": augmentation, "lora": lora}


def main(
    what: Annotated[str, typer.Argument(help="augmentation or lora")],
    seeds: int = 3,
    steps: int = 400,
    base: str = "builtin:small",
    out: Path = Path("runs/learning"),
) -> None:
    """Measure, and print the table."""
    world = make_world(base, out)
    tests = Tests({"real": world.real_test, "simple": world.simple_test}, world.truth)
    trials = Trials(base, tests, out / "arms", steps, seeds)
    arms = COMPARISONS[what](world)
    found = trials.run(arms)
    tell(found, trials.before)
    tell_differences(found, [(arm.name, arms[0].name) for arm in arms[1:]])


if __name__ == "__main__":
    typer.run(main)
