"""Move an object of a drawn scene to another place."""

from __future__ import annotations

import random
from typing import ClassVar, Literal, Self

from pipelines.edits.base import SceneEdit, Wording
from pipelines.edits.scene_words import all_others, either, sentences
from pipelines.scenes import describe as say
from pipelines.scenes.describe import LOOK, a, at, the
from pipelines.scenes.make import centre_of
from pipelines.scenes.model import Place, Scene, SceneObject
from syned.rows import Task


class MoveObject(SceneEdit):
    """One object goes to a free place, straight along a row, a column or a diagonal of cells."""

    task: ClassVar[Task] = Task.LOCAL
    kind: Literal["move_object"] = "move_object"
    place: Place
    to: Place

    @classmethod
    def propose(cls, scene: Scene, rng: random.Random) -> Self | None:
        """Draw an object and a free place, if there is one."""
        if not scene.free_places:
            return None
        return cls(place=rng.choice(scene.objects).place, to=rng.choice(scene.free_places))

    def apply(self, scene: Scene) -> Scene:
        """Return the scene with the object at its new place, as far from that cell's centre."""
        old = scene.at(self.place)
        (x, y), (dx, dy) = centre_of(self.to), old.offset
        return scene.swap(old, old.but(x=x + dx, y=y + dy))

    def wording(self, scene: Scene) -> Wording:
        """Return the edit in words."""
        after = self.apply(scene)
        old, new = scene.at(self.place), after.at(self.to)
        return Wording(
            instructions=_instructions(old, new, scene),
            captions=(*_alone(old, new, scene), *_among_others(old, new, scene, after)),
            change="",
        )


def _instructions(old: SceneObject, new: SceneObject, before: Scene) -> tuple[str, ...]:
    """Return ways to ask for it."""
    return sentences(
        f"move {say.name(old, before)} to {the(new.place)}",
        f"shift {say.placed(old, *LOOK)} to {the(new.place)}",
        f"send {say.short_name(old, before)} {say.direction(old, new)}, to {the(new.place)}",
        f"let the object {at(old.place)} go to {the(new.place)}",
    )


def _alone(old: SceneObject, new: SceneObject, before: Scene) -> tuple[str, ...]:
    """Return captions that speak of the object alone."""
    it, look = say.name(old, before), say.words(old, *LOOK)
    there, here, way = at(old.place), at(new.place), say.direction(old, new)
    is_named = say.fits_one(old, LOOK, before)
    return sentences(
        f"{it} has moved {way}",
        f"{it if is_named else a(look)} has left {the(old.place)} and lies {here} now",
        f"the object {there} has been moved to {the(new.place)}",
        f"{the(old.place)} is empty now, and {a(look)} lies {here} instead",
        f"the first image has {a(look)} {there}; in the second one it is {here}",
        f"the position of {it} has changed: it lies {here} now",
        either(is_named, f"{it} is now {here} instead of {there}"),
        f"{here}, where nothing was before, there is {a(look)} now, shifted from {the(old.place)}",
        f"{say.short_name(old, before)} is not where it was: it has gone {way}",
    )


def _among_others(
    old: SceneObject, new: SceneObject, before: Scene, after: Scene
) -> tuple[str, ...]:
    """Return captions that look at other objects, as far as they hold."""
    it, outermost = say.name(old, before), say.extreme(old, before)
    way, alone = say.direction(old, new), len(before.objects) == 1
    unlike = f"unlike {all_others(before)}, {it} has changed its place: it has moved {way}"
    return sentences(
        either(not alone, unlike),
        either(outermost, f"what was {outermost} has been shifted {way}"),
        *_about_landmark(old, new, before, after),
    )


def _about_landmark(
    old: SceneObject, new: SceneObject, before: Scene, after: Scene
) -> tuple[str, ...]:
    """Say on which side of a landmark the object lies now, if that is another side."""
    mark = say.landmark(new, before, after)
    if mark is None or set(say.sides(old, mark)) & set(say.sides(new, mark)):
        return ()
    it, other = say.name(old, before), say.name(mark, before, after)
    was, now = say.relation(old, mark), say.relation(new, mark)
    return (
        either(say.fits_one(old, LOOK, before), f"{it} now lies {now} {other}"),
        f"{it} used to be {was} {other} and is now {now} it",
    )
