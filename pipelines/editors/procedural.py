"""The editor without a model: it applies the typed edit that the `templates` writer drew.

For the task `text` it also takes an instruction in words, since diffusion editors cannot spell.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.editors.lettering import lettering_for
from pipelines.edits import measure
from pipelines.edits.base import PictureEdit, SceneEdit
from pipelines.edits.registry import parse_edit
from pipelines.engines import Edited, EditJob, Editor, Rejected
from pipelines.scenes.draw import draw
from pipelines.scenes.model import Scene
from pipelines.sections.editors import ProceduralEditor
from syned.errors import RowError
from syned.reasons import Reason
from syned.rows import Task

MIN_CHANGED = 0.0005
"""Share of a scene's pixels that an edit has to change: a tenth of its smallest object."""


def load_procedural_editor(config: ProceduralEditor) -> Editor:  # noqa: ARG001
    """Return the editor of typed edits."""
    return _ProceduralEditor()


class _ProceduralEditor:
    """Applies typed edits with Pillow."""

    name = "procedural"

    def edit(self, jobs: Sequence[EditJob]) -> list[Edited | Rejected]:
        """Answer each job, in order."""
        return [_edited(job) for job in jobs]


def _edited(job: EditJob) -> Edited | Rejected:
    """Apply the edit of a job, and check that what its captions say can be seen."""
    try:
        edit = _asked(job)
        scene = Scene.model_validate_json(job.scene) if job.scene else None
    except RowError as error:
        return Rejected(error.reason, error.message)
    except ValueError as error:
        line = " ".join(str(error).split())
        return Rejected(Reason.BAD_JSON, f"the typed edit or its scene cannot be read: {line}")
    return _on_picture(edit, job) if isinstance(edit, PictureEdit) else _on_scene(edit, scene, job)


def _asked(job: EditJob) -> PictureEdit | SceneEdit:
    """Return the typed edit of a job, or the one that its words ask for.

    Raises:
        ValueError: The typed edit cannot be read.
        RowError: The words ask for something that this editor cannot do.
    """
    if job.edit is None and job.task is Task.TEXT:
        return lettering_for(job.instruction, job.image, job.seed)
    return parse_edit(job.edit or "null")


def _on_picture(edit: PictureEdit, job: EditJob) -> Edited | Rejected:
    """Edit pixels."""
    after = edit.apply(job.image)
    if edit.holds(job.image, after):
        return Edited(after)
    return Rejected(Reason.NO_VISIBLE_CHANGE, f"{edit.kind} cannot be seen at full size")


def _on_scene(edit: SceneEdit, scene: Scene | None, job: EditJob) -> Edited | Rejected:
    """Edit objects, and draw the scene anew at the picture's size."""
    if scene is None:
        return Rejected(Reason.NO_EDIT_FITS, f"{edit.kind} needs a drawn scene; this is a picture")
    after = draw(edit.apply(scene), max(job.image.size))
    if measure.share_changed(job.image, after) >= MIN_CHANGED:
        return Edited(after)
    return Rejected(Reason.NO_VISIBLE_CHANGE, f"{edit.kind} changes nothing to be seen")
