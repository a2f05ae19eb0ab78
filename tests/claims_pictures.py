"""Derive what a caption claims from its words, and look whether the pictures bear it out.

The caption is all that is known of the edit. A caption in which no claim is recognised is a fault
of the test or of the caption, and so is a claim that the pictures contradict.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageOps
from seen_in_pictures import ANCHORS, NAMED, Pair, gap, lab, read_shape, read_word

Check = Callable[[Pair, str, re.Match[str]], bool]

COLOUR = r"\b(" + "|".join(NAMED) + r")\b"
TINT = r"\b(orange|yellow|green|blue|magenta)\b"
SHAPES = "(circle|square|triangle|star|heart|diamond|hexagon|cross)"
PLACE = (
    r"(?P<corner>(?:upper|top|lower|bottom) (?:left|right))"
    r"|near the middle of the (?P<edge>upper|lower|left|right) edge"
    r"|on the (?P<side>left|right) side|the (?P<side_noun>left|right) side"
    r"|(?P<end>(?:at )?the (?:top|bottom)(?! left| right))"
    r"|(?P<centre>in the centre|right in the middle|the centre)"
)


def place_of(text: str) -> str:
    """Return which of the nine places a phrase names."""
    found = re.search(PLACE, text, re.IGNORECASE)
    assert found, f"no place is named: {text}"
    words = next(v for v in found.groupdict().values() if v).lower()
    if found["centre"]:
        return "centre"
    words = re.sub(r"^(at )?the ", "", words)
    if found["corner"]:
        return words.replace("top", "upper").replace("bottom", "lower")
    return {"upper": "top", "lower": "bottom"}.get(words, words)


def changes(key: str, margin: float) -> Callable[[int], Check]:
    """Return a maker of checks that a measurement went up (1) or down (-1) by a margin."""

    def towards(sign: int) -> Check:
        def check(pair: Pair, _text: str, _match: re.Match[str]) -> bool:
            was, now = getattr(pair, key)
            return bool(sign * (now - was) >= margin)

        return check

    return towards


light, contrast, chroma = changes("light", 7), changes("contrast", 4), changes("chroma", 5)


def grey(pair: Pair, *_: object) -> bool:
    return pair.chroma[0] >= 4 and pair.chroma[1] <= 1.5


def brown(pair: Pair, *_: object) -> bool:
    """Hues of the second picture lie between orange and yellow, and are nearly one hue."""
    a, b = pair.lab[1][..., 1], pair.lab[1][..., 2]
    hues = np.degrees(np.arctan2(b, a))[np.hypot(a, b) > 6]
    was = pair.lab[0]
    hue_was = np.degrees(np.arctan2(was[..., 2], was[..., 1]))
    many = np.abs(hue_was - np.median(hues)) > 12
    return bool(50 < np.median(hues) < 85 and hues.std() < 15 and many.mean() > 0.05)


def tinted(pair: Pair, _text: str, match: re.Match[str]) -> bool:
    """The mean colour has moved towards the named one, and now has a hue like it."""
    target = lab(NAMED[match[1].lower()])[1:]
    was, now = (p[..., 1:].reshape(-1, 2).mean(axis=0) for p in pair.lab)
    unit = target / np.linalg.norm(target)
    towards = (now - was) @ unit
    return bool(towards >= 8 and now @ unit >= 0.8 * np.linalg.norm(now))


def blurred(pair: Pair, *_: object) -> bool:
    return pair.edges[1] <= 0.55 * pair.edges[0]


def sharper(pair: Pair, *_: object) -> bool:
    return pair.edges[1] >= 1.3 * pair.edges[0] and pair.added_along_edges >= 0.5


def noisy(pair: Pair, *_: object) -> bool:
    return pair.edges[1] >= 1.5 * pair.edges[0] and abs(pair.added_along_edges) <= 0.35


def shows(expected: Callable[[Image.Image], Image.Image]) -> Check:
    return lambda pair, _text, _match: pair.like(expected(pair.before))


def quarter(turn: int) -> Check:
    """A quarter turn, clockwise (1) or counterclockwise (-1), fitted into the frame."""

    def expected(before: Image.Image) -> Image.Image:
        return ImageOps.pad(before.rotate(-90 * turn, expand=True), before.size)

    return shows(expected)


def directed(make: Callable[[int], Check], sign: int) -> Check:
    """Take the direction from the words: (counter)clockwise, or the side named last."""

    def check(pair: Pair, text: str, match: re.Match[str]) -> bool:
        return make(sign * (1 if match[1] in ("clockwise", "right") else -1))(pair, text, match)

    return check


def tilted(turn: int) -> Check:
    """A tilt with this sign, and by as many degrees as the text says."""

    def check(pair: Pair, text: str, _match: re.Match[str]) -> bool:
        degrees = re.search(r"(\d+) degrees", text)
        exact = degrees is None or abs(pair.tilt) == int(degrees[1])
        return bool(np.sign(pair.tilt) == turn) and exact

    return check


PARTS = {
    "the upper left part": "upper left",
    "the upper part": "top",
    "the upper right part": "upper right",
    "the left part": "left",
    "the middle": "centre",
    "the right part": "right",
    "the lower left part": "lower left",
    "the lower part": "bottom",
    "the lower right part": "lower right",
}
LOST = {
    "the outer parts on all four sides": "centre",
    "the bottom and both sides": "top",
    "the top and both sides": "bottom",
    "the right, the top and the bottom": "left",
    "the left, the top and the bottom": "right",
    "the right and the bottom": "upper left",
    "the left and the bottom": "upper right",
    "the right and the top": "lower left",
    "the left and the top": "lower right",
}


def cropped(pair: Pair, text: str, _match: re.Match[str]) -> bool:
    named = next(place for phrase, place in (PARTS | LOST).items() if phrase in text)
    return pair.part == named


def framed(pair: Pair, text: str, _match: re.Match[str]) -> bool:
    """All four edges have the named colour, on a band as wide as the text says, and only there."""
    colour = np.asarray(NAMED[re.search(COLOUR, text)[1]], np.float32)
    near = [np.linalg.norm(p - colour, axis=-1) < 80 for p in pair.rgb]
    rims = [(p[:2].mean(), p[-2:].mean(), p[:, :2].mean(), p[:, -2:].mean()) for p in near]
    across = near[1][:, near[1].shape[1] // 2]
    band = int(np.argmin(across)) / min(pair.size)
    wide = re.search(r"thin|thick", text)
    width = wide is None or (band < 0.06 if wide[0] == "thin" else band > 0.06)
    inside = tuple(int(0.12 * side) for side in pair.size)
    box = (*inside, pair.size[0] - inside[0], pair.size[1] - inside[1])
    same = gap(pair.before.crop(box), pair.after.crop(box)) < 6
    return min(rims[1]) > 0.95 and max(rims[0]) < 0.5 and width and same


def ink_of(pair: Pair, colour: str | None):
    """The letters: in the colour that the text names, or in whatever the change has most of."""
    names = [colour] if colour else [n for n in NAMED if n != "magenta"]
    return [pair.ink(name) for name in names]


def at_place(pair: Pair, text: str) -> bool:
    """Say whether the change is where the text says, if it says where."""
    return not re.search(PLACE, text, re.IGNORECASE) or pair.place == place_of(text)


def lettered(pair: Pair, text: str, _match: re.Match[str]) -> bool:
    """Something of the named colour, mostly gaps, is new at the place."""
    colour = re.search(COLOUR, text, re.IGNORECASE)
    return at_place(pair, text) and 0.08 < pair.ink(colour[1].lower()).mean() < 0.5


def stuck(pair: Pair, text: str, _match: re.Match[str]) -> bool:
    left, top, right, bottom = pair.changed_box
    return at_place(pair, text) and bool(pair.changed[top:bottom, left:right].mean() > 0.3)


def written(pair: Pair, text: str, match: re.Match[str]) -> bool:
    outside = text.replace(match[0], "")
    colour = re.search(COLOUR, outside, re.IGNORECASE)
    inks = [i for i in ink_of(pair, colour and colour[1].lower()) if i.mean() > 0.08]
    return at_place(pair, outside) and match[1] in [read_word(ink) for ink in inks]


def pasted(pair: Pair, text: str, match: re.Match[str]) -> bool:
    colour = re.search(COLOUR, text, re.IGNORECASE)
    ink = pair.ink(colour[1].lower())
    left, top, right, bottom = pair.changed_box
    size = re.search(r"small|large", text)
    wide = max(right - left, bottom - top) / min(pair.size)
    sized = size is None or (wide < 0.25 if size[0] == "small" else wide > 0.25)
    return at_place(pair, text) and read_shape(ink) == match[1] and sized


def unchanged(pair: Pair, *_: object) -> bool:
    """Blocks of a sixteenth of the picture have nearly the same colours and as many edges."""
    was, now = (p.resize((16, 16), Image.Resampling.BOX) for p in (pair.before, pair.after))
    return gap(was, now) < 6 and 0.6 < (1 + pair.edges[1]) / (1 + pair.edges[0]) < 1.5


mirror, flip = ImageOps.mirror, ImageOps.flip
around = shows(lambda before: before.rotate(180))
WAY = r"\b(counterclockwise|clockwise)"

CLAIMS: tuple[tuple[str, Check], ...] = (
    # words and shapes, which the text names
    (r'"([A-Z]+)"', written),
    (rf"\b{SHAPES}\b", pasted),
    (r"inscription|lettering", lettered),
    (r"sticker", stuck),
    (r"border|frame in|enclosed in|frame has been|band of|margin", framed),
    # nothing
    (
        r"^Nothing (in the picture|was added)|Both images show|no difference|looks just like",
        unchanged,
    ),
    (r"Whatever can be seen|^The content is unchanged|take the two for|no change in", unchanged),
    (r"^No edit|everything has stayed", unchanged),
    # turns, before flips since both speak of upside down; backward directions come first
    (r"180 degrees|half a turn|half turn|lower right corner", around),
    (r"other way up|stands on its head, and", around),
    (r"Top and bottom as well as left and right", around),
    (rf"turn it {WAY} by 90", directed(quarter, -1)),
    (rf"(?:90 degrees|quarter turn|on its side,) {WAY}", directed(quarter, 1)),
    (r"at the top of the first image is now on the (left|right)", directed(quarter, 1)),
    (r"upward direction of the first image points to the (left|right)", directed(quarter, 1)),
    (r"upper part is now on the (left|right)", directed(quarter, 1)),
    (r"old bottom facing (left|right)", directed(quarter, -1)),
    (rf"would have to turn it {WAY}", directed(tilted, -1)),
    (r"leans to the (left|right)", directed(tilted, 1)),
    (r"slopes down towards the (left|right)", directed(tilted, 1)),
    (rf"(?:tilt|angle|rotated|askew|slant).*{WAY}", directed(tilted, 1)),
    (r"crop|zoomed|remains|closer view|appears larger|close-up|shows more|takes up", cropped),
    (r"top to bottom|vertically|Top and bottom have|top of the picture is now", shows(flip)),
    (r"still water|upside down|lower edge of|vertical flip|between top and bottom", shows(flip)),
    (r"swap top and bottom", shows(flip)),
    (r"mirror|left is now|Left and right|horizontal|right edge of|side to side", shows(mirror)),
    (r"swap left and right", shows(mirror)),
    # colour
    (
        r"black and white|All colour has|greyscale|shades of grey|is in colour, the second is not",
        grey,
    ),
    (r"Colour has given|without any colour|monochrome\.|any other hue", grey),
    (r"(?i)sepia|brown", brown),
    (rf"(?i){TINT} (?:tint|colour cast|glass|light|shade|tone|dominates)", tinted),
    (rf"(?:towards|filter in|layer of) {TINT}", tinted),
    (r"are more vivid", chroma(1)),
    (r"Before, the colours were more muted", chroma(1)),
    (
        r"saturation has been increased|appears stronger|far more colourful|become intense",
        chroma(1),
    ),
    (
        r"first one looks faded|makes the whole picture glow|garish|control of a screen far up",
        chroma(1),
    ),
    (r"paler|saturation has been reduced|appears weaker|far less colourful", chroma(-1)),
    (r"become muted|Before, the colours were more vivid|closer to grey", chroma(-1)),
    (r"first one has much stronger colours", chroma(-1)),
    (r"dull, washed-out colours|in the sun for years", chroma(-1)),
    # fine detail
    (r"blur|smoothed away|out of focus|become soft|frosted|hardly be made out", blurred),
    (r"first image is much sharper|in focus; now it is not|lost its sharpness", blurred),
    (r"sharper|crisper|more emphasis|sharpen|first image looks soft|stand out harder", sharper),
    (r"drawn more harshly|sharpness, of which the second has more|details were smoother", sharper),
    (r"nois|[Gg]rain|specks|far cleaner|speckled|dots|static", noisy),
    # contrast before brightness, since it speaks of dark and bright parts too
    (
        r"contrast is higher|stronger contrast than the first|were softer|further apart than",
        contrast(1),
    ),
    (
        r"^Bright areas have become brighter|harsher|boost in contrast|first image looks flat",
        contrast(1),
    ),
    (r"been stretched|tones are deeper", contrast(1)),
    (
        r"contrast is lower|flat and washed|weaker contrast|tones are closer|hazy|squeezed",
        contrast(-1),
    ),
    (
        r"first image has stronger contrast|were further apart|differ less|cut in contrast",
        contrast(-1),
    ),
    # brightness; what is said of the first picture counts the other way round
    (r"^The first picture is the brighter|Before, there was noticeably more", light(-1)),
    (r"^The first picture is the darker|Before, there was noticeably less", light(1)),
    (r"darker|darken|less bright|been reduced|towards black|the second is dim|dimmer", light(-1)),
    (r"Lower brightness|exposure had been cut", light(-1)),
    (r"brighter|lighten|lighter|turned up|towards white|been lifted", light(1)),
    (r"Higher brightness|exposure had been raised", light(1)),
)


def is_true(caption: str, pair: Pair) -> bool:
    """Say whether the pictures bear a caption out.

    Raises:
        AssertionError: No claim is recognised in the caption.
    """
    for pattern, check in CLAIMS:
        found = re.search(pattern, caption)
        if found:
            return bool(check(pair, caption, found))
    raise AssertionError(f"no claim is recognised in: {caption}")


assert set(PARTS.values()) == set(LOST.values()) == set(ANCHORS)
