"""The card of a trained captioner: what it was trained on, how, and what it scores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, PackageLoader, StrictUndefined

from syned import __version__
from syned.parts import write_whole
from trainer.evaluation import Result, headline
from trainer.recipe import TrainRecipe

LEARNED = {
    "words": "vision tower and Q-Former learned which words the captions have",
    "language": "the language model learned captions, all else fixed",
    "captions": "captions",
}
"""What a phase's `learns` means, in a reader's words."""


def write_card(
    folder: Path, recipe: TrainRecipe, facts: Mapping[str, Any], test: Result | None
) -> None:
    """Write `README.md` beside the weights, and the recipe and the counts of the mix with it."""
    environment = Environment(
        loader=PackageLoader("trainer", ""),
        autoescape=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    values = recipe.model_dump(mode="json")
    text = environment.get_template("model_card.md.j2").render(
        front=yaml.safe_dump(_front(recipe), sort_keys=False).strip(),
        recipe=recipe,
        values=yaml.safe_dump(values, sort_keys=False).strip(),
        facts=facts,
        learned=LEARNED,
        test=test,
        headline=headline(test.measured.scores) if test else "",
        baselines={name: headline(m.scores) for name, m in test.baselines.items()} if test else {},
        version=__version__,
    )
    write_whole(folder / "README.md", text)
    write_whole(folder / "recipe.yaml", yaml.safe_dump(values, sort_keys=False))


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
