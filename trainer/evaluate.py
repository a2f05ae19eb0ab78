"""Evaluates captions on one set under one protocol, and keeps all that the figures depend on."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from syned import __version__
from syned.errors import SynedError
from syned.parts import write_whole
from trainer.captioner import Captioner
from trainer.evaluation import (
    Judged,
    Result,
    baselines,
    by_change,
    judge,
    measure,
    references_hash,
    references_of,
)
from trainer.evaluation_page import write_page
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
    judged = judge(captions, references, meteor=True)
    same = {
        says: measure(judge(dict.fromkeys(references, text), references, meteor=True))
        for says, text in baselines(references).items()
    }
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
        notes=(*judged.scores.notes, *judged.scores.missing.values()),
    )
    return result, judged


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
    lines = [
        json.dumps({"id": name, "caption": judged.captions[name]}, ensure_ascii=False)
        for name in judged.scores.ids
    ]
    write_whole(folder / PREDICTIONS, "\n".join(lines) + "\n")
    write_page(folder / PAGE, result, judged, part, shape)
    write_whole(folder / RESULT, result.model_dump_json(indent=1))


def read_predictions(path: Path) -> dict[str, str]:
    """Read JSON lines of `id` and `caption`; both may be of any evaluation of syned.

    Raises:
        SynedError: It is no such file, or an id comes twice.
    """
    found: dict[str, str] = {}
    twice: list[str] = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise SynedError(f"{path}: cannot be read: {error}") from error
    for number, line in enumerate(lines, 1):
        name, caption = _prediction(path, number, line) if line.strip() else (None, "")
        if name is not None:
            twice += [name] if name in found else []
            found[name] = caption
    if twice:
        told = ", ".join(twice[:5])
        raise SynedError(f"{path}: {len(twice)} ids come more than once: {told}")
    return found


def _prediction(path: Path, number: int, line: str) -> tuple[str, str]:
    try:
        row = json.loads(line)
        name, caption = str(row["id"]).strip(), row["caption"]
    except (ValueError, KeyError, TypeError) as error:
        raise SynedError(
            f'{path}, line {number}: expected {{"id": …, "caption": …}}, found {line[:80]}'
        ) from error
    if not isinstance(caption, str):
        raise SynedError(f"{path}, line {number}: the caption is no text, but {caption!r:.60}")
    return name, caption


def read_result(path: Path) -> Result:
    """Read what an evaluation wrote.

    Raises:
        SynedError: It is not there, or damaged.
    """
    try:
        return Result.model_validate_json(path.read_text(encoding="utf-8"))
    except (OSError, ValidationError, UnicodeDecodeError) as error:
        raise SynedError(f"{path}: no result of `syned evaluate`") from error
