"""Two encoded streams: each picture is seen alone, and the Q-Former reads what was seen of both.

This is how CLIP4IDC (arXiv 2206.00629) compares pictures, with BLIP-2's own parts: one tower for
both pictures, and a transformer on what it says of the two. Joined pictures, the paper's way, are
compared in the tower already; this is what they are to be measured against.
"""

from __future__ import annotations

from typing import Any

import torch
from transformers import Blip2ForConditionalGeneration, Blip2VisionModel
from transformers.modeling_outputs import BaseModelOutputWithPooling


class TwoStreamVision(Blip2VisionModel):  # type: ignore[misc]
    """A vision tower that sees the upper and the lower half of its input one by one."""

    def forward(
        self,
        pixel_values: torch.Tensor,
        interpolate_pos_encoding: bool = False,
        **more: Any,
    ) -> BaseModelOutputWithPooling:
        """Return what is seen of both pictures, marked by whose it is.

        Args:
            pixel_values: float32 (B, 3, 2 * side, side), the earlier picture above.
            interpolate_pos_encoding: As in the tower of one picture.
            more: Further arguments of it.

        Returns:
            Its `last_hidden_state` is float32 (B, 2 * (1 + patches), width), the earlier picture's
            first.
        """
        each = torch.cat(pixel_values.chunk(2, dim=2))
        seen = super().forward(each, interpolate_pos_encoding=interpolate_pos_encoding, **more)
        earlier, later = seen.last_hidden_state.chunk(2)
        # Cross-attention has no order. What is seen has a spread of 1, and so has the mark.
        mark = torch.ones_like(earlier[:1, :1])
        mark[..., 1::2] = -1
        both = torch.cat([earlier + mark, later - mark], dim=1)
        return BaseModelOutputWithPooling(last_hidden_state=both, pooler_output=both[:, 0])


class TwoStreamBlip2(Blip2ForConditionalGeneration):  # type: ignore[misc]
    """A BLIP-2 that sees two pictures one by one; its weights have the usual names."""

    def __init__(self, config: Any) -> None:
        super().__init__(config)
        self.vision_model = TwoStreamVision._from_config(config.vision_config)
        self.post_init()


def class_for(join: str) -> Any:
    """Return the class of the model for a way to join pictures (see `ModelConfig.join`)."""
    return TwoStreamBlip2 if join == "streams" else Blip2ForConditionalGeneration
