"""What a recipe comes to: its stages, and the numbers that a dry run prints."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from types import ModuleType
from typing import Any

from pipelines import edit, instruct, sample, scan, score
from pipelines.layout import instructions_by_source, instructions_wanted, too_few
from pipelines.recipe import Recipe
from pipelines.requirements import cores
from pipelines.sections.sources import EmuEditSource, PairsSource, Source
from pipelines.sources.instructions import expected_rows
from pipelines.sources.open import open_source
from syned.ids import fingerprint
from syned.rows import EditRow, InstructRow, SampleRow, ScanRow, ScoreRow
from syned.stage import Stage

JPEG_BYTES_PER_PIXEL = 0.36
"""Of photographs at quality 95, 4:2:0: 93 KB at 512 x 512, measured with Pillow."""


_LIGHT = {
    "templates": "pipelines.writers.templates",
    "procedural": "pipelines.editors.procedural",
}
"""Engines without a model, and their modules."""
_LIBRARIES: dict[ModuleType, tuple[str, ...]] = {
    scan: ("imagehash", "scipy.fftpack"),
    score: ("imagehash", "scipy.fftpack", "scipy.ndimage", "skimage.metrics"),
}
"""What stages import that need no engine, and what those import when they are first used."""


def _key(row: Any, name: str) -> str:
    return str(getattr(row, name))


_WITHOUT_MODEL = frozenset({*_LIGHT, "given", "openai"})


def _engines(module: ModuleType, recipe: Recipe) -> list[Any]:
    """Return the engines that a stage has."""
    prefix = f"{module.NAME[3:]}."
    return [section for key, section in recipe.engines().items() if key.startswith(prefix)]


def _holds_model(module: ModuleType, recipe: Recipe) -> bool:
    """Say whether a stage loads a model; a server has its own."""
    names = [getattr(engine, "engine", "") for engine in _engines(module, recipe)]
    return any(name not in _WITHOUT_MODEL for name in names)


def _light_modules(module: ModuleType, recipe: Recipe) -> tuple[str, ...] | None:
    """Return what a stage without a model imports as it starts; nothing for one that holds one."""
    found = [_LIGHT.get(getattr(engine, "engine", "")) for engine in _engines(module, recipe)]
    if None in found:
        return None
    return tuple(sorted({name for name in found if name})) or _LIBRARIES.get(module, ())


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
            [recipe.pair_shape(), candidates, recipe.n, instruct.prompt_versions(recipe)],
        ),
        (edit, "pairs", EditRow, "pair_id", recipe.edit.shape()),
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
                refused=partial(module.refused, recipe=recipe),
                metadata=score.metadata(recipe) if module is score else {},
                workers=1 if light is None else cores(),
                holds_model=_holds_model(module, recipe),
                lanes=instruct.lanes(recipe) if module is instruct else 1,
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
    into: str | None = None
    """The split that all its pairs go in, or nothing if they are drawn."""


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
    most_kept: dict[str, int]
    """Most pairs that the filter can leave in each split that a source is fixed to."""
    parts: int
    disk_bytes: int
    """An estimate for the run folder, dataset included."""


def make_plan(recipe: Recipe) -> Plan:
    """Count pictures and parts, and estimate the disk that a run will take.

    Raises:
        SourceError: A source cannot be read, or there are too few pictures.
    """
    wanted = instructions_by_source(recipe)
    sources = [
        _source_plan(config, number, recipe.seed)
        for config, number in zip(recipe.sample.sources, wanted, strict=True)
    ]
    total = instructions_wanted(recipe)
    _refuse_too_few(recipe, sources)
    return Plan(
        recipe=recipe,
        sources=sources,
        needed=_needed(recipe, total),
        pictures=_used(sources),
        instructions=total,
        most_kept=_most_kept(recipe, sources),
        parts=-(-total // max(1, recipe.part_size // recipe.edit.candidates)),
        disk_bytes=_disk(recipe, sources),
    )


def _source_plan(config: Source, instructions: int, seed: int) -> SourcePlan:
    """Count the pictures of a source; one that tells its rows is not opened for that."""
    if isinstance(config, EmuEditSource) and (rows := expected_rows(config)) is not None:
        name = f"{config.path} ({config.instructions or 'by the recipe; not looked up'})"
        return SourcePlan(name, rows, instructions, config.into)
    opened = open_source(config, seed)
    pictures = None if len(opened) == sys.maxsize else len(opened)
    return SourcePlan(opened.name, pictures, instructions, config.into)


def _most_kept(recipe: Recipe, sources: Sequence[SourcePlan]) -> dict[str, int]:
    """Return the most pairs of each split that a source is fixed to."""
    each = min(recipe.edit.candidates, recipe.filter.top_k or recipe.edit.candidates)
    most: Counter[str] = Counter()
    for source in sources:
        if source.into is not None:
            most[source.into] += source.instructions * each
    return {name: min(n, recipe.filter.max_per_split.get(name, n)) for name, n in most.items()}


def _has_own(config: Source, recipe: Recipe) -> bool:
    """Say whether a source's pictures come with one instruction each, which is then used."""
    own = isinstance(config, EmuEditSource | PairsSource)
    return own and recipe.takes_instructions()


def _needed(recipe: Recipe, instructions: int) -> int:
    """Return the fewest pictures that allow so many instructions."""
    limit = recipe.sample.max_instructions_per_image
    if all(_has_own(config, recipe) for config in recipe.sample.sources):
        return instructions
    return -(-instructions // limit) if limit else 1


def _refuse_too_few(recipe: Recipe, sources: Sequence[SourcePlan]) -> None:
    """Raise if even with every picture usable there would be too few."""
    if recipe.is_import():
        return
    room = 0
    for config, source in zip(recipe.sample.sources, sources, strict=True):
        limit = 1 if _has_own(config, recipe) else recipe.sample.max_instructions_per_image
        if source.found is None or limit is None:
            return
        room += source.found * limit
    if room < instructions_wanted(recipe):
        raise too_few(recipe, sum(s.found or 0 for s in sources), room, "pictures")


def _disk(recipe: Recipe, sources: Sequence[SourcePlan]) -> int:
    """Estimate the bytes of a run: each picture in its stage, and both again in the dataset."""
    picture_bytes = 0.75 * recipe.image.resolution**2 * JPEG_BYTES_PER_PIXEL
    return int((_used(sources) + 3 * recipe.n) * picture_bytes)


def _used(sources: Sequence[SourcePlan]) -> int:
    """Return how many pictures are used: one for each instruction, as long as there are more."""
    return sum(min(s.instructions, s.found or s.instructions) for s in sources)
