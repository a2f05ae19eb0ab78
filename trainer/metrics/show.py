"""Scores for a person and for a program."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from syned import __version__
from syned.plain import plain_json
from syned.storage import write_whole
from syned.temporary import sweep_dead
from trainer.metrics.scores import METRICS, Scores

if TYPE_CHECKING:
    from rich.console import Console


def print_scores(scores: Scores, console: Console) -> None:
    """Print scores times 100, as papers do."""
    table = Table(title=f"{len(scores.ids):,} samples, {scores.references:,} references")
    table.add_column("metric")
    table.add_column("score x 100", justify="right")
    for name in METRICS:
        value = scores.corpus[name]
        table.add_row(name, "missing" if value is None else f"{100 * value:.2f}")
    console.print(table)
    for line in (*scores.missing.values(), *scores.notes):
        console.print(line, highlight=False, soft_wrap=True)
    console.print(f"Tokenizer: {scores.tokenizer}. CIDEr is CIDEr-D.", highlight=False)


def as_json(scores: Scores, predictions: Path, references: Path) -> str:
    """Return one JSON object with all digits, and what is needed to compare it with another."""
    told = {
        "scores": scores.corpus,
        "scale": "CIDEr (CIDEr-D) in [0, 10], all others in [0, 1]; papers print them times 100",
        "samples": len(scores.ids),
        "references": scores.references,
        "missing": scores.missing,
        "notes": scores.notes,
        "tokenizer": scores.tokenizer,
        "syned": __version__,
        "predictions_file": _file(predictions),
        "references_file": _file(references),
    }
    return plain_json(told, indent=2)


def write_per_sample(scores: Scores, path: Path) -> None:
    """Write one JSON line for each sample: its id, and each metric that could be had."""
    names = list(scores.per_sample)
    columns = (scores.per_sample[name].tolist() for name in names)
    rows = zip(scores.ids, *columns, strict=True)
    lines = (json.dumps(dict(zip(["id", *names], row, strict=True))) for row in rows)
    sweep_dead(path.parent)
    write_whole(path, "".join(f"{line}\n" for line in lines))


def _file(path: Path) -> dict[str, Any]:
    return {"name": path.name, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}
