"""Two pictures as one input: where each lies, the release's blur, flips that keep words true."""

import numpy as np
import pytest
from PIL import Image

from trainer.augment import augment, mirrored
from trainer.pictures import InputShape, blurred, halves, join

RED, BLUE = (255, 0, 0), (0, 0, 255)


def plain(colour, size=(40, 30)):
    return Image.new("RGB", size, colour)


@pytest.mark.parametrize(
    ("way", "size", "first", "second"),
    [
        ("vertical", (64, 64, 3), np.s_[:32], np.s_[32:]),
        ("horizontal", (64, 64, 3), np.s_[:, :32], np.s_[:, 32:]),
        ("native", (128, 64, 3), np.s_[:64], np.s_[64:]),
        ("streams", (128, 64, 3), np.s_[:64], np.s_[64:]),
    ],
)
def test_the_earlier_picture_comes_first_and_each_has_half(way, size, first, second):
    whole = join(plain(RED), plain(BLUE, (17, 90)), InputShape(64, way))
    assert whole.shape == size
    assert whole.dtype == np.uint8
    assert (whole[first] == RED).all()
    assert (whole[second] == BLUE).all()


@pytest.mark.parametrize("way", ["vertical", "horizontal", "native", "streams"])
def test_halves_give_back_what_was_joined(way):
    shape = InputShape(64, way)
    one, other = halves(join(plain(RED), plain(BLUE), shape), shape)
    assert (one == RED).all()
    assert (other == BLUE).all()
    assert one.shape == other.shape


def test_a_blur_is_the_kernel_of_the_release():
    point = np.zeros((5, 5, 3), dtype=np.uint8)
    point[2, 2] = 255
    # Gaussian of sigma 0.5 at -1, 0, 1: e^-2 = 0.1353; shares 0.1065, 0.7870, 0.1065.
    row = blurred(point, 0.5)[2, :, 0]
    assert row.tolist() == [0, 21, 158, 21, 0]
    assert blurred(point, 0.0) is point


def test_paper_makes_the_joined_picture_small_in_one_go():
    shape = InputShape(64, "vertical", paper=True)
    whole = join(plain(RED, (10, 10)), plain(BLUE, (100, 300)), shape)
    assert whole.shape == (64, 64, 3)
    assert (whole[:30] == RED).all()
    assert (whole[34:] == BLUE).all()
    # One resize lets the edge between both bleed, two resizes do not.
    assert not (whole[31:33] == RED).all()


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("The left car is gone.", "The right car is gone."),
        ("Leftmost, then rightmost", "Rightmost, then leftmost"),
        ("the righthand side", "the lefthand side"),
        ("A bright leftover", "A bright leftover"),
    ],
)
def test_a_mirrored_caption_has_its_sides_swapped_and_nothing_else(text, other):
    assert mirrored(text) == other


def test_a_flip_mirrors_both_halves_and_the_words():
    shape = InputShape(4)
    pixels = np.zeros((4, 4, 3), dtype=np.uint8)
    pixels[:2, 0], pixels[2:, 3] = 10, 20
    draws = [
        augment(pixels, "on the left", ("flip",), shape, np.random.default_rng(seed))
        for seed in range(20)
    ]
    said = {text for _, text in draws}
    assert said == {"on the left", "on the right"}
    for changed, text in draws:
        left_above = changed[0, 0, 0] == 10
        assert left_above == (text == "on the left")
        assert (changed[2:, 3 if left_above else 0] == 20).all()


@pytest.mark.parametrize("kind", ["crop", "colour"])
def test_crops_and_colours_treat_both_pictures_alike(kind):
    rng = np.random.default_rng(3)
    half = rng.integers(0, 255, (32, 64, 3), dtype=np.uint8)
    shape = InputShape(64)
    changed, text = augment(np.concatenate([half, half]), "left", (kind,), shape, rng)
    assert text == "left"
    one, other = halves(changed, shape)
    assert (one == other).all()
    assert not (one == half).all()
