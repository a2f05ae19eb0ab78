"""Draw backgrounds: patterns in two shades of one colour."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import lru_cache

from PIL import Image, ImageDraw

from pipelines.scenes.model import Ground, Pattern
from pipelines.scenes.palette import GROUND_RGB

Mask = Callable[[int, int], Image.Image]
"""Takes resolution and variant, returns how much of the second shade each pixel has."""


def _gradient(resolution: int, variant: int) -> Image.Image:
    """Fade from one side to the opposite one."""
    ramp = Image.linear_gradient("L").resize((resolution, resolution), Image.Resampling.BILINEAR)
    return ramp.rotate(90 * (variant % 4))


def _stripes(resolution: int, variant: int) -> Image.Image:
    """Draw 11 to 17 stripes, upright or lying, or as many slanting ones."""
    direction, count = variant % 3, 11 + 2 * (variant // 3 % 4)
    if direction < 2:
        line = Image.new("L", (count, 1))
        line.putdata([255 * (i % 2) for i in range(count)])
        line = line if direction == 0 else line.transpose(Image.Transpose.ROTATE_90)
        return line.resize((resolution, resolution), Image.Resampling.NEAREST)
    side, width = 2 * resolution, 4 * resolution / count
    mask = Image.new("L", (side, side))
    pen = ImageDraw.Draw(mask)
    for i in range(0, count + 1, 2):
        left, right = i * width, (i + 1) * width
        pen.polygon([(left, 0), (right, 0), (right - side, side), (left - side, side)], fill=255)
    return mask.reduce(2)


def _squares(resolution: int, variant: int) -> Image.Image:
    """Draw a board of 8 to 14 squares a side."""
    count = 8 + 2 * (variant % 4)
    board = Image.new("L", (count, count))
    board.putdata([255 * ((i // count + i) % 2) for i in range(count * count)])
    return board.resize((resolution, resolution), Image.Resampling.NEAREST)


def _dots(resolution: int, variant: int) -> Image.Image:
    """Draw 9 to 12 rows of dots, every other one shifted by half a step."""
    side = 2 * resolution
    count = 9 + variant % 4
    step, mask = side / count, Image.new("L", (side, side))
    pen = ImageDraw.Draw(mask)
    for row in range(count):
        for column in range(count + 1):
            x = (column + row % 2 / 2) * step
            pen.circle((x, (row + 0.5) * step), 0.27 * step, fill=255)
    return mask.reduce(2)


def _speckles(resolution: int, variant: int) -> Image.Image:
    """Draw soft blots that follow no rule."""
    grain = 40 + 8 * (variant % 4)
    noise = Image.frombytes("L", (grain, grain), random.Random(variant).randbytes(grain * grain))
    noise = noise.resize((resolution, resolution), Image.Resampling.BICUBIC)
    return noise.point([max(0, min(255, 4 * (level - 144))) for level in range(256)])


_MASKS: dict[Pattern, Mask] = {
    "gradient": _gradient,
    "striped": _stripes,
    "chequered": _squares,
    "dotted": _dots,
    "speckled": _speckles,
}


_VARIANTS: dict[Pattern, int] = {"gradient": 4, "striped": 12, "chequered": 4, "dotted": 4}
"""How many masks there are; blots are as many as there are variants."""


@lru_cache(maxsize=sum(_VARIANTS.values()))
def _kept_mask(pattern: Pattern, resolution: int, variant: int) -> Image.Image:
    """Draw a mask that many grounds share; it is not to be changed."""
    return _MASKS[pattern](resolution, variant)


def _mask(ground: Ground, resolution: int) -> Image.Image:
    """Return how much of the second shade each pixel of a ground has."""
    if ground.pattern in _VARIANTS:
        variant = ground.variant % _VARIANTS[ground.pattern]
        return _kept_mask(ground.pattern, resolution, variant)
    return _MASKS[ground.pattern](resolution, ground.variant)


def draw_ground(ground: Ground, resolution: int) -> Image.Image:
    """Draw a background, RGB, `resolution` by `resolution` pixels."""
    first, second = GROUND_RGB[ground.colour]
    size = (resolution, resolution)
    canvas = Image.new("RGB", size, first)
    if ground.pattern != "plain":
        canvas.paste(second, (0, 0), _mask(ground, resolution))
    return canvas
