"""The audit as one HTML page that needs no network and no server."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib import resources
from itertools import zip_longest

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipelines.report.facts import Audit, Histogram
from pipelines.report.plots import bars_plot, funnel_plot, lengths_plot, score_plot
from syned.plain import plain
from syned.run import differences


@dataclass(frozen=True, slots=True)
class Panel:
    """A plot, and the same in numbers.

    Attributes:
        title: What it shows.
        plot: SVG.
        head: Of the table.
        rows: Of the table.
    """

    title: str
    plot: Markup
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


def render(audits: Sequence[Audit]) -> str:
    """Return the page of one audit, or of two side by side."""
    names = _names(audits)
    environment = Environment(
        loader=PackageLoader("pipelines.report", ""),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["plain"] = plain
    style = (resources.files("pipelines.report") / "page.css").read_text(encoding="utf-8")
    return environment.get_template("page.html.j2").render(
        style=Markup(style),
        title=" and ".join(names),
        audits=list(zip(names, audits, strict=True)),
        funnels=[(name, funnel_plot(a)) for name, a in zip(names, audits, strict=True) if a.funnel],
        scores=list(_scores(audits, names)),
        composition=_composition(audits, names),
        words=list(_words(audits, names)),
        costs=[_cost(name, a) for name, a in zip(names, audits, strict=True) if a.cost],
        differences=_recipe_differences(audits),
    )


def _names(audits: Sequence[Audit]) -> list[str]:
    """Return what the audits are called, told apart if both have one name."""
    names = [plain(audit.name) for audit in audits]
    return (
        [f"{n} ({i + 1})" for i, n in enumerate(names)] if len(set(names)) < len(names) else names
    )


def _scores(audits: Sequence[Audit], names: Sequence[str]) -> Iterator[Panel]:
    """Yield a panel for each score."""
    found = [{h.name: h for h in audit.histograms} for audit in audits]
    for name in dict.fromkeys(key for histograms in found for key in histograms):
        own = [histograms.get(name) for histograms in found]
        first, *rest = [histogram for histogram in own if histogram is not None]
        both = rest[0] if rest else None
        rows = [_score_row(n, h) for n, h in zip(names, own, strict=True) if h is not None]
        titles = names if both else [n for n, h in zip(names, own, strict=True) if h is not None]
        head = ("dataset", "pairs", "mean", "lowest", "highest", "thresholds")
        yield Panel(f"{name}", score_plot(first, both, titles), head, rows)


def _score_row(name: str, found: Histogram) -> list[str]:
    """Return a score in numbers."""
    bounds = "; ".join(
        f"{t.rule} {t.value:.4g}{f' for {t.task}' if t.task else ''}" for t in found.thresholds
    )
    low, high = _ends(found)
    count = sum(found.kept) + sum(found.away)
    return [name, f"{count:,}", f"{found.mean:.4g}", f"{low:.4g}", f"{high:.4g}", bounds or "none"]


def _ends(found: Histogram) -> tuple[float, float]:
    """Return the lower end of the first bar that is not empty and the upper end of the last."""
    filled = [i for i, (a, b) in enumerate(zip(found.kept, found.away, strict=True)) if a + b]
    return found.edges[filled[0]], found.edges[filled[-1] + 1]


def _composition(audits: Sequence[Audit], names: Sequence[str]) -> Panel | None:
    """Return the tasks of kept pairs against the wanted ones, if tasks are known."""
    known = [(n, audit) for n, audit in zip(names, audits, strict=True) if audit.tasks]
    if not known:
        return None
    shares = [
        {task: count / max(1, audit.kept) for task, count in audit.tasks.items()}
        for _, audit in known
    ]
    series, titles = list(shares), [name for name, _ in known]
    if len(known) == 1 and known[0][1].wanted:
        series, titles = [*shares, known[0][1].wanted], [*titles, "wanted"]
    tasks = list(dict.fromkeys(task for values in series for task in values))
    rows = [[task, *(f"{values.get(task, 0):.1%}" for values in series)] for task in tasks]
    plot = bars_plot(series, titles, "Composition by task", "share of kept pairs")
    return Panel("Composition by task", plot, ("task", *titles), rows)


def _words(audits: Sequence[Audit], names: Sequence[str]) -> Iterator[Panel]:
    """Yield panels on the words of instructions and captions."""
    for field in ("openings", "verbs", "objects"):
        series = [getattr(audit.diversity, field) for audit in audits]
        if any(series):
            rows = _rows(series)
            plot = bars_plot(series, names, f"Most frequent {field}", "instructions")
            yield Panel(f"Most frequent {field}", plot, (field, *names), rows)
    for title, field in (("instructions", "instruction_lengths"), ("captions", "caption_lengths")):
        counts = [getattr(audit, field) for audit in audits]
        if any(any(own) for own in counts):
            plot = lengths_plot(counts, names, f"Words of {title}")
            rows = [
                [str(i), *map(str, row)]
                for i, row in enumerate(zip_longest(*counts, fillvalue=0))
                if any(row)
            ]
            yield Panel(f"Words of {title}", plot, ("words", *names), rows)


def _rows(series: Sequence[dict[str, int]]) -> list[list[str]]:
    """Return named numbers of several series as rows.

    Each series holds its largest numbers only, so of others it is known what they are at most.
    """
    keys = dict.fromkeys(key for values in series for key in values)
    return [[key, *(_number(values, key) for values in series)] for key in keys]


def _number(values: dict[str, int], key: str) -> str:
    """Return a number of a series, or what it is at most."""
    return str(values[key]) if key in values else f"at most {min(values.values(), default=0)}"


def _cost(name: str, audit: Audit) -> Panel:
    """Return what the stages of a run took."""
    cost = audit.cost
    assert cost is not None, "asked for runs only"
    seconds = {stage.stage: stage.seconds for stage in cost.stages}
    rows = [
        [
            stage.stage,
            f"{stage.rows:,}",
            f"{stage.seconds:,.1f}",
            f"{stage.rows / stage.seconds:,.1f}" if stage.seconds else "",
            f"{stage.bytes / 1e6:,.1f}",
        ]
        for stage in cost.stages
    ]
    head = ("stage", "rows", "seconds of work", "rows per second", "MB")
    plot = bars_plot([seconds], [name], f"Seconds of work of {name}", "seconds")
    return Panel(f"Cost of {name}", plot, head, rows)


def _recipe_differences(audits: Sequence[Audit]) -> list[str]:
    """Return the keys in which the recipes of two runs differ."""
    recipes = [audit.recipe for audit in audits if audit.recipe]
    if len(recipes) < 2:
        return []
    lines = differences(recipes[0], recipes[1])
    return [line.replace("the run has", "").replace(", asked is", " →") for line in lines]
