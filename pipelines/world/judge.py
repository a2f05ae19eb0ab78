"""Whether a picture is the edit of a drawn scene that was asked for: what changed, what stayed."""

from __future__ import annotations

from dataclasses import dataclass

from PIL import Image

from pipelines.scenes.model import PLACES, Place, Scene, SceneObject
from pipelines.scenes.read import SeenObject, SeenScene, read_scene

STAYS = 30
"""How far the centre of an object that stays may seem to lie from where it was, of 1,000.

Two pixels of 64; a crescent's box is that far off its centre when its tips are blurred away.
"""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an edit.

    Attributes:
        done: All that was to change is as it was asked for.
        kept: All that was to stay is as it was, and nothing else has come.
        wrong: Each thing that is not as it should be, in words.
    """

    done: bool
    kept: bool
    wrong: tuple[str, ...]

    @property
    def right(self) -> bool:
        """Say whether the picture is the edit that was asked for, and no more."""
        return self.done and self.kept


def judge(before: Scene, expected: Scene, after: Image.Image) -> Verdict:
    """Compare a picture with the scene that it should show.

    Size, shape, colour and cell of what changes count, not where in its cell it lies.

    Args:
        before: The scene as it was.
        expected: As it should be: the scene after the edit that was asked for, or the same.
        after: The edited picture, square.
    """
    seen = read_scene(after)
    changes = {place for place in PLACES if _at(before, place) != _at(expected, place)}
    wrong = {place: _wrong(before, expected, seen, place) for place in PLACES}
    ground = _wrong_ground(expected, seen)
    to_change = [wrong[place] for place in PLACES if place in changes]
    to_stay = [wrong[place] for place in PLACES if place not in changes]
    (to_stay if before.ground == expected.ground else to_change).append(ground)
    return Verdict(not any(to_change), not any(to_stay), tuple(filter(None, to_change + to_stay)))


def is_seen(obj: SceneObject, seen: SeenObject) -> bool:
    """Say whether what was seen has an object's shape, colour and size."""
    return obj.shape in seen.shapes and obj.colour == seen.colour and obj.size == seen.size


def stays(obj: SceneObject, seen: SeenObject) -> bool:
    """Say whether what was seen is an object where it was."""
    moved = max(abs(obj.x - seen.x), abs(obj.y - seen.y))
    return is_seen(obj, seen) and moved <= STAYS


def _at(scene: Scene, place: Place) -> SceneObject | None:
    """Return the object at a place, if there is one."""
    return next((obj for obj in scene.objects if obj.place == place), None)


def _wrong(before: Scene, expected: Scene, seen: SeenScene, place: Place) -> str:
    """Return what is wrong at a place; empty if nothing is."""
    wanted, there = _at(expected, place), [obj for obj in seen.objects if obj.place == place]
    if wanted is None and not there:
        return ""
    test = stays if wanted == _at(before, place) else is_seen
    if wanted and len(there) == 1 and test(wanted, there[0]):
        return ""
    asked = f"{wanted.size} {wanted.colour} {wanted.shape}" if wanted else "nothing"
    return f"{place}: {asked} expected, {' and '.join(map(str, there)) or 'nothing'} seen"


def _wrong_ground(expected: Scene, seen: SeenScene) -> str:
    """Return what is wrong with the background; empty if nothing is."""
    ground = expected.ground
    if (ground.colour, ground.pattern) == (seen.colour, seen.pattern):
        return ""
    found = f"{seen.pattern} {seen.colour} seen"
    return f"background: {ground.pattern} {ground.colour} expected, {found}"
