"""The edit that zooms in on one part of the picture."""

from __future__ import annotations

import random
from typing import ClassVar, Literal, Self

from PIL import Image

from pipelines.edits import measure
from pipelines.edits.base import PictureEdit, Wording
from pipelines.edits.words import PLACES, PlaceName, fill
from syned.rows import Task

CROPPED = Wording(
    instructions=(
        "Crop the picture to {part}.",
        "Zoom in on {part} of the image.",
        "Cut away {lost} and enlarge the rest.",
        "Show only {part} of the picture.",
    ),
    captions=(
        "The image has been cropped to {part}.",
        "The view has zoomed in on {part} of the picture.",
        "Only {part} of the first picture remains, filling the whole frame.",
        "A crop has cut off {lost} and enlarged what is left.",
        "Compared with the first image, the second one shows a closer view of {part}.",
        "Everything still visible appears larger, because the frame now leaves out {lost}.",
        "The second picture is a close-up of {part} of the first.",
        "The first image shows more than the second, which is limited to {part}.",
        "Less of the picture can be seen, since {lost} have been cut away.",
        "After the edit, {part} of the old picture takes up all the space.",
    ),
    change="cropped to {part}",
)

CROPPED_BACK = Wording(
    instructions=(
        "Zoom out until the present view is only {part} of the picture.",
        "Widen the view to take in {lost}.",
        "Show the whole picture of which this is {part}.",
    ),
    captions=(
        "The view has zoomed out.",
        "The second image shows more than the first, which is limited to {part} of it.",
        "What filled the whole frame at first is now {part} of a wider view.",
        "Compared with the close-up of {part} before, the second picture is a wider view.",
        "Everything seen before appears smaller, because the frame now takes in {lost} as well.",
        "Only {part} of the second picture can be seen in the first.",
        "More of the picture can be seen, since {lost} have been added.",
        "The first image leaves out {lost}, which are there in the second.",
        "A wider frame brings {lost} into view.",
        "After the edit, the old picture takes up no more than {part}.",
    ),
    change="",
)

PARTS: dict[PlaceName, tuple[str, str]] = {
    "upper left": ("the upper left part", "the right and the bottom"),
    "top": ("the upper middle part", "the bottom and both sides"),
    "upper right": ("the upper right part", "the left and the bottom"),
    "left": ("the middle left part", "the right, the top and the bottom"),
    "centre": ("the central part", "the outer parts on all four sides"),
    "right": ("the middle right part", "the left, the top and the bottom"),
    "lower left": ("the lower left part", "the right and the top"),
    "bottom": ("the lower middle part", "the top and both sides"),
    "lower right": ("the lower right part", "the left and the top"),
}
"""What is shown, and what is cut off."""


class Crop(PictureEdit):
    """Cuts off what lies outside one part, and enlarges this to the size of the picture."""

    task: ClassVar[Task] = Task.GLOBAL
    on_scenes: ClassVar[bool] = False
    kind: Literal["crop"] = "crop"
    place: PlaceName
    share: float
    """Part of the width, and of the height, that is kept."""

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:  # noqa: ARG003
        """Draw the part to keep and its size."""
        return cls(place=rng.choice(list(PLACES)), share=round(rng.uniform(0.45, 0.65), 2))

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the part, enlarged to the size of the picture."""
        box = _part(self.place, self.share, picture.size)
        return picture.resize(picture.size, Image.Resampling.BICUBIC, box=box)

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether the part shows something, and something else than any other part."""
        was, now = measure.small(before), measure.small(after)
        others = (
            was.resize(was.size, Image.Resampling.BILINEAR, box=_part(place, self.share, was.size))
            for place in PLACES
            if place != self.place
        )
        return (
            measure.moved(was, now) >= 16
            and measure.variety(now) >= 16
            and all(measure.moved(other, now) >= 6 for other in others)
        )

    def wording(self) -> Wording:
        """Return the words for this part."""
        part, lost = PARTS[self.place]
        return fill(CROPPED, part=part, lost=lost)

    def inverse_wording(self) -> Wording:
        """Return the words for the wider view around this part."""
        part, lost = PARTS[self.place]
        return fill(CROPPED_BACK, part=part, lost=lost)


def _part(
    place: PlaceName, share: float, size: tuple[int, int]
) -> tuple[float, float, float, float]:
    """Return the borders of a part of a picture, in pixels."""
    spot = PLACES[place]
    width, height = (share * side for side in size)
    left, top = spot.across * (size[0] - width), spot.down * (size[1] - height)
    return (left, top, left + width, top + height)
