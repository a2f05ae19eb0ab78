"""What a recipe may say of each scorer."""

from __future__ import annotations

from typing import ClassVar

from pydantic import PositiveInt

from pipelines.sections.base import Device, DType, Section


class EmbedderConfig(Section):
    """What all scorers with a model share."""

    EXECUTION: ClassVar[frozenset[str]] = frozenset({"device", "batch_size", "threads"})

    model: str
    """A checkpoint folder, a Hub id, or `builtin:NAME` (models that syned makes itself)."""
    revision: str | None = None
    device: Device = "cuda"
    dtype: DType = "float32"
    batch_size: PositiveInt = 64
    """Pictures, or captions, in one call; a batch that is not full is padded to it."""
    threads: PositiveInt | None = None
    """On a CPU: threads of torch, all cores if not given; small models are faster on one."""


class ClipConfig(EmbedderConfig):
    """A CLIP or SigLIP checkpoint through transformers."""


class DinoConfig(EmbedderConfig):
    """A DINOv2 checkpoint (arXiv 2304.07193) through transformers."""
