"""Edits that take all colour away: black and white, and sepia."""

from __future__ import annotations

import random
from typing import ClassVar, Literal, Self

from PIL import Image, ImageOps

from pipelines.edits import measure
from pipelines.edits.base import PictureEdit, Wording
from syned.rows import Task

GREY = Wording(
    instructions=(
        "Turn the picture black and white.",
        "Remove all colour from the image.",
        "Convert the image to greyscale.",
        "Show the picture in shades of grey only.",
    ),
    captions=(
        "The image is in black and white.",
        "All colour has been removed.",
        "The second picture is a greyscale version of the first.",
        "Only shades of grey are left, while everything stays where it was.",
        "The first image has colour, while the second has none.",
        "Colour has given way to black, white and the greys between them.",
        "After the edit, the same content looks like a print without any colour ink.",
        "A conversion to black and white is what makes the two pictures differ.",
        "Before, the picture had colour; now it consists of light and dark only.",
        "No red, no blue nor any other hue is left in the edited image.",
    ),
    change="in black and white",
)

BROWN = Wording(
    instructions=(
        "Turn the picture sepia.",
        "Give the image an old-fashioned brown tone.",
        "Replace all colours with shades of brown.",
        "Apply a sepia filter to the whole image.",
    ),
    captions=(
        "The image is in sepia.",
        "All colours have been replaced with shades of brown.",
        "The second picture has the brownish tone of an old print.",
        "A sepia filter covers the whole picture.",
        "The second image consists of warm browns alone, unlike the first.",
        "Brown tones have taken over, while everything stays where it was.",
        "After the edit, the same content looks like something from an old album, yellowed and "
        "brown.",
        "Compared with the first image, the second one is monochrome, and its only hue is brown.",
        "It is the sepia toning that makes the edited picture look aged.",
        "Before, the picture had other colours; now it has a single brown tone.",
    ),
    change="in sepia tones",
)

GREY_BACK = Wording(
    instructions=(
        "Turn the black and white picture into a colour picture.",
        "Add colour to the whole image.",
        "Replace the shades of grey with colours.",
        "Colourise the picture.",
    ),
    captions=(
        "The image is in colour now.",
        "Colour has come to the picture, which was in black and white.",
        "The first image has no colour, while the second has.",
        "Shades of grey have given way to colours.",
        "What was a greyscale version before is shown in colour.",
        "Both show the same content, but only the second picture has colours.",
        "The black and white of the first picture has been replaced with colour.",
        "Before, there was nothing but light and dark; now there are hues as well.",
        "Red, blue or other hues can be seen in the edited image only.",
        "A change from black and white to colour is what makes the two pictures differ.",
    ),
    change="",
)

BROWN_BACK = Wording(
    instructions=(
        "Remove the sepia tone.",
        "Turn the sepia picture into a colour picture.",
        "Replace the shades of brown with other colours.",
        "Take the sepia filter off the image.",
    ),
    captions=(
        "The sepia tone is gone.",
        "Other colours have replaced the shades of brown.",
        "The first picture is in sepia, and the second is in colour.",
        "No sepia filter covers the picture any more.",
        "The first image consists of warm browns alone, unlike the second.",
        "Colours have taken over from the brown tone, while everything stays where it was.",
        "After the edit, the same content no longer looks like something from an old album, "
        "yellowed and brown.",
        "Compared with the second image, the first one is monochrome, and its only hue is brown.",
        "It is the sepia toning of the first picture that the edited one lacks.",
        "Before, the picture had a single brown tone; now it has other colours.",
    ),
    change="",
)


class BlackAndWhite(PictureEdit):
    """Removes all colour."""

    task: ClassVar[Task] = Task.STYLE
    on_scenes: ClassVar[bool] = False
    kind: Literal["black_and_white"] = "black_and_white"

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:  # noqa: ARG003
        """Fit pictures that have colour."""
        return cls() if measure.colourfulness(picture) >= 18 else None

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the luma of the picture."""
        return picture.convert("L").convert("RGB")

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether 18 levels of colourfulness have gone to none."""
        return measure.colourfulness(before) >= 18 and measure.colourfulness(after) <= 2

    def wording(self) -> Wording:
        """Return the words for black and white."""
        return GREY

    def inverse_wording(self) -> Wording:
        """Return the words for colour instead of black and white."""
        return GREY_BACK


class Sepia(PictureEdit):
    """Replaces all colours with shades of brown."""

    task: ClassVar[Task] = Task.STYLE
    on_scenes: ClassVar[bool] = False
    kind: Literal["sepia"] = "sepia"

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:  # noqa: ARG003
        """Fit pictures that have colour."""
        return cls() if measure.colourfulness(picture) >= 18 else None

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the luma of the picture on a scale from dark brown to cream."""
        return ImageOps.colorize(
            picture.convert("L"), black=(28, 14, 4), mid=(148, 104, 62), white=(252, 228, 188)
        )

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether colours have moved by 18 levels on average, to brown and not to cream."""
        before, after = measure.small(before), measure.small(after)
        red, green, blue = measure.mean_colour(after)
        return (
            measure.colourfulness(before) >= 18
            and measure.mean_luma(after) <= 195
            and measure.recoloured(before, after) >= 18
            and red >= green + 12
            and green >= blue + 12
        )

    def wording(self) -> Wording:
        """Return the words for sepia."""
        return BROWN

    def inverse_wording(self) -> Wording:
        """Return the words for colour instead of sepia."""
        return BROWN_BACK
