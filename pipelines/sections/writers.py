"""What a recipe may say of each writer."""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, PositiveFloat, PositiveInt, model_validator

from pipelines.sections.base import Device, DType, Section, Share, Tasks
from syned.rows import Task

Mode = Literal["write", "paraphrase", "look"]


class TemplatesWriter(Section):
    """Typed edits, worded without a model."""

    engine: Literal["templates"] = "templates"
    tasks: Tasks
    """Proportions of the tasks, where a picture allows them."""


class GivenWriter(Section):
    """No writer: five captions have to come with each pair (imports)."""

    engine: Literal["given"] = "given"
    tasks: Tasks = Field(default_factory=lambda: {Task.LOCAL: 1.0})
    """The task of pairs that come without one and whose instruction does not say it."""


class ModelWriter(Section):
    """What all writers with a language model share."""

    model: str
    """A checkpoint folder, a Hub id, or `builtin:NAME` (models that syned makes itself)."""
    mode: Mode = "write"
    """`write`: from the caption of a picture. `paraphrase`: from the instruction that comes with it
    (arXiv 2412.15939); a picture without one is turned away. `look`: the model sees the picture."""
    keep_instruction: bool = False
    """Whether the instruction itself is the first of the five captions, as in arXiv 2412.15939."""
    temperatures: Annotated[tuple[Share, ...], Field(min_length=1)] = (0.7, 0.9, 1.1)
    """The ladder of each step: one attempt each, with a new seed, until an answer is good."""
    frequency_penalty: Annotated[float, Field(ge=-2, le=2)] = 0.0
    """Keeps a small model from repeating itself; 0.1 is much."""
    max_tokens: PositiveInt = 400
    """Of an answer; an answer that needs more is turned away."""
    tasks: Tasks
    """Proportions of the tasks, except for pictures that come with one."""

    @model_validator(mode="after")
    def _keeps_only_what_came(self) -> Self:
        """Check that there is an instruction to keep."""
        if self.keep_instruction and self.mode != "paraphrase":
            raise ValueError(
                f"keep_instruction is for mode paraphrase, and mode is {self.mode}; "
                "set mode to paraphrase, or keep_instruction to false"
            )
        return self


class VllmWriter(ModelWriter):
    """A language model in vLLM's offline engine, with structured output."""

    EXECUTION: ClassVar[frozenset[str]] = frozenset(
        {
            "device",
            "gpu_memory_utilization",
            "tensor_parallel_size",
            "kv_cache_gib",
            "enforce_eager",
            "enable_prefix_caching",
            "max_num_seqs",
            "parts_at_once",
        }
    )

    engine: Literal["vllm"] = "vllm"
    revision: str | None = None
    device: Device = "cuda"
    dtype: DType = "bfloat16"
    quantization: str | None = None
    """A method of vLLM, such as `fp8` or `awq`; the checkpoint's own if not given."""
    max_model_len: PositiveInt = 2048
    """Tokens of prompt and answer together."""
    max_num_seqs: PositiveInt | None = None
    """Answers that are written at once; vLLM's own choice if not given."""
    parts_at_once: PositiveInt | None = None
    """Parts that are written at once, so that the engine does not run empty at the end of each; as
    many as keep it full if not given. On a GPU the rounding of an answer depends on those beside
    it: with 1 a part that is made again has the same bytes there, too."""
    tensor_parallel_size: PositiveInt = 1
    """GPUs that share the model."""
    gpu_memory_utilization: Annotated[float, Field(gt=0, le=1)] = 0.85
    kv_cache_gib: PositiveInt | None = None
    """On a CPU: memory for the cache of keys and values, in GiB."""
    enforce_eager: bool = False
    enable_prefix_caching: bool = True
    """Computes what all prompts begin with once."""


def _variable(name: str) -> str:
    if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):
        raise ValueError(
            "it is the name of an environment variable in capitals, and never the key itself"
        )
    return name


class OpenAIWriter(ModelWriter):
    """A language model behind any server that speaks OpenAI's API, such as `vllm serve`."""

    EXECUTION: ClassVar[frozenset[str]] = frozenset(
        {"base_url", "api_key_variable", "concurrency", "timeout_seconds", "max_retries"}
    )

    engine: Literal["openai"] = "openai"
    base_url: str = "http://localhost:8000/v1"
    api_key_variable: Annotated[str, AfterValidator(_variable)] = "OPENAI_API_KEY"
    """The environment variable that holds the key; a server without keys needs none."""
    concurrency: PositiveInt = 32
    """Requests that are open at once."""
    timeout_seconds: PositiveFloat = 120.0
    """Of one request."""
    max_retries: Annotated[int, Field(ge=0)] = 4
    """After a refused connection, a time-out, a 429 or a 5xx, with growing pauses."""


AnyWriter = Annotated[
    TemplatesWriter | GivenWriter | VllmWriter | OpenAIWriter, Field(discriminator="engine")
]
