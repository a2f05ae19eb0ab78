"""How likely pictures are not safe for work, by a picture classifier through transformers.

Pictures are prepared as the checkpoint's own processor says. The score is the sum of the softmax
probabilities of the labels that mean it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from PIL import Image

from pipelines.engines import Embedder
from pipelines.models import resolve_model
from pipelines.scorers.embeddings import Embeddings
from pipelines.sections.scorers import ClassifierConfig
from pipelines.torch_setup import (
    NO_CODE,
    import_or_explain,
    load_or_explain,
    prepare_torch,
    quiet_transformers,
    torch_dtype,
)

KEY = "score.nsfw"


def load_classifier(config: ClassifierConfig) -> Embedder[Image.Image]:
    """Load the classifier that a recipe asks for; its vectors hold one probability.

    Raises:
        MissingExtra: torch or transformers is not installed.
        EngineError: There is no such device, the model cannot be loaded, is no picture classifier,
            or has no such label.
    """
    prepare_torch(config.device, config.threads, KEY)
    model, processor, labels = load_or_explain(
        lambda: import_or_explain(lambda: _load(config), config.device),
        config.model,
        f"{KEY}.model",
    )

    def prepare(picture: Image.Image) -> Any:
        return processor(images=picture.convert("RGB"), return_tensors="pt")["pixel_values"]

    def classify(pixels: Sequence[Any]) -> np.ndarray:
        import torch

        batch = torch.cat(list(pixels)).to(model.device, model.dtype)
        with torch.inference_mode():
            shares = model(pixel_values=batch).logits.float().softmax(dim=-1)
        likely: np.ndarray = shares[:, labels].sum(dim=-1, keepdim=True).cpu().numpy()
        return likely

    return Embeddings(prepare, classify, config.batch_size)


def _load(config: ClassifierConfig) -> tuple[Any, Any, list[int]]:
    """Load model and processor, and find the labels.

    Raises:
        ValueError: It classifies no pictures, or lacks a label, in words for the user.
    """
    quiet_transformers()
    from transformers import AutoConfig, AutoModelForImageClassification

    # Under its name at the top, transformers 5.16 asks for torchvision, which nothing here needs.
    from transformers.models.auto.image_processing_auto import AutoImageProcessor
    from transformers.models.auto.modeling_auto import (
        MODEL_FOR_IMAGE_CLASSIFICATION_MAPPING_NAMES as CLASSIFIERS,
    )

    where, revision = resolve_model(config.model), config.revision
    described = AutoConfig.from_pretrained(where, **NO_CODE, revision=revision)
    if described.model_type not in CLASSIFIERS:
        raise ValueError(f"it is of the type {described.model_type!r}, which classifies no picture")
    labels = _labels(described.label2id, config.labels)
    # The same numbers whether torchvision is installed or not.
    processor = AutoImageProcessor.from_pretrained(
        where, **NO_CODE, revision=revision, backend="pil"
    )
    model = AutoModelForImageClassification.from_pretrained(
        where, **NO_CODE, revision=revision, dtype=torch_dtype(config.dtype)
    )
    return model.to(config.device).eval(), processor, labels


def _labels(known: dict[str, int], wanted: Sequence[str]) -> list[int]:
    """Return the numbers of labels.

    Raises:
        ValueError: The classifier lacks one.
    """
    lacking = [label for label in wanted if label not in known]
    if lacking:
        raise ValueError(
            f"it has no label {lacking[0]!r}, but {', '.join(known)}; name those that mean it with "
            f"{KEY}.labels"
        )
    return [int(known[label]) for label in wanted]
