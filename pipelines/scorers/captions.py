"""Scores of the five captions of a pair that need no model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import combinations

from pipelines.writers.rules import check_text, stems, words
from syned.errors import RowError
from syned.rows import NUM_CAPTIONS

LIMITS = (4, 400)
"""Least and most characters of a clean caption, whoever wrote it."""

SHARE = 0.25
"""A caption names the edit if this share of its words with a meaning is about it.

Measured on 549 pairs of the recipe `demo`, and on the 2,000 instructions with paraphrases that the
authors of arXiv 2412.15939 released (without captions of the pictures). Among the captions of
another pair none names the edit in 80 % and 96 % of the cases; among a pair's own, in 2 % and 4 %.
If one word were enough it would be 69 % and 93 %, and 1 % and 1 %; at a third 86 % and 97 %, and
3 % and 7 %.
"""


@dataclass(frozen=True, slots=True)
class CaptionScores:
    """How clean, different and fitting the captions of a pair are.

    Attributes:
        caption_overlap: The share of words that the two most similar captions have in common and in
            the same order, in [0, 1] (difflib's ratio); 1 if two are equal.
        caption_fit: The share of the captions that name the edit (see `SHARE`), in [0, 1].
        caption_defects: How many captions break a rule of clean text; captions that are missing
            or too many count too.
    """

    caption_overlap: float
    caption_fit: float
    caption_defects: float


def caption_scores(
    captions: Sequence[str], instruction: str, source_caption: str, edited_caption: str
) -> CaptionScores:
    """Score the captions of a pair.

    A word of the edit is one that carries meaning and stands in the instruction, or in one of the
    captions of the two pictures and not in the other; words are compared by their stems.
    """
    edit = stems(instruction) | (stems(edited_caption) ^ stems(source_caption))
    fitting = sum(_names(caption, edit) for caption in captions)
    wrong = sum(not _is_clean(caption) for caption in captions)
    return CaptionScores(
        caption_overlap=max((_overlap(a, b) for a, b in combinations(captions, 2)), default=0.0),
        caption_fit=fitting / len(captions) if captions else 0.0,
        caption_defects=float(wrong + abs(len(captions) - NUM_CAPTIONS)),
    )


def _overlap(one: str, other: str) -> float:
    """Return how much two captions share, in [0, 1]."""
    return SequenceMatcher(None, words(one), words(other), autojunk=False).ratio()


def _names(caption: str, edit: set[str]) -> bool:
    """Say whether a caption is about an edit, given as stems."""
    said = stems(caption)
    return bool(said) and len(said & edit) >= SHARE * len(said)


def _is_clean(caption: str) -> bool:
    """Say whether a caption breaks no rule of clean text."""
    try:
        check_text("the caption", caption.strip(), LIMITS)
    except RowError:
        return False
    return True
