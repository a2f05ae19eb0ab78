"""The words that lead from an edited picture back to its source, for pairs that are turned round.

Only what is sure of both pictures in their new order is said; an edit whose way back cannot be said
so has none.
"""

from __future__ import annotations

from functools import singledispatch

from pipelines.edits.base import Edit, SceneEdit, Wording
from pipelines.edits.border import Border
from pipelines.edits.geometry import Flip, Rotate
from pipelines.edits.lettering import Lettering
from pipelines.edits.monochrome import BlackAndWhite
from pipelines.edits.nothing import Flicker, Jitter, Recompress
from pipelines.edits.scene_add import AddObject
from pipelines.edits.scene_background import ChangeBackground
from pipelines.edits.scene_move import MoveObject
from pipelines.edits.scene_recolour import RecolourObject
from pipelines.edits.scene_remove import RemoveObject
from pipelines.edits.scene_reshape import ReshapeObject
from pipelines.edits.scene_resize import ResizeObject
from pipelines.edits.sticker import Sticker
from pipelines.edits.tone import Brightness
from pipelines.edits.words import PLACES, fill
from pipelines.scenes.model import Scene

UNFRAMED = Wording(
    instructions=(
        "Remove the {colour} border.",
        "Take the {width} {colour} frame away from the picture.",
        "Show the picture without its {colour} border.",
    ),
    captions=(
        "The {colour} border is gone.",
        "The {width} {colour} frame around the picture has been removed.",
        "The first image is enclosed in {colour}, and the second one is not.",
        "Where the {width} border in {colour} was, the margin of the picture can be seen again.",
        "No band of {colour} runs along the edges any more.",
        "What the second picture lacks is the {colour} border on all four sides.",
        "Inside the old frame nothing differs; only the {colour} border has been taken away.",
        "Before, a {width} {colour} border covered every edge.",
    ),
    change="",
)
UNWRITTEN = Wording(
    instructions=(
        'Remove the word "{word}" {at}.',
        'Erase the text "{word}" from the picture.',
        "Take the {colour} letters {at} away.",
    ),
    captions=(
        'The word "{word}" has been removed {at}.',
        '"{word}" stood {at} before, and it is gone now.',
        'The first image says "{word}" {at}, which the second one does not.',
        'Nobody can read "{word}" in the second picture any more.',
        'What the second image lacks is the word "{word}".',
        'The text "{word}" has disappeared {at_also}.',
        'Apart from the {colour} word "{word}", which is missing, nothing differs.',
        'Erased from the second picture is "{word}", in {colour} capitals {at_also}.',
    ),
    change="",
)
PEELED = Wording(
    instructions=(
        "Remove the {shape} {at}.",
        "Take the {shape} away from the picture.",
        "Erase the {shape_only} {at}.",
    ),
    captions=(
        "The {shape} {at} is gone.",
        "The {shape} has been removed from the picture.",
        "The first image has a {shape_only} {at}, and the second has none there.",
        "What the second image lacks is the {shape} {at_also}.",
        "Where the {shape} was, the picture itself can be seen again.",
        "No {shape_only} covers {noun} of the picture any more.",
        "Before, there was a {shape_only} {at_also}, which has been taken away.",
        "Apart from the missing {shape}, nothing differs.",
    ),
    change="",
)
COLOURED = Wording(
    instructions=(
        "Bring the colour back into the picture.",
        "Turn the black and white image into a colour image.",
        "Show the picture in its colours.",
    ),
    captions=(
        "The image is in colour now.",
        "Colour has come back to the picture, which was in black and white.",
        "The first image has no colour, while the second is full of it.",
        "Shades of grey have given way to colours.",
        "What was a greyscale version before is shown in colour.",
        "Both show the same content, but only the second picture has colours.",
        "The black and white of the first picture has been replaced with colour.",
        "Before, the picture had no colour at all.",
    ),
    change="",
)


