"""What an audit holds, whoever made the dataset: numbers, words and a few pairs to look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict

from pipelines.diversity import Diversity, signature, words
from pipelines.funnel import Funnel

BINS = 40
"""Bars of a histogram of scores."""
MOST_GROUPS = 8
"""Groups of repeated instructions that are told."""


class Fact(BaseModel):
    """A part of an audit; it does not change."""

    model_config = ConfigDict(frozen=True)


class Threshold(Fact):
    """A bound of the filter."""

    rule: str
    value: float
    task: str = ""
    """The task that it is for, or empty for all."""


class Histogram(Fact):
    """How a score is distributed over the pairs."""

    name: str
    edges: tuple[float, ...]
    """One more than there are bars."""
    kept: tuple[int, ...]
    away: tuple[int, ...]
    """Pairs that were turned away, by whatever rule."""
    mean: float
    thresholds: tuple[Threshold, ...] = ()


class Example(Fact):
    """A pair to look at."""

    pair_id: str
    before: str
    """A picture as a data URI."""
    after: str
    instruction: str
    captions: tuple[str, ...]
    value: float
    kept: bool


class Edge(Fact):
    """The pairs nearest to a threshold, on both sides of it."""

    threshold: Threshold
    inside: tuple[Example, ...]
    outside: tuple[Example, ...]


class Repeats(Fact):
    """Instructions alike in words, and pairs alike in pictures."""

    groups: int
    """Kinds of instructions that come more than once."""
    instructions: int
    """Instructions in them."""
    largest: dict[str, int]
    """The first instruction of the largest groups, and how often it comes."""
    pictures: int | None
    """Pairs whose two pictures are both near those of an earlier pair with the same words."""


class StageCost(Fact):
    """What a stage took."""

    stage: str
    rows: int
    seconds: float
    """Of work, added up over the processes."""
    bytes: int


class Cost(Fact):
    """What a run took."""

    stages: tuple[StageCost, ...]
    attempts: float | None
    """Answers of the writer per instruction that was accepted."""
    dataset_bytes: int


class Audit(Fact):
    """Everything that the page tells of one dataset; what is not known is left out."""

    name: str
    kind: str
    """`run` or `table`."""
    pairs: int
    kept: int
    notes: tuple[str, ...] = ()
    """What a reader has to know: which columns were used, what was sampled or could not be read."""
    funnel: Funnel | None = None
    tasks: dict[str, int]
    """Kept pairs per task."""
    wanted: dict[str, float] = {}
    """The share of each task that the recipe asks for."""
    histograms: tuple[Histogram, ...]
    diversity: Diversity
    instruction_lengths: tuple[int, ...]
    """How many kept instructions have 0, 1, 2 … words."""
    caption_lengths: tuple[int, ...]
    repeats: Repeats
    edges: tuple[Edge, ...] = ()
    cost: Cost | None = None
    recipe: dict[str, Any] = {}


def histogram(
    name: str,
    values: Sequence[float],
    kept: Sequence[bool],
    thresholds: Iterable[Threshold] = (),
) -> Histogram | None:
    """Count a score in bars of one width, or return nothing if no pair has it.

    Args:
        name: Of the score.
        values: Of all pairs, NaN where a pair has none.
        kept: Which pairs were kept.
        thresholds: Bounds on this score; bars reach at least to them.
    """
    numbers = np.asarray(values, dtype=np.float64)
    there = np.isfinite(numbers)
    if not there.any():
        return None
    bounds = tuple(thresholds)
    found, stays = numbers[there], np.asarray(kept, dtype=bool)[there]
    marks = [threshold.value for threshold in bounds]
    low, high = min([found.min(), *marks]), max([found.max(), *marks])
    edges = np.linspace(low, high if high > low else low + 1, BINS + 1)
    return Histogram(
        name=name,
        edges=tuple(round(float(edge), 6) for edge in edges),
        kept=tuple(np.histogram(found[stays], edges)[0].tolist()),
        away=tuple(np.histogram(found[~stays], edges)[0].tolist()),
        mean=round(float(found.mean()), 4),
        thresholds=bounds,
    )


def lengths(texts: Iterable[str]) -> tuple[int, ...]:
    """Return how many texts have 0, 1, 2 … words."""
    counts = Counter(len(words(text)) for text in texts)
    return tuple(counts[i] for i in range(max(counts, default=-1) + 1))


def repeats(instructions: Iterable[str], pictures: int | None) -> Repeats:
    """Count instructions that are alike in words.

    Args:
        instructions: Each once.
        pictures: Pairs whose pictures are alike too, if that was looked at.
    """
    first: dict[tuple[str, ...], str] = {}
    counts: Counter[tuple[str, ...]] = Counter()
    for text in instructions:
        kind = signature(text)
        first.setdefault(kind, text)
        counts[kind] += 1
    again = {kind: count for kind, count in counts.items() if count > 1}
    largest = sorted(again.items(), key=lambda item: (-item[1], item[0]))[:MOST_GROUPS]
    return Repeats(
        groups=len(again),
        instructions=sum(again.values()),
        largest={first[kind]: count for kind, count in largest},
        pictures=pictures,
    )


def shares(weights: Mapping[Any, float]) -> dict[str, float]:
    """Return weights as shares of their sum."""
    total = sum(weights.values())
    return {str(name): weight / total for name, weight in weights.items() if weight > 0}
