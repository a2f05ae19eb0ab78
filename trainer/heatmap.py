"""Where a captioner looked: the Q-Former's cross-attention, drawn over both pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from trainer.captioner import Captioner, more_arguments
from trainer.examples import pixel_values
from trainer.pictures import Pixels, halves

SHOWN = 384
"""Pixels of the longer side of a picture in the drawing."""
STRENGTH = 0.65
"""How much of the colour covers a picture where the attention is highest."""
GAP = 12
"""Pixels between the two pictures."""


def attention(captioner: Captioner, pixels: Pixels) -> NDArray[np.float64]:
    """Return how much the Q-Former looked at each patch of the joined pictures.

    It is the mean over its queries, its heads and its layers with cross-attention; the class token
    is left out.

    Args:
        captioner: What looks.
        pixels: uint8 (H, W, 3), joined pictures.

    Returns:
        float64 (rows, columns) of patches; the sum is at most 1.
    """
    import torch

    loaded = captioner.loaded
    images = loaded.processor.image_processor
    values = pixel_values(pixels[None], images.image_mean, images.image_std).to(captioner.device)
    blip = _blip(loaded.model)
    with torch.inference_mode(), _recorded(blip) as found:
        blip.get_image_features(values.to(blip.dtype), **more_arguments(loaded.shape))
    looked = torch.stack([weights.float().mean(dim=(0, 1, 2)) for weights in found]).mean(0)
    patch = blip.config.vision_config.patch_size
    height, width = (side // patch for side in loaded.shape.size)
    # Each picture that was encoded alone has a class token of its own.
    inputs = looked.reshape(2 if loaded.shape.join == "streams" else 1, -1)
    grid: NDArray[np.float64] = inputs[:, 1:].reshape(height, width).cpu().double().numpy()
    return grid


def _blip(model: Any) -> Any:
    """Return the BLIP-2 within an adapted model."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


@contextmanager
def _recorded(blip: Any) -> Iterator[list[Any]]:
    """Keep the weights of cross-attention, (B, heads, queries, patches), while this lasts."""
    found: list[Any] = []
    # Fused kernels give no weights.
    config = blip.qformer.config
    before, config._attn_implementation = config._attn_implementation, "eager"
    hooks = [
        layer.crossattention.attention.register_forward_hook(
            lambda module, given, output: found.append(output[1])  # noqa: ARG005
        )
        for layer in blip.qformer.encoder.layer
        if layer.has_cross_attention
    ]
    try:
        yield found
    finally:
        config._attn_implementation = before
        for hook in hooks:
            hook.remove()


def draw(
    captioner: Captioner, before: Image.Image, after: Image.Image, pixels: Pixels
) -> Image.Image:
    """Return both pictures side by side, with what was looked at in colour.

    Args:
        captioner: What looks.
        before: The earlier picture, in its own size.
        after: The later one.
        pixels: uint8 (H, W, 3), both joined for the captioner.
    """
    grid = attention(captioner, pixels)
    first, second = halves(grid, captioner.shape)  # type: ignore[arg-type]
    drawn = [_covered(before, first, grid), _covered(after, second, grid)]
    width = sum(one.width for one in drawn) + GAP
    whole = Image.new("RGB", (width, max(one.height for one in drawn)), "white")
    whole.paste(drawn[0], (0, 0))
    whole.paste(drawn[1], (drawn[0].width + GAP, 0))
    return whole


def _covered(picture: Image.Image, own: Any, grid: NDArray[np.float64]) -> Image.Image:
    """Lay the colour of attention over a picture, on one scale for both pictures."""
    from matplotlib import colormaps

    scale = SHOWN / max(picture.size)
    size = (max(1, round(picture.width * scale)), max(1, round(picture.height * scale)))
    low, high = float(grid.min()), float(grid.max())
    share = (np.asarray(own) - low) / (high - low) if high > low else np.zeros_like(own)
    smooth = Image.fromarray(share.astype(np.float32)).resize(size, Image.Resampling.BICUBIC)
    weights = np.clip(np.asarray(smooth), 0, 1)
    colours = colormaps["inferno"](weights)[..., :3] * 255
    plain = np.asarray(picture.convert("RGB").resize(size, Image.Resampling.LANCZOS))
    cover = (weights * STRENGTH)[..., None]
    return Image.fromarray(np.rint(plain * (1 - cover) + colours * cover).astype(np.uint8))
