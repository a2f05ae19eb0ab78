"""Add an object to a drawn scene."""

from __future__ import annotations

import random
from typing import ClassVar, Literal, Self

from pipelines.edits.base import SceneEdit, Wording
from pipelines.edits.scene_words import either, more, objects_now, sentences
from pipelines.scenes import describe as say
from pipelines.scenes.describe import LOOK, a, at
from pipelines.scenes.make import random_object
from pipelines.scenes.model import Scene, SceneObject
from syned.rows import Task

MAX_OBJECTS = 7
"""A fuller picture is hard to take in."""


class AddObject(SceneEdit):
    """One object comes to a free place."""

    task: ClassVar[Task] = Task.ADD
    kind: Literal["add_object"] = "add_object"
    new: SceneObject

    @classmethod
    def propose(cls, scene: Scene, rng: random.Random) -> Self | None:
        """Draw an object for a free place, if the scene is not full; a simple one stays so."""
        if len(scene.objects) >= MAX_OBJECTS:
            return None
        place = rng.choice(scene.free_places)
        earlier, ground = list(scene.objects), scene.ground.colour
        return cls(new=random_object(earlier, place, ground, rng, simple=scene.is_simple))

    def apply(self, scene: Scene) -> Scene:
        """Return the scene with the new object."""
        return Scene(ground=scene.ground, objects=(*scene.objects, self.new))

    def wording(self, scene: Scene) -> Wording:
        """Return the edit in words."""
        after = self.apply(scene)
        return Wording(
            instructions=_instructions(self.new, scene, after),
            captions=(*_alone(self.new, scene), *_among_others(self.new, scene, after)),
            change="",
        )


def _look(new: SceneObject, before: Scene) -> str:
    """Return "a green star", or "another green star" where there is one already."""
    look = say.words(new, *LOOK)
    return f"another {look}" if say.count(before, new, *LOOK) else a(look)


def _instructions(new: SceneObject, before: Scene, after: Scene) -> tuple[str, ...]:
    """Return ways to ask for it, each with the size, so that there is one way to do it right."""
    beside = say.next_to(new, before, after)
    another = f"another {say.called(new)}" if say.count(before, new, *LOOK) else a(say.called(new))
    return sentences(
        f"add {another} {at(new.place)}",
        f"put {a(say.called(new))} {at(new.place)}",
        f"draw {a(say.called(new))} on the empty background {at(new.place)}",
        either(beside, f"place {another} {beside}"),
    )


def _alone(new: SceneObject, before: Scene) -> tuple[str, ...]:
    """Return captions that speak of the object alone."""
    place = new.place
    return sentences(
        f"{_look(new, before)} has appeared {at(place)}",
        f"{a(say.called(new))} has been added",
        f"{say.the(place)}, empty before, now holds {_look(new, before)}",
        f"the second image shows {a(say.called(new))} {at(place)} that the first one lacks",
        f"what is new is the {say.called(new)} {at(place)}",
        f"there is {a(say.words(new, *LOOK))} {at(place)} now, where nothing was before",
        f"the picture has gained {_look(new, before)}",
        f"compared with the first image, the second has one more object: {a(say.called(new))}",
    )


def _among_others(new: SceneObject, before: Scene, after: Scene) -> tuple[str, ...]:
    """Return captions that count, compare or look at another object, as far as they hold."""
    outermost, beside = say.extreme(new, after), say.next_to(new, before, after)
    others = say.amount(len(before.objects), "object")
    joined = "the only object" if len(before.objects) == 1 else f"the {others}"
    return sentences(
        objects_now(before, after),
        f"{_look(new, before)} has joined {joined} of the first image",
        more(new, "colour", f"{new.colour} object", before, after),
        more(new, "shape", new.shape, before, after),
        either(outermost, f"{outermost} is new: {a(say.called(new))}"),
        either(beside, f"{_look(new, before)} now lies {beside}"),
    )
