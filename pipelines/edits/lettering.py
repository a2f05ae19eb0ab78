"""The edit that writes a word on the picture."""

from __future__ import annotations

import random
from functools import lru_cache
from typing import ClassVar, Literal, Self

from PIL import Image, ImageDraw, ImageFont

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
)
from syned.rows import Task

WRITTEN = Wording(
    instructions=(
        'Write the word "{word}" {at}.',
        'Add the text "{word}" {at} in {colour} letters.',
        'Put "{word}" {at_also}.',
        'Print the word "{word}" on the picture, {at}, in {colour}.',
    ),
    captions=(
        'The word "{word}" has been written {at}.',
        '{colour} letters {at} of the second image spell "{word}".',
        'There is now a word {at_also}: "{word}".',
        'The second image says "{word}" {at}, which the first one does not.',
        'Text was added: it reads "{word}" and can be found {at}.',
        '{noun} of the picture now bears the word "{word}" in {colour}.',
        'Apart from the {colour} word "{word}" {at_also}, nothing is new.',
        'Someone has put "{word}" {at_also}, in {colour} capitals.',
        'The edit made "{word}" readable {at}.',
        "Over the unchanged picture, {colour} lettering appears {at}.",
    ),
    change='with the word "{word}" {at}',
)

WRITTEN_BACK = Wording(
    instructions=(
        'Remove the word "{word}" {at}.',
        'Erase the text "{word}" from the picture.',
        "Take the {colour} letters {at} away.",
    ),
    captions=(
        'The word "{word}" {at} has been removed.',
        '{colour} letters {at} of the first image spell "{word}", and they are gone in the second.',
        'Before, there was a word {at_also}: "{word}".',
        'The first image says "{word}" {at}, which the second one does not.',
        'Text was erased: it read "{word}" and could be found {at}.',
        '{noun} of the picture no longer bears the word "{word}" in {colour}.',
        'Apart from the {colour} word "{word}", which is missing, nothing differs.',
        'Someone has wiped off "{word}", which was written {at_also} in {colour} capitals.',
        'Nobody can read "{word}" in the second picture any more.',
        "What the second image lacks is the {colour} lettering {at}.",
    ),
    change="",
)

# fmt: off
VOCABULARY = (
    "ALERT", "APPLE", "BAKERY", "BEACH", "BRIDGE", "BOOKS", "BREAD", "CAFE", "CAMERA", "CASTLE",
    "CINEMA", "CLOSED", "CLOUD", "COFFEE", "DANGER", "DREAM", "EAST", "ENTER", "EXIT", "FOREST",
    "FREE", "FRESH", "GARDEN", "HELLO", "HOTEL", "ISLAND", "JAZZ", "LEMON", "LIGHT", "MARKET",
    "MUSEUM", "MUSIC", "NEWS", "NORTH", "OCEAN", "OPEN", "PALACE", "PARIS", "PARK", "PEACE",
    "PIANO", "PIZZA", "POST", "QUIET", "RADIO", "RIVER", "SALE", "SCHOOL", "SOUTH", "SPRING",
    "STOP", "SUMMER", "TAXI", "TEA", "THANKS", "TICKET", "TODAY", "WELCOME", "WEST", "WINTER",
)
# fmt: on

STANDS_OUT = 0.95
"""Share of the ground that has to be plainly of another colour than the ink."""

INKS: tuple[ColourName, ...] = ("white", "black", "yellow", "red", "blue", "green")


WIDTH = 0.36
"""Share of the picture's width that a word takes, if it is not written larger on purpose."""
MIN_HEIGHT = 12
"""Lower letters cannot be read, in pixels, their outline included."""
MIN_SHARE = 0.045
"""Nor can lower ones in a large picture, as a share of its longer side."""


