"""Kill anything, at any time: the same command again ends with the bytes of an uninterrupted one.

The quick part kills a run a few times. The campaign (`pytest -m long -s
tests/test_kills.py`) kills everything that makes something, some 250 times.
"""

from __future__ import annotations

import random
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import typer
from conftest import SMALL
from hub_server import Hub, hub
from killing import KINDS, Contents, Job, files, left_behind, run_whole, struck

GENERATE = ("generate", "--recipe", "demo", "--n", "24", "--out", "run", *SMALL)
PARTS = (
    *("--set", "part_size=4"),
    *("--set", "export.splits={train: 0.6, validation: 0.2, test: 0.2}"),
)
FILTER = ("filter", "run", "--set", "max_ssim=0.97", "--set", "export.license=cc-by-4.0")
STARTED = 0.2
"""Seconds; before, it is Python itself that is killed."""
PUBLISH = ("publish", "run", "--repo", "tester/pairs", "--variant", "raw_scored")
WORLD = (
    *("generate", "--recipe", "world", "--n", "6", "--out", "world", "--set", "part_size=2"),
    *("--set", "edit.candidates=1", "--set", "edit.editor.num_inference_steps=4"),
)
TRAIN = (
    *("train", "--recipe", "scratch", "--mix", "scenes-real", "--data", "scenes=run"),
    *("--out", "training", "--set", "model.scratch.image_size=32"),
    *("--set", "model.scratch={width: 32, vision_layers: 1, qformer_layers: 1, patch_size: 16}"),
    *("--set", "train.batch_size=4", "--set", "train.epochs=2", "--set", "train.eval_every=0.5"),
    *("--set", "generate.max_new_tokens=8", "--set", "generate.batch_size=4"),
)


@dataclass(frozen=True)
class Campaign:
    """How often a job is killed: so many folders, each so many times before it may end."""

    job: Job
    folders: int
    kills: int
    kinds: tuple[str, ...] = KINDS
    reset: Callable[[], None] = field(default=lambda: None)
    """Called before each folder."""


def of_folder(name: str) -> Callable[[Path], Contents]:
    return lambda folder: files(folder / name)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run; not to be changed."""
    folder = tmp_path_factory.mktemp("made")
    run_whole(Job("generate", (*GENERATE, *PARTS), of_folder("run")), folder)
    return folder


@pytest.fixture
def short() -> Iterator[Path]:
    """A folder whose name is so short that sockets can lie below it."""
    with tempfile.TemporaryDirectory(prefix="k", dir="/tmp") as folder:
        yield Path(folder)


def carry_out(campaign: Campaign, made: Path, tmp: Path, seed: int) -> Iterator[str]:
    """Kill a job again and again, and compare what it comes to; yield the kind of each hit."""
    job = campaign.job
    begun = time.monotonic()
    campaign.reset()
    whole = run_whole(job, shutil.copytree(made, tmp / "whole"))
    seconds = time.monotonic() - begun
    for number in range(campaign.folders):
        rng = random.Random(f"{seed} {job.name} {number}")
        folder = shutil.copytree(made, tmp / str(number))
        campaign.reset()
        for kind in (rng.choice(campaign.kinds) for _ in range(campaign.kills)):
            strike = struck(job, folder, kind, rng.uniform(STARTED, 0.9 * seconds), rng)
            if strike.hit:
                yield kind
        again = run_whole(job, folder)
        assert again.keys() == whole.keys()
        assert [name for name in whole if again[name] != whole[name]] == []
        assert left_behind(folder) == []
        shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.long)])
def test_a_killed_run_goes_on_to_the_same_bytes(seed: int, short: Path) -> None:
    (short / "nothing").mkdir()
    job = Job("generate", (*GENERATE, *PARTS), of_folder("run"))
    hits = list(carry_out(Campaign(job, 1, 8), short / "nothing", short, seed))
    assert hits


def of_training(folder: Path) -> Contents:
    """Return what a training makes; its loss curves and facts hold times."""
    found = files(folder / "training")
    kept = ("model/model.safetensors", "test/predictions.jsonl", "recipe.yaml")
    return {name: found[name] for name in kept}


def of_hub(server: Hub) -> Callable[[Path], Contents]:
    def published(folder: Path) -> Contents:  # noqa: ARG001
        return dict(server.repo("datasets", "tester/pairs").files("main"))

    return published


CAMPAIGNS = (
    Campaign(Job("generate", (*GENERATE, *PARTS, "--out", "again"), of_folder("again")), 30, 5),
    Campaign(Job("filter", FILTER, of_folder("run")), 8, 5),
    Campaign(
        Job("export", ("export", "run", "--to", "webdataset", "--out", "tars"), of_folder("tars")),
        5,
        5,
    ),
    Campaign(Job("preview", ("preview", "run"), of_folder("run")), 3, 5),
    Campaign(Job("train", TRAIN, of_training), 5, 4),
    Campaign(
        Job("ray", (*GENERATE, *PARTS, "--out", "ray", "--engine", "ray"), of_folder("ray")), 5, 4
    ),
    Campaign(Job("world", WORLD, of_folder("world")), 4, 4),
)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("campaign", CAMPAIGNS, ids=lambda campaign: campaign.job.name)
def test_campaign(campaign: Campaign, made: Path, short: Path) -> None:
    hits = Counter(carry_out(campaign, made, short, seed=random.randrange(2**32)))
    typer.echo(f"\n{campaign.job.name}: {hits.total()} kills, all survived: {dict(hits)}")


@pytest.mark.long
@pytest.mark.timeout(3600)
def test_campaign_of_uploads(made: Path, short: Path) -> None:
    with hub() as server:
        job = Job("publish", PUBLISH, of_hub(server), server.env(short / "home"))
        campaign = Campaign(job, 5, 4, reset=server.store.repos.clear)
        hits = Counter(carry_out(campaign, made, short, seed=random.randrange(2**32)))
    typer.echo(f"\npublish: {hits.total()} kills, all survived: {dict(hits)}")
