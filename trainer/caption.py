"""Captions of picture files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image

from syned.errors import RowError
from syned.ids import file_stem
from trainer.asked import AskedPair
from trainer.captioner import Captioner, load_captioner
from trainer.heatmap import draw
from trainer.pictures import Pixels, join, open_rgb
from trainer.store import BLUR

Tell = Callable[[AskedPair, str], None]
"""Takes a pair and its caption."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A pair, decoded and joined."""

    asked: AskedPair
    before: Image.Image
    after: Image.Image
    pixels: Pixels


def caption_files(
    asked: Sequence[AskedPair],
    model: str,
    *,
    base: str | None,
    paper: bool,
    batch_size: int | None,
    heatmaps: Path | None,
    tell: Tell,
) -> list[str]:
    """Caption files, some at a time.

    Args:
        asked: The pairs.
        model: The captioner (see `load_captioner`), as are `base`, `paper` and `batch_size`.
        base: Base of an adapter.
        paper: Whether pictures are prepared as in the paper's release.
        batch_size: Pairs at once.
        heatmaps: Folder for drawings of what was looked at.
        tell: Called for each pair that could be read, in order.

    Returns:
        A line for each pair that could not be read.
    """
    captioner = load_captioner(model, base, paper=paper, batch_size=batch_size)
    bad: list[str] = []
    pairs = _opened(asked, captioner, bad)
    if heatmaps is not None:
        heatmaps.mkdir(parents=True, exist_ok=True)
    while group := list(islice(pairs, captioner.generate.batch_size)):
        for pair, text in zip(
            group, captioner.caption(np.stack([pair.pixels for pair in group])), strict=True
        ):
            tell(pair.asked, text)
            if heatmaps is not None:
                drawn = draw(captioner, pair.before, pair.after, pair.pixels)
                drawn.save(heatmaps / f"{file_stem(pair.asked.name)}.png")
    return bad


def _opened(asked: Sequence[AskedPair], captioner: Captioner, bad: list[str]) -> Iterator[Opened]:
    """Yield pairs that can be read; of others a line is kept."""
    sigma = sum(BLUR) / 2 if captioner.shape.paper else 0.0
    for pair in asked:
        opened = []
        for path in (pair.before, pair.after):
            try:
                opened.append(open_rgb(path.read_bytes()))
            except RowError as error:
                bad.append(f"{path}: {error.message}")
        if len(opened) == 2:
            pixels = join(opened[0], opened[1], captioner.shape, sigma)
            yield Opened(pair, opened[0], opened[1], pixels)
