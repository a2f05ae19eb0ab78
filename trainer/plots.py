"""Learning curves as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from trainer.phase import PhaseResult


def write_curves(results: Sequence[PhaseResult], best_by: str, path: Path) -> None:
    """Draw the losses, and the validation score, over the steps of all phases.

    Args:
        results: Of the phases, in order.
        best_by: The score that chose the best weights.
        path: A PNG to write.
    """
    from matplotlib.figure import Figure

    words = any(result.learns == "words" for result in results)
    figure = Figure(figsize=(13 if words else 9, 3.4), layout="constrained", dpi=130)
    losses, scores, named = figure.subplots(1, 3)
    _draw(losses, results, {"loss": "training", "eval_loss": "validation"})
    losses.set_ylabel("captions: loss (nats per token)")
    name = f"eval_{best_by}"
    if best_by != "loss" and _draw(scores, results, {name: best_by, "eval_exact": "exact"}):
        scores.set_ylabel("validation score")
    else:
        figure.delaxes(scores)
    if words:
        _draw(named, results, {"loss": "training"}, words=True)
        named.set_ylabel("words: loss (nats per pair)")
    else:
        figure.delaxes(named)
    for axes in figure.axes:
        axes.set_xlabel("step")
        axes.spines[["top", "right"]].set_visible(False)
        axes.legend(frameon=False)
    figure.savefig(path)


def _draw(
    axes: Any, results: Sequence[PhaseResult], names: dict[str, str], *, words: bool = False
) -> bool:
    """Draw what phases that learn captions, or words, logged; say whether there was anything."""
    drawn = False
    for key, label in names.items():
        begun, steps, values = 0, [], []
        for result in results:
            told = (result.learns == "words") == words
            rows = [row for row in result.history if told and key in row]
            steps += [begun + row["step"] for row in rows]
            values += [row[key] for row in rows]
            begun += result.steps
        if values:
            axes.plot(steps, values, label=label, marker="o" if len(values) < 40 else None, ms=3)
            drawn = True
    begun = 0
    for result in results[:-1]:
        begun += result.steps
        axes.axvline(begun, color="#8a857b", linestyle="--", linewidth=1)
    return drawn
