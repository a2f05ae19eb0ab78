"""Photographs and odd pictures to edit, and the edits of a kind that fit them."""

import io
import random
from functools import cache
from pathlib import Path

import numpy as np
import skimage.data
from PIL import Image, ImageDraw, ImageFilter

from syned.images import normalise

PHOTOS = ("astronaut.png", "coffee.png", "chelsea.png", "rocket.jpg", "motorcycle_left.png")


@cache
def photo(name: str, side: int) -> Image.Image:
    picture = Image.open(Path(skimage.data.data_dir) / name).convert("RGB")
    return through_jpeg(normalise(picture, side))


def through_jpeg(picture: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95)
    return Image.open(buffer).convert("RGB")


def flat(colour, size=(256, 192)):
    return Image.new("RGB", size, colour)


def gradient():
    x, y = np.meshgrid(np.linspace(0, 255, 256), np.linspace(0, 255, 192))
    return Image.fromarray(np.stack([x, y, 255 - x], axis=-1).astype(np.uint8))


def fine_texture():
    noise = np.random.default_rng(5).integers(0, 256, (192, 256, 3)).astype(np.uint8)
    return Image.fromarray(noise).filter(ImageFilter.GaussianBlur(1))


def chequers():
    rows, columns = np.indices((192, 256)) // 32
    board = np.where((rows + columns) % 2, 230, 40).astype(np.uint8)
    return Image.fromarray(board).convert("RGB")


def half_red():
    picture = flat((245, 245, 245))
    ImageDraw.Draw(picture).rectangle((0, 0, 127, 191), fill=(215, 25, 35))
    return picture


def odd_pictures():
    return {
        "white": flat("white"),
        "black": flat("black"),
        "grey": flat((128, 128, 128)),
        "red": flat((215, 25, 35)),
        "half red": half_red(),
        "gradient": gradient(),
        "texture": fine_texture(),
        "chequers": chequers(),
        "grey photo": photo("camera.png", 256),
        "text": photo("page.png", 256),
        "strip": photo("coffee.png", 512).resize((512, 64)),
        "tower": photo("coffee.png", 512).resize((64, 512)),
        "stamp": photo("astronaut.png", 64),
    }


def proposals(kind, picture, seeds):
    """Edits of a kind that hold on a picture, each with its result."""
    for seed in seeds:
        edit = kind.propose(picture, random.Random(seed))
        after = edit and edit.apply(picture)
        if edit and edit.holds(picture, after):
            yield edit, after
