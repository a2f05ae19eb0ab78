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
"""A caption names the edit if so much of what it says is about it.

Measured by `tests/benchmarks/planted.py` on exact captions, and on the 2,022 instructions and
paraphrases of arXiv 2412.15939 (there against the instruction alone): of pairs that have the
captions of another one, 80 % and 95 % have no caption that names the edit, and of right ones 2 %
and 7 %. If a single word were enough it were 70 % and 91 %, against 1 % and 3 %; at a third 87 %
and 98 %, against 3 % and 12 %.
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
