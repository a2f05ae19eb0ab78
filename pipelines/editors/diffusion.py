"""What all editors through diffusers share: batches, seeds, distractors and the judging."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from pipelines.editors.judge import judged
from pipelines.engines import Edited, EditJob, Rejected
from pipelines.sections.editors import DiffusersEditor
from pipelines.torch_setup import cause, padded_batches
from syned.errors import EngineError
from syned.rows import Task

KEY = "edit.editor"
"""Where a recipe names its editor, unless it names several."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is drawn for one candidate."""

    guidance_scale: float
    image_guidance_scale: float | None = None


class DiffusionEditor(ABC):
    """An editor with a loaded pipeline; a subclass for each family says how it is called.

    A job of the task `none` is answered with the picture's round trip through the autoencoder: an
    edited picture has gone through it too, so that its traces do not tell the two kinds of pairs
    apart. Nothing is denoised then.

    Args:
        name: Engine and model, as kept in the rows.
        key: Where the recipe names the editor, for messages.
        config: What it says there.
        pipeline: A pipeline of diffusers, set up and on its device.
    """

    def __init__(self, name: str, key: str, config: DiffusersEditor, pipeline: Any) -> None:
        self.name = name
        self.key = key
        self.pipeline = pipeline
        self.config = config

    @abstractmethod
    def settings(self, job: EditJob) -> Settings:
        """Draw the settings of a candidate from its own seed."""

    @abstractmethod
    def generate(self, jobs: Sequence[EditJob], settings: Sequence[Settings]) -> np.ndarray:
        """Edit pictures of one size.

        Returns:
            float32 (B, H, W, 3) in [0, 1], of the sources' size.
        """

    @abstractmethod
    def reconstruct(self, images: Sequence[Image.Image]) -> np.ndarray:
        """Send pictures of one size through the autoencoder.

        Returns:
            float32 (B, H, W, 3) in [0, 1], of the sources' size.
        """

    @property
    def batch_size(self) -> int:
        """Return how many pictures go in one call."""
        return self.config.batch_size

    def edit(self, jobs: Sequence[EditJob]) -> list[Edited | Rejected]:
        """Answer each job, in order; pictures of one size share a batch.

        Raises:
            EngineError: The device's memory is too small, or the denoiser cannot be compiled.
        """
        groups: dict[tuple[tuple[int, int], bool], list[int]] = defaultdict(list)
        for place, job in enumerate(jobs):
            groups[job.image.size, job.task is Task.NONE].append(place)
        answers: dict[int, Edited | Rejected] = {}
        for (_, unedited), places in groups.items():
            answer = self._reconstructed if unedited else self._generated
            for batch, count in padded_batches(places, self.batch_size):
                with self._explained([jobs[place] for place in batch]) as batch_jobs:
                    answers |= zip(batch[:count], answer(batch_jobs), strict=False)
        return [answers[place] for place in range(len(jobs))]

    def _generated(self, jobs: Sequence[EditJob]) -> Iterator[Edited | Rejected]:
        """Yield the edited pictures of a batch."""
        settings = [self.settings(job) for job in jobs]
        for job, own, pixels in zip(jobs, settings, self.generate(jobs, settings), strict=True):
            picture = judged(job.image, pixels, edited=True)
            if isinstance(picture, Rejected):
                yield picture
                continue
            yield Edited(
                picture,
                own.guidance_scale,
                own.image_guidance_scale,
                self.config.num_inference_steps,
            )

    def _reconstructed(self, jobs: Sequence[EditJob]) -> Iterator[Edited | Rejected]:
        """Yield the distractors of a batch."""
        for job, pixels in zip(jobs, self.reconstruct([job.image for job in jobs]), strict=True):
            picture = judged(job.image, pixels, edited=False)
            yield picture if isinstance(picture, Rejected) else Edited(picture)

    @contextmanager
    def _explained(self, jobs: list[EditJob]) -> Iterator[list[EditJob]]:
        """Say in one line what a user can change about a call that fails as a whole."""
        import torch
        from torch._dynamo.exc import TorchDynamoException

        try:
            yield jobs
        except torch.OutOfMemoryError as error:
            width, height = jobs[0].image.size
            raise EngineError(
                f"the GPU's memory does not hold {len(jobs)} pictures of {width}x{height} at once; "
                f"lower {self.key}.batch_size, now {self.batch_size}, or set tiling or offload"
            ) from error
        except TorchDynamoException as error:
            raise EngineError(
                f"torch cannot compile the denoiser: {cause(error)}; set {self.key}.compile=false"
            ) from error


def generators(jobs: Sequence[EditJob]) -> list[Any]:
    """Return the source of noise of each job; drawn on the CPU, it is the same on every device."""
    import torch

    return [torch.Generator("cpu").manual_seed(job.seed) for job in jobs]


def round_trip(pipeline: Any, pixels: Any, device: str) -> Any:
    """Encode and decode pictures with a pipeline's autoencoder, by the mode of its latents.

    Args:
        pipeline: A pipeline of diffusers.
        pixels: Tensor (B, 3, H, W), or (B, 3, 1, H, W) for an autoencoder of videos, in [-1, 1].
        device: Where the pipeline works.

    Returns:
        A tensor of the same shape, in [-1, 1].
    """
    import torch

    vae = pipeline.vae
    with torch.no_grad():
        latents = vae.encode(pixels.to(device, vae.dtype)).latent_dist.mode()
        decoded = vae.decode(latents).sample
    pipeline.maybe_free_model_hooks()
    return decoded
