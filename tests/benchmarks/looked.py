"""Where a captioner looks when it is right and when it is wrong, as one figure.

    python tests/benchmarks/looked.py DATASET TRAINING FIGURE.png [--pairs 3]

DATASET is a run or a folder of shards with drawn scenes, TRAINING a folder that `syned train`
wrote, with captions of test pairs of DATASET in its `test/predictions.jsonl`. The first pairs, by
their ids, are taken that are told right, and that are told wrong (`truth.py` decides), each of
another task. Colour is the Q-Former's cross-attention, mean over queries, heads and layers, on one
scale for both pictures of a pair.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from textwrap import fill
from typing import Any

import pyarrow.dataset as ds
import typer
from matplotlib.figure import Figure
from truth import is_true, read_predictions

from trainer.captioner import load_captioner
from trainer.heatmap import draw
from trainer.pictures import join, open_rgb

COLUMNS = ["pair_id", "task", "scene", "edit", "image", "edited_image"]


def chosen(
    rows: dict[str, Any], captions: dict[str, str], pairs: int
) -> Iterator[tuple[str, bool]]:
    """Yield ids of pairs that are told right, then of those told wrong, of different edits."""
    for wanted in (True, False):
        kinds: set[str] = set()
        for name in sorted(captions):
            row = rows.get(name)
            if row is None or not row["scene"] or len(kinds) == pairs:
                continue
            if is_true(captions[name], row) == wanted and row["task"] not in kinds | {"none"}:
                kinds.add(row["task"])
                yield name, wanted


def main(dataset: Path, training: Path, figure: Path, pairs: int = 3) -> None:
    """Draw the figure."""
    folder = dataset / "dataset" if (dataset / "dataset").is_dir() else dataset
    files = sorted(folder.rglob("*test*.parquet"))
    rows = {row["pair_id"]: row for row in ds.dataset(files).to_table(columns=COLUMNS).to_pylist()}
    captions = dict(read_predictions(training / "test" / "predictions.jsonl"))
    captioner = load_captioner(str(training))
    drawn = Figure(figsize=(4.2 * pairs, 5.6))
    for number, (name, right) in enumerate(chosen(rows, captions, pairs), start=1):
        row = rows[name]
        before, after = (open_rgb(row[key]["bytes"]) for key in ("image", "edited_image"))
        axes = drawn.add_subplot(2, pairs, number)
        axes.imshow(draw(captioner, before, after, join(before, after, captioner.shape)))
        told = fill(captions[name], 44)
        axes.set_title(told, fontsize=10, color="darkgreen" if right else "firebrick")
        axes.set_axis_off()
    drawn.tight_layout()
    drawn.savefig(figure, dpi=100)


if __name__ == "__main__":
    typer.run(main)
