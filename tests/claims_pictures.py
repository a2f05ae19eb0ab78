"""Derive what a caption claims from its words, and look whether the pictures bear it out.

The caption is all that is known of the edit. A caption in which no claim is recognised is a fault
of the test or of the caption, and so is a claim that the pictures contradict.
"""

from __future__ import annotations

import re

from claims_picture_checks import (
    SHAPES,
    TINT,
    Check,
    blurred,
    brown,
    chroma,
    contrast,
    cropped,
    directed,
    framed,
    grey,
    lettered,
    light,
    noisy,
    pasted,
    quarter,
    sharper,
    shows,
    tilted,
    tinted,
    unchanged,
    written,
)
from claims_pictures_back import BACK
from PIL import ImageOps
from seen_in_pictures import Pair

mirror, flip = ImageOps.mirror, ImageOps.flip
around = shows(lambda before: before.rotate(180))
WAY = r"\b(counterclockwise|clockwise)"

CLAIMS: tuple[tuple[str, Check], ...] = (
    # words and shapes, which the text names
    (r'"([A-Z]+)"', written),
    (rf"\b{SHAPES}\b", pasted),
    (r"lettering", lettered),
    (r"border|frame around|enclosed in|frame has been|band of|margin|outer edges", framed),
    # nothing
    (
        r"^Nothing (in the picture|was added)|Both images show|no difference|looks just like",
        unchanged,
    ),
    (r"Whatever can be seen|^The content is unchanged|take the two for|no change in", unchanged),
    (r"^No edit|everything has stayed", unchanged),
    # turns, before flips since both speak of upside down; backward directions come first
    (r"180 degrees|half a turn|half turn|lower right corner", around),
    (r"other way up|upside down, and left and right are swapped", around),
    (r"Top and bottom as well as left and right", around),
    (rf"turn {WAY} by 90", directed(quarter, -1)),
    (rf"(?:90 degrees|quarter turn|on its side,) {WAY}", directed(quarter, 1)),
    (r"at the top of the first image is now on the (left|right)", directed(quarter, 1)),
    (r"pointed up in the first image points to the (left|right)", directed(quarter, 1)),
    (r"upper part is now on the (left|right)", directed(quarter, 1)),
    (r"old bottom facing (left|right)", directed(quarter, -1)),
    (rf"would have to turn it {WAY}", directed(tilted, -1)),
    (r"leans to the (left|right)", directed(tilted, 1)),
    (r"slopes down towards the (left|right)", directed(tilted, 1)),
    (rf"(?:tilt|angle|rotated|askew|slant).*{WAY}", directed(tilted, 1)),
    (
        r"crop|zoomed|remains|closer view|appears larger|close-up|shows more|takes up|Less of",
        cropped,
    ),
    (r"top to bottom|vertically|Top and bottom have|top of the picture is now", shows(flip)),
    (r"still water|upside down|lower edge of|vertical flip|between top and bottom", shows(flip)),
    (r"swap top and bottom", shows(flip)),
    (r"mirror|left is now|Left and right|horizontal|right edge of|side to side", shows(mirror)),
    (r"swap left and right", shows(mirror)),
    # colour
    (
        r"black and white|All colour has|greyscale|shades of grey|the second has none",
        grey,
    ),
    (r"Colour has given|without any colour|light and dark only|any other hue", grey),
    (r"(?i)sepia|brown", brown),
    (rf"(?i){TINT} (?:tint|colour cast|film|filter|shade|tone)", tinted),
    (rf"(?:towards|over with|layer of) {TINT}", tinted),
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
    (r"duller|saturation has been reduced|appears weaker|far less colourful", chroma(-1)),
    (r"become muted|Before, the colours were more vivid|closer to grey", chroma(-1)),
    (r"first one has much stronger colours", chroma(-1)),
    (r"dull, greyish colours|in the sun for years", chroma(-1)),
    # fine detail
    (r"blur|smoothed away|out of focus|become soft|frosted|hard to make out", blurred),
    (r"first image is much sharper|in focus; now it is not|lost its sharpness", blurred),
    (r"sharper|crisper|more emphasis|sharpen|first image looks soft|stand out harder", sharper),
    (r"drawn more harshly|sharpness, of which the second has more|details were smoother", sharper),
    (r"nois|[Gg]rain|specks|far cleaner|static", noisy),
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


READINGS = tuple((re.compile(pattern), check) for pattern, check in (*BACK, *CLAIMS))
"""Those of the way back first, since they name what the others are about."""


def is_true(caption: str, pair: Pair) -> bool:
    """Say whether the pictures bear a caption out.

    Raises:
        AssertionError: No claim is recognised in the caption.
    """
    for pattern, check in READINGS:
        found = pattern.search(caption)
        if found:
            return bool(check(pair, caption, found))
    raise AssertionError(f"no claim is recognised in: {caption}")
