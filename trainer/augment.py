"""Plain augmentation: flips, colour and crops, made to both pictures alike."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from PIL import Image

from trainer.pictures import InputShape, Pixels, halves

LEAST_CROP = 0.85
"""The smallest share of each side that a crop leaves."""
COLOUR = 0.25
"""Largest change of brightness and contrast, as a share."""
_SIDES = {"left": "right", "right": "left"}
_SIDE = re.compile(r"\b(left|right)(?=\b|most|ward|hand)", re.IGNORECASE)


def augment(
    pixels: Pixels,
    caption: str,
    kinds: Sequence[str],
    shape: InputShape,
    rng: np.random.Generator,
) -> tuple[Pixels, str]:
    """Change both pictures of an input in the same way; a flip changes the caption's sides too.

    Args:
        pixels: uint8 (H, W, 3), the joined pictures.
        caption: What is said of them.
        kinds: Of `flip`, `colour` and `crop`.
        shape: How they are joined.
        rng: Draws what is done.
    """
    pair = list(halves(pixels, shape))
    if "crop" in kinds:
        pair = _cropped(pair, rng)
    if "flip" in kinds and rng.random() < 0.5:
        pair, caption = [half[:, ::-1] for half in pair], mirrored(caption)
    joined = np.concatenate(pair, axis=shape.axis)
    return (_coloured(joined, rng) if "colour" in kinds else joined), caption


def mirrored(caption: str) -> str:
    """Return a caption of pictures that were flipped: left is right and right is left."""

    def other(match: re.Match[str]) -> str:
        word = _SIDES[match[0].lower()]
        return word.capitalize() if match[0][0].isupper() else word

    return _SIDE.sub(other, caption)


def _cropped(pair: list[Pixels], rng: np.random.Generator) -> list[Pixels]:
    """Cut the same box out of both pictures, and bring it back to their size."""
    height, width = pair[0].shape[:2]
    share = rng.uniform(LEAST_CROP, 1)
    left, top = rng.uniform(0, 1 - share, 2)
    box = (left * width, top * height, (left + share) * width, (top + share) * height)
    way = Image.Resampling.BICUBIC
    return [
        np.asarray(Image.fromarray(half).resize((width, height), way, box), dtype=np.uint8)
        for half in pair
    ]


def _coloured(pixels: Pixels, rng: np.random.Generator) -> Pixels:
    """Change brightness and contrast of the whole input."""
    brightness, contrast = 1 + rng.uniform(-COLOUR, COLOUR, 2)
    values = pixels.astype(np.float32)
    mean = values.mean()
    changed = ((values - mean) * contrast + mean) * brightness
    return np.asarray(np.clip(np.rint(changed), 0, 255), dtype=np.uint8)
