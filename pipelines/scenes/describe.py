"""Put scenes into words: places, relations, and names that fit exactly one object."""

from __future__ import annotations

from collections import Counter
from typing import Literal

from pipelines.scenes.model import Ground, Place, Scene, SceneObject

Feature = Literal["size", "colour", "shape"]
LOOK: tuple[Feature, ...] = ("colour", "shape")

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_PLACES: dict[Place, tuple[str, str]] = {
    "upper left": ("in", "the upper left corner"),
    "top centre": ("at", "the top centre"),
    "upper right": ("in", "the upper right corner"),
    "middle left": ("in", "the middle of the left side"),
    "centre": ("in", "the centre"),
    "middle right": ("in", "the middle of the right side"),
    "lower left": ("in", "the lower left corner"),
    "bottom centre": ("at", "the bottom centre"),
    "lower right": ("in", "the lower right corner"),
}


def spell(number: int) -> str:
    """Return a number from 0 to 9 as a word; 0 is "no"."""
    return _NUMBERS[number]


def amount(number: int, noun: str) -> str:
    """Return "one red circle", "two red circles", "no red circles"."""
    return f"{spell(number)} {noun if number == 1 else plural(noun)}"


def plural(noun: str) -> str:
    """Return the plural of a noun, or of a phrase that ends in one."""
    return f"{noun}es" if noun.endswith("s") else f"{noun}s"


def a(phrase: str) -> str:
    """Put "a" or "an" before a phrase; no word in use here breaks the rule of the first letter."""
    return f"{'an' if phrase[0] in 'aeiou' else 'a'} {phrase}"


def the(place: Place) -> str:
    """Return a place as a noun: "the upper left corner", "the top centre"."""
    return _PLACES[place][1]


def at(place: Place) -> str:
    """Return a place as an adverb: "in the upper left corner", "at the top centre"."""
    return " ".join(_PLACES[place])


def words(obj: SceneObject, *features: Feature) -> str:
    """Return an object's noun with some of its features, without article.

    Args:
        obj: The object.
        features: Which to name, in the order in which English wants them: size, colour, shape.
    """
    values = [getattr(obj, feature) for feature in features]
    return " ".join(values if "shape" in features else [*values, "object"])


def called(obj: SceneObject) -> str:
    """Return size, colour and shape; a medium size is not worth a word."""
    return words(obj, *LOOK) if obj.size == "medium" else words(obj, "size", *LOOK)


def count(scene: Scene, obj: SceneObject, *features: Feature) -> int:
    """Return how many objects of a scene share these features with the given one."""
    wanted = [getattr(obj, feature) for feature in features]
    return sum([getattr(o, f) for f in features] == wanted for o in scene.objects)


def fits_one(obj: SceneObject, features: tuple[Feature, ...], *scenes: Scene) -> bool:
    """Say whether these features of an object fit at most one object in each scene."""
    return all(count(scene, obj, *features) <= 1 for scene in scenes)


def placed(obj: SceneObject, *features: Feature) -> str:
    """Return an object with its place, which no other shares."""
    return f"the {words(obj, *features)} {at(obj.place)}"


def refer(obj: SceneObject, features: tuple[Feature, ...], *scenes: Scene) -> str:
    """Return an object by features if these fit no other in the scenes, else with its place too."""
    if fits_one(obj, features, *scenes):
        return f"the {words(obj, *features)}"
    return placed(obj, *features)


def name(obj: SceneObject, *scenes: Scene) -> str:
    """Return "the red circle", or as much more as tells it from all others in the scenes."""
    if fits_one(obj, LOOK, *scenes) or obj.size == "medium":
        return refer(obj, LOOK, *scenes)
    return refer(obj, ("size", *LOOK), *scenes)


def short_name(obj: SceneObject, *scenes: Scene) -> str:
    """Return "the circle" where that fits one object only, else its full name."""
    if fits_one(obj, ("shape",), *scenes):
        return f"the {obj.shape}"
    return name(obj, *scenes)


def sides(obj: SceneObject, other: SceneObject) -> tuple[str, ...]:
    """Return on which sides of another object one lies: above or below, left or right.

    Cells count, not pixels: two objects of one row are neither above nor below each other.
    """
    upright = ("above", "", "below")[(obj.row > other.row) - (obj.row < other.row) + 1]
    across = ("left", "", "right")[(obj.column > other.column) - (obj.column < other.column) + 1]
    return tuple(side for side in (upright, across) if side)


def relation(obj: SceneObject, other: SceneObject) -> str:
    """Return "above", "to the left of", "below and to the right of" and so on."""
    phrases = [f"to the {s} of" if s in ("left", "right") else s for s in sides(obj, other)]
    return " and ".join(phrases)


def direction(start: SceneObject, end: SceneObject) -> str:
    """Return where an object went: "up", "to the left", "down and to the right" and so on."""
    phrases = {"above": "up", "below": "down", "left": "to the left", "right": "to the right"}
    return " and ".join(phrases[side] for side in sides(end, start))


def landmark(obj: SceneObject, *scenes: Scene) -> SceneObject | None:
    """Return the nearest other object that all scenes hold and that needs no place to be named."""
    held = set(scenes[0].objects).intersection(*(scene.objects for scene in scenes)) - {obj}
    known = [other for other in held if fits_one(other, LOOK, *scenes)]
    return min(known, key=lambda o: (_distance(o, obj), o.row, o.column), default=None)


def next_to(obj: SceneObject, *scenes: Scene) -> str:
    """Return "to the left of the blue star" for the best landmark, or nothing without one."""
    mark = landmark(obj, *scenes)
    return f"{relation(obj, mark)} {name(mark, *scenes)}" if mark else ""


def _distance(one: SceneObject, other: SceneObject) -> int:
    """Return a distance in cells that prefers the same row or column."""
    return (one.row - other.row) ** 2 + (one.column - other.column) ** 2


def extreme(obj: SceneObject, *scenes: Scene) -> str:
    """Return "the topmost object" and the like where no cell lies as far out, else nothing."""
    others = [o for scene in scenes for o in scene.objects if o.place != obj.place]
    found = {
        "the object furthest to the left": all(obj.column < o.column for o in others),
        "the object furthest to the right": all(obj.column > o.column for o in others),
        "the topmost object": all(obj.row < o.row for o in others),
        "the lowest object": all(obj.row > o.row for o in others),
    }
    return next((phrase for phrase, true in found.items() if true and others), "")


def surface(ground: Ground) -> str:
    """Return what the background is: "plain grey", "a grey gradient", "a striped grey pattern"."""
    if ground.pattern == "plain":
        return f"plain {ground.colour}"
    if ground.pattern == "gradient":
        return a(f"{ground.colour} gradient")
    return a(f"{ground.pattern} {ground.colour} pattern")


def background(ground: Ground) -> str:
    """Return "plain grey background", "grey gradient background", "striped grey background"."""
    if ground.pattern == "gradient":
        return f"{ground.colour} gradient background"
    return f"{ground.pattern} {ground.colour} background"


def listed(phrases: list[str]) -> str:
    """Join phrases by commas and a last "and"."""
    return " and ".join([", ".join(phrases[:-1]), phrases[-1]] if phrases[1:] else phrases)


def sentence(text: str) -> str:
    """Begin with a capital and end with a full stop."""
    return f"{text[0].upper()}{text[1:]}."


def describe(scene: Scene) -> str:
    """Return one sentence with all objects and the background."""
    looks = Counter(called(obj) for obj in scene.objects)
    things = [a(look) if n == 1 else amount(n, look) for look, n in looks.items()]
    return sentence(f"{listed(things)} on {a(background(scene.ground))}")
