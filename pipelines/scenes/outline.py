"""Which shape an object of a drawn scene has, by the outline that covers the same pixels."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from pipelines.scenes.draw import stencil
from pipelines.scenes.model import SHAPES, Shape

ALIKE = 0.6
"""Overlap (intersection over union) from which on an outline is that of a shape."""
SOFT = 0.7
"""Both outlines are blurred by so many pixels, so that ragged edges count little."""
SQUASHED = 0.35
"""An object whose sides differ by more than this part, beyond what its shape has, is no shape."""

TELLS = 0.02
"""A shape that overlaps by so much less than the best cannot be told from it."""

_CANDIDATES = 3
_SHIFTS = (-0.4, 0.0, 0.4)
_VARIATIONS = list(product((0.94, 1.0, 1.06), _SHIFTS, _SHIFTS))
"""Scale, and shift in pixels along x and y."""
_UNIT = 100
"""Radius in pixels at which the reach of a shape is measured."""

Pixels = NDArray[np.float64]
Box = tuple[float, float, float, float]
"""Left, top, right and bottom in pixels, with fractions."""
Variation = tuple[float, float, float]


def shapes_of(cover: Pixels) -> tuple[Shape, ...]:
    """Return the shapes that something may have, the likeliest first; none if it is like none.

    There are several where they cannot be told apart: a small circle and a small hexagon.

    Args:
        cover: float64 (H, W) in [0, 1], how much of each pixel it covers; it must not touch the
            rim, and no more than it may be there.
    """
    box, soft = edges(cover), gaussian_filter(cover, SOFT)
    rough = {shape: _overlaps(shape, box, soft, [(1.0, 0.0, 0.0)]) for shape in SHAPES}
    near = sorted(SHAPES, key=lambda shape: -rough[shape])[:_CANDIDATES]
    overlap = {shape: _overlaps(shape, box, soft, _VARIATIONS) for shape in near}
    best = max(overlap.values())
    alike = [shape for shape in near if overlap[shape] >= max(best - TELLS, ALIKE)]
    return tuple(sorted(alike, key=lambda shape: -overlap[shape]))


def edges(cover: Pixels) -> Box:
    """Return where something begins and ends, in pixels.

    Args:
        cover: float64 (H, W) in [0, 1], how much of each pixel it covers; a pixel at its rim that
            is covered in part counts in part.
    """
    (left, right), (top, bottom) = (_ends(cover.max(axis=axis)) for axis in (0, 1))
    return left, top, right, bottom


def _ends(line: Pixels) -> tuple[float, float]:
    """Return where a line of cover begins and ends."""
    full = np.flatnonzero(line > 0.5)
    if not len(full):
        return 0.0, 0.0
    first, last = int(full[0]), int(full[-1]) + 1
    before = line[first - 1] if first else 0.0
    after = line[last] if last < len(line) else 0.0
    return first - float(before), last + float(after)


def _overlaps(shape: Shape, box: Box, soft: Pixels, variations: Sequence[Variation]) -> float:
    """Return the overlap of the outline that fits best, scaled and shifted a little."""
    left, top, right, bottom = box
    reach_left, reach_top, reach_right, reach_bottom = _reach(shape)
    wide = (right - left) / (reach_right - reach_left)
    high = (bottom - top) / (reach_bottom - reach_top)
    radius = (wide + high) / 2
    if abs(wide - high) > SQUASHED * radius or radius <= 0:
        return 0.0
    x = (left + right) / 2 - radius * (reach_left + reach_right) / 2
    y = (top + bottom) / 2 - radius * (reach_top + reach_bottom) / 2
    return max(
        _overlap(_outline(shape, (x + dx, y + dy), radius * scale, soft.shape), soft)
        for scale, dx, dy in variations
    )


@cache
def _reach(shape: Shape) -> Box:
    """Return the box of a shape of radius 1 around its centre."""
    middle = 1.28 * _UNIT
    left, top, right, bottom = stencil(shape, 256, (middle, middle), _UNIT).getbbox() or (0,) * 4
    return tuple((edge - middle) / _UNIT for edge in (left, top, right, bottom))  # type: ignore[return-value]


def _outline(
    shape: Shape, centre: tuple[float, float], radius: float, size: tuple[int, ...]
) -> Pixels:
    """Return the blurred outline of a shape."""
    mask = np.asarray(stencil(shape, max(size), centre, radius), np.float64) / 255
    return np.asarray(gaussian_filter(mask[: size[0], : size[1]], SOFT))


def _overlap(first: Pixels, second: Pixels) -> float:
    """Return intersection over union of two soft masks (Jaccard index of real vectors)."""
    return float(np.minimum(first, second).sum() / np.maximum(first, second).sum())
