"""N-grams of captions as whole numbers: what BLEU and CIDEr-D both count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

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
    """Which reference belongs to which sample, how long captions are, and their words."""

    sample: Ints
    """int64 (references,), ascending, every sample at least once: the sample of a reference."""
    first: Ints
    """int64 (samples,): the first reference of a sample."""
    predicted_words: Ints
    """int64 (samples,)."""
    referenced_words: Ints
    """int64 (references,)."""
    words: Ints
    """int64 (words,): the words of all predictions, then of all references, as numbers from 0."""

    @property
    def samples(self) -> int:
        """The number of samples."""
        return len(self.first)

    @property
    def references(self) -> Ints:
        """The number of references of each sample, int64 (samples,)."""
        return np.bincount(self.sample, minlength=self.samples)


def lay_out(predictions: Sequence[str], references: Sequence[Sequence[str]]) -> Layout:
    """Number the words of tokenized captions.

    Args:
        predictions: One caption for each sample, tokens parted by white space.
        references: The captions of each sample, at least one.
    """
    sizes = np.array([len(captions) for captions in references], dtype=np.int64)
    texts = [text.split() for text in chain(predictions, *references)]
    lengths = np.array([len(words) for words in texts], dtype=np.int64)
    return Layout(
        sample=np.repeat(np.arange(len(sizes)), sizes),
        first=np.cumsum(sizes) - sizes,
        predicted_words=lengths[: len(predictions)],
        referenced_words=lengths[len(predictions) :],
        words=_numbered(chain.from_iterable(texts), int(lengths.sum())),
    )


def count_grams(layout: Layout) -> Iterator[Grams]:
    """Yield the n-grams of one word, of two, and so on."""
    words = layout.words
    lengths = np.concatenate([layout.predicted_words, layout.referenced_words])
    owner = np.repeat(np.arange(len(lengths)), lengths)
    vocabulary = int(words.max(initial=-1)) + 1
    gram, distinct, start = words, vocabulary, np.arange(len(words))
    for order in range(ORDERS):
        if order:
            inside = start + order < len(words)
            inside[inside] = owner[start[inside]] == owner[start[inside] + order]
            gram, start = gram[inside], start[inside]
            gram, distinct = _renumber(gram * vocabulary + words[start + order])
        yield _share(_count(owner[start], gram, distinct), distinct, layout)


def tally(keys: Ints) -> tuple[Ints, Ints]:
    """Return the different keys, ascending, and how often each occurs, int64 (distinct,) both.

    By sorting, which for whole numbers is several times quicker than `np.unique`.
    """
    ordered = np.sort(keys)
    first = np.flatnonzero(np.diff(ordered, prepend=-1))
    return ordered[first], np.diff(first, append=len(ordered))


def _numbered(words: Iterable[str], count: int) -> Ints:
    """Number words by first appearance."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    return np.fromiter(map(numbers.__getitem__, words), dtype=np.int64, count=count)


def _renumber(keys: Ints) -> tuple[Ints, int]:
    """Number keys in ascending order; return the numbers, and how many there are."""
    order = np.argsort(keys)
    ordered = keys[order]
    numbers = np.empty_like(keys)
    numbers[order] = np.cumsum(np.diff(ordered, prepend=ordered[:1]) != 0)
    return numbers, int(numbers.max(initial=-1)) + 1


def _count(caption: Ints, gram: Ints, distinct: int) -> Counts:
    base = max(distinct, 1)
    keys, counts = tally(caption * base + gram)
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
