"""What a recipe may say: one section per stage. `recipes/*.yaml` hold values, this meanings."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import (
    Field,
    PositiveInt,
    model_validator,
)

from pipelines.sections.base import Section, Splits
from pipelines.sections.editors import AnyEditor, DiffusersEditor
from pipelines.sections.filter import FilterConfig
from pipelines.sections.images import ImageConfig
from pipelines.sections.scorers import ScoreConfig
from pipelines.sections.sources import Source
from pipelines.sections.writers import AnyWriter
from syned.ids import fingerprint
from syned.rows import Task


class SampleConfig(Section):
    """Which pictures are used."""

    sources: Annotated[tuple[Source, ...], Field(min_length=1)]
    max_instructions_per_image: PositiveInt | None = None
    """At most so many instructions for one picture; no limit if not given."""
    near_duplicate_distance: Annotated[int, Field(ge=0, le=64)] | None = 4
    """Pictures whose 64-bit perceptual hashes differ in at most so many bits are duplicates."""
    min_side: PositiveInt = 32
    """Pictures with a shorter side are rejected, in pixels."""
    max_aspect: Annotated[float, Field(ge=1)] = 4.0
    """Pictures whose sides have a larger ratio are rejected."""
    max_megapixels: Annotated[float, Field(gt=0, le=178)] = 100.0
    """Larger pictures are rejected before they are decoded; Pillow itself takes none above 179."""


class InstructConfig(Section):
    """Who writes instructions and captions."""

    writer: AnyWriter
    routes: dict[Task, AnyWriter] = Field(default_factory=dict)
    """Other writers, for some tasks."""
    inverse: bool = False
    """Whether the way back is worded too, for `export.inverse`."""


class EditConfig(Section):
    """Who makes the edited pictures."""

    editor: AnyEditor
    more_editors: tuple[AnyEditor, ...] = ()
    """Others that make candidates of the same instructions, in turn with the first."""
    routes: dict[Task, AnyEditor] = Field(default_factory=dict)
    """Other editors, for some tasks."""
    candidates: PositiveInt = 1
    """Edited pictures per instruction."""

    def editors(self, task: Task) -> tuple[AnyEditor, ...]:
        """Return the editors that make the candidates of a task, in turn."""
        routed = self.routes.get(task)
        return (routed,) if routed else (self.editor, *self.more_editors)

    def all_editors(self) -> tuple[AnyEditor, ...]:
        """Return all that are named."""
        return (self.editor, *self.more_editors, *self.routes.values())

    def has_model(self) -> bool:
        """Say whether one of them is a model."""
        return any(isinstance(editor, DiffusersEditor) for editor in self.all_editors())


class ExportConfig(Section):
    """How the kept pairs are laid out in shards."""

    splits: Splits = Field(default_factory=lambda: {"train": 0.9, "validation": 0.05, "test": 0.05})
    """Shares of the source pictures; all pairs of a picture are in one split."""
    shard_megabytes: PositiveInt = 400
    row_group_rows: PositiveInt = 100
    inverse: bool = False
    """Whether each pair whose way back is worded is also exported turned round."""
    license: str = ""
    """Licence of the pictures that state none, such as `cc-by-4.0`."""


class Recipe(Section):
    """Everything that a run needs to know."""

    EXECUTION: ClassVar[frozenset[str]] = frozenset({"n", "part_size"})

    name: Annotated[str, Field(pattern=r"^\w[\w.-]*$")]
    seed: Annotated[int, Field(ge=0)] = 0
    n: PositiveInt = 30000
    """Edited pairs to make, before filtering."""
    part_size: PositiveInt = 256
    """Pairs in one part, the unit of work and of a resume."""
    image: ImageConfig = ImageConfig()
    sample: SampleConfig
    instruct: InstructConfig
    edit: EditConfig
    score: ScoreConfig = ScoreConfig()
    filter: FilterConfig = FilterConfig()
    export: ExportConfig = ExportConfig()

    @model_validator(mode="after")
    def _engines_fit(self) -> Recipe:
        pairs = [(self.instruct.writer, self.edit.editor, "the main engines")]
        pairs += [(self.instruct.writer, other, "more_editors") for other in self.edit.more_editors]
        for task in sorted({*self.instruct.routes, *self.edit.routes}):
            writer = self.instruct.routes.get(task, self.instruct.writer)
            pairs += [(writer, e, f"the task `{task}`") for e in self.edit.editors(task)]
        scenes = all(source.kind == "scenes" for source in self.sample.sources)
        for writer, editor, what in pairs:
            _refuse_misfit(writer, editor, what, scenes=scenes)
        self._refuse_half_given()
        return self

    def _refuse_half_given(self) -> None:
        """Raise if what is given does not come from pairs, or pairs are to be edited again."""
        given = {editor.engine == "given" for editor in self.edit.all_editors()}
        kinds = {source.kind == "pairs" for source in self.sample.sources}
        if given != kinds or len(given) > 1 or (given == {True} and self.edit.candidates > 1):
            if True in given | kinds:
                raise ValueError(
                    "the editor `given` takes the edited pictures of sources of the kind `pairs`, "
                    "one candidate each; a recipe has both or neither, for all sources and tasks"
                )
            return
        if self.instruct.writer.engine == "given" and given != {True}:
            raise ValueError("the writer `given` needs the editor `given` and sources `pairs`")

    @model_validator(mode="after")
    def _rules_have_scores(self) -> Recipe:
        others = (
            "filter.rank_by and filter.calibrate can also name changed_area, ssim and caption_fit, "
            "which every run has"
        )
        screen = "give the run's `syned generate` command again with --publishable"
        for engine, hint in (("clip", others), ("dino", others), ("nsfw", screen)):
            lacking = _rules_on(self.filter, engine)
            if lacking and getattr(self.score, engine) is None:
                raise ValueError(
                    f"{', '.join(dict.fromkeys(lacking))}: needs {engine.upper()} scores, but "
                    f"score.{engine} is not set ({hint})"
                )
        return self

    @model_validator(mode="after")
    def _splits_are_known(self) -> Recipe:
        known = {*self.export.splits, *(source.into for source in self.sample.sources)}
        unknown = sorted(self.filter.max_per_split.keys() - known)
        if unknown:
            splits = ", ".join(sorted(name for name in known if name))
            raise ValueError(
                f"filter.max_per_split: no split is called {', '.join(unknown)}; there are {splits}"
            )
        return self

    @model_validator(mode="after")
    def _inverse_is_worded(self) -> Recipe:
        if self.export.inverse and not self.instruct.inverse:
            raise ValueError(
                "export.inverse needs the words of the way back, which are written only with "
                "instruct.inverse=true"
            )
        return self

    def engines(self) -> dict[str, Section]:
        """Return every engine that the recipe names, by the key of its section."""
        instruct, edit, score = self.instruct, self.edit, self.score
        found: dict[str, Section | None] = {"instruct.writer": instruct.writer}
        found |= {f"instruct.routes.{task}": writer for task, writer in instruct.routes.items()}
        found |= {"edit.editor": edit.editor}
        found |= {f"edit.more_editors.{i}": other for i, other in enumerate(edit.more_editors)}
        found |= {f"edit.routes.{task}": editor for task, editor in edit.routes.items()}
        found |= {f"score.{name}": getattr(score, name) for name in ScoreConfig.model_fields}
        found |= {"image.faces": self.image.faces}
        return {key: section for key, section in found.items() if section is not None}

    def takes_instructions(self) -> bool:
        """Say whether instructions that come with pictures are used; exact edits have their own."""
        return self.instruct.writer.engine != "templates"

    def is_import(self) -> bool:
        """Say whether pairs are taken as they come; `n` is then the most there can be."""
        return self.edit.editor.engine == "given"

    def pair_shape(self) -> str:
        """Return an id of the values that shape a pair; part of each pair_id."""
        edit = self.edit.shape() | {"candidates": None}
        return fingerprint([self.seed, self.image.shape(), self.instruct.shape(), edit])


def _refuse_misfit(writer: AnyWriter, editor: AnyEditor, what: str, *, scenes: bool) -> None:
    """Raise if an editor cannot do what a writer writes.

    The procedural editor takes typed edits, and for `text` words; a diffusion editor takes words,
    and for `none` nothing at all. What is written without a model asks for objects in drawn scenes,
    which a model can draw, and for measures in photographs ("turn it by 4 degrees"), which none
    keeps.
    """
    templates, procedural = writer.engine == "templates", editor.engine == "procedural"
    if templates and not procedural and not scenes and what != "the task `none`":
        raise ValueError(
            f"{what}: the writer `templates` needs the editor `procedural`, unless all sources are "
            "drawn scenes"
        )
    if procedural and not templates and what != "the task `text`":
        raise ValueError(f"{what}: the editor `procedural` needs the writer `templates`")


def _rules_on(rules: FilterConfig, prefix: str) -> list[str]:
    """Return the rules that need the scores whose names begin so."""
    named = [(f"filter.{name}", name[4:]) for name, _ in rules.bounds()]
    for task, bounds in rules.by_task.items():
        named += [(f"filter.by_task.{task}.{name}", name[4:]) for name, _ in bounds.bounds()]
    if rules.top_k is not None or rules.max_per_split:
        named.append(("filter.top_k or max_per_split with filter.rank_by", rules.rank_by))
    if rules.keep_rate is not None:
        named += [("filter.calibrate", name) for name in rules.calibrate]
    if rules.relative:
        named.append(("filter.relative", "clip_sim_gain"))
    return [rule for rule, score in named if score.startswith(prefix)]


def builtin_recipes() -> dict[str, Path]:
    """Return the recipes that ship with syned, by name."""
    folder = Path(str(resources.files("pipelines") / "recipes"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}
