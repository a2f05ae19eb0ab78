"""The newer instruction editors of diffusers: FLUX.1 Kontext and Qwen-Image-Edit.

Both are transformers that learned flow matching. Kontext (arXiv 2506.15742,
`black-forest-labs/FLUX.1-Kontext-dev`) edits at the size of the picture. Qwen-Image-Edit (arXiv
2508.02324, `Qwen/Qwen-Image-Edit`) sees and edits at one megapixel, whatever the picture's size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from pipelines.editors.diffusion import KEY, DiffusionEditor, Settings, generators, round_trip
from pipelines.editors.guidance import draw
from pipelines.editors.loading import load_pipeline
from pipelines.engines import EditJob, Editor
from pipelines.sections.editors import KontextEditor, QwenEditor

STEP = 16
"""Kontext's sides are multiples of it: 8 pixels per latent, 2 latents per token."""
MEGAPIXEL = 1024 * 1024
"""The area at which Qwen-Image-Edit's pipeline sees a picture."""


def load_flux_kontext(config: KontextEditor, key: str = KEY) -> Editor:
    """Load FLUX.1 Kontext.

    Args:
        config: What the recipe says of it.
        key: Where the recipe says so, for messages.

    Raises:
        MissingExtra: torch, diffusers or transformers is not installed.
        EngineError: There is no such device, the model cannot be loaded, or a setting does not fit.
    """

    def load(folder: str, **keywords: Any) -> Any:
        from diffusers import FluxKontextPipeline

        _refuse_other_kind(FluxKontextPipeline, folder, keywords["revision"])
        return FluxKontextPipeline.from_pretrained(folder, **keywords)

    pipeline = load_pipeline(config, key, load)
    return _Kontext(f"{config.engine}:{config.model}", key, config, pipeline)


def load_qwen_image_edit(config: QwenEditor, key: str = KEY) -> Editor:
    """Load Qwen-Image-Edit.

    Args:
        config: What the recipe says of it.
        key: Where the recipe says so, for messages.

    Raises:
        MissingExtra: torch, diffusers or transformers is not installed.
        EngineError: There is no such device, the model cannot be loaded, or a setting does not fit.
    """

    def load(folder: str, **keywords: Any) -> Any:
        from diffusers import QwenImageEditPipeline

        _refuse_other_kind(QwenImageEditPipeline, folder, keywords["revision"])
        processor = _picture_processor(folder, keywords["revision"])
        return QwenImageEditPipeline.from_pretrained(folder, processor=processor, **keywords)

    pipeline = load_pipeline(config, key, load)
    return _Qwen(f"{config.engine}:{config.model}", key, config, pipeline)


def _refuse_other_kind(expected: Any, folder: str, revision: str | None) -> None:
    """Raise if a checkpoint names another pipeline: parts alike, it would load and edit badly."""
    found = expected.load_config(folder, revision=revision).get("_class_name")
    if found != expected.__name__:
        raise ValueError(f"it is for diffusers' {found}, and {expected.__name__} is needed")


def _picture_processor(folder: str, revision: str | None) -> Any:
    """Return Qwen's processor of text and pictures, without its part for videos.

    That part needs torchvision, and pictures are resized by Pillow everywhere, for one result.
    """
    from transformers import Qwen2Tokenizer, Qwen2VLImageProcessorPil, Qwen2VLProcessor

    class PictureProcessor(Qwen2VLProcessor):  # type: ignore[misc]
        # transformers reads from the signature what the processor is made of.
        def __init__(self, image_processor: Any = None, tokenizer: Any = None) -> None:
            super().__init__(image_processor, tokenizer)

    where = {"subfolder": "processor", "revision": revision}
    return PictureProcessor(
        Qwen2VLImageProcessorPil.from_pretrained(folder, **where),
        Qwen2Tokenizer.from_pretrained(folder, **where),
    )


