"""What a recipe may say of each editor."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, PositiveInt

from pipelines.sections.base import Device, DType, Section

MOST = 100.0
"""No model is known that makes sense of more guidance."""


def _above(value: float | tuple[float, float]) -> float | tuple[float, float]:
    low, high = value if isinstance(value, tuple) else (value, value)
    if low <= 1 or high > MOST:
        raise ValueError(f"input should be greater than 1 and at most {MOST:g}")
    return _ordered(value)


def _from_one(value: float | tuple[float, float]) -> float | tuple[float, float]:
    low, high = value if isinstance(value, tuple) else (value, value)
    if low < 1 or high > MOST:
        raise ValueError(f"input should be at least 1 and at most {MOST:g}")
    return _ordered(value)


def _ordered(value: float | tuple[float, float]) -> float | tuple[float, float]:
    if isinstance(value, tuple) and value[0] > value[1]:
        low, high = value
        raise ValueError(f"the range goes from {low:g} to {high:g}; give the lower end first")
    return value


TextGuidance = Annotated[float | tuple[float, float], AfterValidator(_above)]
"""A number, or a range from which each candidate draws; at 1 or below guidance is off."""
ImageGuidance = Annotated[float | tuple[float, float], AfterValidator(_from_one)]


Scheduler = Literal["ddim", "dpm++", "euler", "euler_a", "heun", "lms", "pndm", "unipc"]


class DiffusersEditor(Section):
    """What all editors through diffusers share."""

    EXECUTION: ClassVar[frozenset[str]] = frozenset(
        {"device", "batch_size", "threads", "compile", "attention", "offload", "tiling"}
    )

    model: str
    """A checkpoint folder, a Hub id, or `builtin:NAME` (models that syned makes itself)."""
    revision: str | None = None
    device: Device = "cuda"
    dtype: DType = "float16"
    batch_size: PositiveInt = 4
    """Pictures in one call; the last batch of a part is padded to it."""
    threads: PositiveInt | None = None
    """On a CPU: threads of torch, all cores if not given; small models are faster on one."""
    num_inference_steps: PositiveInt = 100
    compile: bool = False
    """Whether torch compiles the denoiser: slow to start, faster from then on."""
    attention: Literal["default", "sliced", "xformers"] = "default"
    """`default` is torch's fused attention; `sliced` takes least memory."""
    offload: Literal["none", "model", "sequential"] = "none"
    """What of the model waits in main memory: whole parts, or layer by layer (slowest)."""
    tiling: bool = False
    """Whether the autoencoder works tile by tile and picture by picture, to save memory."""


class InstructPix2PixEditor(DiffusersEditor):
    """InstructPix2Pix (arXiv 2211.09800) through diffusers; also MagicBrush's weights."""

    engine: Literal["instruct_pix2pix"] = "instruct_pix2pix"
    scheduler: Scheduler | None = None
    """The checkpoint's own if not given."""
    guidance_scale: TextGuidance = 7.5
    image_guidance_scale: ImageGuidance = 1.5


class KontextEditor(DiffusersEditor):
    """FLUX.1 Kontext (arXiv 2506.15742) through diffusers."""

    engine: Literal["flux_kontext"] = "flux_kontext"
    model: str = "black-forest-labs/FLUX.1-Kontext-dev"
    dtype: DType = "bfloat16"
    batch_size: PositiveInt = 1
    num_inference_steps: PositiveInt = 28
    guidance_scale: TextGuidance = 2.5


class QwenEditor(DiffusersEditor):
    """Qwen-Image-Edit (arXiv 2508.02324) through diffusers."""

    engine: Literal["qwen_image_edit"] = "qwen_image_edit"
    model: str = "Qwen/Qwen-Image-Edit"
    dtype: DType = "bfloat16"
    batch_size: PositiveInt = 1
    num_inference_steps: PositiveInt = 50
    guidance_scale: TextGuidance = 4.0
    """The pipeline's `true_cfg_scale`."""


class ProceduralEditor(Section):
    """Exact edits with Pillow, as the `templates` writer specified them.

    For the task `text` it also takes an instruction in words that says what to write.
    """

    engine: Literal["procedural"] = "procedural"


class GivenEditor(Section):
    """No editor: the edited pictures come with their sources (`kind: pairs`)."""

    engine: Literal["given"] = "given"


AnyEditor = Annotated[
    InstructPix2PixEditor | KontextEditor | QwenEditor | ProceduralEditor | GivenEditor,
    Field(discriminator="engine"),
]
