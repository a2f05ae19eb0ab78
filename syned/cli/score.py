"""`syned score`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from syned.cli.common import console
from syned.told import told

AllowEmptyOption = Annotated[
    bool,
    typer.Option(
        "--allow-empty", help="Score predictions that say nothing; without it they are an error."
    ),
]


def score(
    predictions: Annotated[
        Path, typer.Argument(metavar="PREDICTIONS", help="One caption for each id.")
    ],
    references: Annotated[
        Path, typer.Argument(metavar="REFERENCES", help="One caption or more for each id.")
    ],
    meteor: Annotated[
        bool | None,
        typer.Option(
            "--meteor/--no-meteor",
            help="Demand METEOR, or leave it out. Without either it is scored where Java and "
            "its jar are found, and else reported as missing.",
        ),
    ] = None,
    allow_empty: AllowEmptyOption = False,
    per_sample: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the scores of each id here, as JSON lines."),
    ] = None,
    json_: Annotated[
        bool, typer.Option("--json", help="Print one JSON object with all digits, not a table.")
    ] = False,
) -> None:
    """Score captions as papers do: BLEU-1 to 4, METEOR, ROUGE-L and CIDEr.

    Values equal those of pycocoevalcap, tokenizer included, without its Java; only METEOR needs
    one (`pip install 'syned[meteor]'` brings it). `CIDEr` is CIDEr-D, as in the field's papers. How
    rare a word is comes from these very references, so CIDEr of different sets of ids cannot be
    compared.

    PREDICTIONS is a COCO results file, `[{"image_id": 7, "caption": "..."}]`, or JSON lines of
    `{"id": "7", "caption": "..."}`. REFERENCES is a COCO annotation file,
    `{"annotations": [{"image_id": 7, "caption": "..."}]}`, or JSON lines of
    `{"id": "7", "captions": ["...", "..."]}`. Both must have the same ids; `7` and `"7"` are one.
    An empty prediction is an error, since most often the file is broken; blank references are left
    out and counted.

    Examples:

        syned score results.json captions_test.json

        syned score results.jsonl references.jsonl --json --no-meteor > scores.json

        syned score results.json captions_test.json --meteor --per-sample scores.jsonl
    """
    with told("Give the same command again."):
        from trainer.metrics.run import score_files

        score_files(
            predictions,
            references,
            console(),
            meteor=meteor,
            allow_empty=allow_empty,
            per_sample=per_sample,
            json=json_,
        )
