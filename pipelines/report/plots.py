"""The plots of an audit, as SVG inside the page: text is text, and colours suit dark pages too.

matplotlib draws them, since it has axes, legends and ticks that are right without our help. The
same facts give the same bytes.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pipelines.funnel import Funnel
from pipelines.report.facts import Audit, Histogram
from syned.ids import fingerprint
from syned.plain import plain

KEPT, AWAY, FAILED, OTHER, INK = "#2a7fb8", "#e08a2e", "#c0392b", "#8e5bb5", "#8a857b"
"""Colours that people with any colour vision tell apart (after Okabe and Ito)."""
FIRST_OF_TWO = (KEPT, OTHER)
LONGEST = 40
"""Characters of a name within a plot."""
STYLE: Any = {
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 9,
    # Names of tasks and folders are other people's words: a `$` in them is no formula.
    "text.parse_math": False,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "legend.frameon": False,
}

Draw = Callable[[Any], None]


def _svg(draw: Draw, label: str, width: float = 7.2, height: float = 2.6) -> Markup:
    """Return what a function draws on axes, in inches, as SVG with a label for those who listen."""
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context({**STYLE, "svg.hashsalt": label}):
        figure = Figure(figsize=(width, height), layout="constrained")
        draw(figure.add_subplot())
        buffer = io.StringIO()
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    body = buffer.getvalue()
    body = body[body.index("<svg") :]
    # Its size is the page's business, and its name is for screen readers.
    body = re.sub(r'(<svg[^>]*?) width="[^"]*"', r"\1", body, count=1)
    body = re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", body, count=1)
    # Names within one plot are those of the next too, and a page may have each once.
    body = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{fingerprint(label)}-", body)
    name = Markup.escape(label)
    return Markup(body.replace("<svg", f'<svg role="img" aria-label="{name}"', 1))


def _short(name: str) -> str:
    """Return a name that leaves room for the plot itself."""
    return name if len(name) <= LONGEST else name[: LONGEST - 1] + "…"


def funnel_plot(audit: Audit) -> Markup:
    """Draw the rows of each stage by what became of them."""
    assert audit.funnel is not None, "a run has a funnel"
    height = 0.5 + 0.32 * len(audit.funnel.stages)
    return _svg(draw_funnel(audit.funnel), f"Rows per stage of {plain(audit.name)}", height=height)


def draw_funnel(funnel: Funnel) -> Draw:
    """Return what draws the rows of each stage by what became of them."""
    stages = list(reversed(funnel.stages))
    names = [stage.stage for stage in stages]

    def draw(axes: Any) -> None:
        left = [0] * len(stages)
        for kind, color in (("ok", KEPT), ("filtered", AWAY), ("failed", FAILED)):
            counts = [getattr(stage, kind) for stage in stages]
            if any(counts):
                axes.barh(names, counts, left=left, color=color, label=kind)
            left = [a + b for a, b in zip(left, counts, strict=True)]
        axes.set_xlabel("rows (pictures in the first two stages, then pairs)")
        axes.legend(ncols=3, loc="lower right", bbox_to_anchor=(1, 1))

    return draw


def score_plot(found: Histogram, other: Histogram | None, names: Sequence[str]) -> Markup:
    """Draw one score: kept and turned away with thresholds, or two datasets over each other."""
    draw = draw_score(found, other, names)
    return _svg(draw, f"Distribution of {found.name}", width=4.4, height=2.4)


def draw_score(found: Histogram, other: Histogram | None = None, names: Sequence[str] = ()) -> Draw:
    """Return what draws one score: of a dataset, or of two over each other."""

    def draw(axes: Any) -> None:
        if other is None:
            _stacked(axes, found)
        else:
            for histogram, color, name in zip((found, other), FIRST_OF_TWO, names, strict=True):
                _outline(axes, histogram, color, name)
        bounds = [*found.thresholds, *(other.thresholds if other else ())]
        for threshold in dict.fromkeys(bounds):
            axes.axvline(threshold.value, color=FAILED, linestyle="--", linewidth=1)
            text = f"{threshold.rule}{f' ({threshold.task})' if threshold.task else ''}"
            axes.text(threshold.value, axes.get_ylim()[1], text, rotation=90, va="top", fontsize=8)
        axes.set_xlabel(found.name)
        axes.set_ylabel("pairs" if other is None else "density of pairs")
        _legend(axes)

    return draw


def _stacked(axes: Any, found: Histogram) -> None:
    """Draw the bars of kept pairs, and on them those of pairs turned away."""
    left = found.edges[:-1]
    width = found.edges[1] - found.edges[0]
    axes.bar(left, found.kept, width, align="edge", color=KEPT, label="kept")
    if any(found.away):
        axes.bar(left, found.away, width, found.kept, align="edge", color=AWAY, label="turned away")


def _legend(axes: Any) -> None:
    """Put the legend above the plot, where it hides nothing."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, fontsize=8, borderaxespad=0.2)


def _outline(axes: Any, found: Histogram, color: str, name: str) -> None:
    """Draw a histogram as densities, so that datasets of different sizes can be compared."""
    counts = [a + b for a, b in zip(found.kept, found.away, strict=True)]
    total = max(1, sum(counts))
    width = found.edges[1] - found.edges[0]
    densities = [count / total / width for count in counts]
    axes.stairs(densities, found.edges, color=color, label=_short(name), fill=False)


def bars_plot(
    series: Sequence[Mapping[str, float]], names: Sequence[str], label: str, unit: str
) -> Markup:
    """Draw named numbers as bars, those of two series beside each other.

    Args:
        series: One or two mappings of names to numbers.
        names: What the series are called.
        label: What the plot shows, for those who listen.
        unit: Of the numbers.
    """
    keys = list(dict.fromkeys(key for values in series for key in values))
    places = range(len(keys))
    height = 0.8 / len(series)

    def draw(axes: Any) -> None:
        for number, (values, name) in enumerate(zip(series, names, strict=True)):
            shifted = [place + number * height for place in places]
            color = FIRST_OF_TWO[number]
            axes.barh(
                shifted, [values.get(k, 0) for k in keys], height, color=color, label=_short(name)
            )
        labels = [_short(plain(key)) for key in keys]
        axes.set_yticks([p + height * (len(series) - 1) / 2 for p in places], labels)
        axes.invert_yaxis()
        axes.set_xlabel(unit)
        if len(series) > 1:
            _legend(axes)

    return _svg(draw, label, width=4.4, height=0.8 + 0.24 * len(keys) * len(series) ** 0.5)


def lengths_plot(series: Sequence[Sequence[int]], names: Sequence[str], label: str) -> Markup:
    """Draw how many words texts have, as shares of the texts."""

    def draw(axes: Any) -> None:
        for counts, name, color in zip(series, names, FIRST_OF_TWO, strict=False):
            total = max(1, sum(counts))
            shares = [count / total for count in counts]
            axes.stairs(
                shares,
                range(len(counts) + 1),
                color=color,
                label=_short(name),
                fill=len(series) == 1,
            )
        axes.set_xlabel("words")
        axes.set_ylabel("share")
        if len(series) > 1:
            _legend(axes)

    return _svg(draw, label, width=4.4, height=2.1)
