"""What a recipe comes to: its stages, and the numbers that a dry run prints."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from pipelines import edit, instruct, sample, scan, score
from pipelines.layout import instructions_by_source, instructions_wanted, too_few
from pipelines.recipe import Recipe
from pipelines.requirements import cores
from pipelines.sources.open import open_source
from syned.ids import fingerprint
from syned.rows import EditRow, InstructRow, SampleRow, ScanRow, ScoreRow
from syned.stage import Stage

JPEG_BYTES_PER_PIXEL = 0.36
"""Of photographs at quality 95, 4:2:0: 93 KB at 512 x 512, measured with Pillow."""


_WRITERS = {"templates": ("pipelines.writers.templates",)}
_EDITORS = {"procedural": ("pipelines.editors.procedural",)}
"""Engines without a model, and what they import."""


def _key(row: Any, name: str) -> str:
    return str(getattr(row, name))


def _light_modules(module: ModuleType, recipe: Recipe) -> tuple[str, ...] | None:
    """Return what a stage without a model imports as it starts; nothing for one that holds one."""
    found: dict[ModuleType, tuple[str, ...] | None] = {
        instruct: _WRITERS.get(recipe.instruct.writer.engine),
        edit: _EDITORS.get(recipe.edit.editor.engine),
        score: None if recipe.score.clip else ("imagehash", "skimage.metrics"),
    }
    return found.get(module, ())


def stages(recipe: Recipe) -> list[Stage]:
    """Return the stages of a recipe, in order; each one's fingerprint contains those before."""
    wanted = instructions_by_source(recipe)
    candidates = recipe.edit.candidates
    table: list[tuple[ModuleType, str, type, str, Any]] = [
        (scan, "pictures", ScanRow, "key", [recipe.seed, recipe.sample.shape(), wanted]),
        (sample, "pictures", SampleRow, "first_number", [recipe.image.shape(), recipe.part_size]),
        (
            instruct,
            "pairs",
            InstructRow,
            "instruction_id",
            [recipe.pair_shape(), candidates, recipe.n],
        ),
        (edit, "pairs", EditRow, "pair_id", recipe.edit.editor.shape()),
        (score, "pairs", ScoreRow, "pair_id", recipe.score.shape()),
    ]
    made: list[Stage] = []
    mark = ""
    for module, unit, output, key, config in table:
        mark = fingerprint([mark, module.NAME, module.VERSION, config])
        start = partial(module.start, recipe=recipe)
        light = _light_modules(module, recipe)
        made.append(
            Stage(
                name=module.NAME,
                unit=unit,
                output=output,
                row_key=partial(_key, name=key),
                fingerprint=mark,
                start=start,
                metadata=score.definitions(recipe) if module is score else {},
                workers=1 if light is None else cores(),
                modules=(__name__, *(light or ())),
            )
        )
    return made


@dataclass(frozen=True, slots=True)
class SourcePlan:
    """What one source has and is asked for."""

    name: str
    found: int | None
    """Pictures found, before any is opened; nothing for drawn scenes, which have no end."""
    instructions: int
    """How many instructions it is to get."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run will do."""

    recipe: Recipe
    sources: Sequence[SourcePlan]
    needed: int
    """The fewest pictures that allow the asked number of pairs."""
    pictures: int
    """How many pictures will be used, if all that are found can be."""
    instructions: int
    parts: int
    disk_bytes: int
    """An estimate for the run folder, dataset included."""


def make_plan(recipe: Recipe) -> Plan:
    """Count pictures and parts, and estimate the disk that a run will take.

    Raises:
        SourceError: A source cannot be read, or there are too few pictures.
    """
    wanted = instructions_by_source(recipe)
    opened = [open_source(config, recipe.seed) for config in recipe.sample.sources]
    sources = [
        SourcePlan(s.name, None if len(s) == sys.maxsize else len(s), number)
        for s, number in zip(opened, wanted, strict=True)
    ]
    total = instructions_wanted(recipe)
    limit = recipe.sample.max_instructions_per_image
    _refuse_too_few(recipe, sources)
    return Plan(
        recipe=recipe,
        sources=sources,
        needed=-(-total // limit) if limit else 1,
        pictures=_used(sources),
        instructions=total,
        parts=-(-total // max(1, recipe.part_size // recipe.edit.candidates)),
        disk_bytes=_disk(recipe, sources),
    )


def _refuse_too_few(recipe: Recipe, sources: Sequence[SourcePlan]) -> None:
    """Raise if even with every picture usable there would be too few."""
    limit = recipe.sample.max_instructions_per_image
    found = [source.found for source in sources if source.found is not None]
    if limit is None or len(found) < len(sources):
        return
    if sum(found) * limit < instructions_wanted(recipe):
        raise too_few(recipe, sum(found), sum(found) * limit, "pictures")


def _disk(recipe: Recipe, sources: Sequence[SourcePlan]) -> int:
    """Estimate the bytes of a run: each picture in its stage, and both again in the dataset."""
    picture_bytes = 0.75 * recipe.image.resolution**2 * JPEG_BYTES_PER_PIXEL
    return int((_used(sources) + 3 * recipe.n) * picture_bytes)


def _used(sources: Sequence[SourcePlan]) -> int:
    """Return how many pictures are used: one for each instruction, as long as there are more."""
    return sum(min(s.instructions, s.found or s.instructions) for s in sources)
