"""The four CLIP similarities of InstructPix2Pix's filter (arXiv 2211.09800), for any checkpoint.

Definitions and preprocessing follow `metrics/clip_similarity.py` of
github.com/timothybrooks/instruct-pix2pix: pictures in [0, 1] are squashed to the model's square
input, bicubic and without antialiasing, and differences are taken between normalised embeddings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from pipelines.engines import ClipScores, Rejected, ScoreJob, Scorer
from pipelines.models import resolve_model
from pipelines.sections.scorers import ClipConfig
from pipelines.torch_setup import (
    import_or_explain,
    load_or_explain,
    padded_batches,
    prepare_torch,
    quiet_transformers,
    torch_dtype,
)
from syned.reasons import Reason

KEY = "score.clip"


def load_clip(config: ClipConfig) -> Scorer:
    """Load the scorer that a recipe asks for.

    Raises:
        MissingExtra: torch or transformers is not installed.
        EngineError: There is no such device, or the model cannot be loaded.
    """
    prepare_torch(config.device, config.threads, KEY)
    return load_or_explain(
        lambda: import_or_explain(lambda: _load(config), config.device),
        config.model,
        f"{KEY}.model",
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
    pixels, _ = BaseImageProcessor.get_image_processor_dict(where, revision=revision)
    return _Clip(
        config=config,
        model=model.to(config.device).eval(),
        tokenizer=AutoTokenizer.from_pretrained(where, revision=revision),
        mean=pixels["image_mean"],
        deviation=pixels["image_std"],
    )


@dataclass(slots=True)
class _Clip:
    """A scorer with a loaded model."""

    config: ClipConfig
    model: Any
    tokenizer: Any
    mean: list[float]
    deviation: list[float]

    def score(self, jobs: Sequence[ScoreJob]) -> list[ClipScores | Rejected]:
        """Answer each job, in order."""
        answers: list[ClipScores | Rejected] = []
        for batch, count in padded_batches(jobs, self.config.batch_size):
            before = self._embed_pictures([job.image for job in batch])
            after = self._embed_pictures([job.edited_image for job in batch])
            told_before = self._embed_texts([job.source_caption for job in batch])
            told_after = self._embed_texts([job.edited_caption for job in batch])
            rows = zip(before, after, told_before, told_after, strict=True)
            answers += [_similarities(*row) for row in list(rows)[:count]]
        return answers

    def _embed_pictures(self, pictures: Sequence[Image.Image]) -> np.ndarray:
        """Return embeddings, float32 (B, D), L2-normalised."""
        import torch

        pixels = torch.cat([self._pixels(picture) for picture in pictures])
        pixels = pixels.to(self.config.device, self.model.dtype)
        with torch.inference_mode():
            return _normalised(self.model.get_image_features(pixel_values=pixels))

    def _pixels(self, picture: Image.Image) -> Any:
        """Return the model's input for one picture, float32 (1, 3, side, side)."""
        import torch

        values = torch.from_numpy(np.array(picture.convert("RGB"), dtype=np.float32) / 255)
        side = self.model.config.vision_config.image_size
        square = torch.nn.functional.interpolate(
            values.permute(2, 0, 1)[None], size=(side, side), mode="bicubic"
        )
        mean, deviation = (torch.tensor(v).view(1, 3, 1, 1) for v in (self.mean, self.deviation))
        return (square - mean) / deviation

    def _embed_texts(self, texts: Sequence[str]) -> np.ndarray:
        """Return embeddings, float32 (B, D), L2-normalised."""
        import torch

        # Padded to the full length, so that a text's numbers do not depend on its neighbours.
        tokens = self.tokenizer(
            list(texts),
            padding="max_length",
            truncation=True,
            max_length=self.model.config.text_config.max_position_embeddings,
            return_tensors="pt",
        ).to(self.config.device)
        with torch.inference_mode():
            return _normalised(self.model.get_text_features(**tokens))


def _normalised(output: Any) -> np.ndarray:
    """Return a model's embeddings as float32 (B, D) of length 1."""
    vectors = getattr(output, "pooler_output", output).float()
    normalised: np.ndarray = (vectors / vectors.norm(dim=-1, keepdim=True)).cpu().numpy()
    return normalised


def _similarities(
    before: np.ndarray, after: np.ndarray, told_before: np.ndarray, told_after: np.ndarray
) -> ClipScores | Rejected:
    """Return the scores of one pair from four embeddings, float32 (D,), L2-normalised."""
    if not np.isfinite([before, after, told_before, told_after]).all():
        return Rejected(Reason.NOT_FINITE, "CLIP's embedding holds values that are no numbers")
    return ClipScores(
        clip_sim_image=float(before @ after),
        clip_sim_0=float(before @ told_before),
        clip_sim_1=float(after @ told_after),
        clip_sim_dir=_cosine(after - before, told_after - told_before),
        image_embedding=before.astype(np.float16),
        edited_embedding=after.astype(np.float16),
    )


def _cosine(one: np.ndarray, other: np.ndarray) -> float:
    """Return the cosine of two directions, and 0 where one of them is none."""
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / length if length > 1e-12 else 0.0
