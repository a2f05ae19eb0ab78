"""Remove an object from a drawn scene."""

from __future__ import annotations

import random
from typing import ClassVar, Literal, Self

from pipelines.edits.base import SceneEdit, Wording
from pipelines.edits.scene_words import either, fewer, objects_now, sentences
from pipelines.scenes import describe as say
from pipelines.scenes.describe import LOOK, a, at
from pipelines.scenes.model import Place, Scene, SceneObject
from syned.rows import Task


class RemoveObject(SceneEdit):
    """One object goes, at least one stays."""

    task: ClassVar[Task] = Task.REMOVE
    kind: Literal["remove_object"] = "remove_object"
    place: Place

    @classmethod
    def propose(cls, scene: Scene, rng: random.Random) -> Self | None:
        """Draw an object, if it is not the only one."""
        return cls(place=rng.choice(scene.objects).place) if len(scene.objects) > 1 else None

    def apply(self, scene: Scene) -> Scene:
        """Return the scene without the object."""
        return scene.swap(scene.at(self.place))

    def wording(self, scene: Scene) -> Wording:
        """Return the edit in words."""
        gone, after = scene.at(self.place), self.apply(scene)
        return Wording(
            instructions=_instructions(gone, scene),
            captions=(*_alone(gone, scene), *_among_others(gone, scene, after)),
            change="",
        )


def _instructions(gone: SceneObject, scene: Scene) -> tuple[str, ...]:
    """Return ways to ask for it."""
    return sentences(
        f"remove {say.name(gone, scene)}",
        f"take {say.short_name(gone, scene)} out of the picture",
        f"delete the object {at(gone.place)}",
        f"make {say.placed(gone, *LOOK)} disappear",
    )


def _alone(gone: SceneObject, before: Scene) -> tuple[str, ...]:
    """Return captions that speak of the object alone."""
    it, place = say.name(gone, before), gone.place
    return sentences(
        f"{it} is gone",
        f"{say.placed(gone, *LOOK)} has been removed",
        f"of the {say.spell(len(before.objects))} objects, {it} is missing in the second image",
        f"only the background is left {at(place)}, where there was {a(say.words(gone, *LOOK))}",
        f"the first image has {a(say.called(gone))} {at(place)}, and the second has nothing there",
        f"what the second image lacks is {it}",
        f"the object {at(place)} has disappeared",
        f"{say.the(place)} is empty now",
        f"somebody has taken {say.short_name(gone, before)} away",
    )


def _among_others(gone: SceneObject, before: Scene, after: Scene) -> tuple[str, ...]:
    """Return captions that count, compare or look at another object, as far as they hold."""
    left, it, look = say.count(after, gone, *LOOK), say.name(gone, before), say.words(gone, *LOOK)
    verb, beside = "is" if left == 1 else "are", say.next_to(gone, before, after)
    twins = f"only {say.spell(left)} of the {say.amount(left + 1, look)} {verb} left"
    outermost = say.extreme(gone, before)
    return sentences(
        objects_now(before, after),
        either(left, twins),
        fewer(gone, "colour", f"{gone.colour} object", before, after),
        fewer(gone, "shape", gone.shape, before, after),
        either(outermost, f"{outermost}, {a(say.called(gone))}, has vanished"),
        either(beside, f"{it}, which was {beside}, is no longer there"),
        _emptied_side(gone, before, after),
    )


def _emptied_side(gone: SceneObject, before: Scene, after: Scene) -> str:
    """Say on which side of a landmark nothing is left, if that is so."""
    mark = say.landmark(gone, before, after)
    if mark is None:
        return ""
    free = {
        "to the left of": gone.column < mark.column and all(o.x >= mark.x for o in after.objects),
        "to the right of": gone.column > mark.column and all(o.x <= mark.x for o in after.objects),
        "above": gone.row < mark.row and all(o.y >= mark.y for o in after.objects),
        "below": gone.row > mark.row and all(o.y <= mark.y for o in after.objects),
    }
    side = next((side for side, is_free in free.items() if is_free), "")
    return either(side, f"nothing lies {side} {say.name(mark, before, after)} any more")
