"""The models that syned makes itself, the InstructPix2Pix editor and the CLIP scorer, truly run."""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from pipelines.engines import Edited, EditJob, Rejected
from pipelines.models import builtin_models, resolve_model
from pipelines.sections.editors import InstructPix2PixEditor
from syned.errors import EngineError
from syned.reasons import Reason
from syned.rows import Task

torch = pytest.importorskip("torch", reason="the model engines need the extra `cpu` or `gpu`")
pytest.importorskip("diffusers", reason="the model engines need the extra `cpu` or `gpu`")

pytestmark = pytest.mark.models

TINY_EDITOR = "builtin:tiny-instruct-pix2pix"
TINY_CLIP = "builtin:tiny-clip"


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SYNED_CACHE", str(folder))
        yield folder


def picture(name, width, height):
    return Image.fromarray(getattr(data, name)()).convert("RGB").resize((width, height))


def job(image, instruction, seed):
    return EditJob(image, None, Task.STYLE, instruction, None, seed)


def load_editor(model=TINY_EDITOR, **changes):
    from pipelines.editors.instruct_pix2pix import load_instruct_pix2pix

    settings = {"device": "cpu", "dtype": "float32", "threads": 1, "num_inference_steps": 3}
    return load_instruct_pix2pix(InstructPix2PixEditor(model=model, **(settings | changes)))


@pytest.fixture(scope="module")
def editor():
    return load_editor()


def pixels(answer):
    assert isinstance(answer, Edited), answer
    return np.asarray(answer.image)


# --- where models come from


@pytest.mark.parametrize("reference", ["owner/name", "/some/folder", "folder"])
def test_a_folder_or_hub_id_stays_as_it_is(reference):
    assert resolve_model(reference) == reference


def test_an_unknown_builtin_model_names_the_known_ones():
    with pytest.raises(EngineError, match="no model 'builtin:tiny'") as caught:
        resolve_model("builtin:tiny")
    assert all(known in str(caught.value) for known in builtin_models())


def test_a_model_is_made_once_and_whole(cache):
    folder = Path(resolve_model(TINY_CLIP))
    assert folder.parent == cache
    written = (folder / "model.safetensors").stat().st_mtime_ns
    assert resolve_model(TINY_CLIP) == str(folder)
    assert (folder / "model.safetensors").stat().st_mtime_ns == written
    assert not list(cache.glob(".*")), "no draft is left"


def test_a_cache_that_cannot_be_written_is_one_message(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("SYNED_CACHE", str(tmp_path / "file" / "cache"))
    with pytest.raises(EngineError, match="set SYNED_CACHE to a folder that can be written"):
        resolve_model(TINY_CLIP)


def hashes(folder):
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(Path(folder).rglob("*"))
        if path.is_file()
    }


