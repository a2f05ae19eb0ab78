"""The pictures of a card: where pairs went, how they scored, and some of those that were kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.decisions import read_decisions
from pipelines.pairs import Pair, read_pairs
from pipelines.preview.contact_sheet import write_contact_sheet
from pipelines.report.facts import Audit, Histogram
from pipelines.report.plots import STYLE, draw_funnel, draw_score
from syned.run import RunFolder

EXAMPLES = 8
"""Pairs that are shown."""
COLUMNS = 3
"""Histograms side by side."""
_DPI = 110


def write_pictures(run: RunFolder, parts: int, audit: Audit, folder: Path) -> list[str]:
    """Write the pictures of a run's card.

    Args:
        run: A filtered run.
        parts: The number of its parts.
        audit: Of the run.
        folder: Where they go.

    Returns:
        Their names without the ending: `funnel`, `scores` and `examples`, as far as there is
        anything to show.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _funnel(audit, folder / "funnel.png")
    names = ["funnel"]
    if audit.histograms:
        _scores(audit.histograms, folder / "scores.png")
        names.append("scores")
    pairs = _examples(run, parts)
    if pairs:
        write_contact_sheet(folder / "examples.png", pairs)
        names.append("examples")
    return names


def _funnel(audit: Audit, path: Path) -> None:
    """Draw the rows of each stage by what became of them."""
    assert audit.funnel is not None, "a run has a funnel"
    draw = draw_funnel(audit.funnel)
    _png(path, [draw], 1, 7.2, 0.8 + 0.36 * len(audit.funnel.stages))


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
    """Return kept pairs, as many tasks among them as there are, in the order of the run."""
    by_task: dict[str, list[str]] = defaultdict(list)
    for row in read_decisions(run):
        if row.kept:
            by_task[row.task].append(row.pair_id)
    rounds = (ids[number] for number in range(EXAMPLES) for ids in by_task.values() if ids[number:])
    chosen = {pair_id for pair_id, _ in zip(rounds, range(EXAMPLES), strict=False)}
    return [pair for pair in read_pairs(run, parts) if pair.instruct.pair_id in chosen]
