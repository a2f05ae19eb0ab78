"""Embeddings of a run's pictures and texts, each made once, in batches of one size."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import numpy as np
from PIL import Image

from pipelines.torch_setup import padded_batches

T = TypeVar("T")

MAX_KEPT = 65_536
"""Embeddings of a kind that stay in memory between parts: 200 MB at 768 numbers. Pictures whose
instructions are in two parts are in neighbouring ones, so a bound costs nothing there; captions of
a large run that come back only after so many others are embedded again."""


class Embeddings(Generic[T]):
    """Embeds what it has not embedded before.

    Batches have one size, the last of a part filled up with copies, since kernels round differently
    for another: so the embedding of an item does not depend on what else is there, nor on what was
    embedded earlier, and a part that is made again has the same bytes. A process that resumes a run
    embeds a picture of its part again that the part before has too: what files keep is rounded to
    half precision.

    Args:
        prepare: Makes an item ready for a batch, so that a picture's pixels can be let go.
        embed: Embeds a batch of ready items, float32 (B, D), each of length 1; or classifies them,
            (B, 1).
        size: Items in a batch.
    """

    def __init__(
        self, prepare: Callable[[T], Any], embed: Callable[[Sequence[Any]], np.ndarray], size: int
    ) -> None:
        self.prepare = prepare
        self._embed = embed
        self._size = size
        self._known: dict[str, np.ndarray] = {}
        self._waiting: dict[str, Any] = {}

    def add(self, key: str, item: T) -> None:
        """Have an item embedded, unless one of its key was; batches run as they fill up."""
        if not self._knows(key):
            self.add_ready(key, self.prepare(item))

    def add_ready(self, key: str, ready: Any) -> None:
        """The same, of an item that is prepared."""
        if self._knows(key):
            return
        self._waiting[key] = ready
        if len(self._waiting) == self._size:
            self._run()

    def _knows(self, key: str) -> bool:
        """Say whether an item was added before, and keep it longest."""
        if key in self._known:
            self._known[key] = self._known.pop(key)
        return key in self._known or key in self._waiting

    def vector(self, key: str) -> np.ndarray:
        """Return an embedding, float32 (D,); NaN where the model gave no numbers."""
        if key in self._waiting:
            self._run()
        return self._known[key]

    def forget(self) -> None:
        """Let go of what was not added for longest, beyond `MAX_KEPT`; no key is safe after."""
        for key in list(self._known)[: max(0, len(self._known) - MAX_KEPT)]:
            del self._known[key]

    def _run(self) -> None:
        """Embed what waits."""
        keys = list(self._waiting)
        for batch, count in padded_batches(keys, self._size):
            vectors = self._embed([self._waiting[key] for key in batch])
            self._known |= dict(zip(batch[:count], vectors[:count], strict=True))
        self._waiting.clear()


def normalised(output: Any) -> np.ndarray:
    """Return a model's embeddings as float32 (B, D) of length 1."""
    vectors = getattr(output, "pooler_output", output).float()
    unit: np.ndarray = (vectors / vectors.norm(dim=-1, keepdim=True)).cpu().numpy()
    return unit


def square(picture: Image.Image, side: int, device: Any) -> Any:
    """Squash a picture to a square as `metrics/clip_similarity.py` of InstructPix2Pix does.

    Args:
        picture: An RGB picture.
        side: Of the square, in pixels.
        device: Where it is to be, a `torch.device`.

    Returns:
        float32 (1, 3, side, side), about [0, 1]: bicubic without antialiasing can overshoot.
    """
    import torch

    # One by one: a stack of pictures gives the same numbers and, out of the cache, takes longer.
    values = torch.from_numpy(np.array(picture.convert("RGB"))).to(device)
    return torch.nn.functional.interpolate(
        values.permute(2, 0, 1)[None].float() / 255, size=(side, side), mode="bicubic"
    )
