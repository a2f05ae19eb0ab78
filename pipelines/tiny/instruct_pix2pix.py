"""An InstructPix2Pix of the true classes with untrained weights, small enough for any machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.tiny.tokenizer import make_tokenizer

SEED = 20260102
MAX_TEXT = 77
WIDTH = 32
"""Numbers per token of the text encoder, which is what the UNet attends to."""


def make(folder: Path) -> None:
    """Write the pipeline: a UNet of two blocks, an autoencoder of 8 by 8 pixels per latent."""
    import torch
    from diffusers import EulerAncestralDiscreteScheduler, StableDiffusionInstructPix2PixPipeline

    tokenizer = make_tokenizer(MAX_TEXT)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        models = {
            "unet": _unet(),
            "vae": make_autoencoder(),
            "text_encoder": make_text_encoder(tokenizer),
        }
    pipeline = StableDiffusionInstructPix2PixPipeline(
        **models,
        tokenizer=tokenizer,
        scheduler=EulerAncestralDiscreteScheduler(
            beta_schedule="scaled_linear", beta_start=0.00085, beta_end=0.012, steps_offset=1
        ),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(folder, safe_serialization=True)


def _unet() -> Any:
    """Return the denoiser; 8 channels in, 4 of noise and 4 of the source picture."""
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel(
        sample_size=8,
        in_channels=8,
        block_out_channels=(32, 64),
        layers_per_block=1,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        cross_attention_dim=WIDTH,
        attention_head_dim=8,
    )


def make_autoencoder(**changes: Any) -> Any:
    """Return the autoencoder; four blocks, so that a latent stands for 8 by 8 pixels."""
    from diffusers import AutoencoderKL

    return AutoencoderKL(
        block_out_channels=(16, 16, 32, 32),
        down_block_types=("DownEncoderBlock2D",) * 4,
        up_block_types=("UpDecoderBlock2D",) * 4,
        layers_per_block=1,
        norm_num_groups=8,
        sample_size=64,
        **changes,
    )


def make_text_encoder(tokenizer: Any) -> Any:
    """Return the text encoder for a tokenizer."""
    from transformers import CLIPTextConfig, CLIPTextModel

    config = CLIPTextConfig(
        vocab_size=len(tokenizer),
        hidden_size=WIDTH,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        projection_dim=16,
        max_position_embeddings=MAX_TEXT,
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    return CLIPTextModel(config)
