"""What a model gives back as a picture: whether it is one, and whether it is an edit."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageStat

from pipelines.engines import Rejected
from syned.reasons import Reason

BLACK = 10
"""A picture with no brighter value, of 255, is black: what half precision or a safety checker
leaves."""
EMPTY = 2.0
"""A picture of one colour has no channel that spreads by so much: its standard deviation, in levels
of 255. Rounding and the faint pattern of a decoder (two levels up and down: 1.6) stay below, a
thing of 0.1 % of the picture that differs by 100 levels is above (3.2), and so is a plain sky that
fades by 10 levels from top to bottom (2.9). Bars along an edge do not make a picture empty."""
SAME = 2
"""Levels of 255 that rounding may move; a picture that differs by no more is the source."""


def judged(source: Image.Image, pixels: np.ndarray, *, edited: bool) -> Image.Image | Rejected:
    """Return a model's picture, or why it is none.

    Args:
        source: The picture that the model was given, RGB.
        pixels: What it made of it, float32 (H, W, 3) in [0, 1], of the source's size.
        edited: Whether the picture is to differ from the source.

    Returns:
        An RGB picture, or a rejection: NOT_FINITE, BLACK_IMAGE, EMPTY_IMAGE or NO_VISIBLE_CHANGE.
    """
    if not np.isfinite(pixels).all():
        return Rejected(Reason.NOT_FINITE, "the model's picture holds values that are no numbers")
    levels = (pixels * 255).round().astype(np.uint8)
    if levels.max() <= BLACK:
        return Rejected(Reason.BLACK_IMAGE, "the model's picture is black")
    picture = Image.fromarray(levels)
    if max(ImageStat.Stat(picture).stddev) < EMPTY:
        return Rejected(Reason.EMPTY_IMAGE, "the model's picture is of one colour all over")
    if edited and np.abs(levels.astype(np.int16) - np.asarray(source)).max() <= SAME:
        return Rejected(Reason.NO_VISIBLE_CHANGE, "the model's picture is the source picture")
    return picture
