"""Make a small object of a drawn scene large, or a large one small."""

from __future__ import annotations

import random
from typing import ClassVar, Literal, Self

from pipelines.edits.base import SceneEdit, Wording
from pipelines.edits.scene_words import all_others, either, sentences
from pipelines.scenes import describe as say
from pipelines.scenes.describe import LOOK, at
from pipelines.scenes.model import ROOM, Place, Scene, SceneObject, Size
from syned.rows import Task

_OPPOSITE: dict[Size, Size] = {"small": "large", "large": "small"}
"""A medium size is too near to both for a change that nobody overlooks."""


class ResizeObject(SceneEdit):
    """One object becomes plainly larger or smaller; its centre stays."""

    task: ClassVar[Task] = Task.LOCAL
    kind: Literal["resize_object"] = "resize_object"
    place: Place
    size: Size

    @classmethod
    def propose(cls, scene: Scene, rng: random.Random) -> Self | None:
        """Draw a small object with room to grow, or a large one."""
        fit = [obj for obj in scene.objects if _fits(obj)]
        if not fit:
            return None
        old = rng.choice(fit)
        return cls(place=old.place, size=_OPPOSITE[old.size])

    def apply(self, scene: Scene) -> Scene:
        """Return the scene with the object in its new size."""
        old = scene.at(self.place)
        return scene.swap(old, old.but(size=self.size))

    def wording(self, scene: Scene) -> Wording:
        """Return the edit in words."""
        after = self.apply(scene)
        old, new = scene.at(self.place), after.at(self.place)
        return Wording(
            instructions=_instructions(old, new, scene, after),
            captions=(*_alone(old, new, scene, after), *_among_others(old, new, scene, after)),
            change="",
        )


def _fits(obj: SceneObject) -> bool:
    """Say whether an object can take the opposite size where it is."""
    return obj.size in _OPPOSITE and max(map(abs, obj.offset)) <= ROOM[_OPPOSITE[obj.size]]


def _by(new: SceneObject, larger: str, smaller: str) -> str:
    """Choose between two words by the way that the change goes."""
    return larger if new.size == "large" else smaller


def _instructions(
    old: SceneObject, new: SceneObject, before: Scene, after: Scene
) -> tuple[str, ...]:
    """Return ways to ask for it."""
    return sentences(
        f"make {say.refer(old, LOOK, before, after)} {_by(new, 'larger', 'smaller')}",
        f"turn the {old.size} {old.shape} {at(old.place)} into a {new.size} one",
        f"{_by(new, 'enlarge', 'shrink')} the object {at(old.place)}",
        f"let {say.placed(old, *LOOK)} {_by(new, 'grow', 'shrink')}",
    )


def _alone(old: SceneObject, new: SceneObject, before: Scene, after: Scene) -> tuple[str, ...]:
    """Return captions that speak of the object alone."""
    it, place = say.refer(old, LOOK, before, after), at(old.place)
    look, comparative = say.words(old, *LOOK), _by(new, "larger", "smaller")
    return sentences(
        f"{it} is now {comparative}",
        f"{say.placed(old, *LOOK)} has {_by(new, 'grown', 'shrunk')} from {old.size} to {new.size}",
        f"a {old.size} {look} has become a {new.size} one",
        f"the first image shows a {old.size} {look} {place}, the second a {new.size} one",
        f"the size of {it} has changed: it is {new.size} now",
        f"in the second image {it} takes up much {_by(new, 'more', 'less')} space",
        f"the object {place} has been {_by(new, 'enlarged', 'made smaller')}",
        f"{it} was {old.size} before and is {new.size} now",
        f"only one thing differs: {it} is much {comparative}",
        f"{place}, the {old.size} {old.shape} has given way to a {new.size} one of the same colour",
    )


def _among_others(
    old: SceneObject, new: SceneObject, before: Scene, after: Scene
) -> tuple[str, ...]:
    """Return captions that count, compare or look at another object, as far as they hold."""
    it, comparative = say.refer(old, LOOK, before, after), _by(new, "larger", "smaller")
    outermost, beside = say.extreme(old, before), say.next_to(old, before, after)
    unlike = f"unlike {all_others(before)}, {it} has become {comparative}"
    return sentences(
        either(outermost, f"{outermost} has become {comparative}"),
        either(beside, f"{it}, {beside}, has changed from {old.size} to {new.size}"),
        either(len(before.objects) > 1, unlike),
    )
