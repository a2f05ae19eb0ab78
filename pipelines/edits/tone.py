"""Edits of lightness: brightness and contrast."""

from __future__ import annotations

import random
from typing import ClassVar, Literal, Self

from PIL import Image, ImageStat

from pipelines.edits import measure
from pipelines.edits.base import PictureEdit, Wording
from pipelines.edits.words import without
from syned.rows import Task

DARKER = Wording(
    instructions=(
        "Make the picture darker.",
        "Turn the light down.",
        "Darken the whole image.",
        "Reduce the brightness so that everything looks dim.",
        "Lower the exposure of the picture a lot.",
    ),
    captions=(
        "The image is darker.",
        "Everything is the same, but the whole picture has been darkened, as if the light had "
        "been turned down.",
        "Compared with the first image, the second one is clearly less bright.",
        "The brightness has been reduced.",
        "All tones have been pushed towards black without any other edit.",
        "Where the first picture is bright, the second is dim.",
        "The first picture is the brighter one of the two.",
        "A dimmer version of the same picture is shown after the edit.",
        "Lower brightness is what sets the second image apart.",
        "It looks as though the exposure had been cut, so that the same content now appears in "
        "dim light.",
        "Before, there was noticeably more light in the picture.",
    ),
    change="darkened",
)

BRIGHTER = Wording(
    instructions=(
        "Make the picture brighter.",
        "Turn the light up.",
        "Lighten the whole image.",
        "Increase the brightness so that everything looks lighter.",
        "Raise the exposure of the picture a lot.",
    ),
    captions=(
        "The image is brighter.",
        "Nothing has been moved, but the whole picture has been lightened, as if more light fell "
        "on it.",
        "Compared with the first image, the second one is clearly lighter.",
        "The brightness has been turned up.",
        "All tones have been pushed towards white without any other edit.",
        "Even the darkest parts of the first image have been lifted.",
        "The first picture is the darker one of the two.",
        "A lighter version of the same picture is shown after the edit.",
        "Higher brightness is what sets the second image apart.",
        "It looks as though the exposure had been raised, so that the same content now appears "
        "in far more light.",
        "Before, there was noticeably less light in the picture.",
    ),
    change="brightened",
)

MORE_CONTRAST = Wording(
    instructions=(
        "Increase the contrast.",
        "Make the bright parts brighter and the dark parts darker.",
        "Give the picture much more contrast.",
        "Boost the contrast of the image strongly.",
    ),
    captions=(
        "The contrast is higher.",
        "Bright areas have become brighter and dark areas darker.",
        "The second image has much stronger contrast than the first.",
        "Light and shade are further apart than they were before.",
        "The picture looks harsher after its contrast has been raised.",
        "A boost in contrast makes the tones of the same picture differ more strongly.",
        "Compared with the edited version, the first image looks flat.",
        "While all content stays in place, the range from dark to light has been stretched.",
        "Before the edit, the tones were softer and closer to each other.",
        "Dark tones are deeper and light tones shine more in the second picture.",
    ),
    change="with high contrast",
)

LESS_CONTRAST = Wording(
    instructions=(
        "Reduce the contrast.",
        "Make the picture look flat and washed out.",
        "Bring the dark and the bright parts closer together.",
        "Lower the contrast of the image a lot.",
    ),
    captions=(
        "The contrast is lower.",
        "The picture now looks flat and washed out.",
        "The second image has much weaker contrast than the first.",
        "Dark areas have become lighter and bright areas darker, so that the tones are closer "
        "together.",
        "The same content now looks hazy, as if it were seen through a veil.",
        "The range from dark to light has been squeezed, while everything stays in place.",
        "Compared with the edited version, the first image has stronger contrast.",
        "Before the edit, light and shade were further apart.",
        "The tones of the second picture differ less from each other.",
        "A cut in contrast gives the whole picture a dull, faded look.",
    ),
    change="with low contrast",
)

DARKER_BACK = Wording(
    instructions=BRIGHTER.instructions,
    # What was black stayed black.
    captions=(
        *without(BRIGHTER.captions, "All tones", "darkest parts"),
        "In the second picture, more light seems to fall on the same content.",
    ),
    change="",
)

