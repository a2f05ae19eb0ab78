"""The small captioner that ships with syned: most of what it says of unseen scenes is true."""

import json
import sys
from pathlib import Path

import pytest
from conftest import run_cli

pytest.importorskip("torch", reason="the trainer needs the extra `train`")

sys.path.insert(0, str(Path(__file__).parent / "benchmarks"))
from truth import is_true, read_truth

pytestmark = [pytest.mark.models, pytest.mark.slow]

SCENES = "sample.sources=[{kind: scenes, simple: true, max_objects: 3}]"
TASKS = "instruct.writer.tasks={add: 1, remove: 1, color: 1, none: 1}"


@pytest.fixture(scope="module")
def unseen(tmp_path_factory):
    """Scenes of another seed than those it was trained on."""
    folder = tmp_path_factory.mktemp("unseen")
    made = run_cli(
        *("generate", "--recipe", "demo", "--n", "90", "--out", "scenes", "--set", "seed=7007"),
        *("--set", "image.resolution=192", "--set", SCENES, "--set", TASKS),
        *("--set", "export.splits={test: 1.0}"),
        cwd=folder,
    )
    assert made.returncode == 0, made.stderr
    done = run_cli(
        *("evaluate", "builtin:small", "--on", "scenes:test", "--data", "scenes=scenes"),
        *("--out", "said"),
        cwd=folder,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_most_of_what_it_says_of_unseen_scenes_is_true(unseen):
    truth = read_truth(unseen / "scenes")
    lines = (unseen / "said/predictions.jsonl").read_text().splitlines()
    said = {row["id"]: row["caption"] for row in map(json.loads, lines)}
    assert set(said) == set(truth)
    right = [is_true(caption, truth[name]) for name, caption in said.items()]
    assert sum(right) / len(right) > 0.5
    turned = dict(zip(said, [*list(said.values())[1:], next(iter(said.values()))], strict=True))
    by_chance = [is_true(caption, truth[name]) for name, caption in turned.items()]
    assert sum(by_chance) / len(by_chance) < 0.15
