"""ROUGE-L of each sample: an F-measure of the longest common subsequence of words.

Lin, 2004 (https://aclanthology.org/W04-1013), with beta 1.2 and, over several references, the best
precision and the best recall taken apart, as caption evaluation does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from trainer.metrics.ngrams import Floats

BETA = 1.2
"""Recall counts beta**2 = 1.44 times as much as precision."""


def rouge_l(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> Floats:
    """Return ROUGE-L of each sample, float64 (samples,) in [0, 1].

    Args:
        predictions: One tokenized caption for each sample, tokens parted by one space.
        references: At least one tokenized caption for each sample.
    """
    pairs = zip(predictions, references, strict=True)
    return np.array([_rouge(prediction, group) for prediction, group in pairs], dtype=np.float64)


def _rouge(prediction: str, references: Sequence[str]) -> float:
    # Only single spaces part words here: a token may hold a no-break space, and an empty caption
    # is one empty word.
    words = prediction.split(" ")
    places: dict[str, int] = {}
    for place, word in enumerate(words):
        places[word] = places.get(word, 0) | 1 << place
    precision = recall = 0.0
    for reference in references:
        other = reference.split(" ")
        common = _common(places, len(words), other)
        precision = max(precision, common / len(words))
        recall = max(recall, common / len(other))
    if not precision or not recall:
        return 0.0
    return (1 + BETA**2) * precision * recall / (recall + BETA**2 * precision)


def _common(places: dict[str, int], length: int, other: Iterable[str]) -> int:
    """Return the length of the longest common subsequence.

    A row of the usual table is held as the bits of one integer, where a 0 says that the length
    grows by one at this place (Hyyrö, 2004, "Bit-parallel LCS-length computation revisited").

    Args:
        places: Of each word of the first caption, the places where it stands, as bits.
        length: The number of words in the first caption.
        other: The words of the second caption.
    """
    full = (1 << length) - 1
    row = full
    for word in other:
        at = places.get(word)
        if at is not None:
            grown = row & at
            row = ((row + grown) | (row - grown)) & full
    return length - row.bit_count()
