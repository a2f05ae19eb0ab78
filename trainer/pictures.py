"""Two pictures as the one input of the captioner: joined, sized, and alike in training and use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from syned.images import decode_picture

Pixels = NDArray[np.uint8]
"""uint8 (H, W, 3), RGB."""

_BICUBIC = Image.Resampling.BICUBIC


@dataclass(frozen=True, slots=True)
class InputShape:
    """How a pair of pictures becomes one array.

    Attributes:
        side: Of the square input that the vision model was made for, in pixels.
        join: `vertical` (earlier picture above) and `horizontal` (earlier one left) squeeze both
            into the square; `native` and `streams` give each a square of its own, above each
            other.
        paper: Whether it is done as in the paper's release (github.com/gautierevn/BLIP2IDC): one
            resize of the joined pictures, after a blur.
    """

    side: int
    join: Literal["vertical", "horizontal", "native", "streams"] = "vertical"
    paper: bool = False

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the input, in pixels."""
        tall = self.join in ("native", "streams")
        return (2 * self.side if tall else self.side, self.side)

    @property
    def axis(self) -> int:
        """The axis along which the pictures are joined: 0 for rows, 1 for columns."""
        return 1 if self.join == "horizontal" else 0


def open_rgb(data: bytes) -> Image.Image:
    """Decode an encoded picture into plain RGB.

    Raises:
        RowError: It cannot be read as a picture.
    """
    return decode_picture(data, max_pixels=178_000_000, min_side=1, max_aspect=1000.0)


def join(before: Image.Image, after: Image.Image, shape: InputShape, sigma: float = 0.0) -> Pixels:
    """Return both pictures as one input.

    Args:
        before: The earlier picture.
        after: The later one.
        shape: How they are joined.
        sigma: Of the release's blur, in pixels; for `shape.paper` alone.
    """
    if shape.paper:
        return _joined_as_released(before, after, shape, sigma)
    height, width = shape.size
    half = (width, height // 2) if shape.axis == 0 else (width // 2, height)
    first = np.asarray(before.resize(half, _BICUBIC), dtype=np.uint8)
    second = np.asarray(after.resize(half, _BICUBIC), dtype=np.uint8)
    return np.concatenate([first, second], axis=shape.axis)


def _joined_as_released(
    before: Image.Image, after: Image.Image, shape: InputShape, sigma: float
) -> Pixels:
    """Bring the earlier picture to the later one's size, join, blur, and make the whole small."""
    first = np.asarray(before.resize(after.size, _BICUBIC), dtype=np.uint8)
    whole = np.concatenate([first, np.asarray(after, dtype=np.uint8)], axis=shape.axis)
    height, width = shape.size
    small = Image.fromarray(blurred(whole, sigma)).resize((width, height), _BICUBIC)
    return np.asarray(small, dtype=np.uint8)


def blurred(pixels: Pixels, sigma: float) -> Pixels:
    """Return a picture under a Gaussian kernel of 3 x 3 pixels, as torchvision's blur has it.

    Args:
        pixels: uint8 (H, W, 3).
        sigma: Standard deviation in pixels; 0 leaves the picture as it is.
    """
    if sigma <= 0:
        return pixels
    side = float(np.exp(-0.5 / sigma**2))
    kernel = np.array([side, 1.0, side]) / (1 + 2 * side)
    padded = np.pad(pixels.astype(np.float64), ((1, 1), (1, 1), (0, 0)), mode="reflect")
    rows = sum(k * padded[i : i + pixels.shape[0]] for i, k in enumerate(kernel))
    both = sum(k * rows[:, i : i + pixels.shape[1]] for i, k in enumerate(kernel))
    return np.asarray(np.rint(both), dtype=np.uint8)


def halves(pixels: Pixels, shape: InputShape) -> tuple[Pixels, Pixels]:
    """Return the two pictures that an input is joined of."""
    first, second = np.array_split(pixels, 2, axis=shape.axis)
    return first, second
