"""Facts of a drawn pair, measured on the raw objects of both scenes.

This knows nothing of the code that writes captions: it has its own words, places and relations,
in thousandths of the side.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
PLACES = {
    "the upper left corner": (0, 0),
    "the top centre": (1, 0),
    "the upper right corner": (2, 0),
    "the middle of the left side": (0, 1),
    "the centre": (1, 1),
    "the middle of the right side": (2, 1),
    "the lower left corner": (0, 2),
    "the bottom centre": (1, 2),
    "the lower right corner": (2, 2),
}
EXTREMES = {
    "the topmost object": ("y", 1),
    "the lowest object": ("y", -1),
    "the object furthest to the left": ("x", 1),
    "the object furthest to the right": ("x", -1),
}
FAR = 150
"""Objects of neighbouring cells are further apart than this, along the line between them."""

SHAPE = "circle|square|triangle|star|diamond|cross|ring|heart|hexagon|crescent|object"
MARKS = {"stripes": "striped", "checks": "chequered", "dots": "dotted", "speckles": "speckled"}
SIZES = {"small": 0, "medium": 1, "large": 2}

Thing = dict[str, Any]


class Unreadable(Exception):
    """No rule reads this caption, or a definite noun does not fit exactly one object."""


@dataclass
class Pair:
    """Both scenes as plain data."""

    first: list[Thing]
    second: list[Thing]
    grounds: tuple[Thing, Thing]

    @property
    def gone(self) -> list[Thing]:
        return [thing for thing in self.first if thing not in self.second]

    @property
    def new(self) -> list[Thing]:
        return [thing for thing in self.second if thing not in self.first]

    def kept(self, *fields: str) -> bool:
        """Say whether exactly one object changed, and not in these fields."""
        return len(self.gone) == len(self.new) == 1 and all(
            self.gone[0][f] == self.new[0][f] for f in fields
        )


def pair_of(first: Thing, second: Thing) -> Pair:
    """Return a pair from two scenes' JSON, as dicts."""
    return Pair(first["objects"], second["objects"], (first["ground"], second["ground"]))


def cell(thing: Thing) -> tuple[int, int]:
    return int(thing["x"] / 333.4), int(thing["y"] / 333.4)


def fits(text: str, thing: Thing) -> bool:
    """Say whether "small red circle in the centre", or a plural of it, fits an object."""
    look, _, place = (
        text.partition(" in the ") if " in the " in text else text.partition(" at the ")
    )
    words = look.split()
    shape = re.fullmatch(rf"({SHAPE})(?:e?s)?", words[-1]).group(1)
    return (
        shape in ("object", thing["shape"])
        and all(w in (thing["size"], thing["colour"]) for w in words[:-1])
        and (not place or PLACES[f"the {place}"] == cell(thing))
    )


def found(text: str, things: list[Thing]) -> list[Thing]:
    """Return the objects that a definite noun fits."""
    if text in EXTREMES:
        axis, sign = EXTREMES[text]
        ranked = sorted(things, key=lambda t: sign * t[axis])
        clear = len(ranked) == 1 or abs(ranked[0][axis] - ranked[1][axis]) > FAR
        return ranked[:1] if clear else ranked
    return [thing for thing in things if fits(text.removeprefix("the "), thing)]


def one(text: str, *scenes: list[Thing]) -> Thing:
    """Return what a definite noun names: one object in the first scene, at most one in others.

    "The topmost object" says which scene it speaks of, so it has to fit in that one only.
    """
    scenes = scenes[:1] if text in EXTREMES else scenes
    hits = [found(text, things) for things in scenes]
    if len(hits[0]) != 1 or any(len(more) > 1 for more in hits[1:]):
        raise Unreadable(f"{text!r} fits {[len(h) for h in hits]} objects")
    return hits[0][0]


def indefinite(text: str, thing: Thing) -> bool:
    """Say whether "a red circle" fits, with the right article."""
    article, look = text.split(" ", 1)
    right = article == "another" or article == ("an" if look[0] in "aeiou" else "a")
    return right and fits(look, thing)


