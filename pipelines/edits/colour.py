"""Edits of colour: more or less of it, and a tint over everything."""

from __future__ import annotations

import random
from typing import ClassVar, Literal, Self

import numpy as np
from PIL import Image, ImageEnhance

from pipelines.edits import measure
from pipelines.edits.base import PictureEdit, Wording
from pipelines.edits.words import RGB, fill, with_article, without
from syned.rows import Task

VIVID = Wording(
    instructions=(
        "Make the colours more vivid.",
        "Increase the saturation.",
        "Boost the colours of the whole picture.",
        "Turn up the colours until they glow.",
    ),
    captions=(
        "The colours are more vivid.",
        "The saturation has been increased.",
        "Every colour of the first picture appears stronger in the second.",
        "The second image looks far more colourful, although nothing in it has been moved.",
        "Colours that were restrained at first have become intense.",
        "Compared with the edited image, the first one looks faded.",
        "A boost in saturation makes the whole picture glow.",
        "After the edit, the same content is shown in rich, almost garish colours.",
        "Before, the colours were more muted.",
        "It is as if somebody had turned the colour control of a screen far up.",
    ),
    change="with vivid colours",
)

FADED = Wording(
    instructions=(
        "Make the colours duller.",
        "Reduce the saturation.",
        "Mute the colours of the whole picture.",
        "Fade the colours, but do not remove them completely.",
    ),
    captions=(
        "The colours are duller.",
        "The saturation has been reduced.",
        "Every colour of the first picture appears weaker in the second.",
        "The second image looks far less colourful, although nothing in it has been moved.",
        "What was rich in colour at first has become muted.",
        "Compared with the edited image, the first one has much stronger colours.",
        "A loss of saturation brings the whole picture closer to grey.",
        "After the edit, the same content is shown in dull, greyish colours.",
        "Before, the colours were more vivid.",
        "It is as if the picture had hung in the sun for years and lost most of its colour.",
    ),
    change="with muted colours",
)

TINTED = Wording(
    instructions=(
        "Give the picture {a_tint} tint.",
        "Tint the whole image {tint}.",
        "Add {a_tint} colour cast.",
        "Lay {a_tint} filter over the picture.",
    ),
    captions=(
        "The image has {a_tint} tint.",
        "{A_tint} colour cast now covers the whole picture.",
        "Every tone has been shifted towards {tint}.",
        "The second picture looks as if {a_tint} film lay on top of it.",
        "Compared with the first image, the second one is washed over with {tint}.",
        "Without any change of content, everything has taken on {a_tint} shade.",
        "It is as if somebody had put {a_tint} filter in front of the first image.",
        "The first image lacks the {tint} tone that lies over the whole of the second.",
        "An even layer of {tint} has been blended into the picture.",
        "From edge to edge, all colours of the second image lean towards {tint}.",
    ),
    change="with {a_tint} tint",
)

VIVID_BACK = Wording(
    instructions=FADED.instructions,
    captions=(
        *without(FADED.captions, "become muted", "greyish", "in the sun"),
        "The colours of the second picture are calmer, while everything stays in its place.",
        "Strong colours have been toned down all over the image.",
    ),
    change="",
)

FADED_BACK = Wording(
    instructions=without(VIVID.instructions, "glow"),
    captions=(
        *without(VIVID.captions, "intense", "glow", "garish"),
        "More colour has come into the picture, and nothing else differs.",
        "The first image is closer to grey than the second, which has richer colours.",
    ),
    change="",
)

TINTED_BACK = Wording(
    instructions=(
        "Remove the {tint} tint.",
        "Take the {tint} colour cast away.",
        "Show the picture without {a_tint} filter over it.",
        "Shift every tone of the image away from {tint}.",
    ),
    captions=(
        "The {tint} tint is gone.",
        "{A_tint} colour cast lies over the whole of the first picture, but not of the second.",
        "The second image looks as if {a_tint} film had been peeled off the first.",
        "No {tint} filter covers the picture any more.",
        "Every tone has been shifted away from {tint}.",
        "Compared with the second image, the first one is washed over with {tint}.",
        "Without any change of content, everything has lost {a_tint} shade.",
        "Before, an even layer of {tint} was blended into the picture.",
        "It is as if somebody had removed {a_tint} filter from in front of the first image.",
        "Tones that leaned towards {tint} from edge to edge differ more from each other now.",
    ),
    change="",
)

