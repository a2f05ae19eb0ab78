"""Makes every kind of damaged and odd picture file in code, so that none has to be stored."""

from __future__ import annotations

import io
import os
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from syned.reasons import Reason

SIZE = (96, 64)
"""Width and height of the pictures that are damaged."""


def sample_picture() -> Image.Image:
    """Draw a picture with smooth and with busy parts; the same on every call."""
    rows, columns = np.mgrid[0 : SIZE[1], 0 : SIZE[0]]
    noise = np.random.default_rng(0).integers(0, 64, (SIZE[1], SIZE[0]))
    channels = [columns * 255 // SIZE[0], rows * 255 // SIZE[1], noise + 60]
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))


def encoded(image: Image.Image, format: str, **options: Any) -> bytes:  # noqa: A002
    """Return the bytes of a picture file."""
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def png(width: int, height: int, rows: bytes, *, depth: int = 1, before: bytes = b"") -> bytes:
    """Return a grey PNG with any header, whether its rows fit it or not."""
    header = struct.pack(">IIBBBBB", width, height, depth, 0, 0, 0, 0)
    body = before + png_chunk(b"IDAT", zlib.compress(rows, 9)) + png_chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header) + body


def png_chunk(name: bytes, data: bytes) -> bytes:
    """Return one chunk of a PNG with a right checksum."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def whole_files() -> dict[str, bytes]:
    """Return one picture in the usual formats, undamaged."""
    image = sample_picture()
    return {
        "whole.jpg": encoded(image, "JPEG"),
        "progressive.jpg": encoded(image, "JPEG", progressive=True),
        "whole.png": encoded(image, "PNG"),
        "whole.gif": encoded(image, "GIF"),
        "whole.webp": encoded(image, "WEBP"),
        "lossless.webp": encoded(image, "WEBP", lossless=True),
        "whole.tif": encoded(image, "TIFF"),
        "lzw.tif": encoded(image, "TIFF", compression="tiff_lzw"),
        "whole.bmp": encoded(image, "BMP"),
        "whole.ppm": encoded(image, "PPM"),
        "whole.tga": encoded(image, "TGA"),
        "whole.jp2": encoded(image, "JPEG2000"),
        "whole.ico": encoded(image.resize((64, 64)), "ICO"),
    }


def broken_files() -> dict[str, tuple[bytes, Reason]]:
    """Return damaged files by name, each with the reason that it must be turned away for."""
    return _no_pictures() | _cut_files() | _wrong_sizes()


def _no_pictures() -> dict[str, tuple[bytes, Reason]]:
    """Return files that are no pictures at all, whatever their names say."""
    ghostscript = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 96 64\n%%EndComments\nshowpage\n"
    return {
        "empty.jpg": (b"", Reason.EMPTY_FILE),
        "page.jpg": (b"<!DOCTYPE html><html><body>404 Not Found</body></html>", Reason.UNREADABLE),
        "text.png": (b"this is not a picture\n" * 100, Reason.UNREADABLE),
        "zeros.jpg": (bytes(5000), Reason.UNREADABLE),
        "noise.webp": (np.random.default_rng(1).bytes(5000), Reason.UNREADABLE),
        "archive.png": (b"PK\x03\x04" + bytes(200), Reason.UNREADABLE),
        "drawing.png": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', Reason.UNREADABLE),
        "postscript.jpg": (ghostscript, Reason.UNREADABLE),
        "one_byte.jpg": (b"\xff", Reason.UNREADABLE),
    }


def _cut_files() -> dict[str, tuple[bytes, Reason]]:
    """Return files that end too early, or whose middle is damaged."""
    whole = whole_files()
    pixels = whole["whole.png"].index(b"IDAT") + 40
    stained = whole["whole.png"][:pixels] + b"\xff" * 40 + whole["whole.png"][pixels + 40 :]
    cut = {
        f"cut_{name}": (whole[name][: len(whole[name]) // 2], Reason.TRUNCATED)
        for name in ("whole.jpg", "progressive.jpg", "whole.png", "whole.bmp", "whole.ppm")
    }
    return cut | {
        "header_only.jpg": (whole["whole.jpg"][:20], Reason.UNREADABLE),
        "cut_whole.webp": (whole["whole.webp"][:400], Reason.UNREADABLE),
        "stained.png": (stained, Reason.UNREADABLE),
    }


def _wrong_sizes() -> dict[str, tuple[bytes, Reason]]:
    """Return pictures that are too large, too small or too narrow for limits of 32 pixels and 4."""
    side = 11_000
    row = bytes(1 + (side + 7) // 8)
    return {
        # A real one, 121 megapixels in a few kilobytes, and headers that only say so.
        "bomb.png": (png(side, side, row * side), Reason.TOO_MANY_PIXELS),
        "bomb_header.png": (png(60_000, 60_000, b"\0"), Reason.TOO_MANY_PIXELS),
        "bomb_header.bmp": (_bmp_header(50_000, 50_000), Reason.TOO_MANY_PIXELS),
        "bomb_header.gif": (_gif_header(65_535, 65_535), Reason.TOO_MANY_PIXELS),
        "dot.png": (encoded(Image.new("RGB", (1, 1)), "PNG"), Reason.TOO_SMALL),
        "no_width.png": (png(0, 40, b"\0"), Reason.UNREADABLE),
        "narrow.png": (encoded(Image.new("RGB", (400, 40)), "PNG"), Reason.TOO_NARROW),
        "tall.jpg": (encoded(Image.new("RGB", (40, 400)), "JPEG"), Reason.TOO_NARROW),
    }


def _bmp_header(width: int, height: int) -> bytes:
    """Return a BMP of 24 bits that ends after its header."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 2835, 2835, 0, 0)
    return b"BM" + struct.pack("<IHHI", 54, 0, 0, 54) + header


def _gif_header(width: int, height: int) -> bytes:
    """Return a GIF that ends after the header of its first frame."""
    screen = b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + bytes(6)
    return screen + b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + bytes([8])


def write_broken_folder(folder: Path) -> dict[str, Reason]:
    """Fill a folder with damaged files, one sound picture, and traps for whoever walks through it.

    Returns:
        The names, relative to the folder, that must be turned away; all but `sound/whole.png`.
    """
    expected = {}
    for name, (data, reason) in broken_files().items():
        (folder / name).write_bytes(data)
        expected[name] = reason
    (folder / "sound").mkdir()
    (folder / "sound" / "whole.png").write_bytes(whole_files()["whole.png"])
    (folder / "sound" / "around").symlink_to(folder, target_is_directory=True)
    (folder / "self.jpg").symlink_to("self.jpg")
    (folder / "gone.png").symlink_to("nowhere.png")
    (folder / "folder.jpg").mkdir()
    os.mkfifo(folder / "pipe.png")
    (folder / ".hidden.png").write_bytes(b"")
    (folder / "notes.txt").write_text("not a picture")
    odd = ("self.jpg", "gone.png", "folder.jpg", "pipe.png")
    return expected | dict.fromkeys(odd, Reason.UNREADABLE)
