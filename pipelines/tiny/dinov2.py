"""A DINOv2 with registers, of the true class, untrained and small enough for any machine."""

from __future__ import annotations

from pathlib import Path

SEED = 20260105
SIDE = 56
"""Pixels of the square input."""


def make(folder: Path) -> None:
    """Write the model: 56-pixel input in patches of 14, 32 numbers in an embedding."""
    import torch
    from transformers import Dinov2WithRegistersConfig, Dinov2WithRegistersModel

    config = Dinov2WithRegistersConfig(
        hidden_size=32,
        mlp_ratio=2,
        num_hidden_layers=2,
        num_attention_heads=2,
        image_size=SIDE,
        patch_size=14,
        num_register_tokens=4,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        model = Dinov2WithRegistersModel(config)
    model.save_pretrained(folder)
