"""Guidance scales: drawn for each candidate, and applied to each row of a batch."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, Self

from syned.ids import seed_for

Scale = float | tuple[float, float]
"""A scale, or the range from which each candidate draws its own."""


def draw(scale: Scale, seed: int, name: str) -> float:
    """Return a candidate's scale, drawn evenly if it has a range.

    Args:
        scale: As the recipe has it.
        seed: The candidate's.
        name: Of the scale; each one is drawn on its own.
    """
    if not isinstance(scale, tuple):
        return scale
    return random.Random(seed_for(seed, "guidance", name)).uniform(*scale)


class PerRow(float):
    """The guidance scale of each row of a batch, where a pipeline of diffusers takes one number.

    Such a pipeline asks of the number whether it is above 1, and multiplies tensors by it. This one
    answers the question by the lowest scale of the rows, and multiplies row i by scale i, rounded
    as torch rounds the product of a tensor and one number.
    """

    scales: tuple[float, ...]

    def __new__(cls, scales: Sequence[float]) -> Self:
        """Hold one scale for each row."""
        number = super().__new__(cls, min(scales))
        number.scales = tuple(scales)
        return number

    def __mul__(self, rows: Any) -> Any:
        """Multiply a tensor (B, ...) of any floating type by the rows' scales; same type."""
        import torch

        scales = torch.tensor(self.scales, dtype=torch.float32, device=rows.device)
        return (scales.view(-1, *[1] * (rows.ndim - 1)) * rows).to(rows.dtype)
