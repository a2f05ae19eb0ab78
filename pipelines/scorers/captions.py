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


@dataclass(frozen=True, slots=True)
class CaptionScores:
    """How clean, different and fitting the captions of a pair are.

    Attributes:
        caption_overlap: The share of words that the two most similar captions have in common and in
            the same order, in [0, 1] (difflib's ratio); 1 if two are equal.
        caption_fit: The share of the captions that name a word of the edit, in [0, 1].
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

    A word of the edit is one that carries meaning and stands in the instruction or is new in the
    edited caption; words are compared by their first letters.
    """
    edit = stems(instruction) | (stems(edited_caption) - stems(source_caption))
    fitting = sum(bool(stems(caption) & edit) for caption in captions)
    wrong = sum(not _is_clean(caption) for caption in captions)
    return CaptionScores(
        caption_overlap=max((_overlap(a, b) for a, b in combinations(captions, 2)), default=0.0),
        caption_fit=fitting / len(captions) if captions else 0.0,
        caption_defects=float(wrong + abs(len(captions) - NUM_CAPTIONS)),
    )


def _overlap(one: str, other: str) -> float:
    """Return how much two captions share, in [0, 1]."""
    return SequenceMatcher(None, words(one), words(other), autojunk=False).ratio()


def _is_clean(caption: str) -> bool:
    """Say whether a caption breaks no rule of clean text."""
    try:
        check_text("the caption", caption.strip(), LIMITS)
    except RowError:
        return False
    return True
