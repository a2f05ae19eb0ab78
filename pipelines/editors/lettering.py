"""From an instruction in words to a lettering: what it leaves open is drawn, and legible."""

from __future__ import annotations

import random
from collections.abc import Iterator

from PIL import Image, ImageFont

from pipelines.editors.text_request import TextRequest, read_request, unfit
from pipelines.edits.lettering import INKS, STANDS_OUT, WIDTH, Lettering
from pipelines.edits.words import PLACES, PlaceName

WHOLE_WIDTH = 0.92
"""All of a picture's width but the margins."""
SPANNING: tuple[PlaceName, ...] = ("top", "centre", "bottom")
"""Places where letters may take the whole width; elsewhere they keep to their half."""
WIDTHS = {True: (WIDTH, 0.6, WHOLE_WIDTH), False: (WIDTH, 0.48)}
"""Widths to try, the smallest first, where the whole width may be taken and where not."""
ACROSS = 1 / 3
"""Letters that go across a picture take at least this share of its width, in its middle."""
LONG = 14
"""Longer texts, in letters, need the whole width to be read easily."""
EASY = 0.065
"""Words of this height, as a share of the picture's longer side, need not be any larger."""


def lettering_for(instruction: str, picture: Image.Image, seed: int) -> Lettering:
    """Return the lettering that an instruction asks for.

    Args:
        instruction: In words, such as `Write "OPEN 24 HOURS" in the top left corner`.
        picture: The picture to be written on, RGB.
        seed: Of what the instruction leaves open.

    Raises:
        RowError: NO_EDIT_FITS: the instruction asks for something else, or the words cannot be
            read at the size that fits.
    """
    request = read_request(instruction)
    strange = sorted({letter for letter in request.word if not _can_be_written(letter)})
    if strange:
        raise unfit(f"the font has no letter {' '.join(strange)}")
    rng = random.Random(seed)
    found = [(_best_ink(fit, picture, request, rng)) for fit in _fits(request, picture.size, rng)]
    if not found:
        where = f"at the place {request.place}" if request.place else "anywhere"
        size = "too short to go across the picture" if request.across else "too long to be read"
        raise unfit(f"{request.word!r} is {size} {where}")
    return next((edit for edit, share in found if share >= STANDS_OUT), max(found, key=_share)[0])


def _share(found: tuple[Lettering, float]) -> float:
    """Return how well a lettering stands out."""
    return found[1]


def _can_be_written(letter: str) -> bool:
    """Say whether Pillow's own font has a letter, and not just the box for one that it has not."""
    font = ImageFont.load_default(20)
    return letter.isspace() or bytes(font.getmask(letter)) != bytes(font.getmask("\uffff"))


def _fits(request: TextRequest, size: tuple[int, int], rng: random.Random) -> Iterator[Lettering]:
    """Yield a lettering for each place where the words can be read, in random order."""
    wide = request.across or len(request.word) > LONG
    open_places = SPANNING if wide else tuple(PLACES)
    for place in [request.place] if request.place else rng.sample(open_places, len(open_places)):
        if place in SPANNING or not request.across:
            bare = Lettering(word=request.word, place=place, colour=INKS[0])
            yield from _sized(bare, size, across=request.across)


def _sized(edit: Lettering, size: tuple[int, int], *, across: bool) -> Iterator[Lettering]:
    """Yield the smallest lettering that reads easily, else the largest; nothing if none is read."""
    widths = (WHOLE_WIDTH,) if across else WIDTHS[edit.place in SPANNING]
    tries = [edit.model_copy(update={"width": width}) for width in widths]
    boxes = [fit.box(size) for fit in tries]
    easy = (fit for fit, b in zip(tries, boxes, strict=True) if b[3] - b[1] >= EASY * max(size))
    fit = next(easy, tries[-1])
    left, _, right, _ = fit.box(size)
    if fit.readable(size) and (not across or right - left >= ACROSS * size[0]):
        yield fit


def _best_ink(
    edit: Lettering, picture: Image.Image, request: TextRequest, rng: random.Random
) -> tuple[Lettering, float]:
    """Choose the ink where the request does not, and say how well it stands out, in [0, 1]."""
    inks = [request.colour] if request.colour else rng.sample(INKS, len(INKS))
    shares = {ink: edit.standing_out(picture, ink) for ink in inks}
    ink = next((i for i in inks if shares[i] >= STANDS_OUT), max(inks, key=lambda i: shares[i]))
    return edit.model_copy(update={"colour": ink}), shares[ink]
