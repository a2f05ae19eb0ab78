"""The autoencoder of the world's editor: a latent of 8 numbers for each 4 by 4 pixels.

Stable Diffusion's has one for 8 by 8. At this size that takes many times as long to learn, since
the decoder has to find out where in its block a pixel lies.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from pipelines.models import make_whole
from pipelines.scenes.model import SIDE as SCENE_SIDE
from pipelines.world.learn import learn, quick_precision
from pipelines.world.pairs import SIDE, pictures, world_pairs

if TYPE_CHECKING:
    from diffusers import AutoencoderKL

SEED = 1
LATENTS = 8
FACTOR = 4
"""Pixels of a latent's side."""
NOISE = 0.05
"""What is added to latents in training, as a share of their spread: near latents look alike."""
CROP = 40
"""Side of the part of a picture that is learned from; most of a picture is background."""
STEPS, BATCH, RATE = 6000, 8, 1e-3
SCENES = 20_000


def new_autoencoder() -> AutoencoderKL:
    """Return an autoencoder with new weights."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        latent_channels=LATENTS,
        block_out_channels=(16, 32, 48),
        down_block_types=("DownEncoderBlock2D",) * 3,
        up_block_types=("UpDecoderBlock2D",) * 3,
        layers_per_block=1,
        norm_num_groups=8,
        mid_block_add_attention=False,
        use_quant_conv=False,
        use_post_quant_conv=False,
        sample_size=SIDE,
    )


def make_autoencoder(folder: Path) -> AutoencoderKL:
    """Return the trained autoencoder; it is trained first unless the folder holds it.

    Latents are scaled to a spread of 1 by its `scaling_factor`, as diffusers' pipelines expect.
    """
    from diffusers import AutoencoderKL

    done = folder / "autoencoder"
    if not done.is_dir():
        torch.manual_seed(SEED)
        model, scenes = new_autoencoder(), _Pictures(SCENES)
        training = folder / "autoencoder-training"
        learn(_Learner(model), scenes, training, steps=STEPS, batch=BATCH, rate=RATE)
        spread = latents_of(
            model, np.stack([scenes.uint8(i) for i in range(min(500, len(scenes)))])
        ).std()
        model.register_to_config(scaling_factor=round(1 / float(spread), 4))
        make_whole(done, model.save_pretrained)
    return AutoencoderKL.from_pretrained(done).eval()


def latents_of(model: Any, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return the latents of pictures, unscaled.

    Args:
        model: The autoencoder.
        images: uint8 (N, SIDE, SIDE, 3).

    Returns:
        float32 (N, LATENTS, SIDE / FACTOR, SIDE / FACTOR).
    """
    with torch.inference_mode():
        parts = [
            model.encode(_as_input(images[at : at + 64])).latent_dist.mode()
            for at in range(0, len(images), 64)
        ]
    return np.asarray(torch.cat(parts).numpy())


def _as_input(images: NDArray[np.uint8]) -> torch.Tensor:
    """Return pictures as the autoencoder takes them, float32 (N, 3, H, W) in [-1, 1]."""
    return torch.from_numpy(images).permute(0, 3, 1, 2).contiguous().float() / 127.5 - 1


class _Pictures:
    """Scenes before and after an edit, drawn when they are asked for."""

    def __init__(self, count: int) -> None:
        pairs = list(world_pairs(count, SEED))
        self._scenes = [scene for p in pairs for scene in (p.scene, p.edit.apply(p.scene))]

    def __len__(self) -> int:
        return len(self._scenes)

    def uint8(self, index: int) -> NDArray[np.uint8]:
        return np.asarray(pictures([self._scenes[index]])[0])

    def __getitem__(self, index: int) -> dict[str, torch.Tensor]:
        top, left = self._corner(index)
        part = self.uint8(index)[top : top + CROP, left : left + CROP]
        return {"pixels": _as_input(part[None])[0]}

    def _corner(self, index: int) -> tuple[int, int]:
        """Draw where a crop begins: at a latent, and so that it holds the centre of an object."""
        objects = self._scenes[index].objects
        chosen = objects[int(torch.randint(len(objects), ()))]
        return _begin(chosen.y), _begin(chosen.x)


def _begin(centre: int) -> int:
    """Draw where a crop begins along one side, by an object's centre in thousandths."""
    offset = int(torch.randint(CROP // FACTOR, ()))
    begin = centre * SIDE // SCENE_SIDE // FACTOR - offset
    return FACTOR * min(max(begin, 0), (SIDE - CROP) // FACTOR)


class _Learner(nn.Module):  # type: ignore[misc]
    """Draws a picture from its latents; the loss is of pixels alone."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.model = model

    def forward(self, pixels: torch.Tensor) -> dict[str, torch.Tensor]:
        with quick_precision():
            latents = self.model.encode(pixels).latent_dist.mode().float()
            noise = NOISE * latents.detach().std() * torch.randn_like(latents)
            drawn = self.model.decode(latents + noise).sample.float()
        off = drawn - pixels
        # The last term keeps latents from growing, which would drown the noise.
        loss = off.abs().mean() + 2 * off.square().mean() + 1e-4 * latents.square().mean()
        return {"loss": loss}
