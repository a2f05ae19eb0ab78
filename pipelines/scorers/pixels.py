"""Scores that need no model: changed area, SSIM and perceptual hashes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PIL import Image

from syned.compare import perceptual_hash, share_above

CHANGE_THRESHOLD = 16
"""A pixel has changed if one of its channels differs by more than this, of 255.

Measured on 50 photographs at 512 pixels, encoded as JPEG q95 and, unedited, once more: a mean of
0.02 % of the pixels differ by more (0.4 % of the worst picture), 0.2 % (2 %) at q90. At a threshold
of 8 it is 0.2 % (4 %) and 5 % (24 %). A picture 10 % brighter still differs in 26 % of its pixels.
"""

SSIM_SIDE = 128
"""Pictures are averaged down to about this longer side before SSIM, in pixels.

The authors advise to look from some distance, at about 256 (https://www.cns.nyu.edu/~lcv/ssim/); at
half of that SSIM costs a quarter, and `changed_area` looks at every pixel anyway. The longer side
is what all pictures of a run share, so all are reduced alike.
"""

_WINDOW = 7
"""Side of SSIM's window, in pixels."""


@dataclass(frozen=True, slots=True)
class PixelScores:
    """How much two pictures differ.

    Attributes:
        changed_area: Share of the pixels that visibly differ, in [0, 1].
        ssim: Structural similarity, 1 for equal pictures.
        phash: Perceptual hash of the source, 16 hex digits.
        edited_phash: Perceptual hash of the edited picture.
    """

    changed_area: float
    ssim: float
    phash: str
    edited_phash: str


@dataclass(frozen=True, slots=True)
class Look:
    """A picture and what comparing it needs, computed once however often it is compared.

    Attributes:
        image: RGB.
        luma: float32 (height, width) in [0, 255], at the scale of SSIM.
        phash: Perceptual hash, 16 hex digits.
    """

    image: Image.Image
    luma: np.ndarray
    phash: str


def look_at(image: Image.Image) -> Look:
    """Prepare an RGB picture for comparisons."""
    luma = image.convert("L")
    return Look(image, reduced_luma(luma), perceptual_hash(luma))


def pixel_scores(source: Look, edited: Look) -> PixelScores:
    """Compare two pictures of one size."""
    return PixelScores(
        changed_area=changed_area(source.image, edited.image),
        ssim=ssim(source.luma, edited.luma),
        phash=source.phash,
        edited_phash=edited.phash,
    )


def changed_area(image: Image.Image, edited: Image.Image) -> float:
    """Return the share of pixels of which a channel differs by more than `CHANGE_THRESHOLD`."""
    return share_above(image, edited, CHANGE_THRESHOLD)


def ssim(luma: np.ndarray, edited: np.ndarray) -> float:
    """Return the structural similarity of two pictures, given as `reduced_luma`.

    Wang, Bovik, Sheikh, Simoncelli: Image quality assessment (IEEE TIP 13(4), 2004), with the
    paper's constants and a flat window of 7x7 (scikit-image's default, three times faster than
    the Gaussian one), at the scale of `SSIM_SIDE`.
    """
    from skimage.metrics import structural_similarity

    return float(
        structural_similarity(
            luma,
            edited,
            win_size=_WINDOW,
            use_sample_covariance=False,
            data_range=255,
        )
    )


def reduced_luma(luma: Image.Image) -> np.ndarray:
    """Return a picture's luma, mode L, at the scale of SSIM.

    Returns:
        float32 (height, width) in [0, 255]; a side shorter than the window is mirrored.
    """
    factor = max(1, round(max(luma.size) / SSIM_SIDE))
    reduced = np.asarray(luma.reduce(factor), dtype=np.float32)
    missing = [(0, max(0, _WINDOW - side)) for side in reduced.shape]
    return np.pad(reduced, missing, mode="symmetric")
