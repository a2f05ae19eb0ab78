"""Every format and mode becomes plain RGB, upright and on white."""

import numpy as np
import pytest
from PIL import Image

from syned.images import decode_picture
from tests.broken_pictures import SIZE, encoded, sample_picture, whole_files

WHOLE = whole_files()


def decode(data):
    return decode_picture(data, max_pixels=10**8, min_side=1, max_aspect=100)


def values(data):
    return np.asarray(decode(data))


@pytest.mark.parametrize("name", WHOLE)
def test_every_format_becomes_plain_rgb(name):
    image = decode(WHOLE[name])
    assert type(image) is Image.Image
    assert (image.mode, image.info) == ("RGB", {})
    assert image.size == ((64, 64) if name.endswith(".ico") else SIZE)


@pytest.mark.parametrize("name", ["whole.png", "whole.tif", "lzw.tif", "whole.bmp", "whole.tga"])
def test_lossless_formats_keep_every_value(name):
    assert np.array_equal(np.asarray(decode(WHOLE[name])), np.asarray(sample_picture()))


# Where row 0 and column 0 of the stored picture are seen: EXIF 2.32, tag 0x0112.
ORIENTATIONS = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def seen(stored, row_0, column_0):
    """Return a stored picture as it is to be seen."""
    if row_0 in ("left", "right"):
        stored = stored.swapaxes(0, 1)
        row_0, column_0 = column_0, row_0
    stored = stored[::-1] if row_0 == "bottom" else stored
    return stored[:, ::-1] if column_0 == "right" else stored


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP"])
@pytest.mark.parametrize("orientation", ORIENTATIONS)
def test_exif_orientation_is_applied(orientation, kind):
    stored = sample_picture()
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if kind == "WEBP" else {}
    shown = values(encoded(stored, kind, exif=exif, **options))
    assert np.array_equal(shown, seen(np.asarray(stored), *ORIENTATIONS[orientation]))


def test_first_frame_of_an_animation_is_taken():
    frames = [Image.new("RGB", (40, 40), colour) for colour in ("red", "blue", "lime")]
    for kind in ("GIF", "WEBP", "PNG", "TIFF"):
        data = encoded(frames[0], kind, save_all=True, append_images=frames[1:])
        red, green, blue = decode(data).getpixel((20, 20))
        assert red > 240, kind
        assert max(green, blue) < 15, kind


def test_sixteen_bits_are_scaled_and_not_clipped():
    grey = np.repeat(np.array([[0, 0x00FF, 0x1234, 0x8000, 0xFFFF]], np.uint16), 2, axis=0)
    expected = [0, 0, 0x12, 0x80, 0xFF]
    for data in (
        encoded(Image.fromarray(grey), "PNG"),
        encoded(Image.fromarray(grey), "TIFF"),
        encoded(Image.fromarray(grey.astype(">u2")), "TIFF"),
        encoded(Image.fromarray(grey), "PPM"),
    ):
        assert values(data)[0, :, 0].tolist() == expected


def test_long_integers_and_floats_are_spread_over_the_range():
    for grey, expected in {
        (-1_000_000, 0, 1_000_000): [0, 128, 255],
        (0.0, 0.5, 1.0): [0, 128, 255],
        (0.0, 0.25, 0.5): [0, 64, 128],
        (10.0, 20.0, 30.0): [0, 128, 255],
        (0.0, 1.0, float("nan")): [0, 255, 0],
    }.items():
        kind = np.int32 if isinstance(grey[0], int) else np.float32
        shown = values(encoded(Image.fromarray(np.array([grey], kind)), "TIFF"))[0, :, 0]
        assert np.abs(shown.astype(int) - expected).max() <= 1, grey


def test_transparent_pictures_are_laid_on_white():
    clear, half = (255, 0, 0, 0), (0, 0, 0, 128)
    assert values(encoded(Image.new("RGBA", (2, 2), clear), "PNG"))[0, 0].tolist() == [255] * 3
    assert values(encoded(Image.new("RGBA", (2, 2), half), "PNG"))[0, 0].tolist() == [127] * 3
    assert values(encoded(Image.new("LA", (2, 2), (0, 0)), "PNG"))[0, 0].tolist() == [255] * 3


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_palette_with_a_transparent_colour_is_laid_on_white(kind):
    palette = Image.new("P", (2, 1))
    palette.putpalette([255, 0, 0, 0, 0, 255])
    palette.putpixel((1, 0), 1)
    assert values(encoded(palette, kind, transparency=0))[0].tolist() == [[255] * 3, [0, 0, 255]]


def test_palette_with_many_transparencies_and_colour_keys():
    palette = Image.new("P", (2, 1))
    palette.putpalette([0, 0, 0, 0, 0, 255])
    palette.putpixel((1, 0), 1)
    shown = values(encoded(palette, "PNG", transparency=bytes([128, 255])))
    assert shown[0].tolist() == [[127] * 3, [0, 0, 255]]
    key = Image.new("RGB", (2, 1), "red")
    key.putpixel((1, 0), (0, 0, 255))
    assert values(encoded(key, "PNG", transparency=(255, 0, 0)))[0].tolist() == [
        [255, 255, 255],
        [0, 0, 255],
    ]


def test_other_modes_become_the_same_colours():
    red_on_white = Image.new("RGB", (64, 64), "white")
    red_on_white.paste((255, 0, 0), (0, 0, 32, 64))
    inks = red_on_white.convert("CMYK")
    files = [encoded(inks, "JPEG", quality=95), encoded(inks, "TIFF")]
    # Pillow 12.3 cannot read the uncompressed YCbCr that it writes itself.
    files += [encoded(red_on_white.convert("YCbCr"), "TIFF", compression="tiff_lzw")]
    files += [encoded(red_on_white.convert("P"), "PNG")]
    for data in files:
        shown = values(data).astype(int)
        assert np.abs(shown[32, 10] - (255, 0, 0)).max() <= 6
        assert np.abs(shown[32, 50] - 255).max() <= 6


def test_lab_becomes_rgb():
    lab = Image.new("LAB", (4, 4), (255, 128, 128))  # L* 100; a* and b* 0 are stored as 128
    assert np.abs(values(encoded(lab, "TIFF")).astype(int) - 255).max() <= 2


def test_one_bit_becomes_black_and_white():
    bits = Image.new("1", (2, 1))
    bits.putpixel((1, 0), 1)
    assert values(encoded(bits, "PNG"))[0].tolist() == [[0] * 3, [255] * 3]
