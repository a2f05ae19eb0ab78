"""Captions against references, by id: scores, their intervals, and what each kind of change got."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from trainer.metrics.bleu import corpus_bleu
from trainer.metrics.scores import BLEU_NAMES, METRICS, Meteor, Scores, score
from trainer.store import ReadyPair

RESAMPLES = 1000
"""Bootstrap resamples of an interval."""
LEVEL = 0.95
"""Share of the resamples that an interval holds."""
NO_CHANGE = "there is no change"
"""What the second baseline says of every pair."""
EXACT = "exact"
"""Name of the share of captions that are equal to a reference but for case and full stop."""


class Fact(BaseModel):
    """A part of a result; it does not change."""

    model_config = ConfigDict(frozen=True)


class Group(Fact):
    """What the pairs of one kind of change got."""

    pairs: int
    scores: dict[str, float]
    """CIDEr counts documents over the whole set, so that groups add up to the total."""


class Measured(Fact):
    """What one set of captions got."""

    scores: dict[str, float | None]
    """By metric, as pycocoevalcap has them; nothing for one that cannot be had here."""
    intervals: dict[str, tuple[float, float]]
    """Bootstrap over pairs, `LEVEL` of the resamples."""


class Result(Fact):
    """Scores, and all that they depend on."""

    model: str
    data: str
    split: str
    protocol: str
    pairs: int
    references: int
    """In all."""
    references_hash: str
    """SHA-256 of ids and references."""
    left_out: dict[str, int]
    """Entries of the set that give no pair, by reason."""
    tokenizer: str
    settings: dict[str, Any]
    """How pictures were prepared and captions made."""
    versions: dict[str, str]
    measured: Measured
    baselines: dict[str, Measured]
    by_change: dict[str, Group]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """Captions, with what is needed to resample their scores.

    Attributes:
        captions: By id.
        scores: As `trainer.metrics` gives them.
        exact: float64 (N,), 1 where a caption is equal to a reference.
    """

    captions: Mapping[str, str]
    scores: Scores
    exact: NDArray[np.float64]


def judge(
    captions: Mapping[str, str],
    references: Mapping[str, Sequence[str]],
    *,
    meteor: Meteor,
) -> Judged:
    """Score captions; none is changed, left out or made up.

    Raises:
        ScoreError: Captions and references are not of the same ids.
    """
    scores = score(captions, references, meteor=meteor)
    exact = [is_exact(captions[name], references[name]) for name in scores.ids]
    return Judged(captions, scores, np.array(exact, dtype=np.float64))


def is_exact(caption: str, references: Sequence[str]) -> bool:
    """Say whether a caption is equal to a reference but for case, white space and full stop."""
    return _plain(caption) in {_plain(text) for text in references}


def _plain(text: str) -> str:
    return " ".join(text.casefold().split()).rstrip(" .")


def measure(judged: Judged, seed: int = 0) -> Measured:
    """Return scores with intervals."""
    scores: dict[str, float | None] = dict(judged.scores.corpus)
    scores[EXACT] = float(judged.exact.mean())
    drawn = [_resampled(judged, weights) for weights in resamples(len(judged.exact), seed)]
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    intervals = {}
    for name in drawn[0]:
        low, high = np.quantile([one[name] for one in drawn], ends)
        intervals[name] = (float(low), float(high))
    return Measured(scores=scores, intervals=intervals)


def resamples(count: int, seed: int) -> list[NDArray[np.int64]]:
    """Return how often each of N pairs is drawn, int64 (N,), for each resample."""
    rng = np.random.default_rng(seed)
    return [np.bincount(rng.integers(count, size=count), minlength=count) for _ in range(RESAMPLES)]


def _resampled(judged: Judged, weights: NDArray[np.int64]) -> dict[str, float]:
    """Return the scores of a resample; METEOR's would need its jar for each."""
    bleu = corpus_bleu(judged.scores.bleu, weights)
    found = dict(zip(BLEU_NAMES, map(float, bleu), strict=True))
    for name in ("ROUGE_L", "CIDEr"):
        found[name] = float(np.average(judged.scores.per_sample[name], weights=weights))
    return found | {EXACT: float(np.average(judged.exact, weights=weights))}


def by_change(judged: Judged, rows: Sequence[ReadyPair]) -> dict[str, Group]:
    """Return what the pairs of each kind of change got; nothing if no kinds are known."""
    kinds = {row.pair_id: row.change for row in rows}
    own = np.array([kinds[name] for name in judged.scores.ids])
    return {
        str(kind): Group(pairs=int((own == kind).sum()), scores=_resampled(judged, own == kind))
        for kind in sorted(set(own) - {""})
    }


class Comparison(Fact):
    """Whether a second set of captions is better than a first, on the same pairs."""

    difference: dict[str, float]
    """Second less first."""
    intervals: dict[str, tuple[float, float]]
    better: dict[str, float]
    """Share of the resamples in which the second is better."""


def compare(first: Judged, second: Judged, seed: int = 0) -> Comparison:
    """Compare by a paired bootstrap (Koehn 2004, aclanthology.org/W04-3250).

    Both are drawn from in the same way, so what is hard for both does not count.
    """
    assert first.scores.ids == second.scores.ids, "both are of the same references"
    every = np.ones(len(first.exact), dtype=np.int64)
    drawn = [_less(first, second, weights) for weights in resamples(len(every), seed)]
    whole = _less(first, second, every)
    ends = [(1 - LEVEL) / 2, (1 + LEVEL) / 2]
    quantiles = {name: np.quantile([one[name] for one in drawn], ends) for name in whole}
    return Comparison(
        difference=whole,
        intervals={name: (float(low), float(high)) for name, (low, high) in quantiles.items()},
        better={name: float(np.mean([one[name] > 0 for one in drawn])) for name in whole},
    )


def _less(first: Judged, second: Judged, weights: NDArray[np.int64]) -> dict[str, float]:
    one, other = _resampled(first, weights), _resampled(second, weights)
    return {name: other[name] - one[name] for name in one}


def baselines(references: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Return what says the same of every pair: the most frequent reference, and "no change".

    The first one is chosen with the references in view, so it is what a constant can get at best,
    or nearly so.
    """
    counts = Counter(text for captions in references.values() for text in captions)
    constant = max(counts, key=lambda text: (counts[text], text))
    return {f"always {constant!r}": constant, f"always {NO_CHANGE!r}": NO_CHANGE}


def references_of(rows: Sequence[ReadyPair]) -> dict[str, tuple[str, ...]]:
    """Return the references by id."""
    return {row.pair_id: row.captions for row in rows}


def references_hash(references: Mapping[str, Sequence[str]]) -> str:
    """Return the SHA-256 of ids and references, in the order of the ids."""
    plain = json.dumps([[name, list(references[name])] for name in sorted(references)])
    return hashlib.sha256(plain.encode()).hexdigest()


def headline(scores: Mapping[str, float | None]) -> str:
    """Return scores in one line, in the field's units: times 100."""
    names = (*METRICS, EXACT)
    found = ((name, scores.get(name)) for name in names)
    return "  ".join(f"{name} {value * 100:.1f}" for name, value in found if value is not None)
