"""One process makes runs for an hour while its workers are killed: nothing grows, all is whole.

`pytest -m long -s tests/test_soak.py`; SYNED_SOAK_MINUTES says for how long.
"""

from __future__ import annotations

import os
import random
import shutil
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest
import typer
from killing import files

from pipelines.generate import generate
from pipelines.plan import make_plan
from pipelines.recipe import Recipe
from pipelines.resolve import resolve
from syned.run import RunFolder
from syned.work import TRIES

MINUTES = float(os.environ.get("SYNED_SOAK_MINUTES", "60"))
VALUES = ["image.resolution=64", "part_size=10"]


@dataclass(frozen=True)
class Use:
    """What this process holds after a round."""

    bytes: int
    files: int
    threads: int
    processes: int


def use() -> Use:
    own = psutil.Process()
    memory, children = own.memory_info().rss, own.children(recursive=True)
    return Use(memory, own.num_fds(), own.num_threads(), len(children))


@contextmanager
def killing(rng: random.Random) -> Iterator[list[int]]:
    """Kill processes of this one, now and then, from behind; yield whom."""
    stop, killed = threading.Event(), []

    def strike() -> None:
        # Fewer than a single part may cost.
        while not stop.wait(rng.uniform(0.2, 1.5)) and len(killed) < TRIES - 1:
            with suppress(psutil.Error, IndexError):
                chosen = rng.choice(psutil.Process().children(recursive=True))
                chosen.kill()
                killed.append(chosen.pid)

    thread = threading.Thread(target=strike)
    thread.start()
    try:
        yield killed
    finally:
        stop.set()
        thread.join()


def made(folder: Path, recipe: Recipe) -> dict[str, object]:
    run = RunFolder(folder)
    with run.claim():
        run.start(recipe.model_dump(mode="json"))
        generate(make_plan(recipe), run, lambda _event: None)
    return files(folder)


def spoil(folder: Path, rng: random.Random) -> None:
    """Cut some files of a finished run short, and remove others."""
    for path in rng.sample(sorted(folder.rglob("part-*")), 6):
        if rng.random() < 0.5:
            path.unlink()
        else:
            path.write_bytes(path.read_bytes()[:-9])
    (folder / "dataset.json").unlink()


@pytest.mark.long
@pytest.mark.timeout(int(90 * MINUTES) + 600)
def test_an_hour_of_faults_leaves_memory_files_and_processes_flat(tmp_path: Path) -> None:
    recipe = resolve("demo", None, 60, VALUES)
    whole = made(tmp_path / "whole", recipe)
    rng, end, kills = random.Random(7), time.monotonic() + 60 * MINUTES, 0
    seen: list[Use] = []
    while time.monotonic() < end:
        folder = tmp_path / "run"
        for _ in range(2):
            with killing(rng) as killed:
                assert made(folder, recipe) == whole
            kills += len(killed)
            spoil(folder, rng)
        shutil.rmtree(folder)
        seen.append(use())
    typer.echo(f"\n{len(seen)} rounds, {kills} kills: {seen[0]}, then {seen[-1]}")
    half = seen[len(seen) // 4 : len(seen) // 2] or seen
    last = seen[-len(seen) // 4 :]
    for name, slack in (("bytes", 16 * 2**20), ("files", 2), ("threads", 1), ("processes", 1)):
        before, after = (statistics.median(getattr(u, name) for u in part) for part in (half, last))
        assert after <= before + slack, f"{name}: {before}, then {after}"