BRIGHTER_BACK = Wording(
    instructions=without(DARKER.instructions, "looks dim"),
    # What was white stayed white.
    captions=(
        *without(DARKER.captions, "All tones", "the second is dim", "in dim light"),
        "In the second picture, less light seems to fall on the same content.",
        "A cut in brightness has made the whole image darker than it was.",
    ),
    change="",
)

MORE_CONTRAST_BACK = Wording(
    instructions=without(LESS_CONTRAST.instructions, "washed out"),
    captions=(
        *without(LESS_CONTRAST.captions, "washed out", "hazy", "faded"),
        "Light and dark parts of the picture are closer to each other than they were.",
        "The tones of the first picture are harsher, and those of the second are milder.",
    ),
    change="",
)

LESS_CONTRAST_BACK = Wording(MORE_CONTRAST.instructions, MORE_CONTRAST.captions, change="")


class Brightness(PictureEdit):
    """Makes the whole picture darker or brighter, its darkest and lightest parts included."""

    task: ClassVar[Task] = Task.GLOBAL
    on_scenes: ClassVar[bool] = False
    kind: Literal["brightness"] = "brightness"
    factor: float
    """Below 1, levels are multiplied by it; above 1, raised to the power of its inverse."""

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:
        """Darken or brighten by a random amount, and dark or bright pictures only one way."""
        mean = measure.mean_luma(picture)
        darken = mean > 150 or (mean > 80 and rng.random() < 0.5)
        factor = rng.uniform(0.38, 0.55) if darken else rng.uniform(1.9, 2.4)
        return cls(factor=round(factor, 2))

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture with its levels scaled down, or lifted (black becomes dark grey)."""
        if self.factor < 1:
            table = [round(self.factor * x) for x in range(256)]
        else:
            table = [round(255 * ((x + 20) / 275) ** (1 / self.factor)) for x in range(256)]
        return picture.point(table * 3)

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether mean luma has moved by 30 levels, and most of the picture with it."""
        sign = -1 if self.factor < 1 else 1
        before, after = measure.small(before), measure.small(after)
        rise = measure.mean_luma(after) - measure.mean_luma(before)
        return sign * rise >= 30 and measure.share_risen(before, after, sign * 12) >= 0.7

    def wording(self) -> Wording:
        """Return the words for darker or brighter."""
        return DARKER if self.factor < 1 else BRIGHTER

    def inverse_wording(self) -> Wording:
        """Return the words for brighter or darker, the other way round."""
        return DARKER_BACK if self.factor < 1 else BRIGHTER_BACK


class Contrast(PictureEdit):
    """Stretches or squeezes the levels around their mean."""

    task: ClassVar[Task] = Task.GLOBAL
    on_scenes: ClassVar[bool] = False
    kind: Literal["contrast"] = "contrast"
    factor: float
    """Distances from the mean are multiplied by it."""

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:
        """Raise or lower the contrast by a random amount; a strong one is lowered."""
        raise_it = measure.spread(picture) < 60 and rng.random() < 0.6
        factor = rng.uniform(1.8, 2.4) if raise_it else rng.uniform(0.3, 0.45)
        return cls(factor=round(factor, 2))

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture with levels stretched or squeezed around mean luma."""
        mean = ImageStat.Stat(picture.convert("L")).mean[0]
        table = [round(min(255, max(0, mean + self.factor * (x - mean)))) for x in range(256)]
        return picture.point(table * 3)

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether the spread of luma has changed by 16 levels, and its mean by less."""
        before, after = measure.small(before), measure.small(after)
        spread = measure.spread(after) - measure.spread(before)
        mean = measure.mean_luma(after) - measure.mean_luma(before)
        return abs(mean) < 14 and (spread >= 16 if self.factor > 1 else spread <= -16)

    def wording(self) -> Wording:
        """Return the words for more or less contrast."""
        return MORE_CONTRAST if self.factor > 1 else LESS_CONTRAST

    def inverse_wording(self) -> Wording:
        """Return the words for less or more contrast, the other way round."""
        return MORE_CONTRAST_BACK if self.factor > 1 else LESS_CONTRAST_BACK
