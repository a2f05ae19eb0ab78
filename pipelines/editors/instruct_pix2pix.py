"""InstructPix2Pix (arXiv 2211.09800) through diffusers.

Any checkpoint in diffusers' layout will do: `timbrooks/instruct-pix2pix`, the authors' own, and
`vinesmsuic/magicbrush-jul7`, the same model trained further on MagicBrush (arXiv 2306.10012).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from pipelines.editors.diffusion import KEY, DiffusionEditor, Settings, generators, round_trip
from pipelines.editors.guidance import PerRow, draw
from pipelines.editors.loading import load_pipeline
from pipelines.editors.shared import share
from pipelines.engines import EditJob, Editor
from pipelines.sections.editors import InstructPix2PixEditor, Scheduler
from syned.errors import EngineError

SCHEDULERS: dict[Scheduler, tuple[str, dict[str, Any]]] = {
    "ddim": ("DDIMScheduler", {}),
    "dpm++": ("DPMSolverMultistepScheduler", {}),
    "euler": ("EulerDiscreteScheduler", {}),
    "euler_a": ("EulerAncestralDiscreteScheduler", {}),
    "heun": ("HeunDiscreteScheduler", {}),
    "lms": ("LMSDiscreteScheduler", {}),
    # As Stable Diffusion uses it: without the Runge-Kutta steps at the start, which are extra.
    "pndm": ("PNDMScheduler", {"skip_prk_steps": True}),
    "unipc": ("UniPCMultistepScheduler", {}),
}
"""Classes of diffusers, and what is set beyond the checkpoint's own configuration."""


def load_instruct_pix2pix(config: InstructPix2PixEditor, key: str = KEY) -> Editor:
    """Load the editor that a recipe asks for.

    Args:
        config: What the recipe says of it.
        key: Where the recipe says so, for messages.

    Raises:
        MissingExtra: torch, diffusers or transformers is not installed.
        EngineError: There is no such device, the model cannot be loaded, or a setting does not fit.
    """
    pipeline = load_pipeline(config, key, _load)
    _refuse_other_kind(pipeline, config, key)
    _set_scheduler(pipeline, config, key)
    share(pipeline, offloaded=config.offload != "none")
    return _InstructPix2Pix(f"{config.engine}:{config.model}", key, config, pipeline)


def _load(folder: str, **keywords: Any) -> Any:
    """Load the pipeline.

    The safety checker paints a picture black, which would pass as an edit. What a source picture
    may show is for whoever chooses the pictures.
    """
    from diffusers import StableDiffusionInstructPix2PixPipeline

    return StableDiffusionInstructPix2PixPipeline.from_pretrained(
        folder, safety_checker=None, requires_safety_checker=False, **keywords
    )


def _refuse_other_kind(pipeline: Any, config: InstructPix2PixEditor, key: str) -> None:
    """Raise if the denoiser does not take the source picture beside the noise."""
    channels, latents = pipeline.unet.config.in_channels, pipeline.vae.config.latent_channels
    if channels != 2 * latents:
        raise EngineError(
            f"{key}.model = {config.model!r} is no InstructPix2Pix: its denoiser takes {channels} "
            f"channels and not {2 * latents}, {latents} of noise and {latents} of the picture; "
            "name one such as timbrooks/instruct-pix2pix"
        )


def _set_scheduler(pipeline: Any, config: InstructPix2PixEditor, key: str) -> None:
    """Take the scheduler that the recipe names, with the checkpoint's noise schedule."""
    import diffusers

    if config.scheduler is not None:
        name, changes = SCHEDULERS[config.scheduler]
        scheduler = getattr(diffusers, name).from_config(pipeline.scheduler.config, **changes)
        pipeline.scheduler = scheduler
    try:
        pipeline.scheduler.set_timesteps(config.num_inference_steps)
    except (ValueError, IndexError) as error:
        raise EngineError(
            f"{key}.num_inference_steps = {config.num_inference_steps} does not suit "
            f"{type(pipeline.scheduler).__name__}: {error}"
        ) from error


class _InstructPix2Pix(DiffusionEditor):
    """Calls the pipeline; rows of a batch may differ in both guidance scales."""

    config: InstructPix2PixEditor

    def settings(self, job: EditJob) -> Settings:
        """Draw both scales."""
        return Settings(
            draw(self.config.guidance_scale, job.seed, "text"),
            draw(self.config.image_guidance_scale, job.seed, "picture"),
        )

    def generate(self, jobs: Sequence[EditJob], settings: Sequence[Settings]) -> np.ndarray:
        """Edit pictures of one size, float32 (B, H, W, 3) in [0, 1]."""
        result = self.pipeline(
            prompt=[job.instruction for job in jobs],
            image=[job.image for job in jobs],
            generator=generators(jobs),
            num_inference_steps=self.config.num_inference_steps,
            guidance_scale=PerRow([own.guidance_scale for own in settings]),
            image_guidance_scale=PerRow([own.image_guidance_scale or 1 for own in settings]),
            output_type="np",
        )
        return np.asarray(result.images, dtype=np.float32)

    def reconstruct(self, images: Sequence[Image.Image]) -> np.ndarray:
        """Send pictures of one size through the autoencoder, float32 (B, H, W, 3) in [0, 1]."""
        processor = self.pipeline.image_processor
        decoded = round_trip(self.pipeline, processor.preprocess(list(images)), self.config.device)
        return np.asarray(processor.postprocess(decoded, output_type="np"), dtype=np.float32)
