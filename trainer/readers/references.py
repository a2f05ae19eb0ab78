"""Reference captions that a language model wrote, mended where they can be mended.

The kinds of defects are those of the references that were released with arXiv 2412.15939.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

MENDINGS = ("count_of_words", "numbering", "quotes")
"""What can be mended."""
DEFECTS = ("empty", "refusal", "leaked_prompt", "talk_about_itself", "cut_off", "copy")
"""What keeps a text from being a reference."""

_COUNT = re.compile(r"\s*\(\d+ words?\)\.?\s*$", re.IGNORECASE)
_NUMBER = re.compile(r"^\s*(?:\d+\s*[.):]|[-*•])\s+")
_REFUSAL = re.compile(
    r"\bas an? (?:\w+ ){0,3}(?:ai|language model|assistant)\b|\bjust an ai\b|\bI(?:'m| am) sorry\b"
    r"|\bI cannot\b|\bI can'?t\b|\bapologi[sz]e\b|\bmy apologies\b|\b(?:un)?ethical\b"
    r"|^instead, I\b|\bany other (?:questions|prompts|requests)\b|\bfeel free to\b"
    r"|\bI hope you understand\b|\bit is (?:important|crucial|essential) to\b|\bharmful\b",
    re.IGNORECASE,
)
_TALK = re.compile(
    r"^(?:here (?:are|is)|sure\b|of course\b|certainly\b|note:)"
    r"|\bvariations? (?:of|on) the (?:user|prompt|instruction)\b|\bparaphras|\bprompts?\b"
    r"|\b(?:the|this|given|original) instruction\b|\bthe (?:diffusion )?model to\b|\bthe user\b"
    r"|\[\w+ name\]",
    re.IGNORECASE,
)
_LEAK = re.compile(r"<\s*/?\s*INSTRUCT|\bINSTRUCTION\s*:|[{}]", re.IGNORECASE)
_CUT = re.compile(
    r"(?:[,;:]|\b(?:a|an|the|and|or|of|to|with|in|on|at|for|from|by))$", re.IGNORECASE
)
_DOUBLE = '"“”'
_PAIRS = (*((mark, other) for mark in _DOUBLE for other in _DOUBLE), ("'", "'"), ("‘", "’"))


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
    """Return a text without stray quotes, numbering and counts of words, and what was mended."""
    plain, mended = " ".join(text.split()), []
    for kind, pattern in (("count_of_words", _COUNT), ("numbering", _NUMBER)):
        shorter = pattern.sub("", plain)
        mended += [kind] if shorter != plain else []
        plain = shorter
    unquoted = _unquoted(plain)
    return unquoted, [*mended, *(["quotes"] if unquoted != plain else [])]


def _unquoted(text: str) -> str:
    """Return a text without quotes around it, or without one that has no partner."""
    if len(text) > 1 and (text[0], text[-1]) in _PAIRS and _is_whole(text[1:-1], text[0]):
        return text[1:-1].strip()
    if _doubles(text) % 2 == 0:
        return text
    if text[0] in _DOUBLE:
        return text[1:].strip()
    return text[:-1].strip() if text[-1] in _DOUBLE else text


def _is_whole(inner: str, mark: str) -> bool:
    """Say whether a text between two quotes is one quotation, not the end of one, and another."""
    marks = _DOUBLE if mark in _DOUBLE else "'‘’"
    for place, ch in enumerate(inner):
        before, after = inner[place - 1 : place], inner[place + 1 : place + 2]
        if ch in marks and not (before.isalnum() and after.isalnum()):
            return not before or before.isspace()
    return True


def _doubles(text: str) -> int:
    """Count the double quotes of a text."""
    return sum(text.count(mark) for mark in _DOUBLE)


def defect(text: str, plain: str, others: Sequence[str]) -> str | None:
    """Return why a mended text cannot be a reference, or nothing.

    Args:
        text: As it was written.
        plain: The same, mended.
        others: Texts that it must not repeat.
    """
    letters = _letters(plain)
    if not letters:
        return "empty"
    for kind, pattern, where in (
        ("refusal", _REFUSAL, plain),
        ("leaked_prompt", _LEAK, text),
        ("talk_about_itself", _TALK, plain),
        ("cut_off", _CUT, plain),
    ):
        if pattern.search(where):
            return kind
    if _doubles(plain) % 2:
        return "cut_off"
    return "copy" if letters in {_letters(other) for other in others} else None


def _letters(text: str) -> str:
    """Return what is compared of a text."""
    return "".join(ch for ch in text.casefold() if ch.isalnum())
