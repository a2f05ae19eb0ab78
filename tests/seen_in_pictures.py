"""What can be seen in a pair of pictures, measured in other ways than the code under test does.

Colours are judged in CIELAB (scikit-image), geometry by trying what a claim says.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
from PIL import Image
from skimage.color import rgb2lab
from skimage.filters import laplace

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
        self.known = {}

    def once(self, key, find):
        """Return what `find` finds, which is looked for only the first time: many captions ask."""
        if key not in self.known:
            self.known[key] = find()
        return self.known[key]

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
        if "turned" in self.__dict__ and "lab" in self.turned.__dict__:
            return self.turned.lab[::-1]
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

        def find():
            left, top, right, bottom = self.changed_box
            box = np.s_[top:bottom, left:right]
            inked, changed = near(self.rgb[1][box], colour, 90), self.changed[box]
            stands_out = (inked & ~changed).sum() <= 0.3 * (~changed).sum()
            return inked & changed & stands_out

        return self.once(("ink", colour), find)

    def frame(self, colour: str):
        """Shares of the colour along the four edges of both, and how wide a band of it is now."""

        def find():
            both = [near(p, colour, 80) for p in self.rgb]
            rims = [(p[:2].mean(), p[-2:].mean(), p[:, :2].mean(), p[:, -2:].mean()) for p in both]
            band = int(np.argmin(both[1][:, both[1].shape[1] // 2])) / min(self.size)
            return (*rims, band)

        return self.once(("frame", colour), find)

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
