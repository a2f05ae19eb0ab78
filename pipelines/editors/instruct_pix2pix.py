"""InstructPix2Pix (arXiv 2211.09800) through diffusers, for its own and for MagicBrush weights."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from pipelines.engines import Edited, EditJob, Editor, Rejected
from pipelines.models import resolve_model
from pipelines.sections.editors import InstructPix2PixEditor
from pipelines.torch_setup import (
    import_or_explain,
    load_or_explain,
    padded_batches,
    prepare_torch,
    quiet_transformers,
    torch_dtype,
)
from syned.errors import EngineError
from syned.reasons import Reason

KEY = "edit.editor"
BLACK = 10 / 255
"""A picture with no brighter value is black: what half precision or a safety checker leaves."""
SAME = 2
"""Levels of 255 that rounding may move; a picture that differs by no more is the source."""


def load_instruct_pix2pix(config: InstructPix2PixEditor) -> Editor:
    """Load the editor that a recipe asks for.

    Raises:
        MissingExtra: torch, diffusers or transformers is not installed.
        EngineError: There is no such device, or the model cannot be loaded.
    """
    prepare_torch(config.device, config.threads, KEY)
    pipeline = load_or_explain(
        lambda: import_or_explain(lambda: _load(config), config.device),
        config.model,
        f"{KEY}.model",
    )
    return _InstructPix2Pix(f"instruct_pix2pix:{config.model}", config, pipeline)


def _load(config: InstructPix2PixEditor) -> Any:
    """Load the pipeline with the scheduler that the checkpoint names."""
    quiet_transformers()
    from diffusers import StableDiffusionInstructPix2PixPipeline
    from diffusers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    # The safety checker paints a picture black, which would pass as an edit. What a source picture
    # may show is for whoever chooses the pictures.
    pipeline = StableDiffusionInstructPix2PixPipeline.from_pretrained(
        resolve_model(config.model),
        revision=config.revision,
        dtype=torch_dtype(config.dtype),
        safety_checker=None,
        requires_safety_checker=False,
    )
    pipeline.set_progress_bar_config(disable=True)
    return pipeline.to(config.device)


@dataclass(slots=True)
class _InstructPix2Pix:
    """An editor with a loaded pipeline."""

    name: str
    config: InstructPix2PixEditor
    pipeline: Any

    def edit(self, jobs: Sequence[EditJob]) -> list[Edited | Rejected]:
        """Answer each job, in order; pictures of one size share a batch."""
        by_size: dict[tuple[int, int], list[int]] = defaultdict(list)
        for place, job in enumerate(jobs):
            by_size[job.image.size].append(place)
        answers: dict[int, Edited | Rejected] = {}
        for places in by_size.values():
            for batch, count in padded_batches(places, self.config.batch_size):
                pictures = self._run([jobs[place] for place in batch])[:count]
                for place, picture in zip(batch[:count], pictures, strict=True):
                    answers[place] = self._judge(jobs[place].image, picture)
        return [answers[place] for place in range(len(jobs))]

    def _run(self, jobs: Sequence[EditJob]) -> np.ndarray:
        """Return the edited pictures of one batch, float32 (B, H, W, 3) in [0, 1]."""
        import torch

        # Drawn on the CPU, noise is the same on every device.
        noise = [torch.Generator("cpu").manual_seed(job.seed) for job in jobs]
        try:
            result = self.pipeline(
                prompt=[job.instruction for job in jobs],
                image=[job.image for job in jobs],
                generator=noise,
                num_inference_steps=self.config.num_inference_steps,
                guidance_scale=self.config.guidance_scale,
                image_guidance_scale=self.config.image_guidance_scale,
                output_type="np",
            )
        except torch.OutOfMemoryError as error:
            width, height = jobs[0].image.size
            raise EngineError(
                f"the GPU's memory does not hold {len(jobs)} pictures of {width}x{height} at once; "
                f"lower {KEY}.batch_size, now {len(jobs)}"
            ) from error
        return np.asarray(result.images, dtype=np.float32)

    def _judge(self, source: Image.Image, pixels: np.ndarray) -> Edited | Rejected:
        """Return an edited picture, or why it is none.

        Args:
            source: The picture before the edit.
            pixels: float32 (H, W, 3) in [0, 1].
        """
        if not np.isfinite(pixels).all():
            return Rejected(
                Reason.NOT_FINITE, "the model's picture holds values that are no numbers"
            )
        if pixels.max() <= BLACK:
            return Rejected(Reason.BLACK_IMAGE, "the model's picture is black")
        levels = (pixels * 255).round().astype(np.uint8)
        if np.abs(levels.astype(int) - np.asarray(source)).max() <= SAME:
            return Rejected(Reason.NO_VISIBLE_CHANGE, "the model's picture is the source picture")
        return Edited(
            image=Image.fromarray(levels),
            guidance_scale=self.config.guidance_scale,
            image_guidance_scale=self.config.image_guidance_scale,
            num_inference_steps=self.config.num_inference_steps,
        )
