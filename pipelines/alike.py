"""Which pairs are alike, over a whole run, without comparing all with all."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from itertools import chain, pairwise

import pandas as pd

from pipelines.diversity import signature
from pipelines.diversity import words as spoken

ENOUGH = 4
"""Instructions of so many words with a meaning are alike if they differ by one word more or less;
in shorter ones a word is too much of what they say."""
HASH_BITS = 64

Words = tuple[str, ...]


def repeated(instructions: Sequence[str], most: int) -> list[bool]:
    """Say which instructions are alike in words to `most` that came before.

    Two are alike if they have the same `signature`, or if one has one word more and at least
    `ENOUGH`. Each is compared to the first of its kind, through the words themselves and through
    the words less one as keys, so that the work grows with the number of instructions only.
    """
    leaders: dict[Words, Words] = {}
    shortened: dict[Words, Words] = {}
    counts: dict[Words, int] = {}
    result = []
    for text in instructions:
        words = signature(text)
        leader = _leader(words, leaders, shortened)
        if leader is None:
            leader = leaders[words] = words
            for less in _less_one(words):
                shortened.setdefault(less, words)
        counts[leader] = counts.get(leader, 0) + 1
        result.append(counts[leader] > most)
    return result


def _leader(
    words: Words, leaders: dict[Words, Words], shortened: dict[Words, Words]
) -> Words | None:
    """Return the first instruction of the kind of some words, if there is one."""
    same = (leaders.get(key) for key in chain([words], _less_one(words)))
    return next((found for found in same if found is not None), None) or shortened.get(words)


def _less_one(words: Words) -> Iterator[Words]:
    """Yield some words less one, for each of them, if there are enough."""
    if len(words) >= ENOUGH:
        yield from (words[:i] + words[i + 1 :] for i in range(len(words)))


def near_duplicates(
    kinds: Iterable[Hashable], before: Iterable[str], after: Iterable[str], distance: int
) -> list[bool]:
    """Say which pairs have both pictures near those of an earlier pair of the same kind.

    Hashes that differ in at most `distance` bits agree in one of `distance` + 1 bands, so only
    pairs that share a band of the second hash are compared (Manku, Jain, Sarma: Detecting
    near-duplicates for web crawling, WWW 2007).

    Args:
        kinds: Pairs of different kinds are never duplicates.
        before: Hashes of the source pictures, hex digits; empty for none.
        after: Hashes of the edited pictures.
        distance: Most bits of each hash that may differ.
    """
    buckets: dict[Hashable, list[tuple[int, int]]] = {}
    result = []
    for kind, *texts in zip(kinds, before, after, strict=True):
        if not all(texts):
            result.append(False)
            continue
        first, second = (int(text, 16) for text in texts)
        keys = [(kind, i, band) for i, band in enumerate(_bands(second, distance + 1))]
        known = chain.from_iterable(buckets.get(key, ()) for key in keys)
        near = any(_near(first, a, distance) and _near(second, b, distance) for a, b in known)
        result.append(near)
        if not near:
            for key in keys:
                buckets.setdefault(key, []).append((first, second))
    return result


def _near(one: int, other: int, distance: int) -> bool:
    """Say whether two hashes differ in few bits."""
    return (one ^ other).bit_count() <= distance


def _bands(value: int, count: int) -> Iterator[int]:
    """Yield the bits of a hash in so many pieces."""
    edges = [HASH_BITS * i // count for i in range(count + 1)]
    for low, high in pairwise(edges):
        yield (value >> low) & ((1 << (high - low)) - 1)


def same_picture(alive: pd.DataFrame) -> pd.Series:
    """Say which pairs have the edited picture of an earlier one of the same source picture."""
    return alive.duplicated(["image_id", "edited_id"])


def same_words(alive: pd.DataFrame) -> pd.Series:
    """Say which pairs have another instruction, in the same words, than an earlier one's."""
    words = alive["instruction"].map(lambda text: " ".join(spoken(text)))
    first = alive.groupby([alive["image_id"], words])["instruction_id"].transform("first")
    return alive["instruction_id"] != first
