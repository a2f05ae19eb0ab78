"""Seconds of our caption metrics and of pycocoevalcap's, on the same made-up captions.

    python tests/benchmarks/metrics.py [SAMPLES ...] [--repeats N]

A sample is a prediction and five references, each one of the sentences below with some words put
in place of others; every tenth has quotation marks or a contraction, since those need the whole
tokenizer. Both sides tokenize and score BLEU-1 to 4, ROUGE-L and CIDEr-D; METEOR is left out, which
runs in Java on both. They take turns, ours first. What is printed are medians, their ratio, and the
largest difference of any value of the corpus or of a sample. Needs Java and `syned[meteor]`.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import random
import statistics
import sys
import time
from pathlib import Path
from typing import Annotated

import numpy as np
import typer

from trainer.metrics import METRICS, NoMeteor, find_meteor, score

REFERENCES = 5
SEED_CORPUS = """
the red kite above the harbour has moved to the left of the lighthouse
a tall man in a raincoat now stands beside the bus stop
turn the wooden fence into a stone wall covered with ivy
the white van that was parked near the gate is no longer there
add three geese to the pond in front of the old mill
two people with umbrellas have left the crossing
replace the teapot on the windowsill with a copper kettle
make the sky look stormy and let it rain over the fields
there are fewer boats tied up at the pier than before
change the color of the bicycle from green to bright yellow
the shop on the corner has closed its blue shutters
put a sleeping cat on the armchair next to the fireplace
a girl on a skateboard appears behind the parked taxi
remove the ladder that leans against the apple tree
the crowd around the fountain is larger and more people sit on the steps
brighten the picture and crop the empty part on the right
someone opened the window on the second floor of the brick house
give the horse a saddle and a rider with a straw hat
the street lamps are lit and long shadows fall on the pavement
turn this photograph into a watercolor painting of a quiet village
""".strip().splitlines()
WORDS = sorted({word for line in SEED_CORPUS for word in line.split()})

Captions = tuple[dict[str, str], dict[str, list[str]]]
Values = dict[str, tuple[float, np.ndarray]]
"""Of each metric, the value of the corpus and those of the samples."""


def make_caption(rng: random.Random, sentence: str) -> str:
    """Return a sentence with some words changed, and with some marks in one of ten."""
    words = [rng.choice(WORDS) if rng.random() < 0.15 else word for word in sentence.split()]
    text = " ".join(words)
    if rng.random() < 0.1:
        text = rng.choice(('"{}."', "it's as if {}", "{}, isn't it?", "{} (at 5 p.m.)")).format(
            text
        )
    return text[0].upper() + text[1:] + rng.choice((".", ""))


def make_captions(samples: int) -> Captions:
    """Return predictions and references, the same ones for the same number of samples."""
    rng = random.Random(samples)
    predictions, references = {}, {}
    for number in range(samples):
        sentence = rng.choice(SEED_CORPUS)
        predictions[str(number)] = make_caption(rng, sentence)
        references[str(number)] = [make_caption(rng, sentence) for _ in range(REFERENCES)]
    return predictions, references


def ours(captions: Captions) -> Values:
    """Score with our metrics."""
    scores = score(*captions, meteor=False)
    return {
        name: (float(scores.corpus[name] or 0), scores.per_sample[name])
        for name in METRICS
        if name != "METEOR"
    }


def theirs(captions: Captions) -> Values:
    """Score with pycocoevalcap."""
    from pycocoevalcap.bleu.bleu import Bleu
    from pycocoevalcap.cider.cider import Cider
    from pycocoevalcap.rouge.rouge import Rouge
    from pycocoevalcap.tokenizer.ptbtokenizer import PTBTokenizer

    predictions, references = captions
    res = PTBTokenizer().tokenize({name: [{"caption": x}] for name, x in predictions.items()})
    gts = PTBTokenizer().tokenize(
        {name: [{"caption": x} for x in group] for name, group in references.items()}
    )
    with contextlib.redirect_stdout(io.StringIO()):
        bleu = Bleu(4).compute_score(gts, res)
    values = {f"Bleu_{n + 1}": (bleu[0][n], np.array(bleu[1][n])) for n in range(4)}
    for name, scorer in (("ROUGE_L", Rouge()), ("CIDEr", Cider())):
        corpus, each = scorer.compute_score(gts, res)
        values[name] = (float(corpus), np.asarray(each))
    return values


def largest_difference(one: Values, other: Values) -> float:
    """Return the largest difference of any value."""
    assert one.keys() == other.keys()
    return max(
        float(np.abs(np.append(one[name][1], one[name][0]) - np.append(*other[name][::-1])).max())
        for name in one
    )


def compare(samples: int, repeats: int) -> None:
    """Time both sides on some samples and print what came out."""
    captions = make_captions(samples)
    seconds: dict[str, list[float]] = {"ours": [], "theirs": []}
    difference = 0.0
    for _ in range(repeats):
        values = []
        for name, run in (("ours", ours), ("theirs", theirs)):
            begun = time.perf_counter()
            values.append(run(captions))
            seconds[name].append(time.perf_counter() - begun)
        difference = max(difference, largest_difference(*values))
    mine, its = (statistics.median(times) for times in seconds.values())
    print(
        f"{samples:,} samples: ours {mine:.2f} s, pycocoevalcap {its:.2f} s, ratio {mine / its:.3f}"
        f" (1/{its / mine:.1f}); largest difference {difference:.1e}",
        flush=True,
    )


def main(
    samples: Annotated[list[int] | None, typer.Argument()] = None,
    repeats: Annotated[int, typer.Option()] = 3,
) -> None:
    """Print the figures of each number of samples."""
    engine = find_meteor()
    if isinstance(engine, NoMeteor):
        raise SystemExit(engine.reason.replace("METEOR", "pycocoevalcap"))
    logging.disable()
    os.environ["PATH"] = f"{Path(engine.java).parent}{os.pathsep}{os.environ['PATH']}"
    ours(make_captions(100))  # imports
    theirs(make_captions(100))
    for count in samples or (2000, 30_000):
        compare(count, repeats)


if __name__ == "__main__":
    sys.exit(typer.run(main))
