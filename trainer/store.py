"""Pairs made ready once: joined pictures in one file that is read where it lies, and their words.

Pictures are decoded and made small once and not in each pass, so a training does not wait for them.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from syned.errors import RowError
from syned.ids import seed_for
from trainer.pictures import InputShape, Pixels, join, open_rgb
from trainer.rows import CaptionedPair, Dropped, Picture

BLUR = (0.1, 0.5)
"""Least and largest standard deviation of the release's blur, in pixels."""
AHEAD = 64
"""Pairs that are decoded at once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyPair:
    """What is kept of a pair beside its pixels."""

    pair_id: str
    captions: tuple[str, ...]
    source: str
    license: str
    change: str
    before_hash: str
    """Of the decoded pixels, so that one picture in two encodings without loss is one."""
    after_hash: str


@dataclass(frozen=True, slots=True)
class Store:
    """Pairs that are ready.

    Attributes:
        rows: One for each pair.
        pixels: uint8 (N, H, W, 3), the joined pictures, in the order of the rows.
    """

    rows: tuple[ReadyPair, ...]
    pixels: NDArray[np.uint8]

    def hashes(self) -> frozenset[str]:
        """Return the hashes of all pictures."""
        return frozenset(h for row in self.rows for h in (row.before_hash, row.after_hash))


def make_store(
    pairs: Iterable[CaptionedPair | Dropped],
    count: int,
    shape: InputShape,
    path: Path,
    refused: frozenset[str] = frozenset(),
    tick: Callable[[], None] = lambda: None,
) -> tuple[Store, Counter[str]]:
    """Decode and join pairs into a file.

    Args:
        pairs: What a reader gives.
        count: Most pairs that come.
        shape: Of the joined pictures.
        path: A `.npy` file to write.
        refused: Hashes of pictures that no pair may have, those of evaluation sets.
        tick: Called for each entry.

    Returns:
        The store, and how many entries were left out, by reason.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    whole = (max(count, 1), *shape.size, 3)
    pixels = np.lib.format.open_memmap(path, "w+", np.uint8, whole)  # type: ignore[no-untyped-call]
    rows: list[ReadyPair] = []
    left_out: Counter[str] = Counter()
    for ready in _ready(pairs, shape):
        tick()
        if isinstance(ready, Dropped):
            left_out[ready.reason] += 1
        elif {ready[0].before_hash, ready[0].after_hash} & refused:
            left_out["in_evaluation"] += 1
        else:
            pixels[len(rows)] = ready[1]
            rows.append(ready[0])
    pixels.flush()
    return Store(tuple(rows), np.load(path, mmap_mode="r")[: len(rows)]), left_out


def _ready(
    pairs: Iterable[CaptionedPair | Dropped], shape: InputShape
) -> Iterator[tuple[ReadyPair, Pixels] | Dropped]:
    """Make pairs ready in threads, in order; Pillow decodes beside Python."""

    def one(pair: CaptionedPair | Dropped) -> tuple[ReadyPair, Pixels] | Dropped:
        return pair if isinstance(pair, Dropped) else make_ready(pair, shape)

    with ThreadPoolExecutor() as pool:
        group: list[CaptionedPair | Dropped] = []
        for pair in pairs:
            group.append(pair)
            if len(group) == AHEAD:
                yield from pool.map(one, group)
                group = []
        yield from pool.map(one, group)


def make_ready(pair: CaptionedPair, shape: InputShape) -> tuple[ReadyPair, Pixels] | Dropped:
    """Decode and join one pair; a picture that cannot be read makes it a dropped one."""
    opened = _open(pair.before, pair), _open(pair.after, pair)
    for found in opened:
        if isinstance(found, Dropped):
            return found
    before, after = (found for found in opened if not isinstance(found, Dropped))
    sigma = 0.0
    if shape.paper:
        sigma = np.random.default_rng(seed_for(0, "blur", pair.pair_id)).uniform(*BLUR)
    row = ReadyPair(
        pair_id=pair.pair_id,
        captions=pair.captions,
        source=pair.source,
        license=pair.license,
        change=pair.change,
        before_hash=picture_hash(before),
        after_hash=picture_hash(after),
    )
    return row, join(before, after, shape, sigma)


def _open(picture: Picture, pair: CaptionedPair) -> Image.Image | Dropped:
    """Return a decoded picture, or why there is none."""
    try:
        return open_rgb(picture.read())
    except RowError as error:
        told = f"{picture.path}: {error.message}"
        return Dropped(key=pair.pair_id, split=pair.split, reason=str(error.reason), message=told)


def picture_hash(picture: Image.Image) -> str:
    """Return the hash of a decoded picture's size and pixels."""
    size = f"{picture.width}x{picture.height}:".encode()
    return hashlib.sha256(size + picture.tobytes()).hexdigest()
