"""Names of colours and places, and how templates become sentences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipelines.edits.base import Wording

RGB = tuple[int, int, int]

ColourName = Literal["red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black"]
PlaceName = Literal[
    "upper left",
    "top",
    "upper right",
    "left",
    "centre",
    "right",
    "lower left",
    "bottom",
    "lower right",
]

COLOURS: dict[ColourName, RGB] = {
    "red": (215, 25, 35),
    "orange": (255, 140, 0),
    "yellow": (255, 225, 20),
    "green": (0, 150, 55),
    "blue": (25, 75, 225),
    "purple": (125, 35, 175),
    "pink": (255, 110, 185),
    "white": (255, 255, 255),
    "black": (0, 0, 0),
}


@dataclass(frozen=True, slots=True)
class Place:
    """One of nine places in a picture.

    Attributes:
        across: Where it is from left to right: 0, 0.5 or 1.
        down: Where it is from top to bottom: 0, 0.5 or 1.
        at: The place as an adverbial.
        at_also: The same in other words.
        noun: The place as a noun.
    """

    across: float
    down: float
    at: str
    at_also: str
    noun: str


PLACES: dict[PlaceName, Place] = {
    "upper left": Place(
        0, 0, "in the upper left corner", "at the top left", "the upper left corner"
    ),
    "top": Place(0.5, 0, "at the top", "near the middle of the upper edge", "the top"),
    "upper right": Place(
        1, 0, "in the upper right corner", "at the top right", "the upper right corner"
    ),
    "left": Place(0, 0.5, "on the left side", "near the middle of the left edge", "the left side"),
    "centre": Place(0.5, 0.5, "in the centre", "right in the middle", "the centre"),
    "right": Place(
        1, 0.5, "on the right side", "near the middle of the right edge", "the right side"
    ),
    "lower left": Place(
        0, 1, "in the lower left corner", "at the bottom left", "the lower left corner"
    ),
    "bottom": Place(0.5, 1, "at the bottom", "near the middle of the lower edge", "the bottom"),
    "lower right": Place(
        1, 1, "in the lower right corner", "at the bottom right", "the lower right corner"
    ),
}


def place_box(
    place: PlaceName, size: tuple[int, int], inner: tuple[int, int]
) -> tuple[int, int, int, int]:
    """Return where something of size `inner` goes in a picture of size `size`, in pixels."""
    margin = max(1, round(0.04 * min(size)))
    spot = PLACES[place]
    left = margin + round(spot.across * (size[0] - inner[0] - 2 * margin))
    top = margin + round(spot.down * (size[1] - inner[1] - 2 * margin))
    return (left, top, left + inner[0], top + inner[1])


def with_article(noun: str) -> str:
    """Return a noun phrase with `a` or `an`."""
    return f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"


def contrasting(colour: RGB) -> RGB:
    """Return black or white, whichever stands out from a colour."""
    luma = 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]
    return (0, 0, 0) if luma > 110 else (255, 255, 255)


def without(texts: tuple[str, ...], *phrases: str) -> tuple[str, ...]:
    """Return the texts that contain none of the phrases."""
    return tuple(text for text in texts if not any(phrase in text for phrase in phrases))


def fill(wording: Wording, **values: str) -> Wording:
    """Return a wording with the fields of its templates filled in and sentences capitalised."""

    def sentences(templates: tuple[str, ...]) -> tuple[str, ...]:
        filled = (template.format(**values) for template in templates)
        return tuple(text[0].upper() + text[1:] for text in filled)

    return Wording(
        sentences(wording.instructions),
        sentences(wording.captions),
        wording.change.format(**values),
    )
