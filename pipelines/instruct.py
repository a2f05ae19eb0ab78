"""Stage 02: an instruction and five captions for each pair to be made."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipelines import sample
from pipelines.engines import Rejected, WriteJob, Writer, Written
from pipelines.layout import instructions_wanted
from pipelines.loaded import note
from pipelines.recipe import Recipe
from pipelines.routing import answer
from pipelines.sections.writers import (
    AnyWriter,
    GivenWriter,
    ModelWriter,
    OpenAIWriter,
    TemplatesWriter,
    VllmWriter,
)
from pipelines.writers.given import GIVEN, has_captions
from syned.errors import RowError
from syned.ids import digest, seed_for
from syned.rows import InstructRow, SampleRow, Task, turned_away
from syned.run import RunFolder
from syned.stage import Done, PartFunction, in_batches

NAME = "02-instruct"
VERSION = 2
BATCH = 256
"""Jobs that a writer gets at once."""
FULL = 256
"""Jobs that keep vLLM full: as many answers as it writes at once by itself on most GPUs."""
MOST_LANES = 8
"""Parts that a worker makes at once; each holds its pictures in memory."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One instruction to be written."""

    picture: SampleRow
    index: int
    """Its number among the picture's instructions."""
    number: int
    """Its number within the run."""
    instruction_id: str


def slots(run: RunFolder, part: int, shape: str) -> Iterator[Slot]:
    """Yield the instructions that a part needs, picture by picture.

    An instruction's id is the hash of its picture, of the instruction that came with the picture,
    of its number there, and of the recipe's values that shape a pair.
    """
    for picture in sample.pictures(run, part):
        first, number = picture.first_instruction, picture.first_number
        given = picture.given or picture.given_instruction or ""
        for i in range(picture.num_instructions):
            name = digest(picture.image_id, given, first + i, shape)
            yield Slot(picture, first + i, number + i, name)


def write_job(slot: Slot, recipe: Recipe) -> WriteJob:
    """Return what a writer is asked for one instruction."""
    picture = slot.picture
    assert picture.image is not None, "a row that is ok has a picture"
    return WriteJob(
        image=picture.image,
        scene=picture.scene,
        task=picture.given_task
        or _draw_task(recipe, seed_for(recipe.seed, "task", slot.instruction_id)),
        source_caption=picture.source_caption,
        given_instruction=picture.given_instruction,
        given_edited_caption=picture.given_edited_caption,
        given_captions=tuple(picture.given_captions),
        seed=seed_for(recipe.seed, NAME, slot.instruction_id),
        inverse=recipe.instruct.inverse,
    )


def _draw_task(recipe: Recipe, seed: int) -> Task:
    """Draw a task by the recipe's proportions."""
    tasks = recipe.instruct.writer.tasks
    return random.Random(seed).choices(list(tasks), list(tasks.values()))[0]


def instruct_rows(
    slots: Sequence[Slot], writers: Mapping[Task, Writer], recipe: Recipe
) -> list[list[InstructRow]]:
    """Ask the writer of each task, and make one row per candidate of each instruction.

    What came with five good captions needs no writer.
    """
    jobs = [write_job(slot, recipe) for slot in slots]
    answers = answer(
        jobs,
        lambda job: GIVEN if has_captions(job) else writers[job.task],
        lambda writer, own: writer.write(own),
    )
    return [
        _candidates(slot, _row(slot, job, written, writer), recipe)
        for slot, job, (writer, written) in zip(slots, jobs, answers, strict=True)
    ]


