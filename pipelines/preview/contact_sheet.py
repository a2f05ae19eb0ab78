"""The contact sheet: some pairs as one PNG, for a README or for who has only a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from pipelines.pairs import Pair
from pipelines.preview.difference import Outline, find_difference
from pipelines.preview.record import both_pictures, verdict
from syned.storage import Place, written_whole
from syned.temporary import sweep_dead

PICTURE = 336
"""Pixels of a picture's width."""
TALLEST = 420
"""Pixels of a picture's height at most; a taller one is shown narrower."""
GAP = 8
MARGIN = 56
CARD = 2 * PICTURE + GAP
CAPTIONS = 3
"""So many of the five captions are shown."""
LONGEST = 500
"""Letters of a text that are looked at: more than fit in the lines there are."""
FINER = 3
"""Outlines are drawn so many times larger and then reduced, for smooth edges."""

PAPER, WELL, INK, MUTED = "#f6f3ed", "#e6e0d4", "#211e19", "#6b6457"
MARK, HALO = "#ff3b1f", "#ffffff"
VERDICTS = {"kept": "#2c6a45", "turned away": "#855400", "failed": "#a3262b"}


class Line(NamedTuple):
    """One line of text: what, how large, in which colour, and how far below the one before."""

    text: str
    size: int
    colour: str
    above: int = 0
    indent: int = 0


def write_contact_sheet(path: Place, pairs: Sequence[Pair], columns: int = 2) -> None:
    """Write pairs as a PNG: before and after with the difference outlined, and the words.

    Args:
        path: The PNG; it appears whole.
        pairs: What is shown, row by row.
        columns: Pairs side by side.
    """
    cards = [_card(pair) for pair in pairs] or [_note("This run has no pairs yet.")]
    columns = min(columns, len(cards))
    rows = [cards[start : start + columns] for start in range(0, len(cards), columns)]
    width = MARGIN + columns * (CARD + MARGIN)
    height = MARGIN + sum(max(card.height for card in row) + MARGIN for row in rows)
    sheet = Image.new("RGB", (width, height), PAPER)
    top = MARGIN
    for row in rows:
        for column, card in enumerate(row):
            sheet.paste(card, (MARGIN + column * (CARD + MARGIN), top))
        top += max(card.height for card in row) + MARGIN
    sweep_dead(path.parent)
    with written_whole(path) as temporary:
        sheet.save(temporary, format="PNG", optimize=True)


def _card(pair: Pair) -> Image.Image:
    """Return one pair: two pictures above its words."""
    pictures = _pictures(pair)
    lines = list(_lines(pair))
    text_height = sum(line.above + _leading(line) for line in lines)
    card = Image.new("RGB", (CARD, pictures.height + text_height), PAPER)
    card.paste(pictures, (0, 0))
    _write(card, lines, pictures.height)
    return card


def _note(text: str) -> Image.Image:
    """Return a card that only says something."""
    card = Image.new("RGB", (CARD, 60), PAPER)
    _write(card, [Line(text, 20, MUTED, 12)], 0)
    return card


def _lines(pair: Pair) -> Iterator[Line]:
    """Yield the words of a pair, broken into lines."""
    decision = verdict(pair)
    why = f": {pair.decision.reason.replace('_', ' ')}" if pair.decision.reason else ""
    yield Line(f"{pair.instruct.task}  ·  {decision}{why}", 15, VERDICTS[decision], above=16)
    for text in _wrap(pair.instruct.instruction or "No instruction", 25, CARD, 2):
        yield Line(text, 25, INK, above=3)
    for number, caption in enumerate(pair.instruct.captions[:CAPTIONS]):
        for place, text in enumerate(_wrap(caption, 17, CARD - 18, 2)):
            yield Line(text, 17, MUTED, 9 if number == 0 and place == 0 else 3 - place, 18)


