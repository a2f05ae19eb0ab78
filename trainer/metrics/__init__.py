"""Caption metrics without Java: BLEU, ROUGE-L and CIDEr-D, and METEOR where there is a Java."""

from trainer.metrics.bleu import BleuStats, corpus_bleu
from trainer.metrics.join import ScoreError
from trainer.metrics.meteor import MeteorEngine, NoMeteor, find_meteor
from trainer.metrics.scores import METRICS, Scores, score

__all__ = [
    "METRICS",
    "BleuStats",
    "MeteorEngine",
    "NoMeteor",
    "ScoreError",
    "Scores",
    "corpus_bleu",
    "find_meteor",
    "score",
]
