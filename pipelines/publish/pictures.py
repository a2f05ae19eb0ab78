"""The pictures of a card: where pairs went, how they scored, and some of those that were kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pipelines.decisions import read_decisions
from pipelines.funnel import Funnel, read_funnel
from pipelines.pairs import Pair, read_pairs
from pipelines.preview.contact_sheet import write_contact_sheet
from pipelines.recipe import Recipe
from pipelines.report.facts import Histogram
from pipelines.report.plots import STYLE, draw_funnel, draw_score
from pipelines.report.run_facts import score_histograms
from syned.dataset_rows import DecisionRow
from syned.folders import appear_whole
from syned.ids import fingerprint
from syned.run import RunFolder

VERSION = 2
EXAMPLES = 8
"""Pairs that are shown."""
COLUMNS = 3
"""Histograms side by side."""
_DPI = 110


def write_pictures(
    run: RunFolder, recipe: Recipe, parts: int, folder: Path, mark: str
) -> list[str]:
    """Write the pictures of a run's card, unless they are there.

    Args:
        run: A filtered run.
        recipe: The run's.
        parts: The number of its parts.
        folder: Where they go; it appears whole.
        mark: The fingerprint of the run's dataset.

    Returns:
        Their names without the ending: `funnel`, `scores` and `examples`, as far as there is
        anything to show.
    """
    appear_whole(folder, fingerprint([VERSION, mark]), lambda new: _write(run, recipe, parts, new))
    return sorted(path.stem for path in folder.glob("*.png"))


def _write(run: RunFolder, recipe: Recipe, parts: int, folder: Path) -> None:
    """Write all pictures."""
    _funnel(read_funnel(run), folder / "funnel.png")
    histograms = score_histograms(run, recipe, parts)
    if histograms:
        _scores(histograms, folder / "scores.png")
    pairs = _examples(run, parts)
    if pairs:
        write_contact_sheet(folder / "examples.png", pairs)


def _funnel(funnel: Funnel, path: Path) -> None:
    """Draw the rows of each stage by what became of them."""
    _png(path, [draw_funnel(funnel)], 1, 7.2, 0.8 + 0.36 * len(funnel.stages))


def _scores(histograms: Sequence[Histogram], path: Path) -> None:
    """Draw the distribution of each score."""
    rows = -(-len(histograms) // COLUMNS)
    _png(path, [draw_score(found) for found in histograms], COLUMNS, 11.4, 2.6 * rows)


def _png(path: Path, draws: Sequence[Any], columns: int, width: float, height: float) -> None:
    """Write drawings side by side; the same ones give the same bytes."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=(width, height), layout="constrained")
        columns = min(columns, len(draws))
        grid = figure.subplots(-(-len(draws) // columns), columns, squeeze=False).flat
        for draw, axes in zip(draws, grid, strict=False):
            draw(axes)
        for axes in list(grid)[len(draws) :]:
            axes.set_axis_off()
        figure.savefig(path, dpi=_DPI, facecolor="white", metadata={"Software": None})


def _examples(run: RunFolder, parts: int) -> list[Pair]:
    """Return kept pairs of as many tasks and source pictures as can be, in the run's order."""
    chosen: set[str] = set()
    pictures: set[str] = set()
    for row in _task_by_task(run):
        if row.image_id not in pictures and len(chosen) < EXAMPLES:
            chosen.add(row.pair_id)
            pictures.add(row.image_id)
    return [pair for pair in read_pairs(run, parts) if pair.instruct.pair_id in chosen]


def _task_by_task(run: RunFolder) -> Iterator[DecisionRow]:
    """Yield a kept pair of a new picture for each task in turn, then the others."""
    by_task: dict[str, list[DecisionRow]] = defaultdict(list)
    for row in read_decisions(run):
        if row.kept:
            by_task[row.task].append(row)
    seen: set[str] = set()
    for rows in by_task.values():
        new = next((row for row in rows if row.image_id not in seen), rows[0])
        seen.add(new.image_id)
        yield new
    yield from (row for rows in by_task.values() for row in rows)
