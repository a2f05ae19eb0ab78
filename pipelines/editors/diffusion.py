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
from syned.batches import ahead
from syned.errors import EngineError
from syned.rows import Task

KEY = "edit.editor"
"""Where a recipe names its editor, unless it names several."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What is drawn for one candidate."""

    guidance_scale: float
    image_guidance_scale: float | None = None


Made = tuple[np.ndarray, list[Settings]]
"""Pictures of a batch, float32 (B, H, W, 3), and what was drawn for each; none for distractors."""


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
        batches = (
            (batch[:count], self._made([jobs[place] for place in batch]))
            for places in groups.values()
            for batch, count in padded_batches(places, self.batch_size)
        )
        answers: dict[int, Edited | Rejected] = {}
        # A thread looks at what was made while the next batch is.
        for own in ahead(batches, lambda batch: self._answers(jobs, *batch), 1):
            answers |= own
        return [answers[place] for place in range(len(jobs))]

    def _made(self, jobs: Sequence[EditJob]) -> Made:
        """Edit the pictures of a batch, or send those of distractors through the autoencoder."""
        with self._explained(jobs):
            if jobs[0].task is Task.NONE:
                return self.reconstruct([job.image for job in jobs]), []
            settings = [self.settings(job) for job in jobs]
            return self.generate(jobs, settings), settings

    def _answers(
        self, jobs: Sequence[EditJob], places: Sequence[int], made: Made
    ) -> dict[int, Edited | Rejected]:
        """Look at the pictures of a batch, and return the answers to its jobs."""
        pictures, settings = made
        answers: dict[int, Edited | Rejected] = {}
        for i, place in enumerate(places):
            picture = judged(jobs[place].image, pictures[i], edited=bool(settings))
            answers[place] = self._answer(picture, settings[i] if settings else None)
        return answers

    def _answer(self, picture: Image.Image | Rejected, own: Settings | None) -> Edited | Rejected:
        """Return a picture with what it was made with; nothing of that for a distractor."""
        if isinstance(picture, Rejected) or own is None:
            return picture if isinstance(picture, Rejected) else Edited(picture)
        return Edited(
            picture,
            own.guidance_scale,
            own.image_guidance_scale,
            self.config.num_inference_steps,
        )

    @contextmanager
    def _explained(self, jobs: Sequence[EditJob]) -> Iterator[None]:
        """Say in one line what a user can change about a call that fails as a whole."""
        import torch
        from torch._dynamo.exc import TorchDynamoException

        try:
            yield
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
