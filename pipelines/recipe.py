"""What a recipe may say: one section per stage. `recipes/*.yaml` hold values, this meanings."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from syned.ids import fingerprint
from syned.rows import Task

Device = Literal["cpu", "cuda"]
DType = Literal["float32", "float16", "bfloat16"]
Share = Annotated[float, Field(ge=0, allow_inf_nan=False)]


def _some_share(shares: dict[Any, float]) -> dict[Any, float]:
    if not any(shares.values()):
        raise ValueError("at least one share must be above 0")
    return shares


Tasks = Annotated[dict[Task, Share], AfterValidator(_some_share)]
Splits = Annotated[
    dict[Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")], Share], AfterValidator(_some_share)
]


class Section(BaseModel):
    """A part of a recipe: unknown keys are faults, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    EXECUTION: ClassVar[frozenset[str]] = frozenset()
    """Keys that say how to run and not what to make; they leave ids as they are."""

    def shape(self) -> dict[str, Any]:
        """Return the values that shape what is made."""
        return self.model_dump(mode="json", exclude=set(self.EXECUTION))


class ImageConfig(Section):
    """Size and encoding of every picture, source and edited alike."""

    resolution: Annotated[int, Field(ge=32, le=4096, multiple_of=8)] = 512
    """Length of the longer side in pixels; the shorter one follows, in multiples of 8."""
    format: Literal["jpeg", "png", "webp"] = "jpeg"
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    """Of jpeg (with 4:2:0 subsampling) and webp."""


class FolderSource(Section):
    """A folder of pictures, nested; with `metadata.jsonl` or `metadata.csv`, an imagefolder."""

    kind: Literal["folder"] = "folder"
    path: str
    """The folder; `builtin:photos` are the photographs that ship with syned."""
    license: str = ""
    """Licence of the pictures, where their metadata does not say."""
    weight: PositiveFloat = 1.0
    """Share of the pairs, relative to the other sources."""


class TableSource(Section):
    """Parquet files or a Hub dataset with an image column."""

    kind: Literal["table"] = "table"
    path: str
    """A Parquet file, a folder of them, or `owner/name` on the Hub."""
    split: str | None = None
    config: str | None = None
    revision: str | None = None
    image_column: str | None = None
    """The column of pictures; the only image column if not given."""
    caption_column: str | None = None
    """The column of captions of the picture; `caption` or `text` if there is one."""
    license: str = ""
    weight: PositiveFloat = 1.0


class EmuEditSource(Section):
    """The Emu Edit layout: image, instruction, task, input_caption, output_caption."""

    kind: Literal["emu_edit"] = "emu_edit"
    path: str = "facebook/emu_edit_test_set"
    """A Parquet file, a folder of them, or `owner/name` on the Hub."""
    split: str | None = None
    revision: str | None = None
    license: str = "cc-by-nc-4.0"
    weight: PositiveFloat = 1.0


class ScenesSource(Section):
    """Drawn scenes of coloured shapes, every object known; needs no input."""

    kind: Literal["scenes"] = "scenes"
    min_objects: Annotated[int, Field(ge=2, le=6)] = 2
    max_objects: Annotated[int, Field(ge=2, le=6)] = 6
    license: str = "cc0-1.0"
    weight: PositiveFloat = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> ScenesSource:
        if self.min_objects > self.max_objects:
            raise ValueError(f"min_objects {self.min_objects} > max_objects {self.max_objects}")
        return self


Source = Annotated[
    FolderSource | TableSource | EmuEditSource | ScenesSource, Field(discriminator="kind")
]


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
    max_megapixels: PositiveFloat = 100.0
    """Larger pictures are rejected before they are decoded."""


class TemplatesWriter(Section):
    """Typed edits, worded without a model."""

    engine: Literal["templates"] = "templates"
    tasks: Tasks
    """Proportions of the tasks, where a picture allows them."""


class VllmWriter(Section):
    """A language model in vLLM's offline engine, with structured output."""

    EXECUTION: ClassVar[frozenset[str]] = frozenset(
        {"gpu_memory_utilization", "tensor_parallel_size", "kv_cache_gib", "enforce_eager"}
    )

    engine: Literal["vllm"] = "vllm"
    model: str
    """A checkpoint folder, a Hub id, or `builtin:NAME` (models that syned makes itself)."""
    revision: str | None = None
    dtype: DType = "bfloat16"
    max_model_len: PositiveInt = 2048
    """Tokens of prompt and answer together."""
    tensor_parallel_size: PositiveInt = 1
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] = 0.85
    kv_cache_gib: PositiveInt | None = None
    """On a CPU: memory for the cache of keys and values, in GiB."""
    enforce_eager: bool = False
    temperatures: Annotated[tuple[Share, ...], Field(min_length=1)] = (0.7, 0.9, 1.1)
    """One attempt each, with a new seed, until an answer is good."""
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] = 0.0
    """Keeps a small model from repeating itself; 0.1 is much."""
    max_tokens: PositiveInt = 400
    """Of an answer; an answer that needs more is turned away."""
    tasks: Tasks
    """Proportions of the tasks, except for pictures that come with one."""


class InstructPix2PixEditor(Section):
    """InstructPix2Pix (arXiv 2211.09800) through diffusers."""

    EXECUTION: ClassVar[frozenset[str]] = frozenset({"device", "batch_size", "threads"})

    engine: Literal["instruct_pix2pix"] = "instruct_pix2pix"
    model: str
    revision: str | None = None
    device: Device = "cuda"
    dtype: DType = "float16"
    batch_size: PositiveInt = 4
    """Pictures in one call; the last batch of a part is padded to it."""
    threads: PositiveInt | None = None
    """On a CPU: threads of torch, all cores if not given; small models are faster on one."""
    num_inference_steps: PositiveInt = 100
    guidance_scale: Annotated[float, Field(gt=1)] = 7.5
    """Text guidance; at 1 or below diffusers silently switches guidance off."""
    image_guidance_scale: Annotated[float, Field(ge=1)] = 1.5


class ProceduralEditor(Section):
    """Exact edits with Pillow, as the `templates` writer specified them."""

    engine: Literal["procedural"] = "procedural"


class ClipConfig(Section):
    """A CLIP checkpoint through transformers."""

    EXECUTION: ClassVar[frozenset[str]] = frozenset({"device", "batch_size", "threads"})

    model: str
    revision: str | None = None
    device: Device = "cuda"
    dtype: DType = "float32"
    batch_size: PositiveInt = 64
    """Pairs in one call; the last batch of a part is padded to it."""
    threads: PositiveInt | None = None
    """On a CPU: threads of torch, all cores if not given; small models are faster on one."""


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

    name: str
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

    def pair_shape(self) -> str:
        """Return an id of the values that shape a pair; part of each pair_id."""
        writer, editor = self.instruct.writer, self.edit.editor
        return fingerprint([self.seed, self.image.shape(), writer.shape(), editor.shape()])


def builtin_recipes() -> dict[str, Path]:
    """Return the recipes that ship with syned, by name."""
    folder = Path(str(resources.files("pipelines") / "recipes"))
    return {path.stem: path for path in sorted(folder.glob("*.yaml"))}
