"""Give an object of a drawn scene another colour."""

from __future__ import annotations

import random
from typing import ClassVar, Literal, Self

from pipelines.edits.base import SceneEdit, Wording
from pipelines.edits.scene_words import either, fewer, more, sentences
from pipelines.scenes import describe as say
from pipelines.scenes.describe import LOOK, a, at
from pipelines.scenes.model import Colour, Place, Scene, SceneObject
from pipelines.scenes.palette import colours_seen_on
from syned.rows import Task


class RecolourObject(SceneEdit):
    """One object changes its colour and nothing else."""

    task: ClassVar[Task] = Task.COLOR
    kind: Literal["recolour_object"] = "recolour_object"
    place: Place
    colour: Colour

    @classmethod
    def propose(cls, scene: Scene, rng: random.Random) -> Self | None:
        """Draw an object and a colour that it does not have."""
        old = rng.choice(scene.objects)
        colours = [c for c in colours_seen_on(scene.ground.colour) if c != old.colour]
        return cls(place=old.place, colour=rng.choice(colours))

    def apply(self, scene: Scene) -> Scene:
        """Return the scene with the object in its new colour."""
        old = scene.at(self.place)
        return scene.swap(old, old.but(colour=self.colour))

    def wording(self, scene: Scene) -> Wording:
        """Return the edit in words."""
        after = self.apply(scene)
        old, new = scene.at(self.place), after.at(self.place)
        return Wording(
            instructions=_instructions(old, new, scene),
            captions=(*_alone(old, new, scene), *_among_others(old, new, scene, after)),
            change="",
        )


def _instructions(old: SceneObject, new: SceneObject, before: Scene) -> tuple[str, ...]:
    """Return ways to ask for it."""
    return sentences(
        f"make {say.name(old, before)} {new.colour}",
        f"change the colour of {say.placed(old, *LOOK)} to {new.colour}",
        f"paint the object {at(old.place)} {new.colour}",
        f"turn {say.short_name(old, before)} from {old.colour} to {new.colour}",
    )


def _alone(old: SceneObject, new: SceneObject, before: Scene) -> tuple[str, ...]:
    """Return captions that speak of the object alone."""
    it, place = say.name(old, before), at(old.place)
    was, now = a(say.words(old, *LOOK)), a(say.words(new, *LOOK))
    return sentences(
        f"{it} is now {new.colour}",
        f"the colour of {say.placed(old, 'shape')} has changed from {old.colour} to {new.colour}",
        f"{place} there is {now}, where {was} was before",
        f"the object {place} was {old.colour} and is {new.colour} now",
        f"the first image shows {was} {place}; in the second one it is {new.colour}",
        f"{say.short_name(old, before)} has turned {new.colour}",
        f"only one thing differs: {it} has been painted {new.colour}",
        f"{new.colour} has replaced {old.colour} as the colour of the object {place}",
        f"the second image has {now} in place of {a(old.colour)} one",
    )


def _among_others(
    old: SceneObject, new: SceneObject, before: Scene, after: Scene
) -> tuple[str, ...]:
    """Return captions that count, compare or look at another object, as far as they hold."""
    outermost, beside = say.extreme(old, before), say.next_to(old, before, after)
    it, was, now = say.name(old, before), f"{old.colour} object", f"{new.colour} object"
    same = f"the {old.shape} {at(old.place)} has the same colour as"
    mark = next((o for o in after.objects if o.colour == new.colour and o != new), None)
    return sentences(
        more(new, "colour", now, before, after),
        fewer(old, "colour", was, before, after),
        either(outermost, f"{outermost} has gone from {old.colour} to {new.colour}"),
        either(beside, f"{it}, {beside}, has become {new.colour}"),
        f"{same} {say.placed(mark, 'shape')} now" if mark else "",
    )
