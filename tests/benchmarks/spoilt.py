"""Ways to spoil a pair, for `planted.py`."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from PIL import Image, ImageOps

from pipelines.score import EditedPair
from syned.images import encode_picture, load_picture
from syned.rows import EncodedImage

REFUSAL = "I'm sorry, but as an AI language model I cannot describe this picture."
NOISE = 60
"""Standard deviation, of 255."""
Others = Sequence[EditedPair]
Spoil = Callable[[EditedPair, Others, random.Random], EditedPair]


def redrawn(draw: Callable[[Image.Image], Image.Image]) -> Spoil:
    """Return what puts something made of the source in place of the edited picture."""

    def spoil(pair: EditedPair, _others: Others, _draw: random.Random) -> EditedPair:
        return with_picture(pair, draw(source(pair)))

    return spoil


def source(pair: EditedPair) -> Image.Image:
    """Decode the source picture of a pair."""
    picture = pair.order.picture.image
    assert picture is not None
    return load_picture(picture)


def with_picture(pair: EditedPair, image: Image.Image) -> EditedPair:
    """Put another edited picture into a pair, encoded as the recipe `demo` does."""
    return replace(
        pair, edited=replace(pair.edited, edited_image=encode_picture(image, "jpeg", 95))
    )


def with_words(pair: EditedPair, **words: object) -> EditedPair:
    """Put other words into a pair."""
    written = replace(pair.order.instruct, **words)  # type: ignore[arg-type]
    return replace(pair, order=replace(pair.order, instruct=written))


def other_picture(pair: EditedPair, others: Others, draw: random.Random) -> EditedPair:
    """Put the edited picture of another source picture into a pair."""
    picture = draw.choice([o for o in others if not same_picture(o, pair)]).edited.edited_image
    assert isinstance(picture, EncodedImage)
    return with_picture(pair, load_picture(picture).resize(source(pair).size))


def same_picture(one: EditedPair, other: EditedPair) -> bool:
    """Say whether two pairs have one source picture."""
    return one.order.picture.image_id == other.order.picture.image_id


def other_row(pair: EditedPair, others: Others, draw: random.Random) -> EditedPair:
    """Give a pair the five captions and the captions of the pictures of another one."""
    words = draw.choice([o for o in others if not same_picture(o, pair)]).order.instruct
    return with_words(
        pair,
        captions=words.captions,
        source_caption=words.source_caption,
        edited_caption=words.edited_caption,
    )


def other_five(pair: EditedPair, others: Others, draw: random.Random) -> EditedPair:
    """Give a pair the five captions of another source picture."""
    fitting = [o for o in others if not same_picture(o, pair)]
    return with_words(pair, captions=draw.choice(fitting).order.instruct.captions)


def other_task(pair: EditedPair, others: Others, draw: random.Random) -> EditedPair:
    """Give a pair the five captions of another task, of the same picture if it has one."""
    fitting = [o for o in others if o.order.instruct.task != pair.order.instruct.task]
    near = [o for o in fitting if same_picture(o, pair)]
    return with_words(pair, captions=draw.choice(near or fitting).order.instruct.captions)


def one_twice(pair: EditedPair, _others: Others, draw: random.Random) -> EditedPair:
    """Say one of the five captions twice, the second time with one word less."""
    first, second, *more = draw.sample(list(pair.order.instruct.captions), 5)
    words = first.rstrip(".").split()
    del words[draw.randrange(len(words))]
    return with_words(pair, captions=(first, " ".join(words), second, *more[:2]))


def refused(pair: EditedPair, _others: Others, draw: random.Random) -> EditedPair:
    """Put a refusal among the five captions."""
    captions = list(pair.order.instruct.captions)
    captions[draw.randrange(5)] = REFUSAL
    return with_words(pair, captions=tuple(captions))


def noisy(image: Image.Image) -> Image.Image:
    """Lay heavy noise over a picture, the same for pictures of one size."""
    noise = np.random.default_rng(0).normal(0, NOISE, (image.height, image.width, 3))
    return Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))


KINDS: dict[str, Spoil] = {
    "not done": redrawn(lambda image: image),
    "black": redrawn(lambda image: Image.new("RGB", image.size)),
    "grey": redrawn(lambda image: Image.new("RGB", image.size, (128, 128, 128))),
    "mirrored": redrawn(ImageOps.mirror),
    "noise": redrawn(noisy),
    "other picture": other_picture,
    "other row": other_row,
    "other five": other_five,
    "other task": other_task,
    "one twice": one_twice,
    "refusal": refused,
}
