"""The page of a run: one HTML file that needs no network and runs no script but its own."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from importlib import resources

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipelines.funnel import Funnel, StageCount
from pipelines.pairs import Pair
from pipelines.preview.record import SCORES, pictures, safe_json, words
from syned.plain import plain
from syned.storage import Place, written_whole
from syned.temporary import sweep_dead

LIMIT = 2000
"""Pairs on one page: about 80 MB, which browsers still open at once."""


def write_page(
    path: Place, title: str, pairs: Iterable[Pair], funnel: Funnel, limit: int | None = LIMIT
) -> None:
    """Write the page of a run; it appears whole, and only one pair at a time is in memory.

    Args:
        path: The HTML file; one that is there is replaced.
        title: The name of the run.
        pairs: All pairs of the run, kept or not.
        funnel: The run in numbers.
        limit: At most so many pairs are shown, evenly spread over the run; nothing for all.
    """
    total = pairs_made(funnel)
    template = _environment().get_template("page.html.j2")
    chunks = template.generate(
        title=plain(title),
        total=total,
        funnel=funnel,
        bars=[bar(stage, _widest(funnel, stage.unit)) for stage in funnel.stages],
        score_names=safe_json(SCORES),
        pairs=_records(spread(pairs, total, limit)),
        css=_asset("page.css"),
        js=_asset("page.js"),
    )
    sweep_dead(path.parent)
    with (
        written_whole(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="\n") as file,
    ):
        file.writelines(chunks)


def pairs_made(funnel: Funnel) -> int:
    """Return how many pairs a run has, whatever became of them."""
    return _widest(funnel, "pairs")


def spread(pairs: Iterable[Pair], total: int, limit: int | None) -> Iterator[Pair]:
    """Yield at most `limit` of `total` pairs, evenly spread and in their order."""
    if limit is None or limit >= total:
        yield from pairs
        return
    for index, pair in enumerate(pairs):
        if (index + 1) * limit // total > index * limit // total:
            yield pair


def bar(stage: StageCount, widest: int) -> dict[str, float]:
    """Return the three pieces of a stage's bar, in per cent of the widest stage."""
    counts = {"ok": stage.ok, "filtered": stage.filtered, "failed": stage.failed}
    return {name: round(100 * count / max(widest, 1), 2) for name, count in counts.items()}


def _widest(funnel: Funnel, unit: str) -> int:
    """Return the rows of the largest stage that counts in a unit."""
    sizes = [s.ok + s.filtered + s.failed for s in funnel.stages if s.unit == unit]
    return max(sizes, default=0)


def _records(pairs: Iterable[Pair]) -> Iterator[tuple[Markup, Markup]]:
    """Yield the words and the pictures of each pair, as JSON."""
    for pair in pairs:
        yield safe_json(words(pair)), safe_json(pictures(pair))


def _environment() -> Environment:
    """Return a Jinja environment that escapes every value for HTML."""
    loader = PackageLoader("pipelines.preview", "")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["csp_hash"] = _csp_hash
    return environment


def _asset(name: str) -> Markup:
    """Return a style sheet or script that ships with this package."""
    return Markup((resources.files("pipelines.preview") / name).read_text(encoding="utf-8"))


def _csp_hash(code: Markup) -> Markup:
    """Return the source expression that lets one inline element through the page's policy."""
    digest = hashlib.sha256(code.encode("utf-8")).digest()
    return Markup(f"'sha256-{base64.b64encode(digest).decode('ascii')}'")
