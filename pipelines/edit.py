"""Stage 03: the edited picture of each pair."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from PIL import Image

from pipelines import instruct, sample
from pipelines.editors.load import load_editor
from pipelines.engines import Edited, EditJob, Editor, Rejected
from pipelines.faces.blur import FindFaces, blurred, load_faces, told
from pipelines.loaded import note
from pipelines.recipe import Recipe
from pipelines.routing import answer
from pipelines.sections.editors import AnyEditor
from pipelines.sections.images import ImageConfig
from syned.batches import ahead, join_sorted
from syned.errors import RowError
from syned.ids import seed_for
from syned.images import encode_picture, load_picture
from syned.parquet import read_table
from syned.parts import part_path, read_part
from syned.reasons import Status
from syned.rows import EditRow, EncodedImage, InstructRow, SampleRow, Task, turned_away
from syned.run import RunFolder
from syned.stage import Done, PartFunction, in_batches

NAME = "03-edit"
VERSION = 3
BATCH = 32
"""Pictures that are decoded at once, for each editor that makes candidates."""


@dataclass(frozen=True, slots=True)
class Order:
    """An instruction and the picture that it is for."""

    instruct: InstructRow
    picture: SampleRow


def orders(run: RunFolder, part: int) -> Iterator[Order]:
    """Yield the pairs of a part that have an instruction, each with its source picture."""
    rows = read_part(run.stage(instruct.NAME), part, InstructRow)
    pictures = sample.pictures(run, part)
    written = (row for row in rows if row.status is Status.OK)
    joined = join_sorted(
        written, pictures, lambda r: (r.image_id, r.given), lambda p: (p.image_id, p.given)
    )
    return (Order(row, picture) for row, picture in joined)


def edit_jobs(orders: Sequence[Order], recipe: Recipe) -> list[EditJob]:
    """Return what an editor is asked; a picture that several pairs share is decoded once."""
    encoded = {order.picture.image_id: order.picture.image for order in orders}
    images = {image_id: _load(picture) for image_id, picture in encoded.items()}
    return [_edit_job(order, images[order.picture.image_id], recipe) for order in orders]


def _load(encoded: EncodedImage | None) -> Image.Image:
    """Decode a stored picture."""
    assert encoded is not None, "a row that is ok has a picture"
    return load_picture(encoded)


def _edit_job(order: Order, image: Image.Image, recipe: Recipe) -> EditJob:
    """Return what an editor is asked for one pair."""
    row = order.instruct
    return EditJob(
        image=image,
        scene=order.picture.scene,
        task=row.task,
        instruction=row.instruction,
        edit=row.edit,
        seed=seed_for(recipe.seed, NAME, row.pair_id),
        given=order.picture.given_edited_image,
    )


Asked = list[tuple[Order, EditJob]]
Answers = list[tuple[Editor, Edited | Rejected]]


def edit_rows(
    groups: Iterable[Sequence[Order]],
    editors: Editors,
    recipe: Recipe,
    faces: FindFaces | None = None,
) -> Iterator[list[list[EditRow]]]:
    """Ask the editor of each pair, and encode what it made as the source pictures were.

    Where an editor is a model, threads decode the next group's pictures and encode the last one's
    while it works.

    Args:
        groups: Pairs that are answered together.
        editors: Of the recipe.
        recipe: Of the run.
        faces: Finds faces, which are blurred where a model made the picture: exact edits and given
            pictures come of ones that were blurred before.

    Yields:
        For each group, the rows of each pair.
    """
    threads = int(recipe.edit.has_model())
    asked = ahead(groups, lambda group: _asked(group, recipe), threads)
    answered = ((pairs, _answers(pairs, editors)) for pairs in asked)
    return ahead(answered, lambda both: _rows(*both, recipe.image, faces), threads)


def _asked(group: Sequence[Order], recipe: Recipe) -> Asked:
    """Return pairs with what editors are asked."""
    return list(zip(group, edit_jobs(group, recipe), strict=True))


def _answers(asked: Asked, editors: Editors) -> Answers:
    """Return for each pair its editor and the answer."""
    return answer(
        asked,
        lambda pair: editors.of(pair[0].instruct.task, pair[0].instruct.candidate_index),
        lambda editor, own: editor.edit([job for _, job in own]),
    )


def _rows(
    asked: Asked, answers: Answers, image: ImageConfig, faces: FindFaces | None
) -> list[list[EditRow]]:
    """Make the rows of each pair."""
    return [
        [_finished(_row(order, job, editor), made, image, faces)]
        for (order, job), (editor, made) in zip(asked, answers, strict=True)
    ]


def _row(order: Order, job: EditJob, editor: Editor) -> EditRow:
    """Make the row of a pair, without a picture yet."""
    return EditRow(pair_id=order.instruct.pair_id, editor=editor.name, seed=job.seed)


def _finished(
    row: EditRow, answer: Edited | Rejected, image: ImageConfig, faces: FindFaces | None
) -> EditRow:
    """Add to a row what the editor made of it."""
    if isinstance(answer, Rejected):
        return turned_away(row, answer)
    picture = answer.image
    regions = faces(picture) if faces is not None and answer.by_model else None
    if regions:
        picture = blurred(picture, regions)
    return replace(
        row,
        edited_image=answer.encoded or encode_picture(picture, image.format, image.quality),
        faces=None if regions is None else told(regions),
        guidance_scale=answer.guidance_scale,
        image_guidance_scale=answer.image_guidance_scale,
        num_inference_steps=answer.num_inference_steps,
    )


class Editors:
    """The editors of a recipe; each one is loaded when it is first needed, and once.

    Args:
        recipe: Names them, by task and by candidate.
        on_load: Told of each that was loaded, by its key.
    """

    def __init__(
        self, recipe: Recipe, on_load: Callable[[Mapping[str, AnyEditor]], None] = lambda _: None
    ) -> None:
        self._recipe = recipe
        self._on_load = on_load
        self._loaded: dict[AnyEditor, Editor] = {}

    def of(self, task: Task, candidate: int) -> Editor:
        """Return who makes a candidate: the editors of a task take turns.

        Raises:
            SynedError: It cannot be loaded.
        """
        configs = self._recipe.edit.editors(task)
        config = configs[candidate % len(configs)]
        if config not in self._loaded:
            key = self._key(config)
            self._loaded[config] = load_editor(config, key)
            self._on_load({key: config})
        return self._loaded[config]

    def _key(self, config: AnyEditor) -> str:
        """Return where the recipe first names an editor, for messages."""
        return next(key for key, engine in self._recipe.engines().items() if engine == config)


def start(run: RunFolder, *, recipe: Recipe) -> PartFunction:
    """Load the editors that the first part needs; others are loaded as their pairs come."""
    editors = Editors(recipe, partial(note, run))
    faces = load_faces(recipe.image.faces) if recipe.edit.has_model() else None
    for task, candidate in _needs(run):
        editors.of(task, candidate)

    def part(index: int, done: Done) -> Iterator[EditRow]:
        return in_batches(
            orders(run, index),
            key=lambda order: order.instruct.pair_id,
            make=lambda groups: edit_rows(groups, editors, recipe, faces),
            size=BATCH * (1 + len(recipe.edit.more_editors)),
            done=done,
        )

    return part


def _needs(run: RunFolder) -> list[tuple[Task, int]]:
    """Return the tasks and candidates that the first part of the stage before holds."""
    columns = ["status", "task", "candidate_index"]
    written = read_table(part_path(run.stage(instruct.NAME), 0), columns)
    found = written.group_by(columns).aggregate([]).to_pylist()
    made = {(row["task"], row["candidate_index"]) for row in found if row["status"] == Status.OK}
    return [(Task(task), candidate) for task, candidate in sorted(made)]


def refused(run: RunFolder, part: int, cause: RowError, *, recipe: Recipe) -> Iterator[EditRow]:
    """Yield the rows of a part whose pictures cannot be edited."""
    for order in orders(run, part):
        seed = seed_for(recipe.seed, NAME, order.instruct.pair_id)
        yield turned_away(EditRow(pair_id=order.instruct.pair_id, editor="", seed=seed), cause)
