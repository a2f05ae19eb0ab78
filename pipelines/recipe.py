"""What a recipe may say: one section per stage. `recipes/*.yaml` hold values, this meanings."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    Field,
    PositiveInt,
    model_validator,
)

from pipelines.sections.base import Section, Splits
from pipelines.sections.engines import (
    ClipConfig,
    InstructPix2PixEditor,
    ProceduralEditor,
    TemplatesWriter,
    VllmWriter,
)
from pipelines.sections.sources import Source
from syned.ids import fingerprint


class ImageConfig(Section):
    """Size and encoding of every picture, source and edited alike."""

    resolution: Annotated[int, Field(ge=32, le=4096, multiple_of=8)] = 512
    """Length of the longer side in pixels; the shorter one follows, in multiples of 8."""
    format: Literal["jpeg", "png", "webp"] = "jpeg"
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    """Of jpeg (with 4:2:0 subsampling) and webp."""


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

    writer: Annotated[TemplatesWriter | VllmWriter, Field(discriminator="engine")]


class EditConfig(Section):
    """Who makes the edited pictures."""

    editor: Annotated[InstructPix2PixEditor | ProceduralEditor, Field(discriminator="engine")]
    candidates: PositiveInt = 1
    """Edited pictures per instruction."""


class ScoreConfig(Section):
    """Which scores are computed; pixel scores always are."""

    clip: ClipConfig | None = None


def _bound(low: float, high: float) -> Any:
    """Return a field for an optional bound between `low` and `high`."""
    return Field(default=None, ge=low, le=high)


Bound = float | None


class FilterConfig(Section):
    """Rules, applied in this order; the first that fails is the reason. Nothing given, no rule."""

    min_changed_area: Bound = _bound(0, 1)
    max_changed_area: Bound = _bound(0, 1)
    min_ssim: Bound = _bound(-1, 1)
    max_ssim: Bound = _bound(-1, 1)
    min_phash_distance: Bound = _bound(0, 64)
    max_phash_distance: Bound = _bound(0, 64)
    min_clip_sim_image: Bound = _bound(-1, 1)
    max_clip_sim_image: Bound = _bound(-1, 1)
    min_clip_sim_0: Bound = _bound(-1, 1)
    max_clip_sim_0: Bound = _bound(-1, 1)
    min_clip_sim_1: Bound = _bound(-1, 1)
    max_clip_sim_1: Bound = _bound(-1, 1)
    min_clip_sim_dir: Bound = _bound(-1, 1)
    max_clip_sim_dir: Bound = _bound(-1, 1)
    drop_duplicates: bool = True
    """Keep the first of pairs with the same edited picture or the same instruction of a picture."""
    rank_by: Literal["clip_sim_dir", "clip_sim_image", "clip_sim_1", "ssim", "changed_area"] = (
        "clip_sim_dir"
    )
    """The score that ranks the candidates of one instruction, the highest first."""
    top_k: PositiveInt | None = None
    """Keep so many candidates of each instruction, the best by `rank_by`."""

    @model_validator(mode="after")
    def _ordered(self) -> FilterConfig:
        lows = {n.removeprefix("min_"): v for n, v in self if n.startswith("min_")}
        highs = {n.removeprefix("max_"): v for n, v in self if n.startswith("max_")}
        for name, low in lows.items():
            if low is not None and highs[name] is not None and low > highs[name]:
                raise ValueError(f"min_{name} {low} is above max_{name} {highs[name]}")
        return self


class ExportConfig(Section):
    """How the kept pairs are laid out in shards."""

    splits: Splits = Field(default_factory=lambda: {"train": 0.9, "validation": 0.05, "test": 0.05})
    """Shares of the source pictures; all pairs of a picture are in one split."""
    shard_megabytes: PositiveInt = 400
    row_group_rows: PositiveInt = 100


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
        if (self.instruct.writer.engine == "templates") != (
            self.edit.editor.engine == "procedural"
        ):
            raise ValueError("the writer `templates` and the editor `procedural` go together")
        return self

    @model_validator(mode="after")
    def _rules_have_scores(self) -> Recipe:
        rules = {n: n[4:] for n, v in self.filter if n[:4] in ("min_", "max_") and v is not None}
        if self.filter.top_k is not None:
            rules["top_k with rank_by"] = self.filter.rank_by
        lacking = [f"filter.{rule}" for rule, name in rules.items() if name.startswith("clip_")]
        if lacking and self.score.clip is None:
            raise ValueError(
                f"{', '.join(lacking)}: needs CLIP scores, but score.clip is not set "
                "(top_k can also use filter.rank_by=ssim or changed_area)"
            )
        return self

    def takes_instructions(self) -> bool:
        """Say whether instructions that come with pictures are used; exact edits have their own."""
        return self.instruct.writer.engine != "templates"

    def pair_shape(self) -> str:
        """Return an id of the values that shape a pair; part of each pair_id."""
        writer, editor = self.instruct.writer, self.edit.editor
        return fingerprint([self.seed, self.image.shape(), writer.shape(), editor.shape()])


def builtin_recipes() -> dict[str, Path]:
    """Return the recipes that ship with syned, by name."""
    folder = Path(str(resources.files("pipelines") / "recipes"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}
