"""Other people's words, made harmless to read."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    """Return a model's text without characters that could change how the page is read.

    Control characters and marks that turn the direction of writing are shown by their names.
    """
    odd = ("Cc", "Cf", "Co", "Cs")
    return "".join(
        f"[{unicodedata.name(ch, f'U+{ord(ch):04X}')}]" if unicodedata.category(ch) in odd else ch
        for ch in text
    )
