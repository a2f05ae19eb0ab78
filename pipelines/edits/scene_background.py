"""Change the background of a drawn scene."""

from __future__ import annotations

import random
from typing import ClassVar, Literal, Self

from pipelines.edits.base import SceneEdit, Wording
from pipelines.edits.scene_words import either, sentences
from pipelines.scenes.describe import a, background, surface
from pipelines.scenes.make import random_ground
from pipelines.scenes.model import SMOOTH, Ground, Pattern, Scene
from pipelines.scenes.palette import colours_seen_on
from syned.rows import Task

_TRIES = 100
_MARKS: dict[Pattern, str] = {
    "plain": "",
    "gradient": "a gradient",
    "striped": "stripes",
    "chequered": "checks",
    "dotted": "dots",
    "speckled": "speckles",
}


class ChangeBackground(SceneEdit):
    """The background changes its colour, its pattern or both; every object stays."""

    task: ClassVar[Task] = Task.BACKGROUND
    kind: Literal["change_background"] = "change_background"
    ground: Ground

    @classmethod
    def propose(cls, scene: Scene, rng: random.Random) -> Self | None:
        """Draw a background that plainly differs and hides no object."""
        for _ in range(_TRIES):
            ground = random_ground(rng)
            if _differs(scene.ground, ground) and _shows_all(scene, ground):
                return cls(ground=ground)
        return None

    def apply(self, scene: Scene) -> Scene:
        """Return the objects of the scene on the new background."""
        return Scene(ground=self.ground, objects=scene.objects)

    def wording(self, scene: Scene) -> Wording:
        """Return the edit in words."""
        old, new = scene.ground, self.ground
        return Wording(
            instructions=_instructions(old, new),
            captions=(*_whole(old, new, scene), *_in_part(old, new)),
            change="",
        )


def _differs(old: Ground, new: Ground) -> bool:
    """Say whether anybody sees the difference between two backgrounds."""
    if old.colour != new.colour:
        return True
    return old.pattern != new.pattern and not {old.pattern, new.pattern} <= set(SMOOTH)


def _shows_all(scene: Scene, ground: Ground) -> bool:
    """Say whether every object stands out against a background."""
    return {obj.colour for obj in scene.objects} <= set(colours_seen_on(ground.colour))


def _instructions(old: Ground, new: Ground) -> tuple[str, ...]:
    """Return ways to ask for it."""
    return sentences(
        f"change the background to {surface(new)}",
        f"give the picture {a(background(new))}",
        f"replace the {background(old)} by {a(background(new))}",
        f"put the objects on {a(background(new))}",
    )


def _whole(old: Ground, new: Ground, scene: Scene) -> tuple[str, ...]:
    """Return captions that speak of colour and pattern."""
    was, now = surface(old), surface(new)
    single = len(scene.objects) == 1
    same, they, things = (
        ("object is", "it lies", "object") if single else ("objects are", "they lie", "objects")
    )
    return sentences(
        f"the background has changed from {was} to {now}",
        f"the background is {now} now",
        f"the {same} the same, but now {they} on {a(background(new))}",
        f"the first image has {a(background(old))}, and the second has {a(background(new))}",
        f"{a(background(new))} has replaced the {background(old)}",
        f"nothing differs but the background, which was {was} and is {now} now",
        f"behind the {things} there is {a(background(new))} instead of {was}",
        f"what used to be {was} behind the {things} is {now} in the second image",
    )


def _in_part(old: Ground, new: Ground) -> tuple[str, ...]:
    """Return captions that speak of colour or pattern alone, as far as they hold."""
    recoloured, repatterned = old.colour != new.colour, old.pattern != new.pattern
    marks, lost = _MARKS[new.pattern], _MARKS[old.pattern]
    same = f"the background is still {new.colour}, but it has another pattern"
    return sentences(
        either(recoloured, f"the background has turned from {old.colour} to {new.colour}"),
        either(recoloured, f"{new.colour} is the colour of the background now"),
        either(not recoloured, same),
        either(repatterned and marks, f"the background has {marks} now"),
        either(repatterned and lost, f"the background has lost its {lost.removeprefix('a ')}"),
        either(
            not repatterned and marks,
            f"the background has kept its {lost.removeprefix('a ')} but not its colour",
        ),
    )
