"""Which word or shape inked pixels are, read in other ways than the code under test draws them.

Shapes are told by analytic formulas, and words by rendering every word that could be meant.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from pipelines.edits.lettering import VOCABULARY


def overlap(one, other):
    return float((one & other).sum() / max(1, (one | other).sum()))


def _sketch(ink):
    """A mask cut to its box and brought to one small size, so that a pixel's shift is nothing."""
    rows, columns = np.flatnonzero(ink.any(axis=1)), np.flatnonzero(ink.any(axis=0))
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    small = Image.fromarray(cut).convert("L").resize((40, 8), Image.Resampling.BILINEAR)
    return np.asarray(small, np.float32).ravel()


@cache
def drawn_words():
    """All words of the vocabulary, each of mean 0 and length 1: a product is a correlation."""
    font, sketches = ImageFont.load_default(64), []
    for word in VOCABULARY:
        image = Image.new("L", (600, 100))
        ImageDraw.Draw(image).text((10, 10), word, 255, font)
        sketches.append(_sketch(np.asarray(image) > 127))
    centred = np.stack(sketches) - np.mean(sketches, axis=1, keepdims=True)
    return centred / np.linalg.norm(centred, axis=1, keepdims=True)


def read_word(ink) -> str:
    """The word of the vocabulary that inked pixels look most like."""
    seen = _sketch(ink)
    return VOCABULARY[int(np.argmax(drawn_words() @ (seen - seen.mean())))]


def _star(u, v):
    """A five-pointed star with its notches at 0.45; its box is not centred on its middle."""
    x, y = 0.951 * u, 0.9045 * v + 0.0955
    radius = np.hypot(x, y)
    off_ray = np.abs((np.arctan2(x, y) + np.pi / 5) % (2 * np.pi / 5) - np.pi / 5)
    notch_x, notch_y = 0.45 * np.cos(np.pi / 5), 0.45 * np.sin(np.pi / 5)
    along, aside = radius * np.cos(off_ray), radius * np.sin(off_ray)
    return aside <= notch_y / (1 - notch_x) * (1 - along)


def _heart(u, v):
    x, y = 1.14 * u, 1.1 * v + 0.12
    return (x**2 + y**2 - 1) ** 3 - x**2 * y**3 <= 0


@cache
def figures():
    """The eight shapes in a square from -1 to 1, v upwards, each stretched to touch its sides."""
    v, u = np.meshgrid(np.linspace(1, -1, 64), np.linspace(-1, 1, 64), indexing="ij")
    return {
        "circle": np.hypot(u, v) <= 1,
        "square": np.maximum(abs(u), abs(v)) <= 1,
        "triangle": 2 * abs(u) + v <= 1,
        "star": _star(u, v),
        "heart": _heart(u, v),
        "diamond": abs(u) + abs(v) <= 1,
        "hexagon": abs(u) / 2 + abs(v) <= 1,
        "cross": np.minimum(abs(u), abs(v)) <= 1 / 3,
    }


def read_shape(ink) -> str:
    """The shape that inked pixels look most like once their box is stretched to a square."""
    rows, columns = np.flatnonzero(ink.sum(axis=1) > 1), np.flatnonzero(ink.sum(axis=0) > 1)
    cut = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    seen = np.asarray(Image.fromarray(cut).convert("L").resize((64, 64))) > 127
    return max(figures(), key=lambda name: overlap(seen, figures()[name]))
