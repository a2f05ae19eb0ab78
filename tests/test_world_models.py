"""The world's models are made, interrupted, gone on with and shipped, with very little training."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipelines.edits.base import SceneEdit
from pipelines.edits.registry import parse_edit
from pipelines.scenes.model import Scene
from pipelines.scenes.read import read_scene
from pipelines.score import edited_pairs
from pipelines.world.judge import judge
from pipelines.world.pairs import HARD, SIDE, hard_pairs, pictures, world_pairs
from syned.images import load_picture
from syned.run import RunFolder

pytestmark = [pytest.mark.models, pytest.mark.slow]


@pytest.fixture
def little(monkeypatch):
    """Train each model for two steps on few pairs."""
    from pipelines.world import autoencoder, clip, editor

    for module in (autoencoder, clip, editor):
        monkeypatch.setattr(module, "STEPS", 2)
        monkeypatch.setattr(module, "BATCH", 4)
    monkeypatch.setattr(autoencoder, "SCENES", 8)
    monkeypatch.setattr(editor, "PAIRS", 16)
    monkeypatch.setattr(editor, "HARD_PAIRS", 8)
    monkeypatch.setattr(editor, "HARD_STEPS", 2)
    monkeypatch.setattr(clip, "PAIRS", 16)


def weights(folder: Path) -> dict[str, np.ndarray]:
    from safetensors.numpy import load_file

    return {
        f"{path.relative_to(folder)}/{name}": value
        for path in sorted(folder.rglob("*.safetensors"))
        for name, value in load_file(path).items()
    }


def test_pairs_are_as_they_say():
    pairs = list(world_pairs(40, 5))
    assert pairs == list(world_pairs(60, 5))[:40]
    assert len({pair.edit.kind for pair in world_pairs(300, 5)}) == 7
    drawn = pictures([pair.scene for pair in pairs])
    assert (drawn.shape, drawn.dtype) == ((40, SIDE, SIDE, 3), np.uint8)
    for pair, pixels in zip(pairs, drawn, strict=True):
        assert 1 <= len(pair.scene.objects) <= 3
        shapes = [obj.shape for obj in pair.scene.objects]
        seen = read_scene(Image.fromarray(pixels))
        assert all(s in o.shapes for s, o in zip(shapes, seen.objects, strict=True))


def test_half_of_the_hard_pairs_are_hard():
    pairs = list(hard_pairs(300, 5))
    assert len(pairs) == 300
    assert 130 <= sum(pair.edit.kind in HARD for pair in pairs) <= 170


def test_the_models_that_ship_edit_more_often_right_than_not(cli, tmp_path):
    done = cli("generate", "--recipe", "world", "--n", "48", "--out", "run")
    assert done.returncode == 0, done.stdout + done.stderr
    run, right = RunFolder(tmp_path / "run"), []
    for pair in edited_pairs(run, 0):
        edit = parse_edit(pair.order.instruct.edit)
        if isinstance(edit, SceneEdit):
            before = Scene.model_validate_json(pair.order.picture.scene)
            picture = load_picture(pair.edited.edited_image)
            right.append(judge(before, edit.apply(before), picture).right)
    assert len(right) >= 40
    assert sum(right) / len(right) > 0.5


@pytest.mark.usefixtures("little")
def test_made_models_can_be_loaded_and_are_small(tmp_path):
    import torch
    from diffusers import StableDiffusionInstructPix2PixPipeline
    from transformers import CLIPModel

    from pipelines.world.make import make_world

    make_world(tmp_path / "work", tmp_path / "shipped")
    editor = StableDiffusionInstructPix2PixPipeline.from_pretrained(
        tmp_path / "shipped" / "world-editor",
        torch_dtype=torch.float32,
        safety_checker=None,
        requires_safety_checker=False,
    )
    picture = pictures([pair.scene for pair in world_pairs(1, 5)])[0]
    (edited,) = editor(
        "Remove the star.",
        image=Image.fromarray(picture),
        num_inference_steps=2,
        guidance_scale=1.5,
        image_guidance_scale=1.0,
    ).images
    assert edited.size == (SIDE, SIDE)
    assert CLIPModel.from_pretrained(tmp_path / "shipped" / "world-clip").config.projection_dim
    files = (tmp_path / "shipped").rglob("*")
    assert sum(path.stat().st_size for path in files if path.is_file()) < 20e6


@pytest.mark.usefixtures("little")
def test_what_is_made_is_not_made_again_and_an_interrupted_training_goes_on(tmp_path, monkeypatch):
    from pipelines.world import clip, learn

    monkeypatch.setattr(clip, "STEPS", 4)
    monkeypatch.setattr(learn, "SAVE_EVERY", 1)
    clip.make_clip(tmp_path)
    made = weights(tmp_path / "clip")
    stamps = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}
    clip.make_clip(tmp_path)
    assert stamps == {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")}

    shutil.rmtree(tmp_path / "clip")
    shutil.rmtree(tmp_path / "clip-training" / "checkpoint-4")
    clip.make_clip(tmp_path)
    again = weights(tmp_path / "clip")
    assert made.keys() == again.keys()
    assert all((made[name] == again[name]).all() for name in made)
