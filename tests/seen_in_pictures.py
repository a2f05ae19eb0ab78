"""What can be seen in a pair of pictures, measured in other ways than the code under test does.

Colours are judged in CIELAB (scikit-image), geometry by trying what a claim says, shapes by
analytic formulas and words by rendering every word that could be meant.
"""

from __future__ import annotations

from functools import cache, cached_property

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from skimage.color import rgb2lab
from skimage.filters import laplace

from pipelines.edits.lettering import VOCABULARY

NAMED = {
    "red": (215, 25, 35),
    "orange": (255, 140, 0),
    "yellow": (255, 225, 20),
    "green": (0, 150, 55),
    "blue": (25, 75, 225),
    "purple": (125, 35, 175),
    "pink": (255, 110, 185),
    "magenta": (235, 40, 215),
    "white": (255, 255, 255),
    "black": (0, 0, 0),
}
ANGLES = (-20, -15, -10, 10, 15, 20)
ANCHORS = {
    "upper left": (0, 0),
    "top": (0.5, 0),
    "upper right": (1, 0),
    "left": (0, 0.5),
    "centre": (0.5, 0.5),
    "right": (1, 0.5),
    "lower left": (0, 1),
    "bottom": (0.5, 1),
    "lower right": (1, 1),
}


def lab(colour):
    return rgb2lab(np.asarray(colour, dtype=np.uint8).reshape(1, 1, 3))[0, 0]


def gap(one, other):
    """Mean absolute difference of two pictures of one size, in levels."""
    return float(np.abs(np.asarray(one, np.float32) - np.asarray(other, np.float32)).mean())


def near(pixels, colour, levels):
    """Where pixels are less than so many levels away from a colour."""
    return np.linalg.norm(pixels - np.asarray(NAMED[colour], np.float32), axis=-1) < levels


