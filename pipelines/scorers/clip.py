"""Embeddings of pictures and captions by a CLIP or SigLIP checkpoint.

Preprocessing follows `metrics/clip_similarity.py` of github.com/timothybrooks/instruct-pix2pix:
pictures in [0, 1] are squashed to the model's square input, bicubic and without antialiasing, and
normalised by the checkpoint's own mean and deviation. Texts are tokenised as each kind of model was
trained: CLIP's with a mask over what they are filled up with, SigLIP's (arXiv 2303.15343) in lower
case and without a mask.
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
    NO_CODE,
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
        EngineError: There is no such device, or the model cannot be loaded or is of another kind.
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
    from transformers import AutoConfig, AutoModel, AutoTokenizer
    from transformers.image_processing_utils import BaseImageProcessor

    where, revision = resolve_model(config.model), config.revision
    kind = AutoConfig.from_pretrained(where, **NO_CODE, revision=revision).model_type
    _check_kind(kind)
    pixels, _ = BaseImageProcessor.get_image_processor_dict(where, revision=revision)
    model = AutoModel.from_pretrained(
        where, **NO_CODE, revision=revision, dtype=torch_dtype(config.dtype)
    )
    return _Clip(
        model=model.to(config.device).eval(),
        tokenizer=AutoTokenizer.from_pretrained(where, **NO_CODE, revision=revision),
        mean=_channels(pixels, "image_mean", config.device),
        deviation=_channels(pixels, "image_std", config.device),
        is_siglip=kind == "siglip",
    )


def _check_kind(kind: str) -> None:
    """Check a checkpoint's `model_type`; SigLIP 2 of a fixed input is of the type `siglip`.

    Raises:
        ValueError: It is another, in words for the user.
    """
    if kind == "siglip2":
        raise ValueError(
            "it is a SigLIP 2 for pictures of any shape (NaFlex), which has no fixed square input; "
            "those of a fixed input, such as google/siglip2-base-patch16-224, can be used"
        )
    if kind not in ("clip", "siglip"):
        raise ValueError(f"it is of the type {kind!r}, and CLIP or SigLIP is expected")


def _channels(settings: dict[str, Any], name: str, device: str) -> Any:
    """Return a value for each channel, float32 (1, 3, 1, 1).

    Raises:
        ValueError: The checkpoint's picture processor does not name it.
    """
    import torch

    if settings.get(name) is None:
        raise ValueError(f"its preprocessor_config.json has no {name}")
    return torch.tensor(settings[name], dtype=torch.float32, device=device).view(1, 3, 1, 1)


@dataclass(slots=True)
class _Clip:
    """A loaded model.

    Attributes:
        mean: Of each channel, float32 (1, 3, 1, 1) on the model's device; the deviation alike.
    """

    model: Any
    tokenizer: Any
    mean: Any
    deviation: Any
    is_siglip: bool

    def pixels(self, picture: Image.Image) -> Any:
        """Return the model's input for one picture, float32 (1, 3, side, side)."""
        side = self.model.config.vision_config.image_size
        return (square(picture, side, self.model.device) - self.mean) / self.deviation

    def embed_pictures(self, pixels: Sequence[Any]) -> np.ndarray:
        """Return embeddings, float32 (B, D), of length 1."""
        import torch

        batch = torch.cat(list(pixels)).to(self.model.dtype)
        with torch.inference_mode():
            return normalised(self.model.get_image_features(pixel_values=batch))

    def embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return embeddings, float32 (B, D), of length 1."""
        import torch

        # Padded to the full length, so that a text's numbers do not depend on its neighbours.
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
