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
    """int64 (entries,), ascending within an n-gram: the caption, from 0."""
    gram: Ints
    """int64 (entries,), ascending: the n-gram, from 0."""
    count: Ints
    """int64 (entries,), at least 1."""

    def select(self, where: NDArray[np.bool_], first: int) -> Counts:
        """Return some of the entries, with captions counted from `first`."""
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
    words, lengths = _numbered(chain(predictions, *references))
    return Layout(
        sample=np.repeat(np.arange(len(sizes)), sizes),
        first=np.cumsum(sizes) - sizes,
        predicted_words=lengths[: len(predictions)],
        referenced_words=lengths[len(predictions) :],
        words=words,
    )


def count_grams(layout: Layout) -> Iterator[Grams]:
    """Yield the n-grams of one word, of two, and so on."""
    words = layout.words
    lengths = np.concatenate([layout.predicted_words, layout.referenced_words])
    beyond = np.full(ORDERS, -1)
    owner = np.append(np.repeat(np.arange(len(lengths)), lengths), beyond)
    vocabulary = int(words.max(initial=-1)) + 1
    gram, start = words, np.arange(len(words))
    for order in range(ORDERS):
        if order:
            inside = np.flatnonzero(owner[start] == owner[start + order])
            gram, start = gram[inside] * vocabulary, start[inside]
            gram += words[start + order]
        gram, counts, distinct = _count(gram, owner[start])
        yield _share(counts, distinct, layout)


def _numbered(texts: Iterable[str]) -> tuple[Ints, Ints]:
    """Number words by first appearance; return those of all texts, and how many each text has."""
    numbers: defaultdict[str, int] = defaultdict()
    numbers.default_factory = numbers.__len__
    lengths: list[int] = []

    every = chain.from_iterable(_split(texts, lengths))
    words = np.fromiter(map(numbers.__getitem__, every), dtype=np.int64)
    return words, np.array(lengths, dtype=np.int64)


def _split(texts: Iterable[str], lengths: list[int]) -> Iterator[list[str]]:
    """Yield the words of each text, and note how many they are."""
    for text in texts:
        words = text.split()
        lengths.append(len(words))
        yield words


def _count(gram: Ints, caption: Ints) -> tuple[Ints, Counts, int]:
    """Number n-grams in ascending order and count them in each caption.

    Args:
        gram: Of each place of a text where an n-gram begins, its number, whatever it be.
        caption: The caption of that place, ascending.

    Returns:
        The new number of each place, the counts, and how many different n-grams there are.
    """
    ordered, place = _sorted(gram)
    fresh = np.diff(ordered, prepend=-1) != 0
    number = np.cumsum(fresh) - 1
    renumbered = np.empty_like(gram)
    renumbered[place] = number
    caption = caption[place]
    first = np.flatnonzero(fresh | (np.diff(caption, prepend=-1) != 0))
    counts = Counts(caption[first], number[first], np.diff(first, append=len(gram)))
    return renumbered, counts, int(number[-1]) + 1 if len(number) else 0


def _sorted(keys: Ints) -> tuple[Ints, Ints]:
    """Return keys in ascending order, and where each stood; of equal keys the first goes first."""
    bits = len(keys).bit_length()
    if int(keys.max(initial=0)) >> (63 - bits):
        place = np.argsort(keys, kind="stable")
        return keys[place], place
    # Sorting whole numbers is twice as quick as sorting their places.
    packed = np.sort(keys << bits | np.arange(len(keys)))
    return packed >> bits, packed & ((1 << bits) - 1)


def _share(counts: Counts, distinct: int, layout: Layout) -> Grams:
    """Part predictions from references, and find the n-grams that both sides of a sample have."""
    of_predictions = counts.caption < layout.samples
    predicted = counts.select(of_predictions, 0)
    referenced = counts.select(~of_predictions, layout.samples)
    have = predicted.gram * layout.samples + predicted.caption
    want = referenced.gram * layout.samples + layout.sample[referenced.caption]
    place = np.searchsorted(have, want)
    hit = place < len(have)
    hit[hit] = have[place[hit]] == want[hit]
    return Grams(predicted, referenced, distinct, place[hit], np.flatnonzero(hit))
