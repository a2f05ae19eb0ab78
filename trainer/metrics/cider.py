"""CIDEr-D of each sample: what the field's tools and papers call CIDEr.

Vedantam et al., 2015 (https://arxiv.org/abs/1411.5726), with the clipped counts, the length
penalty and the factor 10 of the paper's CIDEr-D; words are not stemmed. How rare an n-gram is
comes from the references of the very samples that are scored, so values of different sets of
samples cannot be compared, and one sample alone scores 0.
"""

from __future__ import annotations

import numpy as np

from trainer.metrics.ngrams import Counts, Floats, Grams, Layout

SIGMA = 6.0
"""Width of the length penalty, in words (section 7 of the paper)."""
SCALE = 10.0


def cider(grams: list[Grams], layout: Layout) -> Floats:
    """Return CIDEr-D of each sample, float64 (samples,) in [0, 10].

    Args:
        grams: The n-grams of each order, from one word on.
        layout: Of the same captions.
    """
    similarity: Floats = np.mean([_similarity(each, layout) for each in grams], axis=0)
    # Lengths are counted in pairs of words: nothing and one word are equally long.
    predicted = np.maximum(layout.predicted_words - 1, 0)[layout.sample]
    difference = predicted - np.maximum(layout.referenced_words - 1, 0)
    penalized = similarity * np.exp(-(difference**2) / (2 * SIGMA**2))
    total = np.bincount(layout.sample, penalized, layout.samples)
    score: Floats = SCALE * total / layout.references
    return score


def _similarity(grams: Grams, layout: Layout) -> Floats:
    """Return the clipped cosine of each reference and its prediction, float64 (references,)."""
    rarity = _rarity(grams, layout)
    predicted = _weights(grams.predicted, rarity)
    referenced = _weights(grams.referenced, rarity)
    shared = referenced[grams.shared_referenced]
    product = np.minimum(predicted[grams.shared_predicted], shared) * shared
    references = len(layout.sample)
    dot = np.bincount(grams.referenced.caption[grams.shared_referenced], product, references)
    length = _norms(grams.predicted, predicted, layout.samples)[layout.sample]
    length = length * _norms(grams.referenced, referenced, references)
    cosine: Floats = np.divide(dot, length, out=np.zeros(references), where=length > 0)
    return cosine


def _rarity(grams: Grams, layout: Layout) -> Floats:
    """Return log(samples / samples with the n-gram in a reference), float64 (distinct,)."""
    gram, sample = grams.referenced.gram, layout.sample[grams.referenced.caption]
    once = (np.diff(gram, prepend=-1) != 0) | (np.diff(sample, prepend=-1) != 0)
    frequency = np.bincount(gram[once], minlength=grams.distinct)
    rarity: Floats = np.log(float(layout.samples)) - np.log(np.maximum(frequency, 1))
    return rarity


def _weights(counts: Counts, rarity: Floats) -> Floats:
    weights: Floats = counts.count * rarity[counts.gram]
    return weights


def _norms(counts: Counts, weights: Floats, captions: int) -> Floats:
    norms: Floats = np.sqrt(np.bincount(counts.caption, weights**2, captions))
    return norms