def lies(thing: Thing, relation: str, other: Thing) -> bool:
    """Say whether a relation holds; one that is not named must not be far from level."""
    dx, dy = thing["x"] - other["x"], thing["y"] - other["y"]
    sides = {"to the left of": dx < -FAR, "to the right of": dx > FAR}
    sides |= {"above": dy < -FAR, "below": dy > FAR}
    return {side for side, true in sides.items() if true} == set(relation.split(" and "))


def went(pair: Pair, way: str) -> bool:
    """Say whether the one object that changed went this way, and no other."""
    names = {"to the left": "to the left of", "to the right": "to the right of"}
    names |= {"up": "above", "down": "below"}
    relation = " and ".join(names[part] for part in way.split(" and "))
    return pair.kept("shape", "colour", "size") and lies(pair.new[0], relation, pair.gone[0])


def number(nouns: str, things: list[Thing]) -> str:
    """Return how many objects a plural fits, as a word."""
    return NUMBERS[sum(fits(nouns, thing) for thing in things)]


def ground_is(text: str, ground: Thing) -> bool:
    """Say whether "plain grey", "a grey gradient" or "a striped grey pattern" fits a background."""
    right = re.match(r"(?:a|an) ", text) is None or not re.match(r"a [aeiou]|an [^aeiou]", text)
    words = re.sub(r"^an? ", "", text).removesuffix(" pattern")
    if words.endswith(" gradient"):
        expected = f"{ground['colour']} gradient" if ground["pattern"] == "gradient" else ""
    else:
        expected = f"{ground['pattern']} {ground['colour']}"
    return right and words == expected


def marked(marks: str, ground: Thing) -> bool:
    """Say whether a background has stripes, checks, dots, speckles or a gradient."""
    return MARKS.get(marks.removeprefix("a "), "gradient") == ground["pattern"]


def here(at: str) -> tuple[int, int]:
    return PLACES[at.removeprefix("in ").removeprefix("at ")]


def changed(pair: Pair, ref: str) -> bool:
    """Say whether a noun, said of the first picture, names the one object that changed."""
    return pair.gone == [one(ref, pair.first, pair.second)]


def lost(pair: Pair, ref: str) -> bool:
    return changed(pair, ref) and not pair.new


def gained(pair: Pair, a: str = "an object", at: str = "") -> bool:
    return (
        not pair.gone
        and len(pair.new) == 1
        and (indefinite(a, pair.new[0]))
        and (not a.startswith("another ") or any(fits(a[8:], t) for t in pair.first))
        and (not at or cell(pair.new[0]) == here(at))
    )


def recoloured(pair: Pair, old: str, new: str) -> bool:
    return pair.kept("shape", "size", "x", "y") and (
        (pair.gone[0]["colour"], pair.new[0]["colour"]) == (old, new)
    )


def resized(pair: Pair, sign: int) -> bool:
    if not pair.kept("shape", "colour", "x", "y"):
        return False
    return SIZES[pair.new[0]["size"]] - SIZES[pair.gone[0]["size"]] == 2 * sign


def reshaped(pair: Pair, a: str) -> bool:
    return pair.kept("colour", "size", "x", "y") and indefinite(a, pair.new[0])


def at_place(things: list[Thing], at: str) -> list[Thing]:
    return [thing for thing in things if cell(thing) == here(at)]


def sizes(pair: Pair, old: str, new: str) -> bool:
    return resized(pair, 1 if new == "large" else -1) and pair.gone[0]["size"] == old


def moved(pair: Pair, start: str, end: str) -> bool:
    return pair.kept("shape", "colour", "size") and (
        (cell(pair.gone[0]), cell(pair.new[0])) == (here(start), here(end)) and start != end
    )


def grounds_are(pair: Pair, was: str, now: str) -> bool:
    same = pair.first == pair.second and was != now
    return same and ground_is(was, pair.grounds[0]) and ground_is(now, pair.grounds[1])
