"""The words that lead from an edited picture back to its source, for pairs turned round."""

from __future__ import annotations

from functools import singledispatch

from pipelines.edits.base import PictureEdit, SceneEdit, Wording
from pipelines.edits.scene_add import AddObject
from pipelines.edits.scene_background import ChangeBackground
from pipelines.edits.scene_move import MoveObject
from pipelines.edits.scene_recolour import RecolourObject
from pipelines.edits.scene_remove import RemoveObject
from pipelines.edits.scene_reshape import ReshapeObject
from pipelines.edits.scene_resize import ResizeObject
from pipelines.scenes.model import Scene


def way_back(edit: PictureEdit | SceneEdit, scene: Scene | None) -> Wording:
    """Return the way back in words: what differs if the edited picture is the first one.

    Args:
        edit: How the source picture was edited.
        scene: The scene of the source picture; an edit of a scene needs it.
    """
    if isinstance(edit, PictureEdit):
        return edit.inverse_wording()
    assert scene is not None, "an edit of a scene has a scene"
    return undo(edit, scene).wording(edit.apply(scene))


@singledispatch
def undo(edit: SceneEdit, scene: Scene) -> SceneEdit:
    """Return the edit of the edited scene that gives the source scene, to the last number.

    Args:
        edit: How the scene was edited.
        scene: The scene before that.

    Raises:
        NotImplementedError: No edit leads back from edits of this kind.
    """
    raise NotImplementedError(f"no edit of {scene} is known to undo {edit.kind}")


@undo.register
def _(edit: AddObject, scene: Scene) -> SceneEdit:  # noqa: ARG001
    return RemoveObject(place=edit.new.place)


@undo.register
def _(edit: RemoveObject, scene: Scene) -> SceneEdit:
    return AddObject(new=scene.at(edit.place))


@undo.register
def _(edit: MoveObject, scene: Scene) -> SceneEdit:  # noqa: ARG001
    return MoveObject(place=edit.to, to=edit.place)


@undo.register
def _(edit: RecolourObject, scene: Scene) -> SceneEdit:
    return RecolourObject(place=edit.place, colour=scene.at(edit.place).colour)


@undo.register
def _(edit: ResizeObject, scene: Scene) -> SceneEdit:
    return ResizeObject(place=edit.place, size=scene.at(edit.place).size)


@undo.register
def _(edit: ReshapeObject, scene: Scene) -> SceneEdit:
    return ReshapeObject(place=edit.place, shape=scene.at(edit.place).shape)


@undo.register
def _(edit: ChangeBackground, scene: Scene) -> SceneEdit:  # noqa: ARG001
    return ChangeBackground(ground=scene.ground)