class Lettering(PictureEdit):
    """Writes a word at a place, in coloured letters with an outline."""

    task: ClassVar[Task] = Task.TEXT
    kind: Literal["lettering"] = "lettering"
    word: str
    place: PlaceName
    colour: ColourName
    width: float = WIDTH
    """Most of the picture's width that the letters take."""

    @classmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:
        """Draw a word, a place and an ink that stands out there, if the word can be read."""
        edit = cls(
            word=rng.choice(VOCABULARY), place=rng.choice(list(PLACES)), colour=rng.choice(INKS)
        )
        if not edit.readable(picture.size):
            return None
        far = [n for n in INKS if edit.standing_out(picture, n) >= STANDS_OUT]
        return edit.model_copy(update={"colour": rng.choice(far)}) if far else None

    def readable(self, size: tuple[int, int]) -> bool:
        """Say whether the letters are high enough in a picture of this size, and within it."""
        left, top, right, bottom = self.box(size)
        high = (bottom - top) >= max(MIN_HEIGHT, MIN_SHARE * max(size))
        return high and left >= 0 and right <= size[0]

    def standing_out(self, picture: Image.Image, colour: ColourName) -> float:
        """Return the share of the ground, in [0, 1], that is plainly of another colour."""
        return measure.share_far(picture.crop(self.box(picture.size)), COLOURS[colour])

    def _size(self, size: tuple[int, int]) -> int:
        """Return the font size for a word of this width, a fifth of the picture high at most."""
        wide = 100 * self.width * size[0] / _font(100).getlength(self.word)
        return max(4, int(min(wide, 0.24 * size[1], 0.15 * (self.width / WIDTH) * max(size))))

    def box(self, size: tuple[int, int]) -> Box:
        """Return where the letters are, their outline included, in pixels."""
        font_size = self._size(size)
        left, top, right, bottom = _extent(self.word, font_size)
        return place_box(self.place, size, (right - left, bottom - top))

    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the picture with the word on it."""
        font_size = self._size(picture.size)
        extent = _extent(self.word, font_size)
        box = self.box(picture.size)
        edited = picture.copy()
        ink = COLOURS[self.colour]
        ImageDraw.Draw(edited).text(
            (box[0] - extent[0], box[1] - extent[1]),
            self.word,
            ink,
            _font(font_size),
            stroke_width=_stroke(font_size),
            stroke_fill=contrasting(ink),
        )
        return edited

    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether enough of the letters' box has taken on the colour of the ink."""
        box, ink = self.box(before.size), COLOURS[self.colour]
        share = measure.appeared(before, after, box, ink)
        return share >= 0.12 or share >= 0.8 * self._ink_share(before.size)

    def _ink_share(self, size: tuple[int, int]) -> float:
        """Return the share of the letters' box that is ink, in [0, 1]: little, for thin letters."""
        plain = Image.new("RGB", size, contrasting(COLOURS[self.colour]))
        return measure.appeared(plain, self.apply(plain), self.box(size), COLOURS[self.colour])

    def covered(self, size: tuple[int, int]) -> tuple[Box, ...]:
        """Return the box of the letters."""
        return (self.box(size),)

    def wording(self) -> Wording:
        """Return the words for this word and place."""
        return self._filled(WRITTEN)

    def inverse_wording(self) -> Wording:
        """Return the words for taking this word away."""
        return self._filled(WRITTEN_BACK)

    def _filled(self, wording: Wording) -> Wording:
        """Return a wording with this word and place."""
        place = PLACES[self.place]
        return fill(
            wording,
            word=self.word,
            colour=self.colour,
            at=place.at,
            at_also=place.at_also,
            noun=place.noun,
        )


@lru_cache(64)
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own font at a size."""
    return ImageFont.load_default(size)


def _stroke(font_size: int) -> int:
    """Return the width of the letters' outline in pixels."""
    return max(1, round(0.07 * font_size))


@lru_cache(64)
def _extent(word: str, font_size: int) -> Box:
    """Return the box of a word written at the origin, its outline included."""
    box = _font(font_size).getbbox(word, stroke_width=_stroke(font_size))
    return (int(box[0]), int(box[1]), int(box[2]) + 1, int(box[3]) + 1)
