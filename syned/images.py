"""Pictures: decoding anything safely, one size and one encoding for all."""

from __future__ import annotations

import io
import logging
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import numpy as np
from PIL import Image, ImageCms, ImageOps, UnidentifiedImageError

from syned.errors import RowError
from syned.memory import has_room, is_out_of_memory
from syned.reasons import Reason
from syned.rows import EncodedImage

READERS = (
    *("JPEG", "PNG", "WEBP", "GIF", "TIFF", "BMP", "PPM", "AVIF", "JPEG2000", "BLP", "CUR", "DCX"),
    *("DDS", "DIB", "FLI", "FTEX", "GBR", "ICNS", "ICO", "IM", "MSP", "PCD", "PCX", "PIXAR"),
    *("PSD", "QOI", "SGI", "SUN", "TGA", "XBM", "XPM"),
)
"""Pillow's raster formats.

Left out: formats that start another program (EPS), draw vectors (WMF), need a plug-in (BUFR, GRIB,
HDF5), only name themselves (MPEG), unpack without a limit (FITS), open a file of any other format
inside (IPTC), or have no signature to know them by (IMT, MCIDAS, SPIDER, XVTHUMB).
"""

SIDE_STEP = 8
"""Both sides are multiples of it, in pixels: the step of Stable Diffusion's autoencoder."""

BYTES_PER_PIXEL = 4
"""What a decoded picture takes, at most."""
_WARNINGS = threading.RLock()

# What Pillow logs about damaged files is printed only if the user has set up logging.
logging.getLogger("PIL").addHandler(logging.NullHandler())


def decode_picture(
    data: bytes, *, max_pixels: int, min_side: int, max_aspect: float
) -> Image.Image:
    """Decode a picture file of any format and mode, upright, into plain RGB.

    Of an animation the first frame is taken; transparent pictures are laid on white.

    Args:
        data: The file's bytes.
        max_pixels: Larger pictures are turned away before they are decoded. Twice Pillow's own
            `Image.MAX_IMAGE_PIXELS`, 179 megapixels, is the limit whatever this says.
        min_side: Shortest side that is taken, in pixels.
        max_aspect: Largest ratio of the sides that is taken.

    Returns:
        A picture of mode RGB that carries no metadata.

    Raises:
        RowError: EMPTY_FILE, UNREADABLE, TRUNCATED, TOO_MANY_PIXELS, TOO_SMALL or TOO_NARROW.
    """
    if not data:
        raise RowError(Reason.EMPTY_FILE, "the file is empty (0 bytes)")
    try:
        with _no_warnings(), Image.open(io.BytesIO(data), formats=READERS) as image:
            _check_size(image.size, max_pixels, min_side, max_aspect)
            image.load()
            # Icons say their true size only once they are decoded.
            _check_size(image.size, max_pixels, min_side, max_aspect)
            _turn_upright(image)
            picture = _to_rgb(image)
    except RowError:
        raise
    # Damaged bytes make Pillow raise nearly anything: OSError, SyntaxError, ValueError,
    # struct.error, EOFError, OverflowError, MemoryError, zlib.error, KeyError, ...
    except Exception as error:
        if is_out_of_memory(error) and not has_room(BYTES_PER_PIXEL * max_pixels):
            raise
        raise _rejection(error, data) from error
    picture.info = {}
    return picture


@contextmanager
def _no_warnings() -> Iterator[None]:
    """Keep warnings about damaged files off the terminal.

    Filters of warnings belong to the whole process, so only one thread decodes at a time.
    """
    with _WARNINGS, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _check_size(size: tuple[int, int], max_pixels: int, min_side: int, max_aspect: float) -> None:
    """Turn away a picture that is too large, too small or too narrow."""
    width, height = size
    found = f"{width}x{height} pixels"
    if width * height > max_pixels:
        limit = f"at most {max_pixels / 1e6:g} megapixels are taken"
        raise RowError(
            Reason.TOO_MANY_PIXELS, f"{found}, {width * height / 1e6:.1f} megapixels; {limit}"
        )
    if min(size) < max(1, min_side):
        raise RowError(Reason.TOO_SMALL, f"{found}; the shorter side must be {min_side} or more")
    if max(size) > max_aspect * min(size):
        limit = f"the sides may differ by a factor of {max_aspect:g}"
        raise RowError(Reason.TOO_NARROW, f"{found}; {limit}")


