"""Read a drawn scene from its pixels: the background and every object, whoever drew them.

It knows what colours and shapes look like, and nothing of how a picture came about. So it can
judge what a model has drawn.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.ndimage import binary_dilation
from skimage.measure import label, regionprops

from pipelines.scenes.model import (
    COLOURS,
    PLACES,
    RADIUS,
    SIDE,
    SIZES,
    Colour,
    GroundColour,
    Pattern,
    Place,
    Shape,
    Size,
)
from pipelines.scenes.outline import edges, shapes_of
from pipelines.scenes.palette import GROUND_RGB, OBJECT_RGB
from pipelines.scenes.read_ground import read_ground_colour, read_pattern

SPECK = 0.08
"""Area of the smallest thing that is seen, as a share of the box of a small object.

A star, the shape with the least area, covers 0.35 of it.
"""
NEAR = 60.0
"""Distance in RGB up to which a colour has a name; orange and yellow, the nearest, are 85 apart."""
PURE = 0.4
"""Part of a thing's pixels that shows its colour."""
MARGIN = 3
"""Pixels around an object that are looked at with it."""

RIM = 2
"""Pixels around things that do not count as background: blurred edges reach there."""

Pixels = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SeenObject:
    """What was read of one thing in a picture.

    Attributes:
        shapes: Those that it may have, the likeliest first; none if it is like none of them.
        colour: Nothing if it is like none of the colours.
        radius: Half the longer side of its box, in thousandths of the picture's side.
        x: Centre of its box, from the left, in thousandths.
        y: The same from the top.
    """

    shapes: tuple[Shape, ...]
    colour: Colour | None
    radius: int
    x: int
    y: int

    @property
    def place(self) -> Place:
        """Return the name of the cell that its centre is in."""
        column, row = (min(max(3 * v // SIDE, 0), 2) for v in (self.x, self.y))
        return PLACES[3 * row + column]

    @property
    def size(self) -> Size:
        """Return the name of the size that is nearest, by ratio."""
        return min(SIZES, key=lambda size: abs(np.log(max(self.radius, 1) / RADIUS[size])))

    def __str__(self) -> str:
        """Return "large red star"; what has no name is "unknown"."""
        shape = self.shapes[0] if self.shapes else "unknown shape"
        return f"{self.size} {self.colour or 'unknown'} {shape}"


@dataclass(frozen=True, slots=True)
class SeenScene:
    """What was read of a picture.

    Attributes:
        colour: The background's colour.
        pattern: The background's pattern.
        objects: In reading order of their cells.
    """

    colour: GroundColour
    pattern: Pattern
    objects: tuple[SeenObject, ...]


def read_scene(picture: Image.Image) -> SeenScene:
    """Return what can be seen in a drawn scene.

    Args:
        picture: Square, of any mode, at least 48 pixels a side.
    """
    pixels = np.asarray(picture.convert("RGB"), np.float64)
    colour, ground, share = read_ground_colour(pixels)
    behind = _shade_of(colour, share, ground)
    least = SPECK * (2 * RADIUS["small"] / SIDE * picture.width) ** 2
    regions = regionprops(label(~ground, connectivity=2))
    things = [_seen(region, pixels, behind) for region in regions if region.area >= least]
    things.sort(key=lambda thing: (PLACES.index(thing.place), thing.x, thing.y))
    clear = ~binary_dilation(~ground, iterations=RIM)
    return SeenScene(colour, read_pattern(share, clear if clear.any() else ground), tuple(things))


def _shade_of(colour: GroundColour, share: Pixels, ground: NDArray[np.bool_]) -> Pixels:
    """Return one colour for the whole background, RGB: the middle of what is seen of it."""
    first, second = (np.array(shade, np.float64) for shade in GROUND_RGB[colour])
    return first + float(np.median(share[ground])) * (second - first)


def _seen(region: Any, pixels: Pixels, behind: Pixels) -> SeenObject:
    """Return what one connected thing is."""
    top, left, bottom, right = region.bbox
    rgb = _flat_colour(pixels[top:bottom, left:right], region.image, behind)
    cover = _cover(pixels, region, rgb, behind)
    box, unit = edges(cover), SIDE / pixels.shape[1]
    across, down = (box[0] + box[2]) / 2 + left, (box[1] + box[3]) / 2 + top
    return SeenObject(
        shapes=shapes_of(cover),
        colour=_colour(rgb),
        radius=round(max(box[2] - box[0], box[3] - box[1]) / 2 * unit),
        x=round((across - MARGIN) * unit),
        y=round((down - MARGIN) * unit),
    )


def _flat_colour(box: Pixels, inside: NDArray[np.bool_], behind: Pixels) -> Pixels:
    """Return the colour of a thing: the middle of the pixels that are least like the background.

    Those at its rim are mixed with the background, and a thin thing may be all rim.
    """
    distance = np.linalg.norm(box - behind, axis=2)
    pure = inside & (distance >= np.quantile(distance[inside], 1 - PURE))
    return np.asarray(np.median(box[pure], axis=0))


def _cover(pixels: Pixels, region: Any, rgb: Pixels, behind: Pixels) -> Pixels:
    """Return how much of each pixel a thing of one colour covers, (H, W) in [0, 1].

    The window is the thing's box and a margin; beyond the picture nothing is covered.
    """
    top, left, bottom, right = region.bbox
    window = np.pad(pixels, [(MARGIN, MARGIN), (MARGIN, MARGIN), (0, 0)], constant_values=np.nan)
    window = window[top : bottom + 2 * MARGIN, left : right + 2 * MARGIN]
    near = binary_dilation(np.pad(region.image, MARGIN))
    towards = rgb - behind
    share = ((window - behind) @ towards) / max(float(towards @ towards), 1.0)
    return np.where(near, np.nan_to_num(share), 0).clip(0, 1)


def _colour(rgb: Pixels) -> Colour | None:
    """Return the name of the nearest colour."""
    distance = {name: float(np.linalg.norm(rgb - known)) for name, known in OBJECT_RGB.items()}
    name = min(COLOURS, key=lambda name: distance[name])
    return name if distance[name] <= NEAR else None
