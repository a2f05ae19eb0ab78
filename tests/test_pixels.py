"""Pixel scores, on pictures whose scores can be told by hand."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance

from pipelines.scorers import pixels
from pipelines.scorers.pixels import CHANGE_THRESHOLD, changed_area, look_at
from syned.compare import perceptual_hash
from syned.images import encode_picture, load_picture
from tests.broken_pictures import sample_picture

GREY = Image.new("RGB", (64, 64), (100, 100, 100))


def pixel_scores(image: Image.Image, edited: Image.Image) -> pixels.PixelScores:
    return pixels.pixel_scores(look_at(image), look_at(edited))


def ssim(image: Image.Image, edited: Image.Image) -> float:
    return pixel_scores(image, edited).ssim


def with_box(image, box, colour):
    changed = image.copy()
    changed.paste(colour, box)
    return changed


def test_equal_pictures():
    scores = pixel_scores(GREY, GREY)
    assert (scores.changed_area, scores.ssim) == (0, 1)
    assert scores.phash == scores.edited_phash == perceptual_hash(GREY)


@pytest.mark.parametrize(
    ("box", "area"),
    [
        ((0, 0, 32, 64), 0.5),
        ((0, 0, 16, 16), 1 / 16),
        ((0, 0, 64, 64), 1),
        ((5, 5, 6, 6), 1 / 4096),
    ],
)
def test_changed_area_is_the_share_of_changed_pixels(box, area):
    assert changed_area(GREY, with_box(GREY, box, "black")) == area


def test_one_channel_is_enough_and_the_direction_does_not_matter():
    blue = with_box(GREY, (0, 0, 32, 64), (100, 100, 200))
    assert changed_area(GREY, blue) == changed_area(blue, GREY) == 0.5


def test_differences_up_to_the_threshold_do_not_count():
    for step, area in ((CHANGE_THRESHOLD, 0), (CHANGE_THRESHOLD + 1, 1)):
        assert changed_area(GREY, Image.new("RGB", (64, 64), (100 + step, 100, 100))) == area


@pytest.mark.parametrize("size", [(2048, 2050), (9, 500_000), (500_000, 9)])
def test_pictures_that_pillow_stores_in_several_blocks_are_compared_whole(size):
    image = Image.new("RGB", size, (100, 100, 100))
    last = with_box(image, (0, size[1] - 1, size[0], size[1]), "white")
    assert changed_area(image, last) == 1 / size[1]


def test_encoding_again_changes_no_area_but_a_dimmer_picture_does():
    image = sample_picture().resize((480, 320), Image.Resampling.BICUBIC)
    stored = load_picture(encode_picture(image, "jpeg", 95))
    again = load_picture(encode_picture(stored, "jpeg", 95))
    assert changed_area(stored, again) < 0.005
    assert changed_area(stored, ImageEnhance.Brightness(stored).enhance(0.7)) > 0.5


def test_ssim_of_two_flat_pictures_is_its_luminance_term():
    # Without variance only (2ab + c1) / (a^2 + b^2 + c1) is left, c1 = (0.01 * 255)^2.
    a, b, c1 = 100, 150, (0.01 * 255) ** 2
    expected = (2 * a * b + c1) / (a * a + b * b + c1)
    assert ssim(GREY, Image.new("RGB", (64, 64), (b, b, b))) == pytest.approx(expected, abs=1e-4)


def test_ssim_of_a_negative_is_negative():
    noise = np.random.default_rng(0).integers(0, 256, (64, 64), dtype=np.uint8)
    image, negative = (Image.fromarray(values).convert("RGB") for values in (noise, 255 - noise))
    assert ssim(image, negative) < -0.9


def test_ssim_falls_as_noise_grows():
    image = sample_picture()
    rng = np.random.default_rng(0)
    noise = rng.normal(0, 1, (64, 96, 3))
    noisy = [
        Image.fromarray(np.clip(np.asarray(image) + level * noise, 0, 255).astype(np.uint8))
        for level in (0, 5, 20, 60)
    ]
    scores = [ssim(image, other) for other in noisy]
    assert scores == sorted(scores, reverse=True)
    assert scores[0] > 0.99
    assert scores[-1] < 0.6


def test_ssim_looks_at_large_pictures_from_further_away():
    # Two patterns that differ in every pixel and are the same once averaged by two.
    board = (np.indices((512, 512)).sum(axis=0) % 2 * 255).astype(np.uint8)
    image, shifted = (Image.fromarray(values).convert("RGB") for values in (board, 255 - board))
    assert changed_area(image, shifted) == 1
    assert ssim(image, shifted) > 0.99


def test_pictures_narrower_than_the_window_have_scores():
    thin, other = Image.new("RGB", (32, 8), "white"), Image.new("RGB", (32, 8), "black")
    assert pixel_scores(thin, thin).ssim == 1
    assert pixel_scores(thin, other).ssim < 0.01
