"""Edits that turn the whole picture: flips, quarter and half turns, and a tilt."""

from __future__ import annotations

import math
import random
from typing import ClassVar, Literal, Self

import numpy as np
from PIL import Image, ImageOps

from pipelines.edits import measure
from pipelines.edits.base import PictureEdit, Wording
from pipelines.edits.turns import (
    HALF_TURN,
    HALF_TURN_BACK,
    MIRRORED,
    QUARTER_TURN,
    QUARTER_TURN_BACK,
    TILTED,
    TILTED_BACK,
    UPENDED,
    UPENDED_BACK,
)
from pipelines.edits.words import fill
from syned.rows import Task

Turn = Literal[90, 180, 270]

ENOUGH = 16.0
"""Levels by which a layout has to change for a turn to be plain to see; mere texture does not."""
MAX_ASPECT = 1.6
"""Longer pictures lose too much when a quarter turn is shrunk to their frame."""


class Flip(PictureEdit):
    """Mirrors the picture left to right or top to bottom."""

    task: ClassVar[Task] = Task.GLOBAL
    kind: Literal["flip"] = "flip"
    axis: Literal["horizontal", "vertical"]

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:  # noqa: ARG003
        """Draw an axis, more often the horizontal one."""
        return cls(axis="horizontal" if rng.random() < 0.6 else "vertical")

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the mirror image."""
        methods = Image.Transpose
        return picture.transpose(
            methods.FLIP_LEFT_RIGHT if self.axis == "horizontal" else methods.FLIP_TOP_BOTTOM
        )

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether the layout has changed enough: a symmetric picture's does not."""
        return measure.moved(before, after) >= ENOUGH

    def wording(self) -> Wording:
        """Return the words for this axis."""
        return MIRRORED if self.axis == "horizontal" else UPENDED

    def inverse_wording(self) -> Wording:
        """Return the words for the same flip, which is its own way back."""
        return MIRRORED if self.axis == "horizontal" else UPENDED_BACK


class Rotate(PictureEdit):
    """Turns the picture by a quarter or half turn; a quarter turn shrinks it to fit its frame."""

    task: ClassVar[Task] = Task.GLOBAL
    kind: Literal["rotate"] = "rotate"
    degrees: Turn
    """Clockwise."""
    shrunk: bool
    """Whether the turned picture has another shape than the frame, so that black bars remain."""

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:
        """Draw an angle; long pictures are turned by 180 degrees only."""
        aspect = max(picture.size) / min(picture.size)
        angles: tuple[Turn, ...] = (90, 180, 270) if aspect <= MAX_ASPECT else (180,)
        degrees = rng.choice(angles)
        return cls(degrees=degrees, shrunk=degrees != 180 and aspect > 1.08)

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the turned picture, black where a quarter turn leaves the frame empty."""
        if self.degrees == 180:
            return picture.transpose(Image.Transpose.ROTATE_180)
        turns = Image.Transpose
        turned = picture.transpose(turns.ROTATE_270 if self.degrees == 90 else turns.ROTATE_90)
        return turned if turned.size == picture.size else ImageOps.pad(turned, picture.size)

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether the turned layout, bars apart, differs enough, and any bars stand out."""
        upright = measure.layout(before)
        turned = np.rot90(upright, -self.degrees // 90)
        return (
            measure.moved(before, after) >= ENOUGH
            and float(np.abs(turned - upright).mean()) >= ENOUGH
            and (not self.shrunk or _ends_are_light(before))
        )

    def wording(self) -> Wording:
        """Return the words for this angle."""
        if self.degrees == 180:
            return HALF_TURN
        return fill(
            QUARTER_TURN,
            **_directions(clockwise=self.degrees == 90),
            fit=" and shrunk to fit the frame" if self.shrunk else "",
            bars=", which leaves black bars along two edges" if self.shrunk else "",
            between=" between two black bars" if self.shrunk else "",
        )

    def inverse_wording(self) -> Wording:
        """Return the words for the turn the other way, which leaves no bars."""
        if self.degrees == 180:
            return HALF_TURN_BACK
        return fill(
            QUARTER_TURN_BACK,
            **_directions(clockwise=self.degrees == 270),
            fill=" and enlarge it to fill the frame" if self.shrunk else "",
            fit=" and enlarged to fill the frame" if self.shrunk else "",
            bars=", and the black bars along two edges are gone" if self.shrunk else "",
            between=", without the black bars on two sides" if self.shrunk else "",
            barred=" and shrunk between two black bars" if self.shrunk else "",
        )


def _directions(*, clockwise: bool) -> dict[str, str]:
    """Return the words for a direction, its opposite, and where a quarter turn takes the ends."""
    ways, sides = ("clockwise", "counterclockwise"), ("right", "left")
    here, there = (0, 1) if clockwise else (1, 0)
    return {"way": ways[here], "back": ways[there], "top": sides[here], "bottom": sides[there]}


def _ends_are_light(picture: Image.Image) -> bool:
    """Say whether the edges that come to lie beside black bars stand out from them."""
    width, height = picture.size
    rim = max(1, min(picture.size) // 24)
    tall = height > width
    ends = (
        ((0, 0, rim, height), (width - rim, 0, width, height))
        if tall
        else ((0, 0, width, rim), (0, height - rim, width, height))
    )
    return all(measure.share_far(picture.crop(box), (0, 0, 0)) >= 0.5 for box in ends)


class Tilt(PictureEdit):
    """Turns the picture by a few degrees, enlarged so that no corner stays empty."""

    task: ClassVar[Task] = Task.GLOBAL
    on_scenes: ClassVar[bool] = False
    kind: Literal["tilt"] = "tilt"
    degrees: Literal[-20, -15, -10, 10, 15, 20]
    """Clockwise."""

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:
        """Draw an angle for a picture that is not too long."""
        if max(picture.size) / min(picture.size) > MAX_ASPECT:
            return None
        return cls(degrees=rng.choice((-20, -15, -10, 10, 15, 20)))

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture turned about its centre and enlarged until it covers the frame."""
        width, height = picture.size
        angle = math.radians(self.degrees)
        cos, sin = math.cos(angle), math.sin(angle)
        scale = self._scale(picture.size)
        a, b = scale * cos, scale * sin
        cx, cy = width / 2, height / 2
        matrix = (a, b, cx - a * cx - b * cy, -b, a, cy + b * cx - a * cy)
        return picture.transform(
            picture.size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR
        )

    def _scale(self, size: tuple[int, int]) -> float:
        """Return by what the frame, turned back, must be scaled to lie within the picture."""
        angle = math.radians(abs(self.degrees))
        return 1 / (math.cos(angle) + math.sin(angle) * max(size) / min(size))

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether the layout differs enough from the same enlargement without a tilt."""
        before, after = measure.small(before), measure.small(after)
        width, height = before.size
        lost = (1 - self._scale(before.size)) / 2
        box = (width * lost, height * lost, width * (1 - lost), height * (1 - lost))
        level = before.resize(before.size, Image.Resampling.BILINEAR, box=box)
        return measure.moved(level, after) >= ENOUGH

    def wording(self) -> Wording:
        """Return the words for this angle."""
        way = _directions(clockwise=self.degrees > 0)
        return fill(TILTED, **way, side=way["top"], degrees=str(abs(self.degrees)))

    def inverse_wording(self) -> Wording:
        """Return the words for a picture that leans no longer."""
        way = _directions(clockwise=self.degrees < 0)
        return fill(TILTED_BACK, **way, side=way["bottom"], degrees=str(abs(self.degrees)))
