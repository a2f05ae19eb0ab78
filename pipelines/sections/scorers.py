"""What a recipe may say of each scorer."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field, PositiveInt

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


class ClassifierConfig(EmbedderConfig):
    """A picture classifier through transformers, one of whose labels means "not safe for work"."""

    engine: Literal["classifier"] = "classifier"
    model: str = "Falconsai/nsfw_image_detection"
    """Its own is a ViT (Apache-2.0) with the labels `normal` and `nsfw`."""
    labels: Annotated[tuple[str, ...], Field(min_length=1)] = ("nsfw",)
    """The labels that mean it; their probabilities are added up."""


class OpenNsfwConfig(Section):
    """Yahoo's open_nsfw (BSD-2-Clause), which a package ships: nothing is downloaded; on a CPU."""

    engine: Literal["open_nsfw"] = "open_nsfw"
    model: Literal["open_nsfw"] = "open_nsfw"


AnyNsfw = Annotated[ClassifierConfig | OpenNsfwConfig, Field(discriminator="engine")]


class ScoreConfig(Section):
    """Which scores are computed; those of pixels and captions always are."""

    clip: ClipConfig | None = None
    dino: DinoConfig | None = None
    nsfw: AnyNsfw | None = None
    """What says of both pictures how likely they are not safe for work."""
