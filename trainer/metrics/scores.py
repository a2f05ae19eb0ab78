"""All caption metrics of a set of predictions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias

from trainer.metrics.bleu import BleuStats, bleu_stats, corpus_bleu, sample_bleu
from trainer.metrics.cider import cider
from trainer.metrics.join import Joined, join, some
from trainer.metrics.meteor import MeteorEngine, NoMeteor, find_meteor
from trainer.metrics.meteor_process import RunningMeteor
from trainer.metrics.ngrams import Floats, count_grams, lay_out
from trainer.metrics.rouge import rouge_l
from trainer.metrics.tokenize import TOKENIZER, tokenize

BLEU_NAMES = ("Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4")
METRICS = (*BLEU_NAMES, "METEOR", "ROUGE_L", "CIDEr")
"""The names that pycocoevalcap gives, in its order."""
Meteor: TypeAlias = bool | RunningMeteor | NoMeteor
"""Whether to start METEOR, or what runs it, or why it is left out."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What captions score, as a whole and one by one."""

    ids: tuple[str, ...]
    """In the order of the references; `per_sample` and `bleu` have the same."""
    references: int
    """How many references were used in all."""
    corpus: dict[str, float | None]
    """Every name of `METRICS`; nothing where a metric could not be had. CIDEr is in [0, 10], the
    others in [0, 1]; ROUGE_L and CIDEr are means over samples, BLEU and METEOR are not."""
    per_sample: dict[str, Floats]
    """float64 (samples,) for every metric that could be had."""
    bleu: BleuStats
    """For `corpus_bleu` of a resample."""
    missing: dict[str, str]
    """Why a metric could not be had, and how to get it."""
    notes: tuple[str, ...]
    """What was found in the captions that a reader of the scores must know, one line each."""
    tokenizer: str = TOKENIZER


def score(
    predictions: Mapping[str, str],
    references: Mapping[str, Sequence[str]],
    *,
    meteor: Meteor = True,
) -> Scores:
    """Score predictions with BLEU-1 to 4, METEOR, ROUGE-L and CIDEr-D, as pycocoevalcap does.

    Args:
        predictions: One caption for each id. An empty one is scored as such.
        references: One caption or more for each id; blank ones are left out, and counted.
        meteor: Whether to run METEOR, where there is a Java and its jar (ask `find_meteor` first to
            know before a long run), or one that runs for several sets.

    Raises:
        ScoreError: Ids are on one side only, or have no reference.
        EngineError: METEOR was started and failed.
    """
    joined = join(predictions, references)
    candidates = tokenize(joined.predictions)
    groups = _tokenize_groups(joined.references)
    layout = lay_out(candidates, groups)
    grams = list(count_grams(layout))
    stats = bleu_stats(grams, layout)
    per_sample = dict(zip(BLEU_NAMES, sample_bleu(stats).T, strict=True))
    per_sample |= {"ROUGE_L": rouge_l(candidates, groups), "CIDEr": cider(grams, layout)}
    corpus = dict(zip(BLEU_NAMES, map(float, corpus_bleu(stats)), strict=True))
    corpus |= {name: float(per_sample[name].mean()) for name in ("ROUGE_L", "CIDEr")}
    missing = {}
    engine = _engine(meteor)
    if isinstance(engine, NoMeteor):
        missing["METEOR"] = engine.reason
    else:
        corpus["METEOR"], per_sample["METEOR"] = engine.score(candidates, groups)
    return Scores(
        ids=joined.ids,
        references=len(layout.sample),
        corpus={name: corpus.get(name) for name in METRICS},
        per_sample={name: per_sample[name] for name in METRICS if name in per_sample},
        bleu=stats,
        missing=missing,
        notes=_notes(joined, candidates, groups),
    )


def _engine(meteor: Meteor) -> MeteorEngine | RunningMeteor | NoMeteor:
    """Return what runs METEOR, if anything does."""
    if not isinstance(meteor, bool):
        return meteor
    return find_meteor() if meteor else NoMeteor("METEOR was left out.")


@contextmanager
def running_meteor() -> Iterator[RunningMeteor | NoMeteor]:
    """Have METEOR in one Java for several sets of captions, which takes ten seconds to start."""
    engine = find_meteor()
    if isinstance(engine, NoMeteor):
        yield engine
        return
    with engine.running() as java:
        yield java


def _tokenize_groups(groups: Sequence[Sequence[str]]) -> list[list[str]]:
    """Tokenize the captions of all groups in one go, since a token may depend on the next line."""
    lines = iter(tokenize([caption for group in groups for caption in group]))
    return [[next(lines) for _ in group] for group in groups]


def _notes(
    joined: Joined, candidates: Sequence[str], groups: Sequence[Sequence[str]]
) -> tuple[str, ...]:
    """Say what a reader of the scores must know of the captions."""
    pairs = zip(joined.ids, groups, strict=True)
    wordless = [name for name, group in pairs for reference in group if not reference]
    silent = [name for name, text in zip(joined.ids, candidates, strict=True) if not text]
    told = (
        (joined.blank_references, "blank references were left out"),
        (wordless, "references hold no words, only punctuation"),
        (silent, "predictions hold no words, and score next to 0"),
        (joined.line_breaks, "captions had line breaks, which were read as spaces"),
    )
    notes = [f"{len(ids)} {what}: {some(list(dict.fromkeys(ids)))}." for ids, what in told if ids]
    if len(joined.ids) == 1:
        notes.append(
            "With one sample CIDEr is 0: how rare a word is comes from the references of several."
        )
    return tuple(notes)
