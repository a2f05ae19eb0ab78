"""Muon for a CPU: what makes a matrix orthogonal is computed in single precision."""

from __future__ import annotations

from typing import Any

import torch
from pytorch_optimizer import Muon
from pytorch_optimizer.optimizer.utils.matrix import zero_power_via_newton_schulz_5


class SinglePrecisionMuon(Muon):  # type: ignore[misc]
    """Muon (https://kellerjordan.github.io/posts/muon/) without bfloat16.

    The library's own is in bfloat16, for GPUs; a CPU that has no instructions for it then spends
    four fifths of a training step of the small model there.
    """

    @staticmethod
    def _orthogonalize(group: dict[str, Any], updates: list[torch.Tensor]) -> list[torch.Tensor]:
        return [
            zero_power_via_newton_schulz_5(
                update.flatten(1),
                group["ns_steps"],
                weights=group["ns_coeffs"],
                dtype=torch.float32,
            )
            for update in updates
        ]
