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
        "Whatever can be seen before can be seen in the same way afterwards.",
        "The content is unchanged.",
        "A viewer would take the two for the same picture.",
        "Even a close comparison brings up no change in what is shown.",
        "No edit is visible.",
        "Between the first and the second picture, everything has stayed as it was.",
    ),
    change="",
)


class _Nothing(PictureEdit):
    """An edit that nobody is meant to see."""

    task: ClassVar[Task] = Task.NONE

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether layout, brightness and detail are nearly the same."""
        before, after = (measure.small(p, measure.DETAIL_SIDE) for p in (before, after))
        detail = measure.detail(before)
        return (
            measure.moved(before, after) <= 7
            and abs(measure.mean_luma(after) - measure.mean_luma(before)) <= 7
            and abs(measure.detail(after) - detail) <= 1 + 0.25 * detail
        )

    def wording(self) -> Wording:
        """Return the words for no change."""
        return UNCHANGED


class Jitter(_Nothing):
    """Cuts a few pixels off the edges and scales the rest back."""

    kind: Literal["jitter"] = "jitter"
    left: float
    """Share of the width cut off on the left; the others likewise."""
    top: float
    right: float
    bottom: float

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:  # noqa: ARG003
        """Draw the four margins."""
        left, top, right, bottom = (round(rng.uniform(0, 0.012), 4) for _ in range(4))
        return cls(left=left, top=top, right=right, bottom=bottom)

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
        """Draw the factor, within two per cent of one."""
        return cls(factor=round(rng.choice((-1, 1)) * rng.uniform(0.008, 0.02) + 1, 3))

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture with all levels multiplied."""
        return picture.point([min(255, round(self.factor * x)) for x in range(256)] * 3)


class Recompress(_Nothing):
    """Stores the picture as a JPEG of moderate quality once more."""

    kind: Literal["recompress"] = "recompress"
    quality: int

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:  # noqa: ARG003
        """Draw the quality."""
        return cls(quality=rng.randint(60, 80))

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture as it comes back from a JPEG of this quality."""
        buffer = io.BytesIO()
        picture.save(buffer, "JPEG", quality=self.quality)
        with Image.open(buffer) as stored:
            return stored.convert("RGB")
