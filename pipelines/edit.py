"""Stage 03: the edited picture of each pair."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from PIL import Image

from pipelines import instruct, sample
from pipelines.engines import Edited, EditJob, Editor, Rejected
from pipelines.recipe import ImageConfig, Recipe
from pipelines.sections.editors import AnyEditor, ProceduralEditor
from syned.batches import join_sorted
from syned.ids import seed_for
from syned.images import encode_picture, load_picture
from syned.parts import read_part
from syned.reasons import Status
from syned.rows import EditRow, EncodedImage, InstructRow, SampleRow, turned_away
from syned.run import RunFolder
from syned.stage import Done, PartFunction, in_batches

NAME = "03-edit"
VERSION = 1
BATCH = 32
"""Pictures that are decoded at once."""


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
    joined = join_sorted(written, pictures, lambda r: r.image_id, lambda p: p.image_id)
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
    )


def edit_rows(orders: Sequence[Order], editor: Editor, recipe: Recipe) -> list[list[EditRow]]:
    """Ask the editor, and encode what it made as the source pictures were."""
    jobs = edit_jobs(orders, recipe)
    rows = [
        EditRow(pair_id=order.instruct.pair_id, editor=editor.name, seed=job.seed)
        for order, job in zip(orders, jobs, strict=True)
    ]
    answers = editor.edit(jobs)
    return [
        [_finished(row, answer, recipe.image)] for row, answer in zip(rows, answers, strict=True)
    ]


def _finished(row: EditRow, answer: Edited | Rejected, image: ImageConfig) -> EditRow:
    """Add to a row what the editor made of it."""
    if isinstance(answer, Rejected):
        return turned_away(row, answer)
    return replace(
        row,
        edited_image=encode_picture(answer.image, image.format, image.quality),
        guidance_scale=answer.guidance_scale,
        image_guidance_scale=answer.image_guidance_scale,
        num_inference_steps=answer.num_inference_steps,
    )


def load_editor(config: AnyEditor) -> Editor:
    """Load the editor that a recipe names."""
    if isinstance(config, ProceduralEditor):
        from pipelines.editors.procedural import load_procedural_editor

        return load_procedural_editor(config)
    from pipelines.editors.instruct_pix2pix import load_instruct_pix2pix

    return load_instruct_pix2pix(config)


def start(run: RunFolder, *, recipe: Recipe) -> PartFunction:
    """Load the editor."""
    editor = load_editor(recipe.edit.editor)

    def part(index: int, done: Done) -> Iterator[EditRow]:
        return in_batches(
            orders(run, index),
            key=lambda order: order.instruct.pair_id,
            make=lambda group: edit_rows(group, editor, recipe),
            size=BATCH,
            done=done,
        )

    return part
