"""Embeddings of pictures and captions by a CLIP or SigLIP checkpoint.

Preprocessing follows `metrics/clip_similarity.py` of github.com/timothybrooks/instruct-pix2pix:
pictures in [0, 1] are squashed to the model's square input, bicubic and without antialiasing, and
normalised by the checkpoint's own mean and deviation.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from pipelines.engines import ClipEmbedders
from pipelines.models import resolve_model
from pipelines.scorers.embeddings import Embeddings, normalised, square
from pipelines.sections.scorers import ClipConfig
from pipelines.torch_setup import (
    import_or_explain,
    load_or_explain,
    prepare_torch,
    quiet_transformers,
    torch_dtype,
)

KEY = "score.clip"


def load_clip(config: ClipConfig) -> ClipEmbedders:
    """Load the embedders that a recipe asks for.

    Raises:
        MissingExtra: torch or transformers is not installed.
        EngineError: There is no such device, or the model cannot be loaded.
    """
    prepare_torch(config.device, config.threads, KEY)
    model = load_or_explain(
        lambda: import_or_explain(lambda: _load(config), config.device),
        config.model,
        f"{KEY}.model",
    )
    size = config.batch_size
    return ClipEmbedders(
        pictures=Embeddings(model.pixels, model.embed_pictures, size),
        texts=Embeddings(str, model.embed_texts, size),
    )


def _load(config: ClipConfig) -> _Clip:
    """Load the model, its tokenizer, and the mean and deviation that its pictures need."""
    quiet_transformers()
    from transformers import AutoModel, AutoTokenizer
    from transformers.image_processing_utils import BaseImageProcessor

    where, revision = resolve_model(config.model), config.revision
    model = AutoModel.from_pretrained(where, revision=revision, dtype=torch_dtype(config.dtype))
    if not hasattr(model, "get_image_features") or not hasattr(model, "get_text_features"):
        raise ValueError(f"{type(model).__name__} has no embeddings of pictures and texts")
    side = getattr(model.config.vision_config, "image_size", None)
    if not isinstance(side, int):
        raise ValueError(f"{type(model).__name__} has no fixed square input")
    pixels, _ = BaseImageProcessor.get_image_processor_dict(where, revision=revision)
    return _Clip(
        model=model.to(config.device).eval(),
        tokenizer=AutoTokenizer.from_pretrained(where, revision=revision),
        side=side,
        mean=pixels["image_mean"],
        deviation=pixels["image_std"],
        is_siglip=model.config.model_type.startswith("siglip"),
    )


@dataclass(slots=True)
class _Clip:
    """A loaded model."""

    model: Any
    tokenizer: Any
    side: int
    mean: list[float]
    deviation: list[float]
    is_siglip: bool

    def pixels(self, picture: Image.Image) -> Any:
        """Return the model's input for one picture, float32 (1, 3, side, side)."""
        import torch

        mean, deviation = (torch.tensor(v).view(1, 3, 1, 1) for v in (self.mean, self.deviation))
        return (square(picture, self.side) - mean) / deviation

    def embed_pictures(self, pixels: Sequence[Any]) -> np.ndarray:
        """Return embeddings, float32 (B, D), of length 1."""
        import torch

        batch = torch.cat(list(pixels)).to(self.model.device, self.model.dtype)
        with torch.inference_mode():
            return normalised(self.model.get_image_features(pixel_values=batch))

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return embeddings, float32 (B, D), of length 1."""
        import torch

        # Padded to the full length, so that a text's numbers do not depend on its neighbours.
        # SigLIP was trained so, on lower case, and without a mask over what was filled up.
        tokens = self.tokenizer(
            [text.lower() for text in texts] if self.is_siglip else list(texts),
            padding="max_length",
            truncation=True,
            max_length=self.model.config.text_config.max_position_embeddings,
            return_tensors="pt",
        ).to(self.model.device)
        names = ["input_ids"] if self.is_siglip else ["input_ids", "attention_mask"]
        with torch.inference_mode():
            return normalised(self.model.get_text_features(**{n: tokens[n] for n in names}))
