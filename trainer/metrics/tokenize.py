"""Tokens of captions as caption evaluation reads them: the Penn Treebank's, without punctuation."""

from __future__ import annotations

import re
from collections.abc import Sequence

from trainer.metrics.ptb_lexer import Lexer
from trainer.metrics.ptb_rules import RULES
from trainer.metrics.ptb_words import (
    ABBREVIATIONS,
    ABBREVIATIONS_AT_ENDS,
    CAPITAL_ABBREVIATIONS,
    NUMBERED,
    SMALL_ABBREVIATIONS,
)

TOKENIZER = "syned-ptb-1"
"""The name and version that reports give; the version grows when a token changes."""

LOOK_AHEAD = 40
"""How many characters of the following lines can matter: a full stop looks for one word."""

_LEXER = Lexer(RULES)
_WORD = "(?:[A-Za-z]+(?:-[A-Za-z]+)*(?:'s)?|[0-9]{1,2})"
_PLAIN = re.compile(f' *"?({_WORD}(?:,? +{_WORD})*+)(\\.?)"? *')
"""Captions whose tokens are seen at a glance, as most are: seven of eight need no lexer."""

_PARTED = frozenset(["cannot", "gonna", "gotta", "gimme", "lemme", "wanna"])
_KEEPS_STOP = frozenset(
    " ".join(
        [ABBREVIATIONS, ABBREVIATIONS_AT_ENDS, SMALL_ABBREVIATIONS, CAPITAL_ABBREVIATIONS, NUMBERED]
    ).split()
)


def tokenize(captions: Sequence[str]) -> list[str]:
    """Return the tokens of each caption, parted by spaces, in lower case.

    A token may hold a no-break space. What a full stop after a single letter means depends on the
    next caption, as the reference tokenizer reads them all as one text: keep their order.

    Args:
        captions: Each without a line break.
    """
    tokens = [_plain(caption) for caption in captions]
    after = ""
    for place in range(len(captions) - 1, -1, -1):
        if tokens[place] is None:
            tokens[place] = " ".join(_LEXER.tokens(captions[place], after))
        after = f"\n{captions[place][:LOOK_AHEAD]}{after}"[:LOOK_AHEAD]
    return [each or "" for each in tokens]


def _plain(caption: str) -> str | None:
    """Return the tokens of a caption that needs no lexer."""
    match = _PLAIN.fullmatch(caption)
    if not match:
        return None
    words = match[1].lower().replace(",", "").replace("'s", " 's").split()
    stopped = match[2] and (len(words[-1]) == 1 or words[-1] in _KEEPS_STOP)
    return " ".join(words) if not stopped and _PARTED.isdisjoint(words) else None
