"""Give an object of a drawn scene another shape."""

from __future__ import annotations

import random
from typing import ClassVar, Literal, Self

from pipelines.edits.base import SceneEdit, Wording
from pipelines.edits.scene_words import either, fewer, more, sentences
from pipelines.scenes import describe as say
from pipelines.scenes.describe import LOOK, a, at
from pipelines.scenes.model import SHAPES, Place, Scene, SceneObject, Shape
from syned.rows import Task

_ALIKE = frozenset({"circle", "hexagon"})
"""Hard to tell when small."""


class ReshapeObject(SceneEdit):
    """One object changes its shape; place, size and colour stay."""

    task: ClassVar[Task] = Task.LOCAL
    kind: Literal["reshape_object"] = "reshape_object"
    place: Place
    shape: Shape

    @classmethod
    def propose(cls, scene: Scene, rng: random.Random) -> Self | None:
        """Draw an object and a shape that is not like its own."""
        old = rng.choice(scene.objects)
        alike = _ALIKE if old.shape in _ALIKE else {old.shape}
        return cls(place=old.place, shape=rng.choice([s for s in SHAPES if s not in alike]))

    def apply(self, scene: Scene) -> Scene:
        """Return the scene with the object in its new shape."""
        old = scene.at(self.place)
        return scene.swap(old, old.but(shape=self.shape))

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
        f"turn {say.name(old, before)} into {a(new.shape)}",
        f"replace {say.placed(old, *LOOK)} by {a(say.words(new, *LOOK))}",
        f"make the object {at(old.place)} {a(new.shape)}",
        f"swap {say.short_name(old, before)} for {a(new.shape)} of the same colour",
    )


def _alone(old: SceneObject, new: SceneObject, before: Scene) -> tuple[str, ...]:
    """Return captions that speak of the object alone."""
    it, place = say.name(old, before), at(old.place)
    was, now = a(say.words(old, *LOOK)), a(say.words(new, *LOOK))
    return sentences(
        f"{it} has become {a(new.shape)}",
        f"the {old.colour} object {place} is {a(new.shape)} now and no longer {a(old.shape)}",
        f"instead of {was} there is {now} {place}",
        f"the first image shows {was} {place}, the second {now}",
        f"{say.short_name(old, before)} has been replaced by {a(new.shape)}",
        f"the shape of the object {place} has changed from {a(old.shape)} to {a(new.shape)}",
        f"where {was} was, {now} lies now",
        f"only one thing differs: {it} has turned into {a(new.shape)} of the same colour",
        f"{now} has taken the place of {it}",
    )


def _among_others(
    old: SceneObject, new: SceneObject, before: Scene, after: Scene
) -> tuple[str, ...]:
    """Return captions that count, compare or look at another object, as far as they hold."""
    outermost, beside = say.extreme(old, before), say.next_to(old, before, after)
    only = say.fits_one(old, ("colour",), before, after)
    once = f"the only {old.colour} object used to be {a(old.shape)} and is {a(new.shape)} now"
    return sentences(
        more(new, "shape", new.shape, before, after),
        fewer(old, "shape", old.shape, before, after),
        either(only, once),
        either(outermost, f"{outermost} is {a(new.shape)} rather than {a(old.shape)} now"),
        either(beside, f"{say.name(old, before)}, {beside}, is {a(new.shape)} in the second image"),
    )
