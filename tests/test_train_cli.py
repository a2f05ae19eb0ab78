"""`syned train`, `evaluate` and `caption` as a user runs them, with a small true BLIP-2.

It is too small and too briefly trained to say anything right; what is tested is all around that.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from conftest import run_cli
from hub_server import hub
from PIL import Image
from typer.testing import CliRunner

from syned.cli import app
from trainer.metrics.meteor import MeteorEngine, NoMeteor

pytest.importorskip("torch", reason="the trainer needs the extra `train`")
pytest.importorskip("peft", reason="the trainer needs the extra `train`")

from safetensors.torch import load_file

pytestmark = [pytest.mark.models, pytest.mark.slow]

TINY = (
    *("--set", "model.scratch={width: 32, vision_layers: 1, qformer_layers: 1}"),
    *("--set", "model.scratch.image_size=32", "--set", "model.scratch.patch_size=16"),
    *("--set", "train.batch_size=8", "--set", "train.epochs=3", "--set", "train.eval_every=0.5"),
    *("--set", "generate.max_new_tokens=8", "--set", "generate.batch_size=4"),
)


@pytest.fixture(scope="module", autouse=True)
def no_meteor():
    """Leave METEOR out: its jar reads 62 MB for each set of captions; it has tests of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trainer.metrics.scores.find_meteor", lambda: NoMeteor("left out"))
        yield


@pytest.fixture(scope="module")
def home(tmp_path_factory, no_meteor):  # noqa: ARG001
    """A folder with a run of drawn scenes and a training on it."""
    folder = tmp_path_factory.mktemp("home")
    made = run_cli(
        *("generate", "--recipe", "demo", "--n", "80", "--out", "runs/scenes"),
        *("--set", "image.resolution=64", "--set", "sample.sources=[{kind: scenes}]"),
        cwd=folder,
    )
    assert made.returncode == 0, made.stderr
    done = run(folder, *training("whole"))
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def training(name: str) -> tuple[str, ...]:
    where = ("--data", "scenes=runs/scenes", "--out", f"trainings/{name}")
    return ("train", "--recipe", "scratch", "--mix", "scenes-real", *where, *TINY)


@dataclass(frozen=True)
class Done:
    """What a command did."""

    returncode: int
    stdout: str
    stderr: str


def run(home, *args):
    """Run `syned` in this process, since a new one takes seconds to import its libraries."""
    with contextlib.chdir(home):
        done = CliRunner().invoke(app, [str(arg) for arg in args])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Done(done.exit_code, done.stdout, done.stderr)


def weights(training: Path) -> str:
    return sha256((training / "model" / "model.safetensors").read_bytes()).hexdigest()


def rows(home, split):
    path = home / "runs/scenes/dataset"
    return pq.ParquetDataset(sorted(path.rglob(f"{split}-*.parquet"))).read().to_pylist()


# --- training


def test_a_loss_that_is_no_number_ends_the_training(home):
    done = run(home, *training("lost"), "--set", "train.learning_rate=1e30")
    assert done.returncode == 2, done.stdout
    assert re.search(r"(loss|grad_norm) is (nan|inf) at step \d+. Lower train.learn", done.stderr)
    assert not (home / "trainings/lost/model").exists()


