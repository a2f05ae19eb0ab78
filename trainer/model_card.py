"""The card of a trained captioner: what it was trained on, how, and what it scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from markupsafe import Markup

from syned import __version__
from syned.markdown import block, environment, fence
from syned.storage import write_whole
from trainer.evaluation import EXACT, Result
from trainer.metrics.scores import METRICS
from trainer.recipe import TrainRecipe

LEARNED = {
    "words": "vision tower and Q-Former learned which words the captions have",
    "language": "the language model learned captions, all else fixed",
    "captions": "captions",
}
"""What a phase's `learns` means, in a reader's words."""


def write_card(
    folder: Path,
    recipe: TrainRecipe,
    facts: Mapping[str, Any],
    test: Result | None,
    place: str = "THIS_FOLDER",
) -> None:
    """Write `README.md` and `recipe.yaml`.

    Args:
        folder: Where they go.
        recipe: Of the training.
        facts: What there is to tell of it (`trainer.facts`).
        test: What the best weights got on the test set, if there is one.
        place: What the model is called where it is used.
    """
    values = recipe.model_dump(mode="json")
    recipe_yaml = block(values)
    text = (
        environment("trainer")
        .get_template("model_card.md.j2")
        .render(
            front=block(_front(recipe)),
            recipe=recipe,
            values=recipe_yaml,
            fence=fence(recipe_yaml),
            facts=facts,
            learned=LEARNED,
            test=test,
            scores=list(_scores(test)) if test else [],
            baselines=list(test.baselines) if test else [],
            place=Markup(" ".join(place.split())),
            version=__version__,
        )
    )
    write_whole(folder / "README.md", text)
    write_whole(folder / "recipe.yaml", yaml.safe_dump(values, sort_keys=False))


def _scores(test: Result) -> Iterator[list[str]]:
    """Yield a line for each metric: name, score, interval, and what each baseline got."""
    measured = test.measured
    for name in (*METRICS, EXACT):
        value = measured.scores.get(name)
        if value is not None:
            ends = measured.intervals.get(name)
            interval = f"{ends[0] * 100:.1f} to {ends[1] * 100:.1f}" if ends else ""
            others = (_times_100(other.scores.get(name)) for other in test.baselines.values())
            yield [name, _times_100(value), interval, *others]


def _times_100(value: float | None) -> str:
    return "" if value is None else f"{value * 100:.1f}"


def _front(recipe: TrainRecipe) -> dict[str, Any]:
    """Return the metadata that the Hub reads."""
    front: dict[str, Any] = {
        "library_name": "peft" if recipe.model.tune == "lora" else "transformers",
        "pipeline_tag": "image-to-text",
        "tags": ["image-difference-captioning", "blip-2", "syned"],
    }
    if recipe.model.base != "scratch" and not recipe.model.base.startswith("builtin:"):
        front["base_model"] = recipe.model.base
    return front
