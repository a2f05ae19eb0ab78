"""The CLIP similarities of a pair, from four embeddings.

Definitions: `metrics/clip_similarity.py` of github.com/timothybrooks/instruct-pix2pix (arXiv
2211.09800); the gain is the relative test of SEED-Data-Edit (arXiv 2405.04007). Differences are
taken between normalised embeddings.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class ClipScores:
    """The similarities of a pair, cosines.

    Attributes:
        clip_sim_image: cos(I0, I1).
        clip_sim_0: cos(I0, T0), the source picture and the source caption.
        clip_sim_1: cos(I1, T1), the edited picture and the edited caption.
        clip_sim_dir: cos(I1 - I0, T1 - T0); 0 where one of them is no direction.
        clip_sim_gain: cos(I1, T1) - cos(I1, T0).
    """

    clip_sim_image: float
    clip_sim_0: float
    clip_sim_1: float
    clip_sim_dir: float
    clip_sim_gain: float


def clip_scores(
    before: np.ndarray, after: np.ndarray, told_before: np.ndarray, told_after: np.ndarray
) -> ClipScores:
    """Return the similarities of a pair.

    Args:
        before: Of the source picture; this and the others float32 (D,), of length 1.
        after: Of the edited picture.
        told_before: Of the source caption.
        told_after: Of the edited caption.
    """
    return ClipScores(
        clip_sim_image=cosine(before, after),
        clip_sim_0=cosine(before, told_before),
        clip_sim_1=cosine(after, told_after),
        clip_sim_dir=cosine(after - before, told_after - told_before),
        clip_sim_gain=cosine(after, told_after) - cosine(after, told_before),
    )


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    """Return the cosine of two directions, in [-1, 1]; 0 where one of them is none."""
    one, other = one.astype(np.float64), other.astype(np.float64)
    length = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(np.clip(one @ other / length, -1, 1)) if length > 1e-12 else 0.0