class Pair:
    def __init__(self, before: Image.Image, after: Image.Image):
        self.before, self.after = before, after
        self.size = before.size
        self.rgb = [np.asarray(p, np.float32) for p in (before, after)]
        self.inks, self.frames = {}, {}

    @cached_property
    def turned(self):
        """The same pictures the other way round."""
        other = Pair(self.after, self.before)
        other.turned = self
        return other

    @cached_property
    def gap(self):
        return gap(self.before, self.after)

    @cached_property
    def changed_a_little(self):
        """Share of pixels of which some channel has changed by more than 16 levels."""
        return float((np.abs(self.rgb[1] - self.rgb[0]).max(axis=-1) > 16).mean())

    @cached_property
    def lab(self):
        return [rgb2lab(np.asarray(p.reduce(2))) for p in (self.before, self.after)]

    @cached_property
    def light(self):
        """Mean CIELAB lightness of both, 0 to 100."""
        return [float(p[..., 0].mean()) for p in self.lab]

    @cached_property
    def contrast(self):
        return [float(p[..., 0].std()) for p in self.lab]

    @cached_property
    def chroma(self):
        return [float(np.hypot(p[..., 1], p[..., 2]).mean()) for p in self.lab]

    @cached_property
    def edges(self):
        """Mean absolute Laplacian of grey levels, on pictures reduced to 256 pixels at most."""
        greys = [self._grey(p) for p in (self.before, self.after)]
        return [float(np.abs(laplace(g)).mean()) for g in greys]

    @cached_property
    def added_along_edges(self):
        """Correlation of what was added with the negative Laplacian of the first picture."""
        was, now = (self._grey(p) for p in (self.before, self.after))
        if was.std() == 0:
            return 0.0
        return float(np.corrcoef((now - was).ravel(), laplace(was).ravel())[0, 1])

    @staticmethod
    def _grey(picture):
        factor = max(1, max(picture.size) // 256)
        return np.asarray(picture.reduce(factor).convert("L"), np.float32)

    def like(self, expected: Image.Image) -> bool:
        """Say whether the second picture is the expected one, JPEG and resampling allowed for."""
        return gap(expected, self.after) < 0.35 * self.gap

    @cached_property
    def tilt(self):
        """Which of the possible angles, clockwise, explains the second picture best."""
        side = (128, max(8, round(128 * self.size[1] / self.size[0])))
        was, now = (p.resize(side, Image.Resampling.BOX) for p in (self.before, self.after))
        return min(ANGLES, key=lambda a: min(gap(t, now) for t in _turned(was, a)))

    @cached_property
    def part(self):
        """Which part of the first picture the second one shows; empty if it shows none."""
        side = (96, max(8, round(96 * self.size[1] / self.size[0])))
        was, now = (p.resize(side, Image.Resampling.BOX) for p in (self.before, self.after))
        gaps = {name: min(gap(c, now) for c in _parts(was, ANCHORS[name])) for name in ANCHORS}
        best = min(gaps, key=lambda name: gaps[name])
        return best if gaps[best] < 0.5 * gap(was, now) else ""

    @cached_property
    def changed(self):
        return np.abs(self.rgb[1] - self.rgb[0]).max(axis=-1) >= 45

    @cached_property
    def changed_box(self):
        """Left, top, right and bottom of what changed, stray pixels left out."""
        edges = []
        for axis in (0, 1):
            hit = np.flatnonzero(self.changed.sum(axis=axis) >= 1)
            edges.append((int(hit[0]), int(hit[-1]) + 1))
        (left, right), (top, bottom) = edges
        return left, top, right, bottom

    @cached_property
    def place(self):
        """Which of the nine places the middle of the change is nearest to."""
        left, top, right, bottom = self.changed_box
        width, height = self.size

        def third(start, end, whole):
            if abs((start + end) / 2 - whole / 2) < 0.04 * whole:
                return 0.5
            return 0 if start < whole - end else 1

        found = (third(left, right, width), third(top, bottom, height))
        return next(name for name, anchor in ANCHORS.items() if anchor == found)

    def ink(self, colour: str):
        """Where, within the changed box, the second picture has this colour, if the rest has not.

        What lies behind letters that have gone would look like letters else.
        """
        if colour not in self.inks:
            left, top, right, bottom = self.changed_box
            box = np.s_[top:bottom, left:right]
            inked, changed = near(self.rgb[1][box], colour, 90), self.changed[box]
            stands_out = (inked & ~changed).sum() <= 0.3 * (~changed).sum()
            self.inks[colour] = inked & changed & stands_out
        return self.inks[colour]

    def frame(self, colour: str):
        """Shares of the colour along the four edges of both, and how wide a band of it is now."""
        if colour not in self.frames:
            both = [near(p, colour, 80) for p in self.rgb]
            rims = [(p[:2].mean(), p[-2:].mean(), p[:, :2].mean(), p[:, -2:].mean()) for p in both]
            band = int(np.argmin(both[1][:, both[1].shape[1] // 2])) / min(self.size)
            self.frames[colour] = (*rims, band)
        return self.frames[colour]

    @cached_property
    def gap_inside(self):
        """How far the two are apart without their margins, in levels."""
        inside = tuple(int(0.12 * side) for side in self.size)
        box = (*inside, self.size[0] - inside[0], self.size[1] - inside[1])
        return gap(self.before.crop(box), self.after.crop(box))


def _turned(picture, degrees):
    width, height = picture.size
    turned = picture.rotate(-degrees, Image.Resampling.BILINEAR)
    for percent in range(60, 92, 3):
        dx, dy = (side * (1 - percent / 100) / 2 for side in (width, height))
        yield turned.resize(picture.size, box=(dx, dy, width - dx, height - dy))


def _parts(picture, anchor):
    for share in np.arange(0.44, 0.67, 0.02):
        width, height = picture.width * share, picture.height * share
        left, top = anchor[0] * (picture.width - width), anchor[1] * (picture.height - height)
        yield picture.resize(picture.size, box=(left, top, left + width, top + height))


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
