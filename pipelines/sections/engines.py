"""What a recipe may say of each writer, editor and scorer."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, PositiveInt

from pipelines.sections.base import Section, Share, Tasks

Device = Literal["cpu", "cuda"]
DType = Literal["float32", "float16", "bfloat16"]


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
