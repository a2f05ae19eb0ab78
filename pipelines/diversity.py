"""How varied the words of a dataset are: what instructions begin with, do and name; distinct-n.

Everything here counts words; no model is needed. Verbs that ask for the same are one verb, so that
"Put a hat on the dog" and "Add a hat to the dog" are alike.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import pairwise
from statistics import fmean

from pydantic import BaseModel, ConfigDict

SAMPLE = 20_000
"""Of so many pairs captions are looked at, at most twice as many, evenly spread."""
MOST = 10
"""Openings, verbs and objects that are told, the most frequent."""

_VERBS = {
    "add": "add append attach bring draw give include insert introduce paint place position put set"
    " show stick sprinkle",
    "remove": "clear cut delete discard drop eliminate erase rid remove strip subtract take wipe",
    "turn": "alter become change convert let make modify render transform turn",
    "replace": "exchange replace substitute swap switch",
    "color": "color colour dye recolor recolour repaint tint",
    "write": "engrave inscribe label print spell type write",
    "move": "move relocate shift slide",
}
"""Verbs of instructions that ask for the same."""
_VERB = {word: verb for verb, words in _VERBS.items() for word in words.split()}
_SMALL = frozenset(
    "a an the this that these those it its his her their some any of in on at to into onto with by"
    " for from and or as so is are be been being please now then there here out up down away off"
    " can could would you your i me we want like image picture photo photograph scene".split()
)
"""Words that carry no meaning of their own in an instruction."""
_LOOKS = frozenset(
    "red orange yellow green blue purple violet pink brown black white gray grey gold golden silver"
    " beige turquoise teal cyan magenta navy bright dark light pale big large small tiny huge"
    " little tall short long new old more less very bigger smaller larger left right top bottom"
    " upper lower middle centre center corner edge side".split()
)
"""Words of looks and places, which are no objects."""


class Diversity(BaseModel):
    """The words of some pairs, counted.

    `distinct_1` and `distinct_2` are distinct-n of Li et al., "A Diversity-Promoting Objective
    Function for Neural Conversation Models" (arXiv 1510.03055): different n-grams as a share of all
    n-grams, here of the five captions of a pair, and the mean over the pairs.
    """

    model_config = ConfigDict(frozen=True)

    instructions: int
    distinct: int
    """Instructions that differ in more than articles, word order and the choice of the verb."""
    openings: dict[str, int]
    """The first two words."""
    verbs: dict[str, int]
    """The first verb, or the first word where none is known."""
    objects: dict[str, int]
    """Words that are neither verbs nor of looks or places, once per instruction."""
    distinct_1: float
    distinct_2: float
    caption_words: tuple[float, int, int]
    """Words of a caption: mean, fewest and most."""


def words(text: str) -> list[str]:
    """Return the words of a text in lower case; a word may hold digits, an apostrophe, a hyphen."""
    return re.findall(r"[^\W_]+(?:['’-][^\W_]+)*", text.casefold())


def stem(word: str) -> str:
    """Return a word without the ending of a plural or a possessive."""
    word = re.sub(r"['’]s?$", "", word)
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and re.search(r"(ss|sh|ch|x|z)es$", word):
        return word[:-2]
    return word[:-1] if len(word) > 3 and re.search(r"[^su]s$", word) else word


def signature(instruction: str) -> tuple[str, ...]:
    """Return what an instruction says as sorted words, the same for instructions alike in words.

    Articles, polite words and the order of words are left out, plurals are singular, and verbs that
    ask for the same are one.
    """
    return _signature(words(instruction))


def _signature(found: Sequence[str]) -> tuple[str, ...]:
    return tuple(sorted({_term(word) for word in found} - {""}))


@cache
def _term(word: str) -> str:
    """Return what a word stands for in a signature; nothing for one without a meaning."""
    return "" if word in _SMALL else _VERB.get(word) or stem(word)


def diversity(instructions: Iterable[str], captions: Iterable[Sequence[str]]) -> Diversity:
    """Count the words of instructions, and of the five captions of each pair."""
    asked = [words(text) for text in instructions]
    told = list(captions)
    lengths = [len(words(caption)) for five in told for caption in five]
    return Diversity(
        instructions=len(asked),
        distinct=len({_signature(found) for found in asked}),
        openings=_top(" ".join(found[:2]) for found in asked),
        verbs=_top(_verb(found) for found in asked),
        objects=_top(name for found in asked for name in _objects(found)),
        distinct_1=_mean(distinct_n(five, 1) for five in told),
        distinct_2=_mean(distinct_n(five, 2) for five in told),
        caption_words=(_mean(lengths), min(lengths, default=0), max(lengths, default=0)),
    )


def objects(instruction: str) -> set[str]:
    """Return the words of an instruction that are neither verbs nor of looks or places."""
    return _objects(words(instruction))


def _objects(found: Sequence[str]) -> set[str]:
    return {_object(word) for word in found} - {""}


@cache
def _object(word: str) -> str:
    """Return what a word names; nothing for a verb, and for a word of looks or places."""
    return "" if word in _SMALL or word in _LOOKS or word in _VERB else stem(word)


def distinct_n(texts: Sequence[str], n: int) -> float:
    """Return the different n-grams of some texts as a share of all of them, for n of 1 or 2."""
    grams = [gram for text in texts for gram in _grams(words(text), n)]
    return len(set(grams)) / len(grams) if grams else 0.0


def _grams(found: Sequence[str], n: int) -> Iterator[tuple[str, ...]]:
    """Yield single words, or neighbours."""
    return ((word,) for word in found) if n == 1 else iter(pairwise(found))


def _verb(said: Sequence[str]) -> str:
    """Return the first verb that is known, or else the first word with a meaning."""
    found = [word for word in said if word not in _SMALL]
    return next((_VERB[word] for word in found if word in _VERB), found[0] if found else "")


def _top(names: Iterable[str]) -> dict[str, int]:
    """Return the most frequent names; of equally frequent ones, the first in the alphabet."""
    counts = Counter(name for name in names if name)
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST])


def _mean(values: Iterable[float]) -> float:
    """Return a mean to three places, 0 of nothing."""
    found = list(values)
    return round(fmean(found), 3) if found else 0.0
