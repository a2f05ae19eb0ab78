"""Which pairs are alike, over a whole run, without comparing all with all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain

import numpy as np
import pandas as pd

from pipelines.diversity import signature
from pipelines.diversity import words as spoken

ENOUGH = 4
"""Instructions of so many words with a meaning are alike if they differ by one word more or less;
in shorter ones a word is too much of what they say."""

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


def same_picture(alive: pd.DataFrame) -> pd.Series:
    """Say which pairs have the edited picture of an earlier one of the same source picture."""
    return alive.duplicated(["image_id", "edited_id"])


def same_words(alive: pd.DataFrame) -> pd.Series:
    """Say which pairs have another instruction, in the same words, than an earlier one's."""
    words = kinds(alive["instruction"], lambda text: " ".join(spoken(text))).rename("words")
    first = alive.groupby([alive["image_id"], words])["instruction_id"].transform("first")
    return alive["instruction_id"] != first


def kinds(texts: pd.Series, say: Callable[[str], str]) -> pd.Series:
    """Number texts by what is said of them; each different text is looked at once."""
    codes, found = pd.factorize(texts)
    said, _ = pd.factorize(np.array([say(text) for text in found.tolist()], dtype=object))
    return pd.Series(said[codes], index=texts.index)
