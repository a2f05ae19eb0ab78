"""The writer without a model: it draws a typed edit that fits the picture, and words it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from PIL import Image

from pipelines.edits import measure
from pipelines.edits.base import PictureEdit, SceneEdit, Wording
from pipelines.edits.registry import picture_edits, scene_edits
from pipelines.edits.way_back import way_back
from pipelines.engines import Rejected, WriteJob, Writer, Written
from pipelines.scenes.describe import describe
from pipelines.scenes.model import RADIUS, SIDE, Scene
from pipelines.sections.writers import TemplatesWriter
from syned.images import load_picture
from syned.reasons import Reason
from syned.rows import NUM_CAPTIONS, EncodedImage, Task

TRIES = 4
"""Draws of one kind of edit before the next kind is tried."""
MAX_OVERLAP = 0.5
"""Two captions of a pair share at most this part of their words, where there is a choice."""
BRIEF = 7
"""A caption of so few words says what has changed, but hardly where or how."""
MAX_BRIEF = 2
"""Brief captions that a pair has, where there is a choice."""


def load_templates_writer(config: TemplatesWriter) -> Writer:
    """Return the writer of typed edits."""
    return _TemplatesWriter(config.tasks)


class _TemplatesWriter:
    """Draws and words typed edits."""

    name = "templates"
    prompt_version = "templates-1"

    def __init__(self, tasks: Mapping[Task, float]) -> None:
        self._tasks = tasks

    def write(self, jobs: Sequence[WriteJob]) -> list[Written | Rejected]:
        """Answer each job, in order; a picture that several jobs share is decoded once."""
        thumbnails = {encoded: _thumbnail(encoded) for encoded in {job.image for job in jobs}}
        return [self._write(job, thumbnails[job.image]) for job in jobs]

    def _write(self, job: WriteJob, picture: Image.Image) -> Written | Rejected:
        """Return the first edit that fits, of the wanted task or else of another."""
        rng = random.Random(job.seed)
        scene = Scene.model_validate_json(job.scene) if job.scene else None
        source = job.source_caption or (describe(scene) if scene else "a picture")
        for task in self._tasks_to_try(job.task, rng):
            for edit in _fitting(task, picture, scene, rng):
                written = _written(edit, scene, source, rng)
                return _with_way_back(written, edit, scene, rng) if job.inverse else written
        return Rejected(Reason.NO_EDIT_FITS, f"no edit would be visible; wanted: {job.task}")

    def _tasks_to_try(self, wanted: Task, rng: random.Random) -> list[Task]:
        """Return the wanted task, then the others, drawn one after another by their shares.

        A weighted draw without replacement sorts by a power of a random number (Efraimidis and
        Spirakis, "Weighted random sampling with a reservoir", 2006).
        """
        shares = {t: s for t, s in self._tasks.items() if s > 0 and t is not wanted}
        keys = {task: rng.random() ** (1 / share) for task, share in shares.items()}
        return [wanted, *sorted(keys, key=lambda task: keys[task], reverse=True)]


def _thumbnail(encoded: EncodedImage) -> Image.Image:
    """Return a picture at the size at which edits are tried."""
    return measure.small(load_picture(encoded), measure.DETAIL_SIDE)


def _fitting(
    task: Task, picture: Image.Image, scene: Scene | None, rng: random.Random
) -> Iterator[PictureEdit | SceneEdit]:
    """Yield edits of a task whose claims would be true, the kinds in random order."""
    kinds: list[type[PictureEdit] | type[SceneEdit]] = []
    kinds.extend(picture_edits(task, on_scene=scene is not None))
    kinds.extend(scene_edits(task) if scene else [])
    for kind in rng.sample(kinds, len(kinds)):
        for _ in range(TRIES):
            edit = _drawn(kind, picture, scene, rng)
            if edit is not None:
                yield edit


def _drawn(
    kind: type[PictureEdit] | type[SceneEdit],
    picture: Image.Image,
    scene: Scene | None,
    rng: random.Random,
) -> PictureEdit | SceneEdit | None:
    """Draw one edit, or nothing if it does not fit."""
    if issubclass(kind, SceneEdit):
        return kind.propose(scene, rng) if scene else None
    edit = kind.propose(picture, rng)
    if edit is None or (scene and _hides_objects(edit, scene, picture.size)):
        return None
    return edit if edit.holds(picture, edit.apply(picture)) else None


def _hides_objects(edit: PictureEdit, scene: Scene, size: tuple[int, int]) -> bool:
    """Say whether an edit covers part of an object; the caption of the scene would not be true."""
    unit = max(size) / SIDE
    return any(
        left < (o.x + RADIUS[o.size]) * unit
        and right > (o.x - RADIUS[o.size]) * unit
        and top < (o.y + RADIUS[o.size]) * unit
        and bottom > (o.y - RADIUS[o.size]) * unit
        for left, top, right, bottom in edit.covered(size)
        for o in scene.objects
    )


def _written(
    edit: PictureEdit | SceneEdit, scene: Scene | None, source: str, rng: random.Random
) -> Written:
    """Put an edit into words."""
    if isinstance(edit, SceneEdit):
        assert scene is not None, "an edit of a scene is drawn for a scene only"
        wording, edited = edit.wording(scene), describe(edit.apply(scene))
    else:
        wording = edit.wording()
        edited = with_change(source, wording)
    return Written(
        task=edit.task,
        instruction=rng.choice(wording.instructions),
        captions=five_captions(wording.captions, rng),
        source_caption=source,
        edited_caption=edited,
        edit=edit.model_dump_json(),
    )


def _with_way_back(
    written: Written, edit: PictureEdit | SceneEdit, scene: Scene | None, rng: random.Random
) -> Written:
    """Add the words of the way back; they are drawn last, so that the others stay the same."""
    wording = way_back(edit, scene)
    return replace(
        written,
        inverse_instruction=rng.choice(wording.instructions),
        inverse_captions=five_captions(wording.captions, rng),
    )


def with_change(source: str, wording: Wording) -> str:
    """Return the caption of the edited picture: that of the source, and what is new."""
    if not wording.change:
        return source
    bare = source.rstrip(". ")
    return f"{bare}, {wording.change}{'.' if source.rstrip().endswith('.') else ''}"


def five_captions(captions: Sequence[str], rng: random.Random) -> tuple[str, ...]:
    """Draw five captions in random order, preferring those that say much and share few words."""
    order = rng.sample(captions, len(captions))
    words = {caption: set(re.findall(r"\w+", caption.lower())) for caption in order}
    too_many = [caption for caption in order if len(caption.split()) <= BRIEF][MAX_BRIEF:]
    chosen: list[str] = []
    for caption in order:
        if caption not in too_many and all(
            _overlap(words[caption], words[other]) <= MAX_OVERLAP for other in chosen
        ):
            chosen.append(caption)
    rest = [caption for caption in order if caption not in (*chosen, *too_many)]
    return tuple((chosen + rest + too_many)[:NUM_CAPTIONS])


def _overlap(words: set[str], others: set[str]) -> float:
    """Return the words two captions share as a part of all their words, in [0, 1]."""
    return len(words & others) / len(words | others)
