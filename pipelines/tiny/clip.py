"""A CLIP of the true class with untrained weights, small enough for any machine."""

from __future__ import annotations

from pathlib import Path

from pipelines.tiny.tokenizer import make_tokenizer

SEED = 20260101
SIDE = 64
"""Pixels of the square input."""
MAX_TEXT = 77
"""Tokens of the longest text, as in OpenAI's CLIP."""


def make(folder: Path) -> None:
    """Write model and tokenizer: 64-pixel input, 32-wide towers, 16 numbers in an embedding."""
    import torch
    from transformers import CLIPConfig, CLIPImageProcessorPil, CLIPModel

    tokenizer = make_tokenizer(MAX_TEXT)
    tower = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
    }
    config = CLIPConfig(
        text_config={
            **tower,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": MAX_TEXT,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
            "pad_token_id": tokenizer.pad_token_id,
        },
        vision_config={**tower, "image_size": SIDE, "patch_size": 16},
        projection_dim=16,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = CLIPModel(config)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    square = {"height": SIDE, "width": SIDE}
    CLIPImageProcessorPil(size=square, do_center_crop=False).save_pretrained(folder)
