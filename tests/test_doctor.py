"""What recipes need, what a machine has, and the message when the two do not meet."""

import io
import re
import sys
import typing
from importlib import metadata

import pytest
from packaging.requirements import Requirement

from pipelines.doctor import print_report, report
from pipelines.models import builtin_models
from pipelines.recipe import Recipe, builtin_recipes
from pipelines.requirements import (
    PACKAGES,
    SAFETY,
    Lack,
    driver_gpus,
    gpus,
    installed,
    missing,
    refusal,
)
from pipelines.sections.editors import InstructPix2PixEditor, ProceduralEditor
from pipelines.sections.writers import TemplatesWriter, VllmWriter
from syned.errors import SynedError
from syned.recipes import check, read_yaml, set_values
from syned.terminal import Terminal


def recipe(name, *assignments):
    values = set_values(read_yaml(builtin_recipes()[name]), assignments)
    return check(Recipe, values, name)


def whats(lacks):
    return "\n".join(lack.what for lack in lacks)


def test_the_demo_lacks_nothing_anywhere():
    assert missing(recipe("demo")) == []


def test_every_engine_of_the_recipes_says_what_it_needs():
    engines = [TemplatesWriter, VllmWriter, ProceduralEditor, InstructPix2PixEditor]
    for engine in engines:
        [name] = typing.get_args(engine.model_fields["engine"].annotation)
        assert name in PACKAGES
    assert "clip" in PACKAGES


def test_what_engines_need_is_in_the_extras():
    declared = [Requirement(line) for line in metadata.requires("syned")]
    for extra, engines in {
        "gpu": ("vllm", "instruct_pix2pix", "clip"),
        "cpu": tuple(name for name in PACKAGES if name not in ("open_nsfw", "yunet")),
        "safety": ("open_nsfw", "yunet"),
    }.items():
        names = {
            need.name.replace("-", "_")
            for need in declared
            if need.marker and need.marker.evaluate({"extra": extra})
        }
        names |= {"cv2"} & {name.replace("opencv_python_headless", "cv2") for name in names}
        names |= {"vllm"} & {name.removesuffix("_cpu") for name in names}
        if extra == "cpu" and sys.platform != "linux":
            names |= {"vllm"}
        for engine in engines:
            assert set(PACKAGES[engine]) <= names, engine


def test_builtin_models_that_need_more_are_builtin_models():
    references = [name for name in PACKAGES if name.startswith("builtin:")]
    assert set(references) <= set(builtin_models())


def test_missing_packages_are_named_once_with_the_command(monkeypatch):
    monkeypatch.setitem(PACKAGES, "clip", ("not_there_b", "not_there_a"))
    monkeypatch.setitem(PACKAGES, "instruct_pix2pix", ("not_there_a", "json"))
    monkeypatch.setitem(PACKAGES, "vllm", ())
    monkeypatch.setitem(PACKAGES, "builtin:smollm2-135m", ())
    on_gpu = Lack("not installed: not_there_a, not_there_b", "pip install 'syned[gpu]'")
    on_cpu = Lack("not installed: not_there_a, not_there_b", "uv sync --extra cpu")
    assert on_gpu in missing(recipe("default"))
    assert on_cpu in missing(recipe("tiny"))


def test_packages_of_the_safety_stage_are_told_with_their_own_extra(monkeypatch):
    monkeypatch.setitem(PACKAGES, "open_nsfw", ("not_there_a",))
    monkeypatch.setattr("pipelines.requirements.SAFETY", SAFETY | {"not_there_a"})
    monkeypatch.setitem(PACKAGES, "clip", ("not_there_b",))
    lacks = missing(
        recipe("demo", "score.nsfw.engine=open_nsfw", "score.clip={model: a, device: cpu}")
    )
    assert Lack("not installed: not_there_a", "pip install 'syned[safety]'") in lacks
    assert Lack("not installed: not_there_b", "uv sync --extra cpu") in lacks


def test_looking_for_a_package_does_not_import_it(tmp_path, monkeypatch):
    (tmp_path / "explodes_on_import.py").write_text("raise RuntimeError")
    (tmp_path / "only_a_folder").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    assert installed("explodes_on_import")
    assert not installed("only_a_folder")
    assert not installed("not_there_at_all")


def test_a_gpu_is_missed_where_there_is_none_and_only_there(tmp_path):
    lacks = missing(recipe("default", f"sample.sources=[{{kind: folder, path: {tmp_path}}}]"))
    missed = [lack for lack in lacks if "edit.editor.device, edit.more_editors.0" in lack.what]
    assert len(missed) == (0 if gpus() else 1)


def test_the_devices_that_are_missed_are_those_that_the_recipe_names(tmp_path):
    source = f"sample.sources=[{{kind: folder, path: {tmp_path}}}]"
    devices = ("instruct.writer", "edit.editor", "edit.more_editors.0", "score.clip", "score.dino")
    found = whats(missing(recipe("default", source, f"{devices[0]}.device=cpu")))
    assert gpus() or ("edit.editor.device" in found and "instruct.writer.device" not in found)
    lacks = missing(recipe("default", source, *(f"{key}.device=cpu" for key in devices)))
    assert ".device" not in whats(lacks)


