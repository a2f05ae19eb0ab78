"""What captions of pictures turned round claim: mostly that the first one has what is gone.

Such claims are checked on the pair the other way round. Captions that say it in words of the way
there ("The image is brighter.") are read like those of the way there.
"""

from __future__ import annotations

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
    sharper,
    shows,
    tilted,
    tinted,
    undone,
    unfitted,
    written,
)
from PIL import ImageOps

WAY = r"\b(counterclockwise|clockwise)"
WORD = r'"([A-Z]+)"'

BACK: tuple[tuple[str, Check], ...] = (
    # words
    (
        rf"{WORD},? .*(?:been removed|are gone in|second one does not|is missing)",
        undone(written),
    ),
    (
        rf"(?:Before, there was|Text was erased|no longer|Nobody can read|wiped off).*{WORD}",
        undone(written),
    ),
    (r"second image lacks is the \w+ lettering", undone(lettered)),
    # shapes
    (
        rf"\b{SHAPES}\b.* (?:is gone|been removed|c(?:an|ould) be seen|the second one lacks)",
        undone(pasted),
    ),
    (rf"(?:no longer|but no|is missing|been peeled|peeled).*\b{SHAPES}\b", undone(pasted)),
    (rf"\b{SHAPES} sticker was taken off", undone(pasted)),
    # borders
    (
        r"border is gone|frame around .* removed|is enclosed in .*is not|goes on up to",
        undone(framed),
    ),
    (
        r"^No band of|lacks is the \w+ border|old frame|border covered|instead of a frame",
        undone(framed),
    ),
    (r"out of its \w+ frame", undone(framed)),
    # turns
    (rf"{WAY}(?: and enlarged to fill|, without the black bars)", directed(unfitted, 1)),
    (rf"{WAY} has been .* black bars along two edges are gone", directed(unfitted, 1)),
    (rf"{WAY} by 90 degrees and shrunk between", directed(unfitted, -1)),
    (rf"would have to be turned {WAY} by 90", directed(unfitted, -1)),
    (r"no longer leans as far to the (left|right)", undone(directed(tilted, 1))),
    (r"tilted to the (left|right) compared with the second", undone(directed(tilted, 1))),
    (
        rf"{WAY}(?:, and more of it|, in a wider view|, with more of it)",
        undone(directed(tilted, -1)),
    ),
    (r"degrees to the (left|right) has been taken out", undone(directed(tilted, 1))),
    (r"sloped down towards the (left|right) before", undone(directed(tilted, 1))),
    (rf"turned the frame {WAY}", undone(directed(tilted, -1))),
    (rf"turn the second one {WAY}", undone(directed(tilted, 1))),
    (r"second image leans to the (left|right) in the first", undone(directed(tilted, 1))),
    (r"reflection across the horizontal", shows(ImageOps.flip)),
    # views
    (
        r"zoomed out|second image shows more|of a wider view|the close-up of .* before",
        undone(cropped),
    ),
    (
        r"appears smaller|Only .* of the second|since .* been added|are there in the second",
        undone(cropped),
    ),
    (r"wider frame|no more than the", undone(cropped)),
    # colour
    (rf"{TINT} tint is gone|away from {TINT}", undone(tinted)),
    (
        rf"{TINT} colour cast lies|{TINT} film had been|No {TINT} filter|lost an? {TINT}",
        undone(tinted),
    ),
    (rf"first one is washed over with {TINT}|Before, an even layer of {TINT}", undone(tinted)),
    (rf"removed an? {TINT} filter|leaned towards {TINT}", undone(tinted)),
    (
        r"in colour now|Colour has come|while the second has\.|grey have given|greyscale version b",
        undone(grey),
    ),
    (
        r"only the second picture has colours|replaced with colour\.|nothing but light and dark",
        undone(grey),
    ),
    (r"^Red, blue or|from black and white to colour", undone(grey)),
    (
        r"sepia tone is gone|have replaced the shades|first picture is in sepia|No sepia",
        undone(brown),
    ),
    (r"alone, unlike the second|over from the brown|no longer looks like something", undone(brown)),
    (
        r"^Compared with the second image, .* brown|toning of the first|had a single brown",
        undone(brown),
    ),
    (r"calmer|toned down", chroma(-1)),
    (r"^More colour has come|closer to grey than the second", chroma(1)),
    # fine detail
    (
        r"blur is gone|had been smoothed away|first one looks out of|become crisper|no longer seen",
        undone(blurred),
    ),
    (
        r"blur lies|easier to make out|was blurred; now|gained sharpness|better focus",
        undone(blurred),
    ),
    (r"is softer|less harsh|first picture shows its fine|filter seems to have", undone(sharper)),
    (
        r"first image looks over-sharpened|less hard|more gently|of which the second has less",
        undone(sharper),
    ),
    (r"details were rougher|lines .* have faded", undone(sharper)),
    (
        r"noise is gone|Grain has been removed|second one lacks|without the coarse|version is far",
        undone(noisy),
    ),
    (
        r"become smoother|unlike the second|lifted off|graininess of the first|^Before, it looked",
        undone(noisy),
    ),
    # lightness
    (r"more light seems", light(1)),
    (r"less light seems", light(-1)),
    (
        r"^Light and dark parts .* closer|are harsher, and those of the second are milder",
        contrast(-1),
    ),
)
