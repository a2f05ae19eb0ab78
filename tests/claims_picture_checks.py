"""Checks of single claims: each looks for one kind of change in a pair of pictures.

A check gets the pair, the caption and what the claim's pattern found in it. Colours, places, sizes
and directions are read from the caption.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from figures_in_pictures import read_shape, read_word
from PIL import Image, ImageOps
from seen_in_pictures import ANCHORS, NAMED, Pair, gap, lab

Check = Callable[[Pair, str, re.Match[str]], bool]

COLOUR = r"\b(" + "|".join(NAMED) + r")\b"
TINT = r"\b(orange|yellow|green|blue|magenta)\b"
SHAPES = "(circle|square|triangle|star|heart|diamond|hexagon|cross)"
PLACE = (
    r"(?P<corner>(?:upper|top|lower|bottom) (?:left|right))"
    r"|near the middle of the (?P<edge>upper|lower|left|right) edge"
    r"|on the (?P<side>left|right) side|the (?P<side_noun>left|right) side"
    r"|(?P<end>(?:at )?the (?:top|bottom)(?! left| right))"
    r"|(?P<centre>in the centre|right in the middle|the centre)"
)


def place_of(text: str) -> str:
    """Return which of the nine places a phrase names."""
    found = re.search(PLACE, text, re.IGNORECASE)
    assert found, f"no place is named: {text}"
    words = next(v for v in found.groupdict().values() if v).lower()
    if found["centre"]:
        return "centre"
    words = re.sub(r"^(at )?the ", "", words)
    if found["corner"]:
        return words.replace("top", "upper").replace("bottom", "lower")
    return {"upper": "top", "lower": "bottom"}.get(words, words)


def changes(key: str, margin: float) -> Callable[[int], Check]:
    """Return a maker of checks that a measurement went up (1) or down (-1) by a margin."""

    def towards(sign: int) -> Check:
        def check(pair: Pair, _text: str, _match: re.Match[str]) -> bool:
            was, now = getattr(pair, key)
            return bool(sign * (now - was) >= margin)

        return check

    return towards


light, contrast, chroma = changes("light", 7), changes("contrast", 4), changes("chroma", 5)


def grey(pair: Pair, *_: object) -> bool:
    return pair.chroma[0] >= 4 and pair.chroma[1] <= 1.5


def brown(pair: Pair, *_: object) -> bool:
    return pair.once("brown", lambda: is_brown(pair))


def is_brown(pair: Pair) -> bool:
    """Hues of the second picture lie between orange and yellow, and are nearly one hue."""
    a, b = pair.lab[1][..., 1], pair.lab[1][..., 2]
    hues = np.degrees(np.arctan2(b, a))[np.hypot(a, b) > 6]
    was = pair.lab[0]
    hue_was = np.degrees(np.arctan2(was[..., 2], was[..., 1]))
    many = np.abs(hue_was - np.median(hues)) > 12
    return bool(60 < np.median(hues) < 80 and hues.std() < 12 and many.mean() > 0.05)


def tinted(pair: Pair, _text: str, match: re.Match[str]) -> bool:
    """The mean colour has moved towards the named one, and now has a hue like it."""
    target = lab(NAMED[match[match.lastindex].lower()])[1:]
    was, now = (p[..., 1:].reshape(-1, 2).mean(axis=0) for p in pair.lab)
    unit = target / np.linalg.norm(target)
    towards = (now - was) @ unit
    return bool(towards >= 8 and now @ unit >= 0.8 * np.linalg.norm(now))


def blurred(pair: Pair, *_: object) -> bool:
    return pair.edges[1] <= 0.55 * pair.edges[0]


def sharper(pair: Pair, *_: object) -> bool:
    return pair.edges[1] >= 1.3 * pair.edges[0] and pair.added_along_edges >= 0.5


def noisy(pair: Pair, *_: object) -> bool:
    return pair.edges[1] >= 1.5 * pair.edges[0] and abs(pair.added_along_edges) <= 0.35


def shows(expected: Callable[[Image.Image], Image.Image]) -> Check:
    return lambda pair, _text, _match: pair.once(expected, lambda: pair.like(expected(pair.before)))


def undone(check: Check) -> Check:
    """What the second picture of a pair turned round has, the first one of this pair has."""
    return lambda pair, text, match: check(pair.turned, text, match)


def fitted(turn: int) -> Check:
    """A quarter turn, clockwise (1) or counterclockwise (-1), fitted into the frame."""

    def expected(before: Image.Image, way: int) -> Image.Image:
        return ImageOps.pad(before.rotate(-90 * way, expand=True), before.size)

    def seen(pair: Pair) -> bool:
        right, wrong = (expected(pair.before, way) for way in (turn, -turn))
        # Bars are much of what both ways change, so that they must be told apart by the rest,
        # unless the picture is the same after half a turn.
        same = gap(right, wrong) < 2
        return pair.like(right) and (same or gap(right, pair.after) < 0.5 * gap(wrong, pair.after))

    def check(pair: Pair, text: str, _match: re.Match[str]) -> bool:
        is_seen = pair.once(("fitted", turn), lambda: seen(pair))
        return is_seen and ("black bars" not in text or barred(pair))

    return check


def unfitted(turn: int) -> Check:
    """A quarter turn of a picture that one the other way had fitted into the frame."""
    return undone(fitted(-turn))


def quarter(turn: int) -> Check:
    """A quarter turn of what is shown, whether it is fitted into the frame now or was before."""

    def check(pair: Pair, text: str, match: re.Match[str]) -> bool:
        there, back = (make(turn)(pair, text, match) for make in (fitted, unfitted))
        return there or (back and "black bars" not in text)

    return check


def barred(pair: Pair) -> bool:
    """Both ends of the longer side are black up to a place from where the picture is not."""
    light = pair.rgb[1].max(axis=-1)
    rows = light if pair.size[1] > pair.size[0] else light.T
    long, short = rows.shape
    bar = round((long - short * short / long) / 2)
    rim = max(4, short // 40)
    return all(
        side[: bar - 1].mean() < 12 and side[bar + 1 : bar + rim].mean() > 50
        for side in (rows, rows[::-1])
    )


def directed(make: Callable[[int], Check], sign: int) -> Check:
    """Take the direction from the words: (counter)clockwise, or the side named last."""

    def check(pair: Pair, text: str, match: re.Match[str]) -> bool:
        return make(sign * (1 if match[1] in ("clockwise", "right") else -1))(pair, text, match)

    return check


def tilted(turn: int) -> Check:
    """A tilt with this sign, and by as many degrees as the text says."""

    def check(pair: Pair, text: str, _match: re.Match[str]) -> bool:
        degrees = re.search(r"(\d+) degrees", text)
        exact = degrees is None or abs(pair.tilt) == int(degrees[1])
        return bool(np.sign(pair.tilt) == turn) and exact

    return check


PARTS = {
    "the upper left part": "upper left",
    "the upper middle part": "top",
    "the upper right part": "upper right",
    "the middle left part": "left",
    "the central part": "centre",
    "the middle right part": "right",
    "the lower left part": "lower left",
    "the lower middle part": "bottom",
    "the lower right part": "lower right",
}
LOST = {
    "the outer parts on all four sides": "centre",
    "the bottom and both sides": "top",
    "the top and both sides": "bottom",
    "the right, the top and the bottom": "left",
    "the left, the top and the bottom": "right",
    "the right and the bottom": "upper left",
    "the left and the bottom": "upper right",
    "the right and the top": "lower left",
    "the left and the top": "lower right",
}


def cropped(pair: Pair, text: str, _match: re.Match[str]) -> bool:
    named = [place for phrase, place in (PARTS | LOST).items() if phrase in text]
    return pair.part in (named or ANCHORS)


def framed(pair: Pair, text: str, _match: re.Match[str]) -> bool:
    """All four edges have the named colour, on a band as wide as the text says, and only there."""
    was, now, band = pair.frame(re.search(COLOUR, text)[1])
    wide = re.search(r"\b(?:thin|thick)\b", text)
    width = wide is None or (band < 0.06 if wide[0] == "thin" else band > 0.06)
    return min(now) > 0.95 and max(was) < 0.5 and width and pair.gap_inside < 6


def ink_of(pair: Pair, colour: str | None):
    """The letters: in the colour that the text names, or in whatever the change has most of."""
    names = [colour] if colour else [n for n in NAMED if n != "magenta"]
    return [pair.ink(name) for name in names]


def at_place(pair: Pair, text: str) -> bool:
    """Say whether the change is where the text says, if it says where."""
    return not re.search(PLACE, text, re.IGNORECASE) or pair.place == place_of(text)


def lettered(pair: Pair, text: str, _match: re.Match[str]) -> bool:
    """Something of the named colour, mostly gaps, is new at the place."""
    colour = re.search(COLOUR, text, re.IGNORECASE)
    return at_place(pair, text) and 0.08 < pair.ink(colour[1].lower()).mean() < 0.5


def written(pair: Pair, text: str, match: re.Match[str]) -> bool:
    outside = text.replace(match[0], "")
    colour = re.search(COLOUR, outside, re.IGNORECASE)
    inks = [i for i in ink_of(pair, colour and colour[1].lower()) if i.mean() > 0.08]
    return at_place(pair, outside) and match[1] in [read_word(ink) for ink in inks]


def pasted(pair: Pair, text: str, match: re.Match[str]) -> bool:
    colour = re.search(COLOUR, text, re.IGNORECASE)
    inks = [i for i in ink_of(pair, colour and colour[1].lower()) if i.mean() > 0.15]
    left, top, right, bottom = pair.changed_box
    size = re.search(r"small|large", text)
    wide = max(right - left, bottom - top) / min(pair.size)
    sized = size is None or (wide < 0.25 if size[0] == "small" else wide > 0.25)
    return at_place(pair, text) and match[1] in [read_shape(ink) for ink in inks] and sized


def unchanged(pair: Pair, *_: object) -> bool:
    """Hardly a pixel has visibly changed, and there are nearly as many edges."""
    return pair.changed_a_little < 0.12 and 0.6 < (1 + pair.edges[1]) / (1 + pair.edges[0]) < 1.5