TintName = Literal["orange", "yellow", "green", "blue", "magenta"]
TINTS: dict[TintName, RGB] = {
    "orange": (255, 140, 20),
    "yellow": (255, 235, 30),
    "green": (30, 200, 70),
    "blue": (30, 90, 255),
    "magenta": (235, 40, 215),
}


class Saturation(PictureEdit):
    """Makes colours stronger or weaker."""

    task: ClassVar[Task] = Task.COLOR
    on_scenes: ClassVar[bool] = False
    kind: Literal["saturation"] = "saturation"
    factor: float
    """Distances from grey are multiplied by it."""

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:
        """Strengthen or weaken the colours by a random amount, unless there are none."""
        colour = measure.colourfulness(picture)
        if colour < 20:
            return None
        strengthen = colour < 110 and rng.random() < 0.55
        factor = rng.uniform(2.0, 2.6) if strengthen else rng.uniform(0.25, 0.4)
        return cls(factor=round(factor, 2))

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture with its colours moved away from grey or towards it."""
        return ImageEnhance.Color(picture).enhance(self.factor)

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether colourfulness has changed by 18 levels, and some is left."""
        left = measure.colourfulness(after)
        change = left - measure.colourfulness(before)
        return change >= 18 if self.factor > 1 else change <= -18 and left >= 6

    def wording(self) -> Wording:
        """Return the words for more or less colour."""
        return VIVID if self.factor > 1 else FADED

    def inverse_wording(self) -> Wording:
        """Return the words for less or more colour, the other way round."""
        return VIVID_BACK if self.factor > 1 else FADED_BACK


class Tint(PictureEdit):
    """Blends one colour into the whole picture."""

    task: ClassVar[Task] = Task.COLOR
    on_scenes: ClassVar[bool] = False
    kind: Literal["tint"] = "tint"
    tint: TintName
    share: float
    """How much of the tint is blended in, between 0 and 1."""

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:  # noqa: ARG003
        """Draw a tint and its strength."""
        return cls(tint=rng.choice(list(TINTS)), share=round(rng.uniform(0.3, 0.42), 2))

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the blend of the picture and the tint."""
        keep = 1 - self.share
        levels = TINTS[self.tint]
        return picture.point([round(keep * x + self.share * c) for c in levels for x in range(256)])

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether the mean colour has moved by 36 levels of hue, to the named tint's hue.

        Dark orange and dark yellow are called brown and olive.
        """
        if self.tint in ("orange", "yellow") and measure.mean_luma(after) < 130:
            return False
        was, now = (_hue_vector(measure.mean_colour(p)) for p in (before, after))
        moved, reached = float(np.linalg.norm(now - was)), float(np.linalg.norm(now))
        likeness = {tint: _cosine(now, TINTS[tint]) for tint in TINTS}
        nearest = max(likeness, key=lambda tint: likeness[tint])
        return moved >= 36 and reached >= 30 and nearest == self.tint and likeness[nearest] >= 0.9

    def wording(self) -> Wording:
        """Return the words for this tint."""
        return self._filled(TINTED)

    def inverse_wording(self) -> Wording:
        """Return the words for taking this tint away."""
        return self._filled(TINTED_BACK)

    def _filled(self, wording: Wording) -> Wording:
        """Return a wording with the name of this tint."""
        noun = with_article(self.tint)
        return fill(wording, tint=self.tint, a_tint=noun, A_tint=noun.capitalize())


def _hue_vector(colour: np.ndarray) -> np.ndarray:
    """Return a colour without its lightness: float64 (3,), its channels minus their mean."""
    return np.asarray(colour - colour.mean())


def _cosine(vector: np.ndarray, colour: RGB) -> float:
    """Return the cosine of the angle between a hue vector and a colour's, in [-1, 1]."""
    other = _hue_vector(np.asarray(colour, dtype=np.float64))
    return float(vector @ other / max(1e-9, np.linalg.norm(other) * np.linalg.norm(vector)))
