"""The audit of somebody else's dataset: Parquet files or a Hub dataset with pairs of pictures."""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pandas as pd
from PIL import Image

from pipelines.diversity import diversity, signature
from pipelines.near import near_duplicates
from pipelines.report.facts import Audit, Histogram, histogram, lengths, repeats
from pipelines.scorers.captions import caption_scores
from pipelines.scorers.pixels import look_at, pixel_scores
from pipelines.sections.sources import TableSource
from pipelines.sources.layouts import Layout, layout_of
from syned.compare import hash_distance
from syned.errors import RowError
from syned.images import decode_picture
from syned.rows import SCORE_NAMES

LIMITS: Any = {"max_pixels": 100_000_000, "min_side": 8, "max_aspect": 20.0}
"""Pictures beyond these are not read."""
MOST_TASKS = 20
"""Tasks that are told by name."""
NEAR = 2
"""Bits of the perceptual hashes that pairs counted as alike may differ in."""


def table_audit(path: str, named: Mapping[str, Sequence[str]], sample: int) -> Audit:
    """Look through a table of pairs; pictures are decoded for a sample of the rows only.

    Args:
        path: A Parquet file, a folder of them, or `owner/name` on the Hub.
        named: Which column holds what, by field, where that is not recognised.
        sample: How many rows' pictures are looked at.

    Raises:
        SourceError: It cannot be read.
        SynedError: It is not clear which column holds what.
    """
    from pipelines.sources.load_table import load_table, undecoded

    table = load_table(TableSource(path=path))
    layout = layout_of(table.column_names, named, path)
    words = _words(table, layout)
    for column in (layout.image, layout.edited_image):
        table = undecoded(table, str(column))
    numbers = sorted(random.Random(0).sample(range(len(table)), min(sample, len(table))))
    scored, unread = _scored(table, layout, words, numbers, Path(path).expanduser())
    return Audit(
        name=Path(path).name or path,
        kind="table",
        pairs=len(words),
        kept=len(words),
        notes=tuple(_notes(layout, len(words), len(numbers), unread)),
        tasks=_tasks(words["task"]) if layout.task else {},
        histograms=tuple(_histograms(words, scored)),
        diversity=diversity(words["instruction"], words["captions"]),
        instruction_lengths=lengths(words["instruction"]),
        caption_lengths=lengths(text for five in words["captions"] for text in five),
        repeats=repeats(words["instruction"], _alike(scored)),
    )


def _tasks(tasks: Iterable[str]) -> dict[str, int]:
    """Count tasks by name; beyond the most frequent ones they are others."""
    counts = Counter(tasks)
    first = dict(sorted(counts.most_common(MOST_TASKS)))
    others = counts.total() - sum(first.values())
    return first | ({"others": others} if others else {})


def _words(table: Any, layout: Layout) -> pd.DataFrame:
    """Return the texts and scores of all rows; pictures are not read."""
    texts = {name: getattr(layout, name) for name in ("instruction", "task")}
    texts |= {name: getattr(layout, name) for name in ("source_caption", "edited_caption")}
    wanted = {c for c in (*texts.values(), *layout.captions, *layout.scores.values()) if c}
    frame = table.select_columns(sorted(wanted)).to_pandas()
    nothing = pd.Series("", index=frame.index)
    found = {name: frame[c].map(_text) if c else nothing for name, c in texts.items()}
    found |= {name: pd.to_numeric(frame[c], "coerce") for name, c in layout.scores.items()}
    cells = zip(*(frame[c] for c in layout.captions), strict=True) if layout.captions else ()
    told = [[text for cell in row for text in _texts(cell)] for row in cells]
    return pd.DataFrame(found).assign(captions=told or [[] for _ in frame.index])


def _text(cell: Any) -> str:
    """Return the text of a cell, the first of several."""
    found = _texts(cell)
    return found[0] if found else ""


def _texts(cell: Any) -> list[str]:
    """Return the texts of a cell: a list, a JSON list, or one text."""
    if cell is None or (isinstance(cell, float) and math.isnan(cell)):
        return []
    if isinstance(cell, str):
        if cell.lstrip().startswith("["):
            try:
                return [str(text).strip() for text in json.loads(cell)]
            except ValueError:
                pass
        return [cell.strip()] if cell.strip() else []
    return [str(text).strip() for text in cell] if hasattr(cell, "__iter__") else [str(cell)]


def _scored(
    table: Any, layout: Layout, words: pd.DataFrame, numbers: Sequence[int], place: Path
) -> tuple[pd.DataFrame, int]:
    """Return the scores of sampled rows, and how many of them have pictures that cannot be read."""
    from pipelines.sources.cells import cell_bytes, folders_of

    folders = folders_of(place)
    rows: list[dict[str, Any]] = []
    for number in numbers:
        cells = table[number]
        try:
            pictures = [
                decode_picture(cell_bytes(cells[column], folders), **LIMITS)
                for column in (layout.image, layout.edited_image)
            ]
        except RowError:
            continue
        said = words.iloc[number]
        rows.append({"instruction": said["instruction"], **_compare(*pictures), **_clean(said)})
    return pd.DataFrame(rows), len(numbers) - len(rows)


def _compare(before: Image.Image, after: Image.Image) -> dict[str, Any]:
    """Return the pixel scores of a pair; a picture of another size is brought to the source's."""
    fitted = after if after.size == before.size else after.resize(before.size)
    scores = asdict(pixel_scores(look_at(before), look_at(fitted)))
    return scores | {"phash_distance": hash_distance(scores["phash"], scores["edited_phash"])}


def _clean(said: Any) -> dict[str, float]:
    """Return the caption scores of a row that has captions."""
    if not said["captions"]:
        return {}
    told = said["instruction"], said["source_caption"], said["edited_caption"]
    return asdict(caption_scores(said["captions"], *told))


def _histograms(words: pd.DataFrame, scored: pd.DataFrame) -> Iterator[Histogram]:
    """Yield a histogram of each score: the table's own over all rows, else of the sample."""
    for name in (*SCORE_NAMES, "phash_distance"):
        values = words.get(name, scored.get(name))
        if values is not None:
            found = histogram(name, values.astype(float), [True] * len(values))
            if found is not None:
                yield found


def _alike(scored: pd.DataFrame) -> int | None:
    """Count the sampled pairs whose words and pictures are near those of an earlier one."""
    if scored.empty:
        return None
    kinds = scored["instruction"].map(signature)
    return sum(near_duplicates(kinds, scored["phash"], scored["edited_phash"], NEAR))


def _notes(layout: Layout, rows: int, sampled: int, unread: int) -> Iterator[str]:
    """Yield what a reader has to know."""
    yield layout.told()
    if sampled < rows:
        yield f"Pictures were looked at in {sampled} of {rows} rows, drawn at random (seed 0)."
    if unread:
        yield f"{unread} of them have a picture that cannot be read."
    if not layout.captions:
        yield "There are no captions of the difference."
