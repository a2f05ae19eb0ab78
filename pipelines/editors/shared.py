"""What the candidates of one picture and of one instruction have in common is computed once.

The latent of a source picture and the embedding of a prompt do not depend on a candidate's seed. A
picture with four instructions of four candidates each needs its latent once and not sixteen times.
Rows are computed one by one, so that they do not depend on their neighbours in a batch, which
round differently in batches of another size.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from syned.ids import digest

MOST = 256
"""Rows of a kind that are kept: latents of 512-pixel pictures, mean and deviation, have 64 KB each
in half precision, embeddings of CLIP's large text encoder 118 KB."""


class Rows:
    """Computes rows of batches, each different one once.

    Args:
        compute: Takes a batch of one row, and returns a tensor of one row.
    """

    def __init__(self, compute: Callable[[Any], Any]) -> None:
        self._compute = compute
        self._known: dict[str, Any] = {}

    def __call__(self, batch: Any) -> Any:
        """Return a tensor with a row for each of the batch."""
        import torch

        keys = [digest(str(tuple(row.shape)), _bytes(row)) for row in batch]
        made = {}
        for i, key in enumerate(keys):
            if key not in made:
                # The last one now, so that it stays longest.
                known = self._known.pop(key, None)
                made[key] = self._compute(batch[i : i + 1]) if known is None else known
        self._known |= made
        for key in list(self._known)[:-MOST]:
            del self._known[key]
        return torch.cat([made[key] for key in keys])


def _bytes(row: Any) -> bytes:
    """Return what is in a tensor."""
    import torch

    held: bytes = row.detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes()
    return held


def share(pipeline: Any, *, offloaded: bool) -> None:
    """Have a pipeline of Stable Diffusion's parts compute each latent and each embedding once.

    Args:
        pipeline: A pipeline of diffusers.
        offloaded: Whether its parts wait in main memory: accelerate then sets each part's `forward`
            anew after every call, so that embeddings cannot be kept.
    """
    vae, text = pipeline.vae, pipeline.text_encoder
    vae.encode = _shared_encode(vae.encode)
    if not (offloaded or getattr(text.config, "use_attention_mask", False)):
        text.forward = _shared_forward(text.forward)


def _shared_encode(encode: Callable[..., Any]) -> Callable[..., Any]:
    from diffusers.models.autoencoders.vae import DiagonalGaussianDistribution
    from diffusers.models.modeling_outputs import AutoencoderKLOutput

    rows = Rows(lambda pixels: encode(pixels).latent_dist.parameters)
    return lambda pixels: AutoencoderKLOutput(DiagonalGaussianDistribution(rows(pixels)))


def _shared_forward(forward: Callable[..., Any]) -> Callable[..., Any]:
    rows = Rows(lambda tokens: forward(tokens)[0])
    return lambda tokens, **_none: (rows(tokens),)
