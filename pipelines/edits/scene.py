"""All edits of drawn scenes."""

from __future__ import annotations

from pipelines.edits.base import SceneEdit
from pipelines.edits.scene_add import AddObject
from pipelines.edits.scene_background import ChangeBackground
from pipelines.edits.scene_move import MoveObject
from pipelines.edits.scene_recolour import RecolourObject
from pipelines.edits.scene_remove import RemoveObject
from pipelines.edits.scene_reshape import ReshapeObject
from pipelines.edits.scene_resize import ResizeObject

AnySceneEdit = (
    AddObject
    | RemoveObject
    | RecolourObject
    | ResizeObject
    | MoveObject
    | ReshapeObject
    | ChangeBackground
)
"""One of them, told apart by its `kind` when read from JSON."""

SCENE_EDITS: tuple[type[SceneEdit], ...] = (
    AddObject,
    RemoveObject,
    RecolourObject,
    ResizeObject,
    MoveObject,
    ReshapeObject,
    ChangeBackground,
)