def _row(slot: Slot, job: WriteJob, answer: Written | Rejected, writer: Writer) -> InstructRow:
    """Make the row of an instruction, without its pair_id yet."""
    row = InstructRow(
        pair_id="",
        instruction_id=slot.instruction_id,
        image_id=slot.picture.image_id,
        given=slot.picture.given,
        instruction_index=slot.index,
        candidate_index=0,
        task=answer.task if isinstance(answer, Written) else job.task,
        source_caption=job.source_caption,
        into=slot.picture.into,
        writer=writer.name,
        prompt_version=writer.prompt_version,
        attempts=answer.attempts,
    )
    if isinstance(answer, Rejected):
        return replace(turned_away(row, answer), raw_answer=answer.raw_answer)
    return replace(
        row,
        instruction=answer.instruction,
        captions=answer.captions,
        source_caption=answer.source_caption,
        edited_caption=answer.edited_caption,
        inverse_instruction=answer.inverse_instruction,
        inverse_captions=answer.inverse_captions,
        edit=answer.edit,
    )


def _candidates(slot: Slot, row: InstructRow, recipe: Recipe) -> list[InstructRow]:
    """Return a row for each candidate; the run's last instruction may have fewer."""
    candidates = recipe.edit.candidates
    last = slot.number == instructions_wanted(recipe) - 1
    count = recipe.n - slot.number * candidates if last else candidates
    names = [digest(row.instruction_id, i) for i in range(count)]
    return [replace(row, pair_id=name, candidate_index=i) for i, name in enumerate(names)]


def load_writer(config: AnyWriter) -> Writer:
    """Load the writer that a recipe names."""
    if isinstance(config, TemplatesWriter):
        from pipelines.writers.templates import load_templates_writer

        return load_templates_writer(config)
    if isinstance(config, GivenWriter):
        return GIVEN
    if isinstance(config, OpenAIWriter):
        from pipelines.writers.openai import load_openai_writer

        return load_openai_writer(config)
    from pipelines.writers.vllm import load_vllm_writer

    return load_vllm_writer(config)


def load_writers(recipe: Recipe) -> dict[Task, Writer]:
    """Load every writer that a recipe names, and return the one of each task."""
    routes = recipe.instruct.routes
    main = load_writer(recipe.instruct.writer)
    routed = {task: load_writer(config) for task, config in routes.items()}
    return {task: routed.get(task, main) for task in Task}


def lanes(recipe: Recipe) -> int:
    """Return how many parts a worker makes at once: enough to keep vLLM full."""
    writers = (recipe.instruct.writer, *recipe.instruct.routes.values())
    engines = [writer for writer in writers if isinstance(writer, VllmWriter)]
    if not engines:
        return 1
    jobs = max(1, recipe.part_size // recipe.edit.candidates)
    return engines[0].parts_at_once or min(MOST_LANES, 1 + math.ceil(FULL / jobs))


def prompt_versions(recipe: Recipe) -> list[str]:
    """Return the version of what each model is told; a run does not mix two of them."""
    from pipelines.writers.prompt import prompt_version

    writers = (recipe.instruct.writer, *recipe.instruct.routes.values())
    models = (writer for writer in writers if isinstance(writer, ModelWriter))
    return [prompt_version(writer.mode, writer.keep_instruction) for writer in models]


def start(run: RunFolder, *, recipe: Recipe) -> PartFunction:
    """Load the writers."""
    writers = load_writers(recipe)
    note(run, {k: s for k, s in recipe.engines().items() if k.startswith("instruct.")})
    shape = recipe.pair_shape()

    def part(index: int, done: Done) -> Iterator[InstructRow]:
        return in_batches(
            slots(run, index, shape),
            key=lambda slot: slot.instruction_id,
            make=lambda groups: (instruct_rows(group, writers, recipe) for group in groups),
            size=BATCH,
            done=done,
        )

    return part


def refused(run: RunFolder, part: int, cause: RowError, *, recipe: Recipe) -> Iterator[InstructRow]:
    """Yield the rows of a part for which nothing can be written."""
    answer = Rejected(cause.reason, cause.message)
    for slot in slots(run, part, recipe.pair_shape()):
        row = _row(slot, write_job(slot, recipe), answer, GIVEN)
        yield from _candidates(slot, replace(row, writer="", prompt_version=""), recipe)
