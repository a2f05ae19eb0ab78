"""A FLUX.1 Kontext of the true classes with untrained weights, small enough for any machine."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pipelines.tiny.instruct_pix2pix import MAX_TEXT, WIDTH, make_autoencoder, make_text_encoder
from pipelines.tiny.tokenizer import make_tokenizer

SEED = 20260103
LATENTS = 4
"""Channels of a latent; a token is 2 by 2 latents."""
T5_WIDTH = 16


def make(folder: Path) -> None:
    """Write the pipeline: one block of each kind, an autoencoder of 8 by 8 pixels per latent."""
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, FluxKontextPipeline

    tokenizer, letters = make_tokenizer(MAX_TEXT), _letter_tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        models = {
            "transformer": _transformer(),
            "vae": _autoencoder(),
            "text_encoder": make_text_encoder(tokenizer),
            "text_encoder_2": _t5(len(letters)),
        }
    pipeline = FluxKontextPipeline(
        **models,
        tokenizer=tokenizer,
        tokenizer_2=letters,
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
    )
    pipeline.save_pretrained(folder, safe_serialization=True)


def _letter_tokenizer() -> Any:
    """Return a tokenizer of T5's kind that knows letters and digits; all else is unknown to it."""
    from transformers import T5Tokenizer

    marks = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("\u2581", -1.0)]
    letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
    return T5Tokenizer(vocab=[*marks, *((letter, -2.0) for letter in letters)], extra_ids=0)


def _transformer() -> Any:
    """Return the denoiser, guided by a number that it is told, as FLUX.1 Kontext [dev] is."""
    from diffusers import FluxTransformer2DModel

    return FluxTransformer2DModel(
        in_channels=4 * LATENTS,
        num_layers=1,
        num_single_layers=1,
        attention_head_dim=16,
        num_attention_heads=2,
        joint_attention_dim=T5_WIDTH,
        pooled_projection_dim=WIDTH,
        guidance_embeds=True,
        axes_dims_rope=(4, 6, 6),
    )


def _autoencoder() -> Any:
    """Return the autoencoder, without the layers around its latents that FLUX.1 left out."""
    return make_autoencoder(
        latent_channels=LATENTS,
        use_quant_conv=False,
        use_post_quant_conv=False,
        scaling_factor=0.3611,
        shift_factor=0.1159,
    )


def _t5(words: int) -> Any:
    """Return the encoder of the whole text."""
    from transformers import T5Config, T5EncoderModel

    config = T5Config(
        vocab_size=words, d_model=T5_WIDTH, d_kv=8, d_ff=32, num_layers=1, num_heads=2
    )
    return T5EncoderModel(config)
