"""What colours look like, and which object colours are not drawn on which background."""

from __future__ import annotations

from pipelines.scenes.model import COLOURS, Colour, GroundColour

RGB = tuple[int, int, int]

OBJECT_RGB: dict[Colour, RGB] = {
    "red": (214, 32, 38),
    "orange": (255, 140, 0),
    "yellow": (255, 222, 23),
    "green": (22, 135, 50),
    "turquoise": (0, 190, 190),
    "blue": (30, 84, 222),
    "purple": (136, 22, 158),
    "pink": (255, 120, 190),
    "brown": (112, 62, 24),
    "black": (16, 16, 18),
    "white": (252, 252, 252),
}
"""No two are closer than 20 by CIEDE2000; about 1 is a just noticeable difference."""

GROUND_RGB: dict[GroundColour, tuple[RGB, RGB]] = {
    "grey": ((162, 162, 164), (134, 134, 137)),
    "charcoal": ((62, 64, 68), (88, 90, 95)),
    "beige": ((222, 203, 166), (201, 176, 130)),
    "pale blue": ((178, 205, 230), (146, 180, 214)),
    "pale green": ((186, 218, 184), (154, 194, 152)),
    "navy": ((26, 36, 82), (48, 62, 118)),
    "maroon": ((80, 24, 38), (112, 44, 60)),
}
"""The two shades of each; a plain ground has the first alone."""

_HARD_TO_SEE: dict[GroundColour, frozenset[Colour]] = {
    "grey": frozenset(),
    "charcoal": frozenset({"black", "brown", "purple"}),
    "beige": frozenset({"white", "yellow"}),
    "pale blue": frozenset({"white"}),
    "pale green": frozenset({"white"}),
    "navy": frozenset({"black", "blue", "purple"}),
    "maroon": frozenset({"black", "brown", "purple"}),
}
"""Pairs closer than 20 by CIEDE2000, and dark ones that are hard to tell at a glance."""


def colours_seen_on(ground: GroundColour) -> tuple[Colour, ...]:
    """Return the object colours that stand out against a background."""
    return tuple(colour for colour in COLOURS if colour not in _HARD_TO_SEE[ground])
