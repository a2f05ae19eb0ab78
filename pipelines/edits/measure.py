"""What is measured in pictures to say whether a claim about them can be seen.

Levels are on the scale of 8-bit pixels, 0 to 255. Everything is measured on a reduced picture, so
that a thumbnail and the full picture give nearly the same values.
"""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageChops, ImageFilter, ImageStat

from pipelines.edits.base import Box
from pipelines.edits.words import RGB
from syned.compare import share_above

GRID = 24
"""Cells per side of a layout: what is where, without detail."""
DETAIL_SIDE = 256
"""Longer side of the picture on which fine detail is measured, in pixels."""
NEAR = 75.0
"""RGB distance within which a pixel passes for a named colour, JPEG and smooth edges included."""
FAR = 110.0
"""RGB distance from which a pixel is plainly another colour."""

MAX_SAMPLES = 1024
"""Pixels that are looked at where a share of pixels is wanted."""


def small(picture: Image.Image, side: int = 128) -> Image.Image:
    """Return a picture reduced by a whole factor, its longer side still at least `side` pixels."""
    factor = max(picture.size) // side
    return picture.reduce(factor) if factor > 1 else picture


def mean_luma(picture: Image.Image) -> float:
    """Return the mean luma, in levels."""
    return float(ImageStat.Stat(small(picture).convert("L")).mean[0])


def share_risen(before: Image.Image, after: Image.Image, levels: float) -> float:
    """Return the share of pixels whose luma rose by `levels`, or fell if that is negative."""
    was, now = (np.asarray(small(p).convert("L"), dtype=np.int16) for p in (before, after))
    rise = now - was
    return float((rise >= levels).mean() if levels > 0 else (rise <= levels).mean())


def spread(picture: Image.Image) -> float:
    """Return the standard deviation of luma, in levels: how strong the contrast is."""
    return float(ImageStat.Stat(small(picture).convert("L")).stddev[0])


def colourfulness(picture: Image.Image) -> float:
    """Return the mean over all pixels of the largest minus the smallest channel, in levels."""
    red, green, blue = small(picture).split()
    brightest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    darkest = ImageChops.darker(ImageChops.darker(red, green), blue)
    return float(ImageStat.Stat(ImageChops.subtract(brightest, darkest)).mean[0])


def recoloured(before: Image.Image, after: Image.Image) -> float:
    """Return how far colours have moved apart from their lightness, on average, in levels."""
    was, now = (small(p).convert("YCbCr").split()[1:] for p in (before, after))
    channels = zip(was, now, strict=True)
    return sum(float(ImageStat.Stat(ImageChops.difference(a, b)).mean[0]) for a, b in channels)


def mean_colour(picture: Image.Image) -> np.ndarray:
    """Return the mean colour, float64 (3,), in levels."""
    return np.asarray(ImageStat.Stat(small(picture)).mean)


def layout(picture: Image.Image) -> np.ndarray:
    """Return what is where, float32 (GRID, GRID, 3), in levels."""
    cells = small(picture).resize((GRID, GRID), Image.Resampling.BOX)
    return np.asarray(cells, dtype=np.float32)


def moved(before: Image.Image, after: Image.Image) -> float:
    """Return how far two layouts are apart, the mean absolute difference in levels."""
    return float(np.abs(layout(after) - layout(before)).mean())


def variety(picture: Image.Image) -> float:
    """Return how much there is to tell apart: the mean spread of a layout's channels, in levels."""
    return float(layout(picture).std(axis=(0, 1)).mean())


def detail(picture: Image.Image) -> float:
    """Return how much fine detail there is: the mean distance of luma from its blur, in levels."""
    grey = small(picture, DETAIL_SIDE).convert("L")
    return float(
        ImageStat.Stat(ImageChops.difference(grey, grey.filter(ImageFilter.BoxBlur(1)))).mean[0]
    )


def distance(picture: Image.Image, colour: RGB) -> np.ndarray:
    """Return pixels' Euclidean distances from a colour, float32 (rows, columns), in levels.

    Of a large picture, rows and columns are left out evenly until about `MAX_SAMPLES` are left.
    """
    step = max(1, round((picture.width * picture.height / MAX_SAMPLES) ** 0.5))
    offset = np.asarray(picture)[::step, ::step] - np.asarray(colour, dtype=np.float32)
    return np.asarray(np.sqrt(np.einsum("hwc,hwc->hw", offset, offset)))


def share_changed(before: Image.Image, after: Image.Image, levels: int = 40) -> float:
    """Return the share of pixels of which some channel has changed by `levels`."""
    return share_above(before, after, levels - 1)


def share_far(picture: Image.Image, colour: RGB) -> float:
    """Return the share of pixels that are plainly of another colour."""
    return float((distance(picture, colour) >= FAR).mean())


def appeared(before: Image.Image, after: Image.Image, box: Box, colour: RGB) -> float:
    """Return the share of a box's pixels that have a colour now and were far from it before."""
    now = distance(after.crop(box), colour) < NEAR
    was_far = distance(before.crop(box), colour) >= FAR
    return float((now & was_far).mean())
