"""The pairs of an evaluation as one HTML page: best and worst, with references and captions."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from syned.plain import plain
from syned.storage import write_whole
from trainer.evaluation import Judged, Measured, Result
from trainer.mix import Part
from trainer.pictures import InputShape, Pixels, halves

EACH = 60
"""Pairs that are shown of the worst, and of the best."""
NAMES = ("Bleu_1", "Bleu_2", "Bleu_3", "Bleu_4", "METEOR", "ROUGE_L", "CIDEr", "exact")


@dataclass(frozen=True, slots=True)
class Shown:
    """A pair on the page."""

    pair_id: str
    before: str
    after: str
    caption: str
    references: Sequence[str]
    change: str
    cider: float
    exact: bool


def write_page(path: Path, result: Result, judged: Judged, part: Part, shape: InputShape) -> None:
    """Write the page.

    Args:
        path: The file.
        result: Scores, with all that they depend on.
        judged: Captions and scores of each pair.
        part: The pairs.
        shape: How their pictures are joined.
    """
    environment = Environment(
        loader=PackageLoader("trainer", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = plain
    style = (resources.files("trainer") / "evaluation.css").read_text(encoding="utf-8")
    order = np.argsort(judged.scores.per_sample["CIDEr"], kind="stable")
    worst, best = order[:EACH], order[EACH:][::-1][:EACH]
    text = environment.get_template("evaluation.html.j2").render(
        style=Markup(style),
        result=result,
        table=list(_table(result)),
        names=NAMES,
        worst=[_shown(i, judged, part, shape) for i in worst],
        best=[_shown(i, judged, part, shape) for i in best],
    )
    write_whole(path, text)


def _table(result: Result) -> Iterator[tuple[str, list[str]]]:
    """Yield the scores of the model and of the baselines, times 100, with intervals."""
    for name, measured in {result.model: result.measured, **result.baselines}.items():
        yield name, [_cell(measured, metric) for metric in NAMES]
    for kind, group in result.by_change.items():
        scores = (group.scores.get(metric) for metric in NAMES)
        cells = ["" if score is None else f"{score * 100:.1f}" for score in scores]
        yield f"{result.model}, {kind} ({group.pairs} pairs)", cells


def _cell(measured: Measured, metric: str) -> str:
    value = measured.scores.get(metric)
    if value is None:
        return ""
    ends = measured.intervals.get(metric)
    told = f" ({ends[0] * 100:.1f} to {ends[1] * 100:.1f})" if ends else ""
    return f"{value * 100:.1f}{told}"


def _shown(place: int, judged: Judged, part: Part, shape: InputShape) -> Shown:
    name = judged.scores.ids[place]
    number = next(i for i, row in enumerate(part.store.rows) if row.pair_id == name)
    row = part.store.rows[number]
    before, after = halves(part.store.pixels[number], shape)
    return Shown(
        pair_id=name,
        before=data_uri(before),
        after=data_uri(after),
        caption=judged.captions[name],
        references=row.captions,
        change=row.change,
        cider=float(judged.scores.per_sample["CIDEr"][place]) * 100,
        exact=bool(judged.exact[place]),
    )


def data_uri(pixels: Pixels) -> str:
    """Return a picture, uint8 (H, W, 3), as a data URI."""
    buffer = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(pixels)).save(buffer, "JPEG", quality=88)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
