"""N-grams of captions as whole numbers: what BLEU and CIDEr-D both count."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ORDERS = 4
"""N-grams of one to four words, as in BLEU-4 and CIDEr-D."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How often each n-gram of one order stands in each caption; one entry for each of these."""

    caption: Ints
    """int64 (entries,), ascending: the caption, from 0."""
    gram: Ints
    """int64 (entries,), ascending within a caption: the n-gram, from 0."""
    count: Ints
    """int64 (entries,), at least 1."""

    def select(self, where: slice, first: int) -> Counts:
        """Return the entries of a slice, with captions counted from `first`."""
        return Counts(self.caption[where] - first, self.gram[where], self.count[where])


@dataclass(frozen=True, slots=True)
class Grams:
    """The n-grams of one order in predictions and references, and those that a pair shares.

    An n-gram has the same number in predictions and references.
    """

    predicted: Counts
    """By sample."""
    referenced: Counts
    """By reference; see `Layout.sample`."""
    distinct: int
    """How many different n-grams there are."""
    shared_predicted: Ints
    """int64 (shared,): entries of `predicted` whose n-gram stands in a reference of the sample."""
    shared_referenced: Ints
    """int64 (shared,): that entry of `referenced`."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which reference belongs to which sample, and how long all captions are."""

    sample: Ints
    """int64 (references,), ascending, every sample at least once: the sample of a reference."""
    first: Ints
    """int64 (samples,): the first reference of a sample."""
    predicted_words: Ints
    """int64 (samples,)."""
    referenced_words: Ints
    """int64 (references,)."""

    @property
    def samples(self) -> int:
        """The number of samples."""
        return len(self.first)

    @property
    def references(self) -> Ints:
        """The number of references of each sample, int64 (samples,)."""
        return np.bincount(self.sample, minlength=self.samples)


def lay_out(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> Layout:
    """Return the layout of tokenized captions; every sample has at least one reference."""
    sizes = np.array([len(captions) for captions in references], dtype=np.int64)
    return Layout(
        sample=np.repeat(np.arange(len(sizes)), sizes),
        first=np.cumsum(sizes) - sizes,
        predicted_words=_lengths(predictions),
        referenced_words=_lengths([c for captions in references for c in captions]),
    )


def count_grams(
    predictions: Sequence[str], references: Sequence[Sequence[str]], layout: Layout
) -> Iterator[Grams]:
    """Yield the n-grams of one word, of two, and so on, of tokenized captions.

    Args:
        predictions: One caption for each sample, tokens parted by white space.
        references: The captions of each sample.
        layout: What `lay_out` gave for them.
    """
    captions = [*predictions, *(caption for group in references for caption in group)]
    lengths = np.concatenate([layout.predicted_words, layout.referenced_words])
    owner = np.repeat(np.arange(len(captions)), lengths)
    words = _numbered(captions)
    vocabulary = int(words.max(initial=-1)) + 1
    gram, distinct, start = words, vocabulary, np.arange(len(words))
    for order in range(ORDERS):
        if order:
            inside = start + order < len(words)
            inside[inside] = owner[start[inside]] == owner[start[inside] + order]
            gram, start = gram[inside], start[inside]
            gram, distinct = _renumber(gram * vocabulary + words[start + order])
        yield _share(_count(owner[start], gram, distinct), distinct, layout)


def _lengths(captions: Sequence[str]) -> Ints:
    return np.array([len(caption.split()) for caption in captions], dtype=np.int64)


def _numbered(captions: Sequence[str]) -> Ints:
    """Number the words of all captions in one row, by first appearance."""
    numbers: dict[str, int] = {}
    words = " ".join(captions).split()
    return np.array([numbers.setdefault(word, len(numbers)) for word in words], dtype=np.int64)


def _renumber(keys: Ints) -> tuple[Ints, int]:
    distinct, numbers = np.unique(keys, return_inverse=True)
    return numbers, len(distinct)


def _count(caption: Ints, gram: Ints, distinct: int) -> Counts:
    base = max(distinct, 1)
    keys, counts = np.unique(caption * base + gram, return_counts=True)
    return Counts(keys // base, keys % base, counts)


def _share(counts: Counts, distinct: int, layout: Layout) -> Grams:
    """Part predictions from references, and find the n-grams that both sides of a sample have."""
    border = int(np.searchsorted(counts.caption, layout.samples))
    predicted = counts.select(slice(None, border), 0)
    referenced = counts.select(slice(border, None), layout.samples)
    have = predicted.caption * distinct + predicted.gram
    want = layout.sample[referenced.caption] * distinct + referenced.gram
    place = np.searchsorted(have, want)
    hit = place < len(have)
    hit[hit] = have[place[hit]] == want[hit]
    return Grams(predicted, referenced, distinct, place[hit], np.flatnonzero(hit))