class _Kontext(DiffusionEditor):
    """Edits a picture at its own size, so that what the edit leaves alone stays where it is.

    diffusers would scale every picture to one of the model's preferred sizes of one megapixel; a
    recipe has that with `image.resolution: 1024`. Sides that are no multiples of 16 are filled up
    by repeating the last row or column, which is cut off again.
    """

    config: KontextEditor

    @property
    def batch_size(self) -> int:
        """Return how many pictures go in one call: the pipeline takes one scale for all of them."""
        return 1 if isinstance(self.config.guidance_scale, tuple) else self.config.batch_size

    def settings(self, job: EditJob) -> Settings:
        """Draw the scale of the guidance that was distilled into the model."""
        return Settings(draw(self.config.guidance_scale, job.seed, "text"))

    def generate(self, jobs: Sequence[EditJob], settings: Sequence[Settings]) -> np.ndarray:
        """Edit pictures of one size, float32 (B, H, W, 3) in [0, 1]."""
        images = [_filled_up(job.image) for job in jobs]
        width, height = images[0].size
        result = self.pipeline(
            image=images,
            prompt=[job.instruction for job in jobs],
            generator=generators(jobs),
            num_inference_steps=self.config.num_inference_steps,
            guidance_scale=settings[0].guidance_scale,
            width=width,
            height=height,
            max_area=width * height,
            _auto_resize=False,
            output_type="np",
        )
        return _cut(np.asarray(result.images, dtype=np.float32), jobs[0].image.size)

    def reconstruct(self, images: Sequence[Image.Image]) -> np.ndarray:
        """Send pictures of one size through the autoencoder, float32 (B, H, W, 3) in [0, 1]."""
        processor = self.pipeline.image_processor
        pixels = processor.preprocess([_filled_up(image) for image in images])
        decoded = round_trip(self.pipeline, pixels, self.config.device)
        decoded = processor.postprocess(decoded, output_type="np")
        return _cut(np.asarray(decoded, dtype=np.float32), images[0].size)


def _filled_up(image: Image.Image) -> Image.Image:
    """Return a picture whose sides are multiples of 16, its last row and column repeated."""
    beyond = [(0, -side % STEP) for side in (image.height, image.width)]
    return Image.fromarray(np.pad(np.asarray(image), [*beyond, (0, 0)], mode="edge"))


def _cut(pixels: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Return float32 (B, H, W, 3) without what was filled up."""
    width, height = size
    return pixels[:, :height, :width]


class _Qwen(DiffusionEditor):
    """Edits a picture at one megapixel, and scales the result back to the picture's size.

    The pipeline always sees the picture at that size, and the model's sense of place is fixed to
    it: an output of another size would show another section of the picture.
    """

    config: QwenEditor

    @property
    def batch_size(self) -> int:
        """Return how many pictures go in one call.

        One: the pipeline pads texts to the longest of a call, which would let an answer depend on
        its neighbours, and takes one scale for all; at one megapixel a picture fills a GPU.
        """
        return 1

    def settings(self, job: EditJob) -> Settings:
        """Draw the scale of the guidance."""
        return Settings(draw(self.config.guidance_scale, job.seed, "text"))

    def generate(self, jobs: Sequence[EditJob], settings: Sequence[Settings]) -> np.ndarray:
        """Edit one picture, float32 (1, H, W, 3) in [0, 1]."""
        [job] = jobs
        result = self.pipeline(
            # Of a list, the text encoder would see pictures at their own size.
            image=job.image,
            prompt=job.instruction,
            # Guidance is off without one; the authors' own is a space.
            negative_prompt=" ",
            generator=generators(jobs),
            num_inference_steps=self.config.num_inference_steps,
            true_cfg_scale=settings[0].guidance_scale,
            output_type="pt",
        )
        return _scaled_back(result.images, job.image.size)

    def reconstruct(self, images: Sequence[Image.Image]) -> np.ndarray:
        """Send one picture through the autoencoder at one megapixel, as an edit does."""
        from diffusers.pipelines.qwenimage.pipeline_qwenimage_edit import calculate_dimensions

        [image] = images
        processor = self.pipeline.image_processor
        width, height, _ = calculate_dimensions(MEGAPIXEL, image.width / image.height)
        frames = processor.preprocess(image, height, width).unsqueeze(2)
        decoded = round_trip(self.pipeline, frames, self.config.device)[:, :, 0]
        return _scaled_back(processor.postprocess(decoded, output_type="pt"), image.size)


def _scaled_back(pixels: Any, size: tuple[int, int]) -> np.ndarray:
    """Return a tensor (B, 3, ?, ?) in [0, 1] as float32 (B, H, W, 3) of a size."""
    from torch.nn.functional import interpolate

    small = interpolate(
        pixels.float().cpu(), size=(size[1], size[0]), mode="bicubic", antialias=True
    )
    return np.asarray(small.clamp(0, 1).permute(0, 2, 3, 1).numpy())
