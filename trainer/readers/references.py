"""Reference captions that a language model wrote, mended where they can be mended.

The kinds of defects are those of the references that were released with arXiv 2412.15939.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

QUOTES = "\"“”‘’'`"
_COUNT = re.compile(r"\s*\(?\b\d+ words?\)?\.?\s*$", re.IGNORECASE)
_NUMBER = re.compile(r"^\s*(?:\d+\s*[.):]|[-*•])\s+")
_REFUSAL = re.compile(
    r"\bas an? (?:\w+ ){0,3}(?:ai|language model|assistant)\b|\bI(?:'m| am) sorry\b|\bI cannot\b"
    r"|\bI can'?t\b|\bmy apologies\b|\bethical\b",
    re.IGNORECASE,
)
_TALK = re.compile(
    r"^(?:here (?:are|is)|sure\b|of course\b|certainly\b|note:)|\bvariations?\b|\bparaphras",
    re.IGNORECASE,
)
_LEAK = re.compile(r"<\s*/?\s*INSTRUCT|\bINSTRUCTION\s*:|[{}]", re.IGNORECASE)
_CUT = re.compile(
    r"(?:[,;:]|\b(?:a|an|the|and|or|of|to|with|in|on|at|for|from|by))$", re.IGNORECASE
)


def cleaned(texts: Sequence[str], instruction: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the references that are good, and a word for each mending and for each one left out.

    Args:
        texts: As they were written.
        instruction: What they paraphrase; copies of it are left out.
    """
    kept: list[str] = []
    kinds: list[str] = []
    for text in texts:
        plain, mended = mend(text)
        fault = defect(text, plain, [instruction, *kept])
        kinds += [fault] if fault else mended
        kept += [] if fault else [plain]
    return tuple(kept), tuple(kinds)


def mend(text: str) -> tuple[str, list[str]]:
    """Return a text without quotes, numbering and counts of words, and what was mended."""
    plain, mended = " ".join(text.split()), []
    for kind, pattern in (("count_of_words", _COUNT), ("numbering", _NUMBER)):
        shorter = pattern.sub("", plain)
        mended += [kind] if shorter != plain else []
        plain = shorter
    opened = plain[:1] in QUOTES and plain[:1] != ""
    closed = plain[-1:] in QUOTES and plain[-1:] != ""
    if opened and closed and len(plain) > 1:
        return plain[1:-1].strip(), [*mended, "quotes"]
    if opened and _others(plain[1:]) % 2 == 0:
        return plain[1:].strip(), [*mended, "quotes"]
    return plain, mended


def _others(text: str) -> int:
    """Count the double quotes of a text."""
    return sum(text.count(mark) for mark in '"“”')


def defect(text: str, plain: str, others: Sequence[str]) -> str | None:
    """Return why a mended text cannot be a reference, or nothing.

    Args:
        text: As it was written.
        plain: The same, mended.
        others: Texts that it must not repeat.
    """
    letters = "".join(ch for ch in plain.casefold() if ch.isalnum())
    if not letters:
        return "empty"
    if _REFUSAL.search(plain):
        return "refusal"
    if _LEAK.search(text):
        return "leaked_prompt"
    if _TALK.search(plain):
        return "talk_about_itself"
    if _CUT.search(plain) or _others(plain) % 2:
        return "cut_off"
    same = ("".join(ch for ch in other.casefold() if ch.isalnum()) for other in others)
    return "copy" if letters in set(same) else None
