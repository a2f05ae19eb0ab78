"""The edit that pastes a shape onto the picture."""

from __future__ import annotations

import math
import random
from functools import cache, lru_cache
from typing import ClassVar, Literal, Self

from PIL import Image, ImageDraw

from pipelines.edits import measure
from pipelines.edits.base import Box, PictureEdit, Wording
from pipelines.edits.words import (
    COLOURS,
    PLACES,
    ColourName,
    PlaceName,
    contrasting,
    fill,
    place_box,
    with_article,
)
from syned.rows import Task

PASTED = Wording(
    instructions=(
        "Add {a_shape} {at}.",
        "Paste {a_shape} {at} of the picture.",
        "Put {a_shape} sticker {at_also}.",
        "Place {a_sized} {at}.",
        "Decorate {noun} of the image with {a_shape}.",
    ),
    captions=(
        "{a_shape} has been added {at}.",
        "{at} of the second picture there is now {a_shape}.",
        "{a_sized} sits {at_also}, where none was before.",
        "The second image differs from the first by {a_shape}.",
        "{noun} of the picture is now partly hidden behind {a_shape}.",
        "All else is as before, but {a_sized} covers part of the picture.",
        "A {shape_only} sticker was put onto the image {at_also}.",
        "Someone has placed {a_sized} {at}.",
        "The only thing that is new is the {shape} {at_also}.",
        "What the first picture lacks is {a_shape} {at_also}.",
    ),
    change="with {a_shape} {at}",
)

PASTED_BACK = Wording(
    instructions=(
        "Remove the {shape} {at}.",
        "Take the {sized} away from the picture.",
        "Peel the {shape_only} sticker off {noun}.",
    ),
    captions=(
        "The {shape} {at} is gone.",
        "The {sized} has been removed from the picture.",
        "{at} of the first picture there is {a_shape}, which the second one lacks.",
        "Where {a_sized} sat {at_also}, the picture itself can be seen.",
        "{noun} of the picture is no longer partly hidden behind {a_shape}.",
        "All else is as before, but no {shape} covers part of the picture any more.",
        "A {shape_only} sticker was taken off the image {at_also}.",
        "The only thing that is missing is the {sized} {at_also}.",
        "Before, {a_shape} could be seen {at}.",
        "Someone has peeled {a_sized} off {noun}.",
    ),
    change="",
)

ShapeName = Literal["circle", "square", "triangle", "star", "heart", "diamond", "hexagon", "cross"]
SIZES: dict[Literal["small", "large"], float] = {"small": 0.17, "large": 0.34}
"""Side of the shape's box as a share of the shorter side of the picture."""

MIN_SIDE = 24
"""Smaller shapes cannot be told apart, in pixels."""
MIN_SHARE = 0.05
"""Nor can smaller ones in a long picture, as a share of its longer side."""
MASTER_SIDE = 512
"""Side of the square in which shapes are drawn before they are scaled down, in pixels."""
BOX = Image.Resampling.BOX

Points = list[tuple[float, float]]


def _regular(corners: int, turn: float = 0.0, inner: float = 1.0) -> Points:
    """Return a polygon around the origin; every second corner lies at the distance `inner`."""
    angles = [2 * math.pi * (k / corners + turn) - math.pi / 2 for k in range(corners)]
    reach = [inner if k % 2 else 1.0 for k in range(corners)]
    return [(r * math.cos(a), r * math.sin(a)) for r, a in zip(reach, angles, strict=True)]


def _heart() -> Points:
    """Return a heart, by the well-known curve in sines and cosines (mathworld, "Heart Curve")."""
    angles = [2 * math.pi * k / 64 for k in range(64)]
    return [
        (
            16 * math.sin(t) ** 3,
            -13 * math.cos(t) + 5 * math.cos(2 * t) + 2 * math.cos(3 * t) + math.cos(4 * t),
        )
        for t in angles
    ]


OUTLINES: dict[ShapeName, Points] = {
    "circle": _regular(64),
    "square": [(-1, -1), (1, -1), (1, 1), (-1, 1)],
    "triangle": [(0, -1), (1, 0.8), (-1, 0.8)],
    "star": _regular(10, inner=0.45),
    "heart": _heart(),
    "diamond": [(0, -1), (0.75, 0), (0, 1), (-0.75, 0)],
    "hexagon": _regular(6),
    "cross": [
        *((-1, -1), (-1, -3), (1, -3), (1, -1), (3, -1), (3, 1)),
        *((1, 1), (1, 3), (-1, 3), (-1, 1), (-3, 1), (-3, -1)),
    ],
}


