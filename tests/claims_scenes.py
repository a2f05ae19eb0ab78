"""Read a caption of a drawn pair and check what it claims against both scenes.

A rule reads captions of one form; a caption that no rule reads, or two do, is a fault too.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from claims_scenes_facts import EXTREMES, NUMBERS, PLACES, SHAPE, Pair, Unreadable

COLOUR = "red|orange|yellow|green|turquoise|blue|purple|pink|brown|black|white"
GROUND = "grey|charcoal|beige|pale blue|pale green|navy|maroon"
PATTERN = "plain|striped|chequered|dotted|speckled"
SIDE = "to the left of|to the right of|above|below"
WAY = "to the left|to the right|up|down"
LOOK = rf"(?:(?:small|large) )?(?:(?:{COLOUR}) )?(?:{SHAPE})"
PLACE = "|".join(PLACES)
GROUND_LOOK = rf"(?:(?:{PATTERN}) (?:{GROUND})(?: pattern)?|(?:{GROUND}) gradient)"
TOKENS = {
    "ref": rf"(?:{'|'.join(EXTREMES)}|the {LOOK}(?: (?:in|at) (?:{PLACE}))?)",
    "a": rf"(?:an?|another) {LOOK}",
    "nouns": rf"{LOOK}(?:e?s)?",
    "at": rf"(?:in|at) (?:{PLACE})",
    "place": f"(?:{PLACE})",
    "rel": rf"(?:{SIDE})(?: and (?:{SIDE}))?",
    "way": rf"(?:{WAY})(?: and (?:{WAY}))?",
    "num": f"(?:{'|'.join(NUMBERS)})",
    "colour": f"(?:{COLOUR})",
    "size": "(?:small|large)",
    "hue": f"(?:{GROUND})",
    "ground": rf"(?:an? )?{GROUND_LOOK}",
    "marks": "(?:stripes|checks|dots|speckles|(?:a )?gradient)",
}

Rule = tuple[re.Pattern[str], Callable[..., bool]]
RULES: list[Rule] = []


def rule(template: str) -> Callable[[Callable[..., bool]], Callable[..., bool]]:
    """Register a reading of captions of this form; `<token>`s become arguments, in order."""
    pattern = re.sub(r"<(\w+)>", lambda m: f"({TOKENS[m.group(1)]})", template)

    def register(claim: Callable[..., bool]) -> Callable[..., bool]:
        RULES.append((re.compile(pattern), claim))
        return claim

    return register


def holds(caption: str, pair: Pair) -> bool:
    """Say whether what a caption claims is true of a pair.

    Raises:
        Unreadable: No rule reads it, or a noun with "the" does not fit exactly one object.
    """
    text = caption[0].lower() + caption[1:].removesuffix(".")
    readings = [(m, claim) for p, claim in RULES if (m := p.fullmatch(text))]
    if len(readings) != 1:
        raise Unreadable(f"{len(readings)} rules read {caption!r}")
    match, claim = readings[0]
    return claim(pair, *match.groups())
