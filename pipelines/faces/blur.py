"""Blurs regions of pictures, as Yang et al. did ImageNet's faces (arXiv 2103.06191)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from PIL import Image, ImageFilter

from pipelines.sections.images import FacesConfig

Region = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels, within the picture."""
FindFaces = Callable[[Image.Image], Sequence[Region]]
"""Returns the regions of a picture that show faces, margins included."""
RADIUS = 0.1
"""Of the blur, relative to a region's diagonal (section 4 of the paper)."""


def load_faces(config: FacesConfig | None) -> FindFaces | None:
    """Load what finds faces, if a recipe asks for it.

    Raises:
        MissingExtra: A package is not installed.
        EngineError: The package ships other weights.
    """
    if config is None:
        return None
    from pipelines.faces.yunet import load_yunet

    return load_yunet(config)


def blurred(picture: Image.Image, regions: Sequence[Region]) -> Image.Image:
    """Return a picture with some regions blurred, up to their edges."""
    after = picture.copy()
    for left, top, right, bottom in regions:
        radius = RADIUS * ((right - left) ** 2 + (bottom - top) ** 2) ** 0.5
        face = after.crop((left, top, right, bottom))
        after.paste(face.filter(ImageFilter.GaussianBlur(radius)), (left, top))
    return after


def told(regions: Sequence[Region]) -> str:
    """Return regions as rows keep them."""
    return json.dumps([list(region) for region in regions])


def count(kept: str | None) -> int | None:
    """Return how many regions a row tells of; nothing if no faces were looked for."""
    return None if kept is None else len(json.loads(kept))
