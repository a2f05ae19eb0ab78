"""Edits that leave the content as it is, for pairs without a difference (distractors)."""

from __future__ import annotations

import io
import random
from typing import ClassVar, Literal, Self

from PIL import Image

from pipelines.edits import measure
from pipelines.edits.base import PictureEdit, Wording
from syned.rows import Task

UNCHANGED = Wording(
    instructions=(
        "Leave the picture as it is.",
        "Do not change anything in the image.",
        "Keep the whole content of the picture.",
        "Return the same picture without any visible edit.",
        "Make no edit.",
    ),
    captions=(
        "Nothing in the picture has changed.",
        "Both images show the same content.",
        "There is no difference worth mentioning between the two pictures.",
        "Nothing was added, removed or altered.",
        "The second image looks just like the first.",
        "Whatever can be seen before is still there afterwards, as it was.",
        "The content is unchanged.",
        "A viewer would take the two for the same picture.",
        "Even a close comparison brings up no change in what is shown.",
        "No edit is visible.",
        "Between the first and the second picture, everything has stayed as it was.",
    ),
    change="",
)


MAX_CHANGED = 0.1
"""Share of pixels that may change."""


class _Nothing(PictureEdit):
    """An edit that nobody is meant to see."""

    task: ClassVar[Task] = Task.NONE
    levels: ClassVar[int] = 16
    """A pixel of the reduced picture has changed if one of its channels did by so much."""

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether hardly a pixel has changed, and details are as fine as before."""
        before, after = (measure.small(p, measure.DETAIL_SIDE) for p in (before, after))
        detail = measure.detail(before)
        return (
            measure.share_changed(before, after, self.levels) <= MAX_CHANGED
            and abs(measure.detail(after) - detail) <= 1 + 0.25 * detail
        )

    def wording(self) -> Wording:
        """Return the words for no change."""
        return UNCHANGED

    def inverse_wording(self) -> Wording:
        """Return the same words: there is no change either way."""
        return UNCHANGED


class Jitter(_Nothing):
    """Cuts a pixel or two off the edges and scales the rest back."""

    levels: ClassVar[int] = 6
    """A shift shows in fine texture, of which the reduced picture has less: of 75 pictures that
    were shifted by one or two pixels, none that passes here changes by 16 levels in more than 11 %
    of its pixels at 512 pixels."""
    kind: Literal["jitter"] = "jitter"
    left: float
    """Share of the width cut off on the left; the others likewise."""
    top: float
    right: float
    bottom: float

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:
        """Draw the four margins for a picture whose texture does not show a shift."""
        left, top, right, bottom = (round(rng.uniform(0, 0.0025), 4) for _ in range(4))
        edit = cls(left=left, top=top, right=right, bottom=bottom)
        shown = measure.small(picture, measure.DETAIL_SIDE)
        changed = measure.share_changed(shown, edit.apply(shown), cls.levels)
        return edit if changed <= 0.7 * MAX_CHANGED else None

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture without its margins, scaled back to its size."""
        width, height = picture.size
        box = (
            width * self.left,
            height * self.top,
            width * (1 - self.right),
            height * (1 - self.bottom),
        )
        return picture.resize(picture.size, Image.Resampling.BICUBIC, box=box)


class Flicker(_Nothing):
    """Changes the brightness by so little that only a direct comparison could show it."""

    kind: Literal["flicker"] = "flicker"
    factor: float

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:  # noqa: ARG003
        """Draw the factor, about one per cent from one."""
        return cls(factor=round(rng.choice((-1, 1)) * rng.uniform(0.005, 0.012) + 1, 3))

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture with all levels multiplied."""
        return picture.point([min(255, round(self.factor * x)) for x in range(256)] * 3)


class Recompress(_Nothing):
    """Stores the picture as a JPEG of good quality once more."""

    kind: Literal["recompress"] = "recompress"
    quality: int

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:  # noqa: ARG003
        """Draw the quality."""
        return cls(quality=rng.randint(75, 90))

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture as it comes back from a JPEG of this quality."""
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=self.quality)
        with Image.open(buffer) as stored:
            return stored.convert("RGB")
