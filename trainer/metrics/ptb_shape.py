"""The shape of a text: each character replaced by one that stands for all that act like it.

Rules are written for shapes, so that they need not know of other scripts. A shape is as long as
its text, and ASCII is its own shape.
"""

from __future__ import annotations

from trainer.metrics.ptb_chars import LETTERS, MARKS, RUNS, SYMBOLS

LETTER, MARK, SYMBOL, RUN, SUBSCRIPT, GONE = "é", "\u0301", "©", "²", "₂", "\x7f"
"""What stands for a letter, a combining mark, a symbol, a symbol that forms runs, a digit below the
line, which does too, and for what is deleted and parts words."""
SHY = "\xad"
"""The soft hyphen: deleted, and joins what it stands in."""

_ALIKE = {
    "\x91‘‛": "‘",
    "\x92’": "’",
    "‚„‟‹›": "„",
    "\x93“«": "“",
    "\x94”»": "”",
    "\x96\x97–—―": "–",
    "\x80¤₠€": "€",
    "¼½¾⅓⅔": "½",
    "֊‐‑": "‐",
    "£": "£",
    "¢": "¢",
    "…": "…",
    "٫": "٫",
    "٬": "٫",
    "⁄": "⁄",
    "₀₁₂₃₄₅₆₇₈₉": SUBSCRIPT,
    "\xa0": "\xa0",
    SHY: SHY,
}


class _Shapes(dict[int, str]):
    """Shapes of characters outside ASCII; whatever is missing is deleted."""

    def __missing__(self, code: int) -> str:
        return GONE if code >= 0x7F else chr(code)


def shape(text: str) -> str:
    """Return the shape of a text, as long as the text."""
    return text if text.isascii() and GONE not in text else text.translate(_shapes())


def _shapes() -> _Shapes:
    if not _TABLE:
        for ranges, kind in ((LETTERS, LETTER), (MARKS, MARK), (SYMBOLS, SYMBOL), (RUNS, RUN)):
            for part in ranges.split():
                first, _, last = part.partition("-")
                _TABLE.update(
                    dict.fromkeys(range(int(first, 16), int(last or first, 16) + 1), kind)
                )
        _TABLE.update({ord(c): kind for alike, kind in _ALIKE.items() for c in alike})
    return _TABLE


_TABLE = _Shapes()
