"""`syned preview`: the pairs of a run as a page or a contact sheet."""

from __future__ import annotations

from pathlib import Path

from pipelines.decisions import read_decisions
from pipelines.funnel import read_funnel
from pipelines.pairs import Pair, read_pairs
from pipelines.preview.contact_sheet import write_contact_sheet
from pipelines.preview.page import LIMIT, write_page
from pipelines.recipe import Recipe
from pipelines.sample import read_layout
from syned.errors import RunError
from syned.recipes import check
from syned.run import RunFolder

SHEET_PAIRS = 12
"""Pairs on a contact sheet, unless asked otherwise."""


def look(run: RunFolder, *, png: bool, out: Path | None, limit: int | None) -> Path:
    """Write the page or the contact sheet of a run.

    Args:
        run: A filtered run.
        png: Whether to write a contact sheet instead of a page.
        out: Where it goes; if not given within the run, or here for a run in a store.
        limit: Most pairs to show.

    Returns:
        The file that was written.

    Raises:
        RunError: The folder is no run, the run is not finished, or `out` is a folder.
    """
    recipe = check(Recipe, run.load_recipe(), str(run.recipe_path))
    funnel = read_funnel(run)
    parts = read_layout(run, recipe).parts
    path = out or beside(run, "preview.png" if png else "preview.html")
    if path.is_dir():
        raise RunError(f"{path} is a folder; --out names a file")
    path.parent.mkdir(parents=True, exist_ok=True)
    if png:
        write_contact_sheet(path, _spread(run, parts, limit or SHEET_PAIRS))
    else:
        write_page(path, run.path.name, read_pairs(run, parts), funnel, limit or LIMIT)
    return path


def beside(run: RunFolder, name: str) -> Path:
    """Return where a page about a run goes: into its folder or, if that is in a store, here."""
    return run.path / name if isinstance(run.path, Path) else Path(f"{run.path.name}-{name}")


def _spread(run: RunFolder, parts: int, limit: int) -> list[Pair]:
    """Return at most `limit` pairs, evenly spread over the kept ones, or over all if none is."""
    kept = [row.pair_id for row in read_decisions(run) if row.kept]
    ids = kept or [row.pair_id for row in read_decisions(run)]
    count = min(limit, len(ids))
    chosen = {ids[i * len(ids) // count] for i in range(count)}
    return [pair for pair in read_pairs(run, parts) if pair.instruct.pair_id in chosen]
