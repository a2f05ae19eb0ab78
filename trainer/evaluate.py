"""Evaluates captions on one set under one protocol, and keeps all that the figures depend on."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from syned import __version__
from syned.errors import EngineError
from syned.hub.commits import commit_of, split_revision
from syned.plain import plain_json
from syned.storage import write_whole
from syned.temporary import sweep_dead
from trainer.captioner import Captioner
from trainer.evaluation import (
    Judged,
    Measured,
    Result,
    baselines,
    by_change,
    judge,
    measure,
    references_hash,
    references_of,
)
from trainer.evaluation_page import write_page
from trainer.metrics.meteor import NoMeteor
from trainer.metrics.meteor_process import RunningMeteor
from trainer.metrics.scores import running_meteor
from trainer.metrics.tokenize import TOKENIZER
from trainer.mix import Part
from trainer.pictures import InputShape
from trainer.readers.registry import datasets
from trainer.recipe import DataConfig

PREDICTIONS, RESULT, PAGE = "predictions.jsonl", "result.json", "page.html"


def protocol_of(config: DataConfig) -> str:
    """Return the name of the protocol in force."""
    return config.protocol or datasets()[config.data].default_protocol


def evaluate_part(captioner: Captioner, part: Part, config: DataConfig) -> tuple[Result, Judged]:
    """Caption all pairs of a set and score the captions."""
    rows = part.store.rows
    said = captioner.caption(part.store.pixels)
    captions = {row.pair_id: text for row, text in zip(rows, said, strict=True)}
    model = captioner.loaded
    settings = {
        "generate": captioner.generate.model_dump(),
        "join": model.shape.join,
        "paper": model.shape.paper,
        "input": list(model.shape.size),
        "prompt": model.encoder.prompt,
        "dtype": str(next(model.model.parameters()).dtype).removeprefix("torch."),
        "device": captioner.device,
        "commit": commit_of(*split_revision(captioner.name)),
    }
    return evaluate_captions(captioner.name, captions, part, config, settings)


def evaluate_captions(
    name: str,
    captions: Mapping[str, str],
    part: Part,
    config: DataConfig,
    settings: Mapping[str, Any],
) -> tuple[Result, Judged]:
    """Score captions, whoever made them.

    Raises:
        ScoreError: They are not of the set's pairs.
    """
    rows = part.store.rows
    references = references_of(rows)
    with running_meteor() as meteor:
        judged, failed = _judged(captions, references, meteor)
        same = _baselines(references, NoMeteor(failed[0]) if failed else meteor)
    result = Result(
        model=name,
        data=config.data,
        split=config.split,
        protocol=protocol_of(config),
        pairs=len(rows),
        references=sum(len(row.captions) for row in rows),
        references_hash=references_hash(references),
        left_out=part.left_out,
        tokenizer=TOKENIZER,
        settings=dict(settings),
        versions=_versions(),
        measured=measure(judged),
        baselines=same,
        by_change=by_change(judged, rows),
        notes=(*judged.scores.notes, *(failed or judged.scores.missing.values()), *_lost(part)),
    )
    return result, judged


def _judged(
    captions: Mapping[str, str],
    references: Mapping[str, Sequence[str]],
    meteor: RunningMeteor | NoMeteor,
) -> tuple[Judged, tuple[str, ...]]:
    """Judge captions, without METEOR if it fails; also return why it did.

    Raises:
        ScoreError: They are not of the set's pairs.
    """
    try:
        return judge(captions, references, meteor=meteor), ()
    except EngineError as error:
        failed = f"METEOR failed and is missing: {error}"
        return judge(captions, references, meteor=NoMeteor(failed)), (failed,)


def _baselines(
    references: Mapping[str, Sequence[str]], meteor: RunningMeteor | NoMeteor
) -> dict[str, Measured]:
    """Score one caption for all pairs, for each that is worth a look."""
    return {
        says: measure(judge(dict.fromkeys(references, text), references, meteor=meteor))
        for says, text in baselines(references).items()
    }


def _lost(part: Part) -> list[str]:
    """Say how many entries of a set were left out."""
    count = sum(part.left_out.values())
    reasons = ", ".join(f"{number:,} {reason}" for reason, number in part.left_out.items())
    return [f"{count:,} entries of the set were left out: {reasons}."] if count else []


def _versions() -> dict[str, str]:
    """Return the versions that captions and scores depend on."""
    found = {"syned": __version__, "python": sys.version.split()[0]}
    for package in ("torch", "transformers", "peft", "numpy", "pillow"):
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return found


def save_result(
    folder: Path, result: Result, judged: Judged, part: Part, shape: InputShape
) -> None:
    """Write the result, the captions and the page of an evaluation."""
    folder.mkdir(parents=True, exist_ok=True)
    sweep_dead(folder)
    lines = [
        plain_json({"id": name, "caption": judged.captions[name]}) for name in judged.scores.ids
    ]
    write_whole(folder / PREDICTIONS, "\n".join(lines) + "\n")
    write_page(folder / PAGE, result, judged, part, shape)
    write_whole(folder / RESULT, result.model_dump_json(indent=1))
