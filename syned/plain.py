"""Other people's words made harmless: what nobody sees, and what acts where it is shown, is named.

Captions, names of files and answers of servers are kept as they came where they are data. Where
they are shown, a control character could move the cursor, a mark of direction could turn its
neighbours round, and half of a surrogate pair could not be written at all.
"""

from __future__ import annotations

import json
import unicodedata
from typing import Any

_ODD = frozenset(("Cc", "Cf", "Co", "Cs", "Zl", "Zp"))
"""Categories of Unicode: control, format, private and surrogate; separators of lines."""


def is_odd(ch: str) -> bool:
    """Say whether a character is not seen itself, but changes how others are read or written."""
    return (not ch.isascii() and unicodedata.category(ch) in _ODD) or ch < " " or ch == "\x7f"


def plain(text: str, keep: str = "") -> str:
    """Return a text in which odd characters are named: `[RIGHT-TO-LEFT OVERRIDE]`, `[U+001B]`.

    Args:
        text: Other people's words.
        keep: Odd characters that stay, such as line breaks.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_named(ch) if is_odd(ch) and ch not in keep else ch for ch in text)


def _named(ch: str) -> str:
    return f"[{unicodedata.name(ch, f'U+{ord(ch):04X}')}]"


def plain_json(value: Any, indent: int | None = None) -> str:
    r"""Return JSON for people and programs: letters of any script as they are, odd ones as \u202e.

    What is read back is what was given.
    """
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return "".join(json.dumps(ch)[1:-1] if is_odd(ch) and ch != "\n" else ch for ch in text)
