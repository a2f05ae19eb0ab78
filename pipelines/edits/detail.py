"""Edits of fine detail: blur, sharpening and noise. Sizes follow the picture's size."""

from __future__ import annotations

import random
from typing import ClassVar, Literal, Self

import numpy as np
from PIL import Image, ImageChops, ImageFilter

from pipelines.edits import measure
from pipelines.edits.base import PictureEdit, Wording
from pipelines.edits.detail_words import (
    BLURRED,
    BLURRED_BACK,
    NOISY,
    NOISY_BACK,
    SHARPENED,
    SHARPENED_BACK,
)
from syned.rows import Task

DARK = 40.0
"""Mean luma below which grain hides what a picture shows, in levels."""


class Blur(PictureEdit):
    """Blurs the whole picture."""

    task: ClassVar[Task] = Task.STYLE
    kind: Literal["blur"] = "blur"
    radius: float
    """Standard deviation of the Gaussian, as a share of the longer side."""

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:
        """Blur by a random amount a picture that has details to lose."""
        radius = round(rng.uniform(0.009, 0.014), 4)
        return cls(radius=radius) if measure.detail(picture) >= 2.5 else None

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture through a Gaussian, computed on a reduced one as far as none sees."""
        radius = max(1.0, self.radius * max(picture.size))
        factor = max(1, int(radius / 1.5))
        soft = picture.reduce(factor).filter(ImageFilter.GaussianBlur(radius / factor))
        box = (0, 0, picture.width / factor, picture.height / factor)
        return soft.resize(picture.size, Image.Resampling.BILINEAR, box=box)

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether there was fine detail and less than 40 % of it is left."""
        was = measure.detail(before)
        return was >= 2.5 and measure.detail(after) <= 0.4 * was

    def wording(self) -> Wording:
        """Return the words for blur."""
        return BLURRED

    def inverse_wording(self) -> Wording:
        """Return the words for a blur that is gone."""
        return BLURRED_BACK


class Sharpen(PictureEdit):
    """Sharpens the whole picture by an unsharp mask on its luma."""

    task: ClassVar[Task] = Task.STYLE
    kind: Literal["sharpen"] = "sharpen"
    amount: float
    """How many times the difference of luma and its blur is added."""

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:
        """Sharpen by a random amount a picture that has details to bring out."""
        amount = round(rng.uniform(2.0, 3.0), 1)
        return cls(amount=amount) if measure.detail(picture) >= 2.5 else None

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture with the difference of its luma and a blur of it added."""
        grey = picture.convert("L")
        soft = grey.filter(ImageFilter.BoxBlur(max(1.0, 0.005 * max(picture.size))))
        edges = ImageChops.subtract(grey, soft, 1 / self.amount, 128)
        return ImageChops.add(picture, Image.merge("RGB", (edges, edges, edges)), 1, -128)

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether fine detail has grown by 70 % and by 4 levels."""
        was, now = measure.detail(before), measure.detail(after)
        return now >= 1.7 * was and now >= was + 4

    def wording(self) -> Wording:
        """Return the words for sharpening."""
        return SHARPENED

    def inverse_wording(self) -> Wording:
        """Return the words for softer edges."""
        return SHARPENED_BACK


class Noise(PictureEdit):
    """Adds grey Gaussian grain, each grain a 256th of the longer side."""

    task: ClassVar[Task] = Task.STYLE
    kind: Literal["noise"] = "noise"
    sigma: float
    """Standard deviation of the grain, in levels."""
    seed: int

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:
        """Draw the strength and the seed of the grain for a picture that shows through it."""
        edit = cls(sigma=round(rng.uniform(18, 26), 1), seed=rng.getrandbits(32))
        fits = measure.detail(picture) <= 7 and measure.mean_luma(picture) >= DARK
        return edit if fits else None

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture with grain added to all three channels alike."""
        grain = max(1, round(max(picture.size) / measure.DETAIL_SIDE))
        width, height = (-(-side // grain) for side in picture.size)
        values = np.random.default_rng(self.seed).standard_normal((height, width), np.float32)
        levels = np.clip(values * self.sigma + 128, 0, 255).astype(np.uint8)
        noise = Image.fromarray(levels).resize(
            (width * grain, height * grain), Image.Resampling.NEAREST
        )
        noise = noise.crop((0, 0, *picture.size))
        return ImageChops.add(picture, Image.merge("RGB", (noise, noise, noise)), 1, -128)

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether fine detail has doubled and grown by 6 levels."""
        was, now = measure.detail(before), measure.detail(after)
        return now >= 2 * was and now >= was + 6

    def wording(self) -> Wording:
        """Return the words for grain."""
        return NOISY

    def inverse_wording(self) -> Wording:
        """Return the words for grain that is gone."""
        return NOISY_BACK
