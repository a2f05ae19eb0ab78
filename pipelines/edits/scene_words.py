"""Sentences that several scene edits share."""

from __future__ import annotations

from pipelines.scenes.describe import Feature, amount, count, sentence, spell
from pipelines.scenes.model import Scene, SceneObject


def sentences(*texts: str) -> tuple[str, ...]:
    """Return distinct texts as sentences, without the empty ones."""
    return tuple(dict.fromkeys(sentence(text) for text in texts if text))


def either(condition: object, text: str) -> str:
    """Return the text if it is true of these scenes, else nothing."""
    return text if condition else ""


def objects_now(before: Scene, after: Scene) -> str:
    """Return "there are now three objects instead of four"."""
    number = len(after.objects)
    verb = "is" if number == 1 else "are"
    return f"there {verb} now {amount(number, 'object')} instead of {spell(len(before.objects))}"


def more(obj: SceneObject, feature: Feature, noun: str, before: Scene, after: Scene) -> str:
    """Say how many objects have what this one has now: "there are now two stars instead of one"."""
    first, second = count(before, obj, feature), count(after, obj, feature)
    if first == 0:
        return f"the second image has one {noun}, while the first has none"
    return f"there are now {amount(second, noun)} instead of {spell(first)}"


def fewer(obj: SceneObject, feature: Feature, noun: str, before: Scene, after: Scene) -> str:
    """Say how many objects have what this one had: "there is now one star instead of two"."""
    first, second = count(before, obj, feature), count(after, obj, feature)
    if second == 0:
        return f"there is no {noun} in the picture any more"
    verb = "is" if second == 1 else "are"
    return f"there {verb} now {amount(second, noun)} instead of {spell(first)}"


def all_others(scene: Scene) -> str:
    """Return "the other object" or "the other three objects" of one that is not counted."""
    number = len(scene.objects) - 1
    return "the other object" if number == 1 else f"the other {spell(number)} objects"