@singledispatch
def way_back(edit: Edit, scene: Scene | None) -> Wording | None:  # noqa: ARG001
    """Return the words that lead back from an edited picture, or nothing where none are sure.

    Args:
        edit: How the source picture was edited.
        scene: The scene of the source picture, if it is drawn.
    """
    return None


@way_back.register(Flip)
@way_back.register(Jitter)
@way_back.register(Flicker)
@way_back.register(Recompress)
def _same(edit: Flip | Jitter | Flicker | Recompress, scene: Scene | None) -> Wording | None:  # noqa: ARG001
    """What is its own way back is said in the same words."""
    return edit.wording()


@way_back.register
def _half_turn(edit: Rotate, scene: Scene | None) -> Wording | None:  # noqa: ARG001
    return edit.wording() if edit.degrees == 180 else None


@way_back.register
def _lighter_or_darker(edit: Brightness, scene: Scene | None) -> Wording | None:  # noqa: ARG001
    """Darker pictures become brighter, but black stays black."""
    back = Brightness(factor=1 / edit.factor).wording()
    sure = tuple(text for text in back.captions if "darkest" not in text)
    return Wording(back.instructions, sure, "")


@way_back.register
def _unframed(edit: Border, scene: Scene | None) -> Wording | None:  # noqa: ARG001
    return fill(UNFRAMED, colour=edit.colour, width=edit.width)


@way_back.register
def _unwritten(edit: Lettering, scene: Scene | None) -> Wording | None:  # noqa: ARG001
    place = PLACES[edit.place]
    return fill(UNWRITTEN, word=edit.word, colour=edit.colour, at=place.at, at_also=place.at_also)


@way_back.register
def _peeled(edit: Sticker, scene: Scene | None) -> Wording | None:  # noqa: ARG001
    place, shape = PLACES[edit.place], f"{edit.colour} {edit.shape}"
    return fill(
        PEELED,
        shape=shape,
        shape_only=edit.shape,
        at=place.at,
        at_also=place.at_also,
        noun=place.noun,
    )


@way_back.register
def _coloured(edit: BlackAndWhite, scene: Scene | None) -> Wording | None:  # noqa: ARG001
    return COLOURED


def _undone(edit: SceneEdit, undo: SceneEdit, scene: Scene) -> Wording | None:
    """Return the words of an edit of the edited scene, if it leads back to the source."""
    after = edit.apply(scene)
    again = undo.apply(after)
    same = again.ground == scene.ground and set(again.objects) == set(scene.objects)
    return undo.wording(after) if same else None


@way_back.register
def _taken(edit: AddObject, scene: Scene) -> Wording | None:
    return _undone(edit, RemoveObject(place=edit.new.place), scene)


@way_back.register
def _given(edit: RemoveObject, scene: Scene) -> Wording | None:
    return _undone(edit, AddObject(new=scene.at(edit.place)), scene)


@way_back.register
def _moved(edit: MoveObject, scene: Scene) -> Wording | None:
    return _undone(edit, MoveObject(place=edit.to, to=edit.place), scene)


@way_back.register
def _recoloured(edit: RecolourObject, scene: Scene) -> Wording | None:
    old = scene.at(edit.place)
    return _undone(edit, RecolourObject(place=edit.place, colour=old.colour), scene)


@way_back.register
def _resized(edit: ResizeObject, scene: Scene) -> Wording | None:
    old = scene.at(edit.place)
    return _undone(edit, ResizeObject(place=edit.place, size=old.size), scene)


@way_back.register
def _reshaped(edit: ReshapeObject, scene: Scene) -> Wording | None:
    old = scene.at(edit.place)
    return _undone(edit, ReshapeObject(place=edit.place, shape=old.shape), scene)


@way_back.register
def _regrounded(edit: ChangeBackground, scene: Scene) -> Wording | None:
    return _undone(edit, ChangeBackground(ground=scene.ground), scene)