class Sticker(PictureEdit):
    """Pastes a filled shape with an outline at a place."""

    task: ClassVar[Task] = Task.ADD
    on_scenes: ClassVar[bool] = False
    kind: Literal["sticker"] = "sticker"
    shape: ShapeName
    colour: ColourName
    place: PlaceName
    size: Literal["small", "large"]

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:
        """Draw shape, size and place, and a colour that stands out there."""
        edit = cls(
            shape=rng.choice(list(OUTLINES)),
            colour=rng.choice(list(COLOURS)),
            place=rng.choice(list(PLACES)),
            size=rng.choice(list(SIZES)),
        )
        box = edit._box(picture.size)
        if box[2] - box[0] < max(MIN_SIDE, MIN_SHARE * max(picture.size)):
            return None
        ground = picture.crop(box)
        far = [n for n, c in COLOURS.items() if measure.share_far(ground, c) >= 0.95]
        return edit.model_copy(update={"colour": rng.choice(far)}) if far else None

    def _box(self, size: tuple[int, int]) -> Box:
        """Return where the shape is, its outline included, in pixels."""
        side = max(8, round(SIZES[self.size] * min(size)))
        return place_box(self.place, size, (side, side))

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture with the shape on it."""
        box = self._box(picture.size)
        fill_colour = COLOURS[self.colour]
        edited = picture.copy()
        outer, inner = _masks(self.shape, box[2] - box[0])
        edited.paste(contrasting(fill_colour), box, outer)
        edited.paste(fill_colour, box, inner)
        return edited

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether the shape's fill is new on most of the area it takes."""
        box = self._box(before.size)
        _, inner = _masks(self.shape, box[2] - box[0])
        filled = sum(inner.histogram()[128:]) / (inner.width * inner.height)
        return measure.appeared(before, after, box, COLOURS[self.colour]) >= 0.8 * filled

    def wording(self) -> Wording:
        """Return the words for this shape and place."""
        return self._filled(PASTED)

    def inverse_wording(self) -> Wording:
        """Return the words for taking this shape away."""
        return self._filled(PASTED_BACK)

    def _filled(self, wording: Wording) -> Wording:
        """Return a wording with this shape and place."""
        place = PLACES[self.place]
        shape = f"{self.colour} {self.shape}"
        return fill(
            wording,
            shape=shape,
            sized=f"{self.size} {shape}",
            shape_only=self.shape,
            a_shape=with_article(shape),
            a_sized=with_article(f"{self.size} {shape}"),
            at=place.at,
            at_also=place.at_also,
            noun=place.noun,
        )


@lru_cache(256)
def _masks(shape: ShapeName, side: int) -> tuple[Image.Image, Image.Image]:
    """Return the masks of a shape with its outline and of its fill, smooth, L (side, side)."""
    outer, inner = (_master(shape, scale).resize((side, side), BOX) for scale in (1.0, 0.84))
    return outer, inner


@cache
def _master(shape: ShapeName, scale: float) -> Image.Image:
    """Return the mask of a shape in a large square, shrunk about the mean of its corners."""
    points = OUTLINES[shape]
    xs, ys = [x for x, _ in points], [y for _, y in points]
    middle_x, middle_y = sum(xs) / len(xs), sum(ys) / len(ys)
    width, height = max(xs) - min(xs), max(ys) - min(ys)
    unit = (MASTER_SIDE - 1) / max(width, height)
    left, top = (MASTER_SIDE - 1 - unit * width) / 2, (MASTER_SIDE - 1 - unit * height) / 2
    corners = [
        (
            left + unit * (middle_x + scale * (x - middle_x) - min(xs)),
            top + unit * (middle_y + scale * (y - middle_y) - min(ys)),
        )
        for x, y in points
    ]
    mask = Image.new("L", (MASTER_SIDE, MASTER_SIDE))
    ImageDraw.Draw(mask).polygon(corners, fill=255)
    return mask
