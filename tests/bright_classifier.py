"""A ViT of the true class whose answer can be checked by hand: `nsfw` means bright."""

from __future__ import annotations

from math import log
from pathlib import Path

SURE = 0.9
"""What it says of a picture that is brighter than mid grey; of a darker one it says 1 - SURE."""


def write_bright_classifier(folder: Path, labels: tuple[str, ...] = ("normal", "nsfw")) -> str:
    """Write the model, and return its folder.

    One patch, two channels: the first holds the picture's mean, in [-1, 1], the second 0. The
    normalisation of a layer turns the two into (1, -1) for a bright picture and (-1, 1) for a dark
    one; attention passes half of that on to the class token, and the last normalisation makes it
    whole again. The second label gets log 9 times the first channel: 9 to 1 for or against.
    """
    import torch
    from transformers import ViTConfig, ViTForImageClassification, ViTImageProcessorPil

    size = {"hidden_size": 2, "intermediate_size": 2, "num_attention_heads": 1}
    names = dict(enumerate(labels))
    config = ViTConfig(
        **size,
        num_hidden_layers=1,
        image_size=32,
        patch_size=32,
        id2label=names,
        label2id={label: number for number, label in names.items()},
    )
    model = ViTForImageClassification(config)
    with torch.no_grad():
        for name, weights in model.named_parameters():
            weights.fill_(1.0 if "layernorm" in name and name.endswith("weight") else 0.0)
        model.vit.embeddings.patch_embeddings.projection.weight[0] = 1 / (3 * 32 * 32)
        attention = model.vit.layers[0].attention
        attention.v_proj.weight.copy_(torch.eye(2))
        attention.o_proj.weight.copy_(torch.eye(2))
        model.classifier.weight[1, 0] = log(SURE / (1 - SURE))
    model.save_pretrained(folder)
    ViTImageProcessorPil(size={"height": 32, "width": 32}).save_pretrained(folder)
    return str(folder)
