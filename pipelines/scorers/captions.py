"""Scores of the five captions of a pair that need no model."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from pipelines.writers.rules import check_text, stems, words
from syned.errors import RowError
from syned.rows import NUM_CAPTIONS

LIMITS = (4, 400)
"""Least and most characters of a clean caption, whoever wrote it."""

SHARE = 0.25
"""A caption names the edit if this share of its words with a meaning is about it."""


@dataclass(frozen=True, slots=True)
class CaptionScores:
    """How clean, different and fitting the captions of a pair are.

    Attributes:
        caption_overlap: The share of words that the two most similar captions have in common and in
            the same order, in [0, 1] (difflib's ratio); 1 if two are equal.
        caption_fit: The smaller of two shares, in [0, 1]: of the captions, those that name the edit
            (see `SHARE`); of the instruction's words, those that the captions say between them. The
            first is low with captions of another pair; the second, with those of another pair and
            of its two pictures.
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

    The two shares of `caption_fit` were chosen on 549 exact pairs of the recipe `demo`. Of those
    that were given the captions of another pair, 90 % have a fit below 0.4 (0.2 for `style` and
    `global`, whose captions say the same in other words), with the captions of its pictures too
    87 %, and of right pairs 7 %. The first share alone: 82 %, 15 % and 3 %.
    """
    asked = stems(instruction)
    edit = asked | (stems(edited_caption) ^ stems(source_caption))
    said = _share(asked, stems(*captions).__contains__) if asked else 1.0
    wrong = sum(not _is_clean(caption) for caption in captions)
    return CaptionScores(
        caption_overlap=_most_overlap(captions),
        caption_fit=min(_share(captions, lambda caption: _names(caption, edit)), said),
        caption_defects=float(wrong + abs(len(captions) - NUM_CAPTIONS)),
    )


def _share(items: Collection[str], test: Callable[[str], bool]) -> float:
    """Return the share of items that pass a test; none of nothing."""
    return sum(map(test, items)) / max(1, len(items))


def _most_overlap(captions: Sequence[str]) -> float:
    """Return how much the two most similar captions share, in [0, 1]."""
    most, matcher = 0.0, SequenceMatcher(autojunk=False)
    for number, caption in enumerate(captions):
        matcher.set_seq2(words(caption))
        for earlier in captions[:number]:
            matcher.set_seq1(words(earlier))
            if matcher.real_quick_ratio() > most and matcher.quick_ratio() > most:
                most = max(most, matcher.ratio())
    return most


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
