"""Read the background of a drawn scene from its pixels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pipelines.scenes.model import GROUND_COLOURS, GroundColour, Pattern
from pipelines.scenes.palette import GROUND_RGB

STANDS_OUT = 32.0
"""Distance in RGB from both shades, and all between them, from which on a pixel is no background.

The nearest object colour that is drawn on a background, green on charcoal, is 83 away.
"""
FLAT = 0.12
"""Spread of a plain background, as a share of the distance of two shades."""
FADES = 0.5
"""Share of the variance of a gradient that a plane explains."""
ONE_WAY = 0.75
"""How far edges of stripes run one way: 0 all ways, 1 one way."""
EVEN = 0.4
"""Share of the second shade from which on it covers as much as the first (dots cover 0.23)."""
REPEATS = 0.35
"""How like itself a background must be when shifted, to be a pattern that repeats."""

Pixels = NDArray[np.float64]
Mask = NDArray[np.bool_]


def read_ground_colour(pixels: Pixels) -> tuple[GroundColour, Mask, Pixels]:
    """Return the background's colour, where it is, and how much of the second shade it has there.

    Args:
        pixels: float64 (H, W, 3) in [0, 255].

    Returns:
        The colour that most pixels have; a mask (H, W) of the pixels that have it; float64 (H, W),
        0 for the first shade and 1 for the second.
    """
    distance, share = {}, {}
    for colour in GROUND_COLOURS:
        share[colour], distance[colour] = _along(pixels, colour)
    name = max(GROUND_COLOURS, key=lambda colour: float((distance[colour] < STANDS_OUT / 2).mean()))
    return name, distance[name] < STANDS_OUT, share[name]


def _along(pixels: Pixels, colour: GroundColour) -> tuple[Pixels, Pixels]:
    """Return how far each pixel lies from the first shade to the second, and how far off."""
    first, second = (np.array(shade, np.float64) for shade in GROUND_RGB[colour])
    way = second - first
    share = ((pixels - first) @ way / (way @ way)).clip(0, 1)
    return share, np.linalg.norm(pixels - (first + share[..., None] * way), axis=2)


def read_pattern(share: Pixels, ground: Mask) -> Pattern:
    """Return the pattern of a background.

    Args:
        share: float64 (H, W), 0 for the first shade and 1 for the second.
        ground: bool (H, W), where the background is.
    """
    if share[ground].std() < FLAT:
        return "plain"
    if _explained(share, ground) > FADES:
        return "gradient"
    if _one_way(share, ground) > ONE_WAY:
        return "striped"
    if share[ground].mean() > EVEN:
        return "chequered"
    return "dotted" if _repeats(share, ground) > REPEATS else "speckled"


def _explained(share: Pixels, ground: Mask) -> float:
    """Return the part of the variance that a plane explains."""
    y, x = np.nonzero(ground)
    plane = np.column_stack([x, y, np.ones(len(x))]).astype(np.float64)
    values = share[ground]
    _, residual, _, _ = np.linalg.lstsq(plane, values, rcond=None)
    return float(1 - residual.sum() / (values.var() * len(values)))


def _one_way(share: Pixels, ground: Mask) -> float:
    """Return the coherence of the structure tensor over the whole background."""
    filled = np.where(ground, share, share[ground].mean())
    down, across = np.gradient(filled)
    inner = ground & np.roll(ground, 1, 0) & np.roll(ground, -1, 0)
    inner &= np.roll(ground, 1, 1) & np.roll(ground, -1, 1)
    xx, yy = (across[inner] ** 2).sum(), (down[inner] ** 2).sum()
    xy = (across[inner] * down[inner]).sum()
    return float(np.hypot(xx - yy, 2 * xy) / (xx + yy))


def _repeats(share: Pixels, ground: Mask) -> float:
    """Return the largest correlation of a background with itself, shifted by more than a mark."""
    values = np.where(ground, share - share[ground].mean(), 0)
    height, width = values.shape
    padded = (2 * height, 2 * width)
    spectrum = np.abs(np.fft.rfft2(values, padded)) ** 2
    both = np.abs(np.fft.rfft2(ground.astype(float), padded)) ** 2
    alike, pairs = np.fft.irfft2(spectrum, padded), np.fft.irfft2(both, padded)
    alike = alike / pairs.clip(1) / values[ground].var()
    least, most = height // 14, height // 5
    near = alike[: most + 1, : most + 1].copy()
    near[:least, :least] = -1
    return float(near.max())