def test_a_training_leaves_model_card_curves_counts_and_test(home):
    folder = home / "trainings/whole"
    facts = json.loads((folder / "training.json").read_text())
    component = facts["phases"][0]["components"][0]
    assert component["data"] == "scenes"
    assert component["pairs"] == len(rows(home, "train"))
    assert facts["phases"][0]["steps"] == 3 * -(-component["drawn_per_pass"] // 8)
    assert facts["trained_numbers"] == facts["numbers"]
    assert facts["peak_memory_mib"] > 0
    with Image.open(folder / "curves.png") as curves:
        assert min(curves.size) > 300
    result = json.loads((folder / "test/result.json").read_text())
    assert result["pairs"] == len(rows(home, "test"))
    assert result["references"] == 5 * result["pairs"]
    card = (folder / "model/README.md").read_text()
    assert f"| 1 | scenes | {component['pairs']} | {component['drawn_per_pass']} |" in card
    assert f"Phase 1, captions: {facts['phases'][0]['steps']} steps" in card
    assert f"after step {facts['phases'][0]['best_step']}" in card
    assert (folder / "test/page.html").is_file()
    assert not list(folder.glob("ready")), "pictures that were made ready are gone"


def test_a_training_is_published_with_its_card(home, tmp_path):
    with hub() as server:
        model = ("--model", "trainings/whole", "--repo", "tester/captioner")
        done = run_cli("publish", *model, cwd=home, **server.env(tmp_path))
        assert done.returncode == 0, done.stdout + done.stderr
        files = server.repo("models", "tester/captioner").files()
    folder = home / "trainings/whole"
    weights = (folder / "model/model.safetensors").read_bytes()
    assert files["model.safetensors"] == weights
    card = files["README.md"].decode()
    assert "--model tester/captioner" in card
    result = json.loads((folder / "test/result.json").read_text())
    low, high = (100 * end for end in result["measured"]["intervals"]["CIDEr"])
    score = 100 * result["measured"]["scores"]["CIDEr"]
    assert f"| CIDEr | {score:.1f} | {low:.1f} to {high:.1f} |" in card
    assert str(home) not in card + files["recipe.yaml"].decode()
    assert "curves.png" in files


def test_two_streams_train_are_tested_and_say_so_in_their_card(home):
    done = run(home, *training("streams"), "--set", "model.join=streams")
    assert done.returncode == 0, done.stderr
    folder = home / "trainings/streams"
    result = json.loads((folder / "test/result.json").read_text())
    assert result["settings"]["join"] == "streams"
    height, width = result["settings"]["input"]
    assert height == 2 * width, "each picture has a square of its own"
    card = (folder / "model/README.md").read_text()
    assert "`trainer.streams.TwoStreamBlip2`" in card
    assert "joined into one input" not in card


NO_TEST = ("--set", "mix.test=null")
PHASES = ", ".join(
    f"{{learns: {what}, epochs: 1, components: [{{data: scenes}}]}}"
    for what in ("words", "language", "captions")
)


def test_a_new_model_learns_words_then_language_then_captions(home):
    args = (*training("phases"), "--set", f"mix.phases=[{PHASES}]", *NO_TEST)
    done = run(home, *args)
    assert done.returncode == 0, done.stdout + done.stderr
    files = [home / f"trainings/phases/phase-{n}/best/model.safetensors" for n in (1, 2, 3)]
    words, language, captions = map(load_file, files)

    def changed(first, second):
        names = {name for name, weight in first.items() if not weight.equal(second[name])}
        sees = {n for n in names if n.startswith(("vision_model", "qformer", "query_tokens"))}
        return sees, names - sees

    assert changed(words, language)[0] == set()
    assert changed(words, language)[1]
    assert all(changed(language, captions))
    facts = json.loads((home / "trainings/phases/training.json").read_text())
    assert facts["trained_numbers"] == facts["numbers"]
    card = (home / "trainings/phases/model/README.md").read_text()
    assert "Phase 1, vision tower and Q-Former learned which words the captions have:" in card
    assert "Phase 2, the language model learned captions, all else fixed:" in card
    # Goes on where all is done, and says the same.
    assert run(home, *args).returncode == 0


def test_the_lowest_loss_chooses_the_weights_and_no_better_one_ends_the_training(home):
    steep = ("--set", "train.learning_rate=10", "--set", "train.epochs=20")
    more = ("--set", "train.best_by=loss", "--set", "train.patience=2", *steep, *NO_TEST)
    assert run(home, *training("stopped"), *more).returncode == 0
    folder = home / "trainings/stopped"
    phase = json.loads((folder / "training.json").read_text())["phases"][0]
    history = json.loads((folder / "phase-1/done.json").read_text())["history"]
    losses = [(row["eval_loss"], row["step"]) for row in history if "eval_loss" in row]
    assert (phase["best"], phase["best_step"]) == min(losses)
    assert len(losses) == losses.index(min(losses)) + 1 + 2
    assert phase["steps"] == losses[-1][1] < 20 * -(-phase["examples_per_pass"] // 8)


@pytest.mark.parametrize("what", ["words", "language"])
def test_an_adapter_learns_captions_only(home, what):
    phases = f"[{{learns: {what}, components: [{{data: scenes}}]}}]"
    lora = ("--base", "builtin:small", "--set", "model.tune=lora")
    done = run(home, *training("no"), *lora, "--set", f"mix.phases={phases}")
    assert done.returncode == 2
    assert "set model.tune=full for words or language" in done.stderr


WORDS_FIRST = (
    "mix.phases=[{learns: words, epochs: 9, components: [{data: scenes}]}, "
    "{learns: language, epochs: 1, components: [{data: scenes}]}]"
)


@pytest.mark.parametrize(
    ("name", "more"),
    [
        ("captions", NO_TEST),
        pytest.param(
            "words",
            (*NO_TEST, "--set", WORDS_FIRST, "--set", "train.optimizer=muon"),
            marks=pytest.mark.long,
        ),
    ],
)
def test_a_training_that_is_killed_goes_on_to_the_same_bits(home, name, more):
    """All in processes of their own: bits depend on how many threads torch was given."""
    assert run_cli(*training(f"{name}-at-once"), *more, cwd=home).returncode == 0
    folder = home / f"trainings/{name}-killed"
    process = subprocess.Popen(
        [sys.executable, "-m", "syned", *training(f"{name}-killed"), *more],
        cwd=home,
        env=os.environ | {"NO_COLOR": "1"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while process.poll() is None and time.monotonic() < deadline:
        if list(folder.glob("phase-*/checkpoint-*/trainer_state.json")):
            break
        time.sleep(0.01)
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    assert process.returncode == -signal.SIGKILL, "it was stopped on its way"
    # As if it had been stopped while it wrote a later one.
    half = folder / "phase-1/checkpoint-9999"
    half.mkdir()
    (half / "trainer_state.json").write_text('{"epoch": 1.5, "global_st')
    assert run_cli(*training(f"{name}-killed"), *more, cwd=home).returncode == 0
    assert weights(folder) == weights(home / f"trainings/{name}-at-once")


@pytest.mark.long
def test_two_processes_share_a_training(home):
    launch = ("-m", "torch.distributed.run", "--nproc_per_node", "2", "-m", "syned")
    done = subprocess.run(
        [sys.executable, *launch, *training("two"), *NO_TEST, "--set", f"mix.phases=[{PHASES}]"],
        cwd=home,
        env=os.environ | {"NO_COLOR": "1", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads((home / "trainings/two/training.json").read_text())
    for phase in facts["phases"]:
        assert phase["steps"] == -(-phase["examples_per_pass"] // (2 * 8))
    assert (home / "trainings/two/model/model.safetensors").is_file()
    assert done.stdout.count("phase 3 of 3") == 1
    assert not list((home / "trainings").glob(".*"))


def test_another_recipe_does_not_go_on_with_a_training(home):
    done = run(home, *training("whole"), "--set", "seed=1")
    assert done.returncode == 2
    assert "seed" in done.stderr
    assert "--out" in done.stderr


def without_last_train_pair(folder):
    """Write a dataset again with one training pair less."""
    shard = max(folder.rglob("train-*.parquet"))
    table = pq.read_table(shard)
    pq.write_table(table.slice(0, len(table) - 1), shard)


def test_a_training_does_not_go_on_with_other_pairs(home):
    (home / "sets").mkdir()
    shutil.copytree(home / "runs/scenes/dataset", home / "sets/scenes")
    where = ("--root", "sets", "--out", "trainings/same", *TINY, "--set", "train.epochs=1")
    same = ("train", "--recipe", "scratch", "--mix", "scenes-real", *where, *NO_TEST)
    assert run(home, *same).returncode == 0
    count = len(rows(home, "train"))
    without_last_train_pair(home / "sets/scenes")
    done = run(home, *same)
    assert done.returncode == 2
    assert f"phase 1, scenes: {count:,} pairs then, {count - 1:,} now" in done.stderr
    assert "--out" in done.stderr


def test_an_adapter_is_trained_and_peft_alone_can_load_it(home):
    base = home / "trainings/whole/model"
    where = ("--data", "scenes=runs/scenes", "--out", "trainings/lora", "--base", str(base))
    mixed = ("--recipe", "scratch", "--mix", "scenes-real")
    done = run(home, "train", *mixed, *where, *TINY, "--set", "model.tune=lora")
    assert done.returncode == 0, done.stderr
    from peft import PeftModel
    from transformers import Blip2ForConditionalGeneration

    model = Blip2ForConditionalGeneration.from_pretrained(base)
    loaded = PeftModel.from_pretrained(model, home / "trainings/lora/model")
    ranks = [w for name, w in loaded.named_parameters() if "lora_B" in name]
    assert ranks
    assert all(float(w.detach().abs().sum()) > 0 for w in ranks), "all matrices have learned"
    facts = json.loads((home / "trainings/lora/training.json").read_text())
    assert 0 < facts["trained_numbers"] < facts["numbers"] / 5
    card = (home / "trainings/lora/model/README.md").read_text()
    assert "low-rank adapters of rank 8 trained with syned" in card


def test_half_precision_needs_no_gpu(home):
    base = str(home / "trainings/whole/model")
    where = ("--data", "scenes=runs/scenes", "--out", "trainings/half", "--base", base)
    few = ("--set", "train.max_steps=2", "--set", "train.batch_size=4", "--set", "train.workers=0")
    done = run(home, "train", "--recipe", "blip2idc", "--mix", "scenes-real", *where, *few)
    assert done.returncode == 0, done.stdout + done.stderr
    facts = json.loads((home / "trainings/half/training.json").read_text())
    assert facts["phases"][0]["steps"] == 2


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("--recipe", "scrach"), "scratch"),
        (("--recipe", "scratch", "--mix", "scenes-real", "--data", "scenes=nowhere"), "nowhere"),
        (("--recipe", "scratch", "--mix", "sceens"), "scenes"),
        (("--recipe", "demo", "--data", "scenes=runs/scenes"), "'scenes' is not read here"),
        (("--recipe", "scratch", "--set", "train.epoch=1"), "epochs"),
        (("--mix", "scenes-real", "--data", "scenes=runs/scenes", "--base", "gone"), "gone"),
    ],
)
def test_what_cannot_be_trained_is_one_message(home, args, told):
    done = run(home, "train", *args, "--out", "trainings/wrong")
    assert done.returncode == 2
    assert told in done.stderr


# --- evaluating


def evaluate(home, *args):
    scenes = ("--on", "scenes:test", "--data", "scenes=runs/scenes", "--out", "evaluations/x")
    return run(home, "evaluate", *args, *scenes, "--json")


def test_the_score_does_not_depend_on_the_batch(home):
    measured = []
    for size in ("1", "7"):
        done = evaluate(home, "trainings/whole", "--batch-size", size)
        measured.append(json.loads(done.stdout)["results"][0]["measured"])
    assert measured[0] == measured[1]
    told = json.loads((home / "trainings/whole/test/result.json").read_text())
    assert told["measured"] == measured[0]


def test_a_place_of_a_set_that_is_not_read_is_one_message(home):
    done = run(home, "evaluate", "trainings/whole", "--data", "std=runs/scenes")
    assert done.returncode == 2
    assert "'std' is not read here; what is read: scenes" in " ".join(done.stderr.split())


def test_a_base_is_for_adapters_and_a_whole_model_is_its_own(home):
    own = json.loads(evaluate(home, "trainings/whole").stdout)
    other = json.loads(evaluate(home, "trainings/whole", "--base", "builtin:small").stdout)
    assert own["results"][0]["measured"] == other["results"][0]["measured"]


def test_pairs_with_one_id_are_scored_once_and_told(home):
    shutil.copytree(home / "runs/scenes/dataset", home / "doubled")
    shard = max((home / "doubled").rglob("test-*.parquet"))
    shutil.copy(shard, shard.with_name("test-00001-of-00002.parquet"))
    where = ("--on", "scenes:test", "--data", "scenes=doubled", "--out", "evaluations/doubled")
    done = run(home, "evaluate", "trainings/whole", *where)
    assert done.returncode == 0, done.stderr
    count = len(rows(home, "test"))
    assert f"{count} entries of the set were left out: {count} repeated_id." in done.stdout
    assert json.loads((home / "evaluations/doubled/result.json").read_text())["pairs"] == count


def test_two_files_of_one_name_get_a_folder_each(home):
    right = [(row["pair_id"], row["captions"][0]) for row in rows(home, "test")]
    for name in ("a", "b"):
        (home / name).mkdir()
        lines(home, f"{name}/predictions.jsonl", right)
    where = ("--on", "scenes:test", "--data", "scenes=runs/scenes")
    done = run(home, "evaluate", "a/predictions.jsonl", "b/predictions.jsonl", *where)
    assert done.returncode == 0, done.stderr
    for name in ("a", "b"):
        assert (home / f"evaluations/{name}-predictions-on-scenes-test/result.json").is_file()


def test_a_meteor_that_fails_is_told_and_all_else_is_scored(home, monkeypatch):
    broken = MeteorEngine(Path("/bin/false"), Path("meteor-1.5.jar"))
    monkeypatch.setattr("trainer.metrics.scores.find_meteor", lambda: broken)
    result = json.loads(evaluate(home, "trainings/whole").stdout)["results"][0]
    assert result["measured"]["scores"]["METEOR"] is None
    assert result["measured"]["scores"]["CIDEr"] is not None
    assert any(note.startswith("METEOR failed and is missing") for note in result["notes"])


def lines(home, name, captions):
    path = home / name
    text = [json.dumps({"id": key, "caption": text}) for key, text in captions]
    path.write_text("\n".join(text) + "\n")
    return str(path)


def test_captions_of_another_model_are_scored_by_id(home):
    right = [(row["pair_id"], row["captions"][0]) for row in rows(home, "test")]
    done = evaluate(home, lines(home, "right.jsonl", reversed(right)))
    result = json.loads(done.stdout)["results"][0]
    assert result["measured"]["scores"]["exact"] == 1
    assert list(result["baselines"])[1] == "always 'there is no change'"


def test_two_are_compared(home):
    right = [(row["pair_id"], row["captions"][0]) for row in rows(home, "test")]
    wrong = [(name, "zebra") for name, _ in right]
    done = evaluate(home, lines(home, "w.jsonl", wrong), lines(home, "r.jsonl", right))
    comparison = json.loads(done.stdout)["comparison"]
    assert comparison["difference"]["exact"] == 1
    assert comparison["better"]["exact"] == 1


@pytest.mark.parametrize("kind", ["missing", "doubled", "stranger"])
def test_captions_that_are_not_of_the_set_name_their_ids(home, kind):
    right = [(row["pair_id"], row["captions"][0]) for row in rows(home, "test")]
    wrong = {
        "missing": right[1:],
        "doubled": [*right, right[0]],
        "stranger": [*right, ("nobody", "a dog")],
    }[kind]
    done = evaluate(home, lines(home, "wrong.jsonl", wrong))
    assert done.returncode == 2
    assert (right[0][0] if kind != "stranger" else "nobody") in done.stderr


# --- captioning


@pytest.fixture(scope="module")
def pictures(home):
    folder = home / "pictures"
    folder.mkdir()
    for number, row in enumerate(rows(home, "test")[:3]):
        for side, column in (("before", "image"), ("after", "edited_image")):
            (folder / f"{number}_{side}.jpg").write_bytes(row[column]["bytes"])
    return folder


def caption(home, *args):
    return run(home, "caption", *args, "--model", "trainings/whole")


def test_a_pair_a_folder_and_a_table_get_the_same_captions(home, pictures):
    one = caption(home, pictures / "0_before.jpg", pictures / "0_after.jpg")
    folder = caption(home, pictures, "--json")
    table = home / "pairs.csv"
    files = [f"pictures/{n}_before.jpg,pictures/{n}_after.jpg" for n in range(3)]
    table.write_text("\n".join(["before,after", *files]))
    listed = caption(home, table, "--json")
    said = [json.loads(line)["caption"] for line in folder.stdout.splitlines()]
    assert len(said) == 3
    assert one.stdout.strip() == said[0]
    assert [json.loads(line)["caption"] for line in listed.stdout.splitlines()] == said
    kept = (home / "trainings/whole/test/predictions.jsonl").read_text().splitlines()
    assert said == [json.loads(line)["caption"] for line in kept[:3]]


def test_a_heatmap_shows_both_pictures(home, pictures):
    files = (pictures / "0_before.jpg", pictures / "0_after.jpg")
    done = caption(home, *files, "--heatmap", "looked")
    assert done.returncode == 0
    with Image.open(home / "looked/0_after.png") as drawn:
        assert drawn.width > 1.9 * drawn.height


def test_a_picture_that_cannot_be_read_is_named_after_the_others(home, pictures):
    for side in ("before", "after"):
        (pictures / f"9_{side}.png").write_text("no picture")
    done = caption(home, pictures)
    assert done.returncode == 3
    assert len(done.stdout.splitlines()) == 3
    assert "9_before.png" in done.stderr


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("gone.png", "gone.png"), "gone.png"),
        (("runs",), "NAME_before"),
        (("pictures/0_before.jpg",), "expected two pictures"),
    ],
)
@pytest.mark.usefixtures("pictures")
def test_what_is_no_pair_is_one_message(home, args, told):
    done = caption(home, *args)
    assert done.returncode == 2
    assert told in done.stderr