def test_the_driver_is_asked_where_torch_is_not(tmp_path, monkeypatch):
    tool = tmp_path / "nvidia-smi"
    tool.write_text("#!/bin/sh\necho 'NVIDIA A'\necho 'NVIDIA B'\n")
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    driver_gpus.cache_clear()
    assert driver_gpus() == ("NVIDIA A", "NVIDIA B")
    tool.write_text("#!/bin/sh\nexit 9\n")
    driver_gpus.cache_clear()
    assert driver_gpus() == ()
    driver_gpus.cache_clear()


@pytest.mark.parametrize(
    "source",
    [
        "{kind: folder, path: no/such/folder}",
        "{kind: table, path: ./no/such.parquet}",
        "{kind: emu_edit, path: /no/such/folder}",
    ],
)
def test_pictures_that_are_not_there_are_missed(source):
    [lack] = missing(recipe("demo", f"sample.sources=[{{kind: scenes}}, {source}]"))
    assert lack.what.startswith("sample.sources.1.path: there is no folder or file")
    assert "--images FOLDER" in lack.fix


@pytest.mark.parametrize(
    "source",
    [
        "{kind: table, path: owner/name}",
        "{kind: emu_edit}",
        '{kind: folder, path: "builtin:photos"}',
    ],
)
def test_what_is_on_the_hub_or_built_in_is_not_missed(source):
    assert missing(recipe("demo", f"sample.sources=[{source}]")) == []


def test_a_folder_of_pictures_that_is_there_is_not_missed(tmp_path):
    assert missing(recipe("demo", f"sample.sources=[{{kind: folder, path: {tmp_path}}}]")) == []


def test_models_that_are_not_there_are_missed(tmp_path):
    lacks = missing(recipe("tiny", "score.clip.model=/no/such/model"))
    assert "score.clip.model: there is no folder /no/such/model" in whats(lacks)
    lacks = missing(recipe("tiny", "score.clip.model=builtin:nope"))
    assert "score.clip.model: syned makes no model 'builtin:nope'" in whats(lacks)
    assert "score.clip.model" not in whats(missing(recipe("tiny", f"score.clip.model={tmp_path}")))


def test_the_refusal_says_everything_at_once_and_names_the_demo():
    lacks = [Lack("not installed: torch", "pip install 'syned[gpu]'"), Lack("no GPU", "get one")]
    error = refusal(recipe("default"), lacks)
    assert isinstance(error, SynedError)
    assert str(error) == (
        "the recipe `default` cannot run here:\n"
        "  - not installed: torch\n"
        "      pip install 'syned[gpu]'\n"
        "  - no GPU\n"
        "      get one\n"
        "What runs without a GPU, a model or a download: syned generate --recipe demo"
    )


def test_the_refusal_of_the_demo_does_not_send_back_to_the_demo():
    assert "--recipe demo" not in str(refusal(recipe("demo"), [Lack("a", "b")]))


def test_the_report_covers_extras_and_recipes():
    found = report()
    assert found.cores >= 1
    assert found.memory_gib > 0
    assert {"base", "cpu", "gpu", "ray", "storage"} <= set(found.extras)
    assert set(found.recipes) == set(builtin_recipes())
    base = {package.name: package.version for package in found.extras["base"]}
    assert base["rich"] == metadata.version("rich")
    assert "torch" not in base
    assert all(base.values())


def test_the_report_is_printed_with_what_to_do(monkeypatch):
    monkeypatch.setitem(PACKAGES, "clip", ("not_there",))
    output = io.StringIO()
    print_report(report(), Terminal(file=output, width=200))
    text = output.getvalue()
    assert re.search(r"demo +runs", text)
    assert re.search(r"tiny +no +not installed: .*not_there.* +uv sync --extra cpu", text)
    assert "pip install 'syned[gpu]'" in text
    assert "typer " + metadata.version("typer") in text


def test_nothing_is_cut_off_in_a_narrow_terminal():
    output = io.StringIO()
    print_report(report(), Terminal(file=output, width=60))
    assert "…" not in output.getvalue()


@pytest.mark.parametrize(("version", "needs_gpu"), [("0.32.0", True), ("0.32.0+cpu", False)])
def test_a_build_of_vllm_for_gpus_needs_one(tmp_path, monkeypatch, version, needs_gpu):
    about = tmp_path / f"vllm-{version}.dist-info" / "METADATA"
    about.parent.mkdir()
    about.write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n")
    monkeypatch.syspath_prepend(tmp_path)
    missed = [lack for lack in missing(recipe("tiny")) if "the installed vLLM" in lack.what]
    assert len(missed) == (1 if needs_gpu and not gpus() else 0)
    assert all("uv sync --extra cpu" in lack.fix for lack in missed)