@pytest.mark.slow
def test_two_processes_at_once_make_the_same_model_as_one(tmp_path):
    code = f"from pipelines.models import resolve_model; print(resolve_model({TINY_EDITOR!r}))"
    env = os.environ | {"SYNED_CACHE": str(tmp_path), "OMP_NUM_THREADS": "1"}
    both = [
        subprocess.Popen([sys.executable, "-c", code], env=env, stdout=subprocess.PIPE, text=True)
        for _ in range(2)
    ]
    said = [process.communicate()[0].strip() for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == said[1]
    assert [path.name for path in tmp_path.iterdir()] == [Path(said[0]).name]
    assert hashes(said[0]) == hashes(resolve_model(TINY_EDITOR))


# --- InstructPix2Pix


def mixed_jobs():
    return [
        job(picture("astronaut", 64, 64), "make it night", 1),
        job(picture("coffee", 64, 40), "make the cup red", 2),
        job(picture("chelsea", 56, 64), "give the cat a hat", 3),
        job(picture("astronaut", 64, 64), "make it night", 4),
        job(picture("coffee", 64, 40), "remove the spoon", 5),
    ]


def test_answers_come_in_order_and_each_of_its_pictures_size(editor):
    answers = editor.edit(mixed_jobs())
    assert [answer.image.size for answer in answers] == [
        (64, 64),
        (64, 40),
        (56, 64),
        (64, 64),
        (64, 40),
    ]
    first = answers[0]
    assert (first.num_inference_steps, first.guidance_scale, first.image_guidance_scale) == (
        3,
        7.5,
        1.5,
    )
    assert first.image.mode == "RGB"
    assert editor.name == "instruct_pix2pix:builtin:tiny-instruct-pix2pix"


def test_the_same_jobs_give_the_same_pixels(editor):
    once, again = editor.edit(mixed_jobs()), editor.edit(mixed_jobs())
    assert all(np.array_equal(pixels(a), pixels(b)) for a, b in zip(once, again, strict=True))


def test_a_picture_does_not_depend_on_its_neighbours_or_on_padding(editor):
    together = editor.edit(mixed_jobs())
    for place, single in enumerate(mixed_jobs()):
        assert np.array_equal(pixels(editor.edit([single])[0]), pixels(together[place]))


def test_seed_instruction_and_picture_all_count(editor):
    source = picture("astronaut", 64, 64)
    base = job(source, "make it night", 1)
    others = [
        job(source, "make it night", 2),
        job(source, "turn the suit green", 1),
        job(picture("chelsea", 64, 64), "make it night", 1),
    ]
    answer, *changed = editor.edit([base, *others])
    assert not any(np.array_equal(pixels(answer), pixels(other)) for other in changed)


def test_the_editor_gives_what_the_pipeline_gives():
    """One call of diffusers by hand, a single picture, against an editor with the same batch."""
    from diffusers import StableDiffusionInstructPix2PixPipeline

    source = picture("chelsea", 64, 64)
    answer = load_editor(batch_size=1, image_guidance_scale=1.2).edit(
        [job(source, "make it snow", 7)]
    )[0]
    pipeline = StableDiffusionInstructPix2PixPipeline.from_pretrained(resolve_model(TINY_EDITOR))
    expected = pipeline(
        "make it snow",
        source,
        num_inference_steps=3,
        guidance_scale=7.5,
        image_guidance_scale=1.2,
        generator=torch.Generator("cpu").manual_seed(7),
    ).images[0]
    assert np.array_equal(pixels(answer), np.asarray(expected))


def with_decoder(folder, weight, bias):
    """Copy the tiny checkpoint, with one value in all weights and biases of its last layer."""
    from diffusers import AutoencoderKL

    shutil.copytree(resolve_model(TINY_EDITOR), folder)
    vae = AutoencoderKL.from_pretrained(folder / "vae")
    vae.decoder.conv_out.weight.data.fill_(weight)
    vae.decoder.conv_out.bias.data.fill_(bias)
    vae.save_pretrained(folder / "vae")
    return str(folder)


@pytest.mark.parametrize(
    ("weight", "bias", "reason"),
    [
        (float("nan"), 0.0, Reason.NOT_FINITE),
        (0.0, float("inf"), None),
        (0.0, -1.0, Reason.BLACK_IMAGE),
        (0.0, 0.0, Reason.NO_VISIBLE_CHANGE),
    ],
)
def test_a_picture_that_is_none_is_rejected(tmp_path, weight, bias, reason):
    """A decoder that always gives NaN, white (inf is clipped), black, or 50 % grey."""
    editor = load_editor(with_decoder(tmp_path / "model", weight, bias))
    grey = Image.new("RGB", (64, 64), (128, 128, 128))
    answer = editor.edit([job(grey, "make it night", 1)])[0]
    if reason is None:
        assert pixels(answer).min() == 255
    else:
        assert isinstance(answer, Rejected)
        assert answer.reason is reason


def test_one_bad_picture_does_not_touch_the_others(tmp_path):
    """A grey decoder leaves a grey picture as it is, and changes every other one."""
    editor = load_editor(with_decoder(tmp_path / "model", 0.0, 0.0))
    grey = Image.new("RGB", (64, 64), (128, 128, 128))
    answers = editor.edit([job(grey, "x y", 1), job(picture("chelsea", 64, 64), "x y", 2)])
    assert isinstance(answers[0], Rejected)
    assert isinstance(answers[1], Edited)


def test_a_model_that_is_not_there_is_one_line(tmp_path):
    with pytest.raises(EngineError, match=r"cannot load edit\.editor\.model") as caught:
        load_editor(str(tmp_path))
    assert "\n" not in str(caught.value)


def test_a_model_of_another_kind_is_one_line():
    with pytest.raises(EngineError, match=r"cannot load edit\.editor\.model") as caught:
        load_editor(resolve_model(TINY_CLIP))
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_the_message_names_what_runs_here():
    with pytest.raises(EngineError, match=r"edit\.editor\.device is cuda.*--recipe demo"):
        load_editor(device="cuda")
