"""The pairs nearest to each threshold, with their pictures."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from typing import Any

import pandas as pd
from PIL import Image

from pipelines import edit, sample, score
from pipelines.report.facts import Edge, Example, Threshold
from syned.images import load_picture
from syned.parquet import read_table
from syned.parts import part_path
from syned.rows import EncodedImage
from syned.run import RunFolder

EACH = 2
"""Pairs on each side of a threshold."""
SIDE = 220
"""Pixels of the longer side of a picture on the page."""


def read_edges(
    run: RunFolder, pairs: pd.DataFrame, thresholds: Sequence[Threshold]
) -> Iterator[Edge]:
    """Yield the pairs nearest to each threshold that decided anything.

    Args:
        run: The run that the pictures are in.
        pairs: Ids, words, scores and decisions, with the `part` of each pair.
        thresholds: The bounds that were in force.
    """
    scored = pairs[pairs["stage"] >= score.NAME]
    for threshold in thresholds:
        own = scored if not threshold.task else scored[scored["task"] == threshold.task]
        values = own[threshold.rule[4:]].astype(float)
        sign = 1 if threshold.rule.startswith("min_") else -1
        over = (values - threshold.value) * sign
        near = over.abs().sort_values(kind="stable").index
        outside = [i for i in near if over[i] < 0 and own.loc[i, "rule"] == threshold.rule][:EACH]
        # Pairs that the rule spares, or that a task's own bound lets in, are not inside of it.
        inside = [i for i in near if over[i] >= 0 and own.loc[i, "kept"]][:EACH]
        if outside:
            yield Edge(
                threshold=threshold,
                inside=tuple(_example(run, own.loc[i], values[i]) for i in inside),
                outside=tuple(_example(run, own.loc[i], values[i]) for i in outside),
            )


def _example(run: RunFolder, pair: Any, value: float) -> Example:
    """Return one pair with its pictures."""
    before = _picture(run, sample.NAME, pair["part"], "image_id", pair["image_id"], "image")
    after = _picture(run, edit.NAME, pair["part"], "pair_id", pair["pair_id"], "edited_image")
    return Example(
        pair_id=pair["pair_id"],
        before=before,
        after=after,
        instruction=pair["instruction"],
        captions=tuple(pair["captions"]),
        value=round(float(value), 4),
        kept=bool(pair["kept"]),
    )


def _picture(run: RunFolder, stage: str, part: int, key: str, name: str, column: str) -> str:
    """Return one picture of a part as a data URI."""
    path = part_path(run.stage(stage), int(part))
    rows = read_table(path, [key, column], [(key, "==", name)]).to_pylist()
    stored = next((row[column] for row in rows if row[column]), None)
    return data_uri(load_picture(EncodedImage(**stored))) if stored else ""


def data_uri(picture: Image.Image) -> str:
    """Return a picture, made small, as a data URI."""
    small = picture.convert("RGB")
    small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(buffer.getvalue()).decode("ascii")
