"""The paper's claims in the small world, each with three seeds and paired intervals.

    syned generate --recipe world --n 2000 --out runs/world
    python tests/benchmarks/claims.py made      # pairs that trained models made, and their filter
    python tests/benchmarks/claims.py lora      # LoRA on queries, keys and values; all weights
    python tests/benchmarks/claims.py captions  # one to five reference captions of each pair
    python tests/benchmarks/claims.py plain     # made pairs; flips, colours and crops
    python tests/benchmarks/claims.py amount    # how many real pairs
    python tests/benchmarks/claims.py KIND --plot claims.png

What counts as "real" here are exactly edited scenes as a bad camera sees them (`learning_data`),
each with one short caption; the captioner begins as the small one that ships with syned, which has
seen clean scenes. Made pairs are what the recipe `world` makes: drawn scenes, the trained editor,
five captions of what was asked for, whether it was done or not. All arms of a comparison make the
same number of steps. Rows and intervals are those of `learning.py`. What was run is kept in OUT.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from matplotlib.figure import Figure

from trainer.setup import prepare_torch

prepare_torch("cpu")

from arms import Arm, Found, Tests, Trials, mean, some, tell, tell_differences  # noqa: E402
from claims_data import MadeWorld, make_world  # noqa: E402
from truth import interval  # noqa: E402

from trainer.base import load_config  # noqa: E402
from trainer.mix import Part  # noqa: E402
from trainer.pictures import InputShape  # noqa: E402

FEW, MORE = 150, 1000
AMOUNTS = (125, 250, 500, 1000, 2000)
ALONE, ALL, KEPT, EXACT = "real alone", "real and made", "real and kept", "real and exact"


def _with(world: MadeWorld, other: Part, seed: int) -> list[Part]:
    """Return few real pairs, often enough to be a third of all, and others."""
    times = max(1, len(other.draws) // FEW // 2)
    return [some(world.real, FEW, seed, times=times), other]


def made(world: MadeWorld) -> list[Arm]:
    """Return few real pairs alone, and with what was made, what was kept, and exact edits."""
    others = {ALL: world.made, KEPT: world.kept, EXACT: world.exact}
    return [
        Arm(ALONE, lambda seed: [some(world.real, FEW, seed)]),
        *(
            Arm(name, lambda seed, other=other: _with(world, other, seed))
            for name, other in others.items()
        ),
    ]


def lora(world: MadeWorld) -> list[Arm]:
    """Return both ways to train on more real pairs."""
    return [
        Arm("all weights", lambda seed: [some(world.real, MORE, seed)]),
        Arm("LoRA", lambda seed: [some(world.real, MORE, seed)], tune="lora"),
    ]


def captions(world: MadeWorld) -> list[Arm]:
    """Return one to five captions of each of more real pairs."""
    return [
        Arm(f"{count} captions", lambda seed, n=count: [some(world.real, MORE, seed, captions=n)])
        for count in range(1, 6)
    ]


def plain(world: MadeWorld) -> list[Arm]:
    """Return few real pairs alone, with plain augmentation, and with what was kept."""
    alone, _, kept, _ = made(world)
    kinds = ("flip", "colour", "crop")
    return [alone, Arm("flips, colours, crops", alone.parts, augment=kinds), kept]


def amount(world: MadeWorld) -> list[Arm]:
    """Return so many real pairs."""
    return [
        Arm(f"{count} pairs", lambda seed, n=count: [some(world.real, n, seed)])
        for count in AMOUNTS
    ]


COMPARISONS = {
    "made": (made, [(ALL, ALONE), (KEPT, ALONE), (EXACT, ALONE), (KEPT, ALL)]),
    "lora": (lora, [("LoRA", "all weights")]),
    "captions": (captions, [(f"{n} captions", "1 captions") for n in range(2, 6)]),
    "plain": (plain, [("flips, colours, crops", ALONE), (KEPT, "flips, colours, crops")]),
    "amount": (amount, [(f"{b} pairs", f"{a} pairs") for a, b in pairwise(AMOUNTS)]),
}


def draw(found: dict[str, list[Found]], before: Found, path: Path) -> None:
    """Draw the share of true captions on both test sets, arm by arm, with intervals over pairs."""
    figure = Figure(figsize=(7, 0.5 * len(found) + 1.3))
    axes = figure.subplots()
    for shift, which in ((-0.12, "real"), (0.12, "simple")):
        rows = [before[f"true {which}"], *(mean(runs, f"true {which}") for runs in found.values())]
        middle = np.array([row.mean() for row in rows])
        ends = np.array([interval(row) for row in rows]).T
        off = np.abs(ends - middle)
        axes.errorbar(middle, np.arange(len(rows)) + shift, xerr=off, fmt="o", label=which)
    axes.set_yticks(range(len(found) + 1), ["the base as it is", *found])
    axes.invert_yaxis()
    axes.set(xlabel="share of captions that are true", xlim=(0, 1))
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=120, bbox_inches="tight")


def main(
    what: Annotated[str, typer.Argument(help=", ".join(COMPARISONS))],
    run: Path = Path("runs/world"),
    seeds: int = 3,
    steps: int = 400,
    base: str = "builtin:small",
    out: Path = Path("runs/claims"),
    plot: Path | None = None,
) -> None:
    """Measure, and print the table."""
    side = int(load_config(base, None).vision_config.image_size)
    world = make_world(InputShape(side), run, out)
    sizes: Sequence[Part] = (world.real, world.exact, world.made, world.kept)
    print("pairs: real {}, exact {}, made {}, kept {}".format(*(len(p.draws) for p in sizes)))
    tests = Tests({"real": world.real_test, "simple": world.simple_test}, world.truth)
    trials = Trials(base, tests, out / "arms", steps, seeds)
    arms, differences = COMPARISONS[what]
    found = trials.run(arms(world))
    tell(found, trials.before)
    tell_differences(found, differences)
    if plot:
        draw(found, trials.before, plot)


if __name__ == "__main__":
    typer.run(main)
