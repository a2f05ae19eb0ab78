"""Jobs for editors, and what comes back: real pictures, small."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image
from skimage import data

from pipelines.engines import Edited, EditJob
from pipelines.models import resolve_model
from syned.rows import Task

TINY = {"device": "cpu", "dtype": "float32", "threads": 1, "num_inference_steps": 3}
"""Settings for a small model on a CPU."""


def picture(name: str, width: int = 64, height: int = 64) -> Image.Image:
    image = Image.fromarray(getattr(data, name)()).convert("RGB")
    return image.resize((width, height))


def job(image: Image.Image, instruction: str = "make it night", seed: int = 1) -> EditJob:
    return EditJob(image, None, Task.STYLE, instruction, None, seed)


def distractor(image: Image.Image, seed: int = 1) -> EditJob:
    return EditJob(image, None, Task.NONE, "Leave it as it is.", None, seed)


def pixels(answer: object) -> np.ndarray:
    assert isinstance(answer, Edited), answer
    return np.asarray(answer.image)


def apart(one: object, other: object) -> int:
    """Return by how many levels of 255 two pictures differ at most."""
    a, b = (x if isinstance(x, np.ndarray) else np.asarray(x) for x in (one, other))
    return int(np.abs(a.astype(int) - b).max())


def with_decoder(model: str, folder: Path, weight: float, bias: float) -> str:
    """Copy a checkpoint, with one value in all weights and biases of its decoder's last layer."""
    from diffusers import AutoencoderKL

    shutil.copytree(resolve_model(model), folder)
    vae = AutoencoderKL.from_pretrained(folder / "vae")
    vae.decoder.conv_out.weight.data.fill_(weight)
    vae.decoder.conv_out.bias.data.fill_(bias)
    vae.save_pretrained(folder / "vae")
    return str(folder)
