"""A Qwen-Image-Edit of the true classes with untrained weights, small enough for any machine."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

SEED = 20260104
WIDTH = 16
"""Numbers per token of the text encoder, which is what the denoiser attends to."""
LATENTS = 4
"""Channels of a latent; a token is 2 by 2 latents."""
PATCH = 32
"""Side of the text encoder's patches, in pixels; 2 by 2 of them make a token."""
END = "<|endoftext|>"
IMAGE, VIDEO, START, STOP = (
    "<|image_pad|>",
    "<|video_pad|>",
    "<|vision_start|>",
    "<|vision_end|>",
)


def make(folder: Path) -> None:
    """Write the pipeline: one block, an autoencoder of 8 by 8 pixels per latent."""
    import torch
    from diffusers import FlowMatchEulerDiscreteScheduler, QwenImageEditPipeline

    tokenizer = _tokenizer()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        models = {
            "transformer": _transformer(),
            "vae": _autoencoder(),
            "text_encoder": _text_encoder(tokenizer),
        }
    pipeline = QwenImageEditPipeline(
        **models,
        tokenizer=tokenizer,
        processor=None,
        scheduler=FlowMatchEulerDiscreteScheduler(use_dynamic_shifting=True),
    )
    pipeline.save_pretrained(folder, safe_serialization=True)
    _add_processor(folder, tokenizer)


def _add_processor(folder: Path, tokenizer: Any) -> None:
    """Write what the processor is made of, and name it; as a whole it would need torchvision."""
    from transformers import Qwen2VLImageProcessorPil

    area = {"shortest_edge": (2 * PATCH) ** 2, "longest_edge": (8 * PATCH) ** 2}
    processor = Qwen2VLImageProcessorPil(patch_size=PATCH, merge_size=2, size=area)
    processor.save_pretrained(folder / "processor")
    tokenizer.save_pretrained(folder / "processor")
    index = folder / "model_index.json"
    values = json.loads(index.read_text()) | {"processor": ["transformers", "Qwen2VLProcessor"]}
    index.write_text(json.dumps(values, indent=2))


def _tokenizer() -> Any:
    """Return a tokenizer that knows every byte and the model's marks."""
    from tokenizers import pre_tokenizers
    from transformers import Qwen2Tokenizer

    pieces = [*sorted(pre_tokenizers.ByteLevel.alphabet()), END]
    marks = ["<|im_start|>", "<|im_end|>", START, STOP, IMAGE, VIDEO]
    return Qwen2Tokenizer(
        vocab={piece: i for i, piece in enumerate(pieces)},
        merges=[],
        additional_special_tokens=marks,
    )


def _text_encoder(tokenizer: Any) -> Any:
    """Return the language model that sees the picture."""
    from transformers import Qwen2_5_VLConfig, Qwen2_5_VLForConditionalGeneration

    number = tokenizer.convert_tokens_to_ids
    size = {"hidden_size": WIDTH, "intermediate_size": 32}
    config = Qwen2_5_VLConfig(
        text_config={
            **size,
            "vocab_size": len(tokenizer),
            "num_hidden_layers": 1,
            "num_attention_heads": 2,
            "num_key_value_heads": 2,
            "rope_parameters": {
                "rope_type": "default",
                "rope_theta": 1e6,
                "mrope_section": [1, 1, 2],
            },
            "bos_token_id": None,
            "eos_token_id": number(END),
            "pad_token_id": number(END),
        },
        vision_config={
            **size,
            "depth": 1,
            "num_heads": 2,
            "out_hidden_size": WIDTH,
            "patch_size": PATCH,
        },
        image_token_id=number(IMAGE),
        video_token_id=number(VIDEO),
        vision_start_token_id=number(START),
        vision_end_token_id=number(STOP),
    )
    return Qwen2_5_VLForConditionalGeneration(config)


def _transformer() -> Any:
    """Return the denoiser."""
    from diffusers import QwenImageTransformer2DModel

    return QwenImageTransformer2DModel(
        in_channels=4 * LATENTS,
        out_channels=LATENTS,
        num_layers=1,
        attention_head_dim=16,
        num_attention_heads=1,
        joint_attention_dim=WIDTH,
        axes_dims_rope=(4, 6, 6),
    )


def _autoencoder() -> Any:
    """Return the autoencoder; narrow, since the pipeline works at a megapixel.

    With kernels as torch draws them it would paint everything in one colour; these are twice that.
    """
    import torch
    from diffusers import AutoencoderKLQwenImage

    autoencoder = AutoencoderKLQwenImage(
        base_dim=2,
        z_dim=LATENTS,
        dim_mult=[1, 1, 1, 1],
        num_res_blocks=0,
        temperal_downsample=[False, True, True],
        latents_mean=[0.0] * LATENTS,
        latents_std=[1.0] * LATENTS,
    )
    with torch.no_grad():
        for kernel in autoencoder.parameters():
            kernel.mul_(2.0 if kernel.ndim > 2 else 1.0)
    return autoencoder