def _rejection(error: Exception, data: bytes) -> RowError:
    """Say in one line what is wrong with a file that Pillow could not decode."""
    if isinstance(error, Image.DecompressionBombError):
        return RowError(Reason.TOO_MANY_PIXELS, "far too many pixels to decode safely")
    if isinstance(error, UnidentifiedImageError):
        start = data[:8].hex(" ")
        text = f"not a picture in a known format ({len(data)} bytes, the first are {start})"
        return RowError(Reason.UNREADABLE, text)
    text = " ".join(str(error).split()) or type(error).__name__
    cut = isinstance(error, EOFError) or "truncated" in text.lower()
    return RowError(Reason.TRUNCATED if cut else Reason.UNREADABLE, text[:200])


def _turn_upright(image: Image.Image) -> None:
    """Turn a picture in place as its EXIF orientation says; damaged EXIF says nothing."""
    with suppress(Exception):
        ImageOps.exif_transpose(image, in_place=True)


def _to_rgb(image: Image.Image) -> Image.Image:
    """Convert any mode to RGB, transparent pictures on white."""
    if image.mode in ("I", "F") or image.mode.startswith("I;16"):
        image = Image.fromarray(_eight_bits(np.asarray(image)))
    if image.mode == "LAB":
        profiles = ImageCms.createProfile("LAB"), ImageCms.createProfile("sRGB")
        return ImageCms.profileToProfile(image, *profiles, outputMode="RGB") or image
    if image.has_transparency_data:
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA"))
    return image.convert("RGB")


def _eight_bits(values: np.ndarray) -> np.ndarray:
    """Scale grey levels of more than eight bits.

    16-bit values keep their upper byte, as libpng does when it strips to eight bits. Integers
    beyond 16 bits and floats have no range that all writers agree on: floats within [0, 1] are
    taken as shares of white, anything else is spread from its lowest to its highest value.

    Args:
        values: uint16, int32 or float32 (height, width).

    Returns:
        uint8 (height, width).
    """
    if values.dtype.kind == "f":
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    low, high = values.min(), values.max()
    if values.dtype.kind != "f" and low >= 0 and high <= 65535:
        return (values >> 8).astype(np.uint8)
    if values.dtype.kind == "f" and low >= 0 and high <= 1:
        low, high = np.float32(0), np.float32(1)
    span = max(float(high) - float(low), 1e-12)
    return np.rint((values - float(low)) * (255 / span)).astype(np.uint8)


def normalise(image: Image.Image, resolution: int) -> Image.Image:
    """Bring a picture to the size that a run works at.

    The longer side becomes `resolution`, the other follows to the nearest multiple of 8. Nothing
    is stretched: what does not fit, under 8 pixels, is cut off evenly at both ends.

    Args:
        image: Any size.
        resolution: Longer side in pixels, a multiple of 8.
    """
    scale = resolution / max(image.size)
    steps = (max(1, round(side * scale / SIDE_STEP)) for side in image.size)
    width, height = (step * SIDE_STEP for step in steps)
    return ImageOps.fit(image, (width, height), Image.Resampling.LANCZOS)


_ENCODERS: dict[str, dict[str, object]] = {
    "jpeg": {"subsampling": "4:2:0", "optimize": False, "progressive": False},
    "png": {"compress_level": 1},
    "webp": {"method": 0},
}


def encode_picture(image: Image.Image, format: str, quality: int) -> EncodedImage:  # noqa: A002
    """Encode a picture, without metadata; the same bytes on every call.

    Args:
        image: RGB.
        format: `jpeg` (baseline, 4:2:0), `png` or `webp`.
        quality: 1 to 100; png has none.
    """
    bare = image.copy() if image.info else image
    bare.info = {}
    options = _ENCODERS[format] | ({} if format == "png" else {"quality": quality})
    buffer = io.BytesIO()
    bare.save(buffer, format=format, **options)
    return EncodedImage(buffer.getvalue())


def load_picture(encoded: EncodedImage) -> Image.Image:
    """Decode a picture that `encode_picture` made."""
    with Image.open(io.BytesIO(encoded.bytes), formats=READERS) as image:
        image.load()
    picture = image if image.mode == "RGB" else image.convert("RGB")
    picture.info = {}
    return picture
