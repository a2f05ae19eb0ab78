"""Embeddings of pictures by a DINOv2 checkpoint (arXiv 2304.07193), with registers or without.

The embedding is the class token after the last normalisation. Preprocessing follows the released
filter of UltraEdit, since its thresholds are the only published ones: pictures in [0, 1] are
squashed to the model's square input (518 pixels for the released checkpoints), bicubic and without
antialiasing, and ImageNet's mean and deviation are not applied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from pipelines.engines import Embedder
from pipelines.models import resolve_model
from pipelines.scorers.embeddings import Embeddings, normalised, square
from pipelines.sections.scorers import DinoConfig
from pipelines.torch_setup import (
    NO_CODE,
    import_or_explain,
    load_or_explain,
    prepare_torch,
    quiet_transformers,
    torch_dtype,
)

KEY = "score.dino"


def load_dino(config: DinoConfig) -> Embedder[Image.Image]:
    """Load the embedder that a recipe asks for.

    Raises:
        MissingExtra: torch or transformers is not installed.
        EngineError: There is no such device, or the model cannot be loaded or is of another kind.
    """
    prepare_torch(config.device, config.threads, KEY)
    model = load_or_explain(
        lambda: import_or_explain(lambda: _load(config), config.device),
        config.model,
        f"{KEY}.model",
    )
    side = model.config.image_size

    def prepare(picture: Image.Image) -> Any:
        return square(picture, side, model.device)

    def embed(pixels: Sequence[Any]) -> np.ndarray:
        import torch

        batch = torch.cat(list(pixels)).to(model.dtype)
        with torch.inference_mode():
            return normalised(model(pixel_values=batch).last_hidden_state[:, 0])

    return Embeddings(prepare, embed, config.batch_size)


def _load(config: DinoConfig) -> Any:
    """Load the model."""
    quiet_transformers()
    from transformers import AutoConfig, AutoModel

    where, revision = resolve_model(config.model), config.revision
    kind = AutoConfig.from_pretrained(where, **NO_CODE, revision=revision).model_type
    if kind not in ("dinov2", "dinov2_with_registers"):
        raise ValueError(f"it is of the type {kind!r}, and DINOv2 is expected")
    model = AutoModel.from_pretrained(
        where, **NO_CODE, revision=revision, dtype=torch_dtype(config.dtype)
    )
    return model.to(config.device).eval()
