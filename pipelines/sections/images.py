"""What a recipe may say of every picture, source and edited alike."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from pipelines.sections.base import Section


class FacesConfig(Section):
    """YuNet (MIT; https://doi.org/10.1007/s11633-023-1423-y), whose weights a package ships."""

    engine: Literal["yunet"] = "yunet"
    model: Literal["face_detection_yunet_2023mar_int8bq"] = "face_detection_yunet_2023mar_int8bq"
    confidence: Annotated[float, Field(gt=0, lt=1)] = 0.6
    """Of a face; lower finds more of them and more that are none. 0.6 is what `yunet.py` of
    github.com/opencv/opencv_zoo takes."""


class ImageConfig(Section):
    """Size and encoding of every picture, source and edited alike."""

    resolution: Annotated[int, Field(ge=32, le=4096, multiple_of=8)] = 512
    """Length of the longer side in pixels; the shorter one follows, in multiples of 8."""
    format: Literal["jpeg", "png", "webp"] = "jpeg"
    quality: Annotated[int, Field(ge=1, le=100)] = 95
    """Of jpeg (with 4:2:0 subsampling) and webp."""
    faces: FacesConfig | None = None
    """Faces are found and blurred before a picture is encoded, so that no engine sees them; they
    are left as they are if not given. What a model edited is looked at again."""

    def shape(self) -> dict[str, Any]:
        """Return the values that shape what is made; a recipe without blurring has its old ids."""
        values = super().shape()
        return values if self.faces else {k: v for k, v in values.items() if k != "faces"}
