"""All edits, by task and by kind."""

from __future__ import annotations

import json

from pipelines.edits.base import PictureEdit, SceneEdit
from pipelines.edits.border import Border
from pipelines.edits.colour import Saturation, Tint
from pipelines.edits.crop import Crop
from pipelines.edits.detail import Blur, Noise, Sharpen
from pipelines.edits.geometry import Flip, Rotate, Tilt
from pipelines.edits.lettering import Lettering
from pipelines.edits.monochrome import BlackAndWhite, Sepia
from pipelines.edits.nothing import Flicker, Jitter, Recompress
from pipelines.edits.scene import SCENE_EDITS
from pipelines.edits.sticker import Sticker
from pipelines.edits.tone import Brightness, Contrast
from syned.rows import Task

PICTURE_EDITS: tuple[type[PictureEdit], ...] = (
    Brightness,
    Contrast,
    Rotate,
    Tilt,
    Flip,
    Crop,
    Border,
    Saturation,
    Tint,
    BlackAndWhite,
    Sepia,
    Blur,
    Sharpen,
    Noise,
    Lettering,
    Sticker,
    Jitter,
    Flicker,
    Recompress,
)

ALL_EDITS: tuple[type[PictureEdit] | type[SceneEdit], ...] = (*PICTURE_EDITS, *SCENE_EDITS)
EDITS = {edit.model_fields["kind"].default: edit for edit in ALL_EDITS}
"""Every edit under its kind."""


def picture_edits(task: Task, *, on_scene: bool) -> list[type[PictureEdit]]:
    """Return the edits of pixels for a task, in a fixed order."""
    return [e for e in PICTURE_EDITS if e.task is task and (e.on_scenes or not on_scene)]


def scene_edits(task: Task) -> list[type[SceneEdit]]:
    """Return the edits of objects for a task, in a fixed order."""
    return [edit for edit in SCENE_EDITS if edit.task is task]


def parse_edit(text: str) -> PictureEdit | SceneEdit:
    """Read an edit from its JSON.

    Raises:
        ValueError: It is not the JSON of an edit; the message says what is wrong.
    """
    values = json.loads(text)
    kind = values.get("kind") if isinstance(values, dict) else None
    if not isinstance(kind, str) or kind not in EDITS:
        raise ValueError(f"found the kind {kind!r}, expected one of: {', '.join(EDITS)}")
    return EDITS[kind].model_validate(values)
