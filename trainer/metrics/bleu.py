"""BLEU-1 to BLEU-4 of a corpus, of each sample, and of a resample without counting again.

Papineni et al., 2002 (https://aclanthology.org/P02-1040), with the closest reference length and
the two small constants that caption evaluation adds, so that scores equal those of the field.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from trainer.metrics.ngrams import ORDERS, Floats, Grams, Ints, Layout

TINY, SMALL = 1e-15, 1e-9
"""Added to counts above and below a fraction, so that zero matches give almost, not exactly, 0."""


@dataclass(frozen=True, slots=True)
class BleuStats:
    """What BLEU needs to know of each sample; sums over samples are enough for a corpus."""

    guess: Ints
    """int64 (samples, 4): the n-grams in the prediction."""
    match: Ints
    """int64 (samples, 4): those that a reference has too, each as often as one reference has it."""
    predicted_words: Ints
    """int64 (samples,)."""
    referenced_words: Ints
    """int64 (samples,): length of the reference closest to the prediction, of two the shorter."""


def bleu_stats(grams: list[Grams], layout: Layout) -> BleuStats:
    """Count what BLEU needs.

    Args:
        grams: The n-grams of each order, from one word on.
        layout: Of the same captions.
    """
    words = layout.predicted_words
    return BleuStats(
        guess=np.maximum(words[:, None] - np.arange(ORDERS), 0),
        match=np.stack([_matches(each, layout.samples) for each in grams], axis=1),
        predicted_words=words,
        referenced_words=_closest(layout),
    )


def sample_bleu(stats: BleuStats) -> Floats:
    """Return BLEU-1 to BLEU-4 of each sample, float64 (samples, 4) in [0, 1]."""
    return _bleu(stats.guess, stats.match, stats.predicted_words, stats.referenced_words)


def corpus_bleu(stats: BleuStats, weights: ArrayLike | None = None) -> Floats:
    """Return BLEU-1 to BLEU-4 of a corpus, float64 (4,) in [0, 1].

    Args:
        stats: Of its samples.
        weights: How often each sample counts, whole numbers (samples,); for a resample, the
            `np.bincount(drawn, minlength=samples)` of its drawn indices. Once each if left out.
    """
    times = np.ones(len(stats.guess)) if weights is None else np.asarray(weights, dtype=np.float64)
    parts = (stats.guess, stats.match, stats.predicted_words, stats.referenced_words)
    bleu: Floats = _bleu(*((times @ part)[None] for part in parts))[0]
    return bleu


def _matches(grams: Grams, samples: int) -> Ints:
    """Count the shared n-grams of each sample, int64 (samples,)."""
    best = np.zeros_like(grams.predicted.count)
    np.maximum.at(best, grams.shared_predicted, grams.referenced.count[grams.shared_referenced])
    clipped = np.minimum(best, grams.predicted.count)
    return np.bincount(grams.predicted.caption, clipped, samples).astype(np.int64)


def _closest(layout: Layout) -> Ints:
    words = layout.referenced_words
    distance = np.abs(words - layout.predicted_words[layout.sample])
    base = int(words.max(initial=0)) + 1
    return np.minimum.reduceat(distance * base + words, layout.first) % base


def _bleu(
    guess: Floats | Ints, match: Floats | Ints, predicted: Floats | Ints, referenced: Floats | Ints
) -> Floats:
    precision = np.cumprod((match + TINY) / (guess + SMALL), axis=1)
    ratio = (predicted + TINY) / (referenced + SMALL)
    brevity = np.where(ratio < 1, np.exp(1 - 1 / np.minimum(ratio, 1)), 1.0)
    bleu: Floats = precision ** (1 / np.arange(1, ORDERS + 1)) * brevity[:, None]
    return bleu
