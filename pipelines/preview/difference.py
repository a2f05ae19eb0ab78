"""Where two pictures differ, as outlines that can be drawn at any size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

GRID = 160
"""Pixels of the longer side on which pictures are compared: averaging hides compression noise."""
VISIBLE = 16.0
"""Levels of 8-bit colour from which a difference counts. Measured on seven photographs of
scikit-image: encoding as JPEG at quality 60 instead of 95 makes at most 12.3 on this grid."""
WHOLE = 0.5
"""Share of the picture from which an outline would only frame it."""
MOST = 8
"""Outlines beyond which they would hide the picture: then, too, the whole picture is meant."""
SPECK = 0.0006
"""Share of the picture below which a region is dropped."""

Outline = tuple[tuple[float, float], ...]
"""Points (x, y) of a line, in [0, 1] of width and height."""


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two pictures.

    Attributes:
        whole: Whether so much differs that the whole picture is meant.
        outlines: Lines around the regions that differ; none if the whole picture is meant.
    """

    whole: bool
    outlines: tuple[Outline, ...]


def find_difference(before: Image.Image, after: Image.Image) -> Difference:
    """Return where two RGB pictures visibly differ.

    Args:
        before: The picture that the outlines fit.
        after: Another picture; it is stretched to the size of `before`.
    """
    mask = _changed(before, after)
    outlines = () if mask.mean() > WHOLE else _trace(mask)
    whole = bool(mask.mean() > WHOLE) or len(outlines) > MOST
    return Difference(whole, () if whole else outlines)


def _changed(before: Image.Image, after: Image.Image) -> np.ndarray:
    """Return bool (H, W): where the pictures differ, with a small margin and without specks."""
    from skimage.filters import gaussian
    from skimage.morphology import closing, dilation, disk

    scale = GRID / max(before.size)
    size = (max(1, round(before.width * scale)), max(1, round(before.height * scale)))
    levels = [np.asarray(p.resize(size, Image.Resampling.BOX), np.float32) for p in (before, after)]
    strongest = np.abs(levels[0] - levels[1]).max(axis=2)
    mask = gaussian(strongest, sigma=1, preserve_range=True) > VISIBLE
    return np.asarray(closing(dilation(_without_specks(mask), disk(2)), _BRIDGE))


def _without_specks(mask: np.ndarray) -> np.ndarray:
    """Return a mask, bool (H, W), without its smallest regions."""
    from skimage.measure import label

    regions = label(mask)
    sizes = np.bincount(regions.ravel())
    sizes[0] = 0
    return np.asarray(sizes[regions] > SPECK * mask.size)


_BRIDGE = np.ones((5, 5), dtype=bool)
"""Joins regions that are closer than this, so that a word is one region and not its letters."""


def _trace(mask: np.ndarray) -> tuple[Outline, ...]:
    """Return smooth outlines of a mask, bool (H, W), longest first."""
    from skimage.filters import gaussian
    from skimage.measure import approximate_polygon, find_contours

    height, width = mask.shape
    soft = gaussian(np.pad(mask, 4).astype(np.float32), sigma=1.2)
    lines = [approximate_polygon(line, 0.12) for line in find_contours(soft, 0.5)]
    scaled = [(line[:, ::-1] - 3.5) / (width, height) for line in lines]
    ordered = sorted(scaled, key=len, reverse=True)
    return tuple(
        tuple((round(float(x), 4), round(float(y), 4)) for x, y in np.clip(line, 0.004, 0.996))
        for line in ordered
    )
