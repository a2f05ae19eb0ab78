"""One size and one encoding for all pictures, and perceptual hashes."""

import io
import itertools
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, JpegImagePlugin

from syned.compare import hash_distance, perceptual_hash
from syned.images import encode_picture, load_picture, normalise
from tests.broken_pictures import sample_picture

PHOTOS = sorted((Path(__file__).parents[1] / "pipelines" / "photos").glob("*.jpg"))


@pytest.mark.parametrize(
    ("size", "resolution", "expected"),
    [
        ((1024, 512), 512, (512, 256)),
        ((512, 512), 512, (512, 512)),
        ((640, 427), 512, (512, 344)),  # 341.6 is nearer to 344 than to 336
        ((427, 640), 512, (344, 512)),
        ((100, 50), 512, (512, 256)),
        ((4000, 1000), 64, (64, 16)),
        ((400, 10), 32, (32, 8)),
    ],
)
def test_longer_side_is_the_resolution_and_both_are_multiples_of_eight(size, resolution, expected):
    assert normalise(Image.new("RGB", size), resolution).size == expected


def test_picture_of_the_right_size_stays_as_it_is():
    image = sample_picture()
    assert normalise(image, 96).tobytes() == image.tobytes()


def test_nothing_is_stretched():
    image = Image.new("RGB", (643, 431))
    ImageDraw.Draw(image).ellipse((171, 65, 471, 365), fill="white")
    left, top, right, bottom = normalise(image, 512).convert("L").point(lambda v: v > 127).getbbox()
    assert abs((right - left) - (bottom - top)) <= 1
    assert abs((right - left) - 300 * 512 / 643) <= 3


@pytest.mark.parametrize("kind", ["jpeg", "png", "webp"])
def test_encoding_is_deterministic_and_carries_no_metadata(kind):
    image = sample_picture()
    image.info = {
        "icc_profile": b"secret",
        "comment": b"secret",
        "exif": b"secret",
        "xmp": b"secret",
    }
    first, again = (encode_picture(image, kind, 90) for _ in range(2))
    assert first == again
    assert first.path is None
    assert b"secret" not in first.bytes
    assert image.info["comment"] == b"secret"


def test_jpeg_is_baseline_with_halved_colour():
    stored = encode_picture(sample_picture(), "jpeg", 95).bytes
    with Image.open(io.BytesIO(stored)) as image:
        assert "progressive" not in image.info
        assert JpegImagePlugin.get_sampling(image) == 2  # 4:2:0
    assert b"\xff\xc0" in stored


def test_own_pictures_are_loaded_as_they_were():
    image = sample_picture()
    assert load_picture(encode_picture(image, "png", 0)).tobytes() == image.tobytes()
    lossy = np.asarray(load_picture(encode_picture(image, "jpeg", 95))).astype(int)
    assert np.abs(lossy - np.asarray(image)).mean() < 12


@pytest.mark.parametrize("photo", PHOTOS, ids=lambda path: path.stem)
def test_hash_is_stable_under_encoding_and_size(photo):
    image = Image.open(photo)
    code = perceptual_hash(image)
    assert len(code) == 16
    assert int(code, 16) >= 0
    half = (image.width // 2, image.height // 2)
    for other in (
        load_picture(encode_picture(image, "jpeg", 60)),
        image.resize(half, Image.Resampling.BICUBIC),
    ):
        assert hash_distance(code, perceptual_hash(other)) <= 4


def test_hash_tells_pictures_apart():
    codes = [perceptual_hash(Image.open(photo)) for photo in PHOTOS]
    assert min(hash_distance(a, b) for a, b in itertools.combinations(codes, 2)) > 10


def test_distance_counts_bits():
    assert hash_distance("0000000000000000", "000000000000000f") == 4
    assert hash_distance("ffffffffffffffff", "0000000000000000") == 64
    assert hash_distance("8000000000000001", "0000000000000001") == 1