def _write(card: Image.Image, lines: Sequence[Line], top: int) -> None:
    """Write lines onto a card, each below the one before."""
    draw = ImageDraw.Draw(card)
    for line in lines:
        top += line.above
        draw.text((line.indent, top), line.text, fill=line.colour, font=_font(line.size))
        top += _leading(line)


def _leading(line: Line) -> int:
    return round(line.size * 1.3)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own font: Latin, and boxes for all other letters."""
    return ImageFont.load_default(size)


def _wrap(text: str, size: int, width: int, most: int) -> list[str]:
    """Break a text into at most `most` lines that fit a width in pixels."""
    words = "".join(c if c.isprintable() else " " for c in text[:LONGEST]).split()
    lines: list[str] = []
    while words and len(lines) < most:
        line, words = _fill(words, size, width)
        lines.append(line)
    if words:
        lines[-1] = _cut(lines[-1] + " " + words[0], size, width)
    return lines


def _fill(words: list[str], size: int, width: int) -> tuple[str, list[str]]:
    """Return one line of as many words as fit, and the words left; one long word is cut."""
    count = len(words)
    while count > 1 and _font(size).getlength(" ".join(words[:count])) > width:
        count -= 1
    return _cut(" ".join(words[:count]), size, width), words[count:]


def _cut(text: str, size: int, width: int) -> str:
    """Return a text that fits a width, with an ellipsis where it was cut."""
    if _font(size).getlength(text) <= width:
        return text
    end = len(text)
    while end > 1 and _font(size).getlength(text[:end].rstrip() + "…") > width:
        end -= 1
    return text[:end].rstrip() + "…"


def _pictures(pair: Pair) -> Image.Image:
    """Return the source and the edited picture side by side, the difference outlined."""
    before, after = both_pictures(pair)
    shape = before or after
    size = _fit(shape.size) if shape else (PICTURE, PICTURE * 3 // 4)
    outlines = find_difference(before, after).outlines if before and after else ()
    strip = Image.new("RGB", (CARD, size[1]), PAPER)
    for column, picture in enumerate((before, after)):
        shown = _marked(picture, size, outlines) if picture else _no_picture(size)
        left = column * (PICTURE + GAP) + (PICTURE - size[0]) // 2
        strip.paste(shown, (left, 0), _rounded(size))
    return strip


def _no_picture(size: tuple[int, int]) -> Image.Image:
    """Return what stands where no picture was made."""
    box = Image.new("RGB", size, WELL)
    middle = (size[0] // 2, size[1] // 2)
    ImageDraw.Draw(box).text(middle, "no picture", fill=MUTED, font=_font(15), anchor="mm")
    return box


def _fit(size: tuple[int, int]) -> tuple[int, int]:
    """Return the size at which a picture is shown."""
    scale = min(PICTURE / size[0], TALLEST / size[1])
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))


def _marked(
    picture: Image.Image, size: tuple[int, int], outlines: Sequence[Outline]
) -> Image.Image:
    """Return a picture at a size, with outlines drawn on it."""
    shown = picture.resize(size, Image.Resampling.LANCZOS)
    for colour, thickness in ((HALO, 4), (MARK, 2)):
        stencil = Image.new("L", (size[0] * FINER, size[1] * FINER))
        draw = ImageDraw.Draw(stencil)
        for outline in outlines:
            points = [(x * stencil.width, y * stencil.height) for x, y in outline]
            draw.line(points, fill=255, width=thickness * FINER, joint="curve")
        shown.paste(Image.new("RGB", size, colour), (0, 0), stencil.reduce(FINER))
    return shown


@cache
def _rounded(size: tuple[int, int]) -> Image.Image:
    """Return a mask with rounded corners."""
    mask = Image.new("L", (size[0] * FINER, size[1] * FINER))
    box = (0, 0, mask.width - 1, mask.height - 1)
    ImageDraw.Draw(mask).rounded_rectangle(box, radius=8 * FINER, fill=255)
    return mask.reduce(FINER)
