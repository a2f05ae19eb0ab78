"""The edit that puts a border around the picture."""

from __future__ import annotations

import random
from typing import ClassVar, Literal, Self

from PIL import Image

from pipelines.edits import measure
from pipelines.edits.base import Box, PictureEdit, Wording
from pipelines.edits.words import COLOURS, ColourName, fill, with_article
from syned.rows import Task

FRAMED = Wording(
    instructions=(
        "Put {a_border} around the picture.",
        "Frame the image in {colour}.",
        "Add {a_border} along all four edges.",
        "Surround everything with {a_border}.",
    ),
    captions=(
        "The image now has {a_border}.",
        "{A_border} has been put around the picture.",
        "All four edges of the second picture are covered by a {width} band of {colour}.",
        "Unlike the first image, the second one is enclosed in {colour}.",
        "Inside its new {width} border in {colour}, the picture is as it was.",
        "Nothing differs apart from the {width} {colour} frame around it all.",
        "What differs is the margin, which has turned {colour} on all sides.",
        "A frame has been added: it is {colour}, {width} and runs along every edge.",
        "Where the first picture had its margin, there is now nothing but {colour}.",
        "Someone has painted the outer edges of the image {colour}, all the way round.",
    ),
    change="with {a_border}",
)

FRAMED_BACK = Wording(
    instructions=(
        "Remove the {colour} border.",
        "Take the {width} {colour} frame away from the picture.",
        "Show the picture without the {colour} band along its edges.",
    ),
    captions=(
        "The {colour} border is gone.",
        "The {width} {colour} frame around the picture has been removed.",
        "The first image is enclosed in {colour}, and the second one is not.",
        "Where the {width} border in {colour} was, the picture now goes on up to its edges.",
        "No band of {colour} runs along all four edges any more.",
        "What the second picture lacks is the {colour} border on every side.",
        "Inside the old frame nothing differs; only the {colour} border has been taken away.",
        "Before, a {width} {colour} border covered the margin.",
        "Compared with the first image, the second one shows a little more on each side, instead "
        "of a frame in {colour}.",
        "Someone has taken the picture out of its {width} frame, which was {colour}.",
    ),
    change="",
)

WIDTHS: dict[Literal["thin", "thick"], float] = {"thin": 0.035, "thick": 0.09}
"""Width of a border as a share of the shorter side."""


class Border(PictureEdit):
    """Covers the margin of the picture with a band of one colour."""

    task: ClassVar[Task] = Task.GLOBAL
    kind: Literal["border"] = "border"
    colour: ColourName
    width: Literal["thin", "thick"]

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:  # noqa: ARG003
        """Draw a colour and a width."""
        return cls(colour=rng.choice(list(COLOURS)), width=rng.choice(("thin", "thick")))

    def _band(self, size: tuple[int, int]) -> int:
        """Return the width of the band in pixels."""
        return max(2, round(WIDTHS[self.width] * min(size)))

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture with its margin covered."""
        band = self._band(picture.size)
        width, height = picture.size
        framed = Image.new("RGB", picture.size, COLOURS[self.colour])
        framed.paste(picture.crop((band, band, width - band, height - band)), (band, band))
        return framed

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether the border is new on each side, and stands out from what it surrounds."""
        band = self._band(before.size)
        width, height = before.size
        outer = _sides(0, width, height, band)
        inner = _sides(band, width, height, band)
        colour = COLOURS[self.colour]
        return all(measure.appeared(before, after, box, colour) >= 0.75 for box in outer) and all(
            measure.appeared(before, after, box, colour) <= 0.05
            and measure.share_far(after.crop(box), colour) >= 0.6
            for box in inner
        )

    def covered(self, size: tuple[int, int]) -> tuple[Box, ...]:
        """Return the four sides."""
        return _sides(0, *size, self._band(size))

    def wording(self) -> Wording:
        """Return the words for this border."""
        border = with_article(f"{self.width} {self.colour} border")
        return fill(
            FRAMED,
            a_border=border,
            A_border=border.capitalize(),
            colour=self.colour,
            width=self.width,
        )

    def inverse_wording(self) -> Wording:
        """Return the words for taking this border away."""
        return fill(FRAMED_BACK, colour=self.colour, width=self.width)


def _sides(inset: int, width: int, height: int, band: int) -> tuple[Box, ...]:
    """Return the four strips of a band that lies a distance inside a frame, in pixels."""
    right, bottom = width - inset, height - inset
    return (
        (inset, inset, right, inset + band),
        (inset, bottom - band, right, bottom),
        (inset, inset, inset + band, bottom),
        (right - band, inset, right, bottom),
    )
