"""What a dataset card says of what its pictures may show."""

from __future__ import annotations

from collections.abc import Iterator

from markupsafe import Markup

from pipelines.card_facts import CardFacts
from pipelines.recipe import Recipe
from pipelines.sections.scorers import ClassifierConfig
from syned.markdown import code


def safety(facts: CardFacts) -> Iterator[Markup]:
    """Yield what was done about what pictures show, and what that does not promise."""
    yield _nsfw(facts)
    yield _faces(facts)
    yield Markup(
        "Nothing else was searched for: bodies, names, number plates, places, violence and symbols "
        "of hate may be seen. A person who finds a picture that should not be here should be able "
        "to tell whoever publishes it, and `image_id` finds all of its pairs."
    )


def _nsfw(facts: CardFacts) -> Markup:
    """Say which model looked for nudity, and how many pairs that cost."""
    recipe, asked = facts.recipe, facts.recipe.score.nsfw
    if asked is None:
        return Markup("**No model has looked at the pictures for nudity.**")
    pinned = facts.definitions.get("nsfw", {}).get("revision", "not pinned")
    who = Markup(f"{code(asked.model)} (revision {code(pinned)})")
    bounds = _bounds(recipe)
    if not bounds:
        return Markup(f"{who} scored both pictures of each pair; **no pair was left out for it**.")
    away = _turned_away(facts)
    labels = asked.labels if isinstance(asked, ClassifierConfig) else ("nsfw",)
    means = Markup(" or ").join(code(label) for label in labels)
    return Markup(
        f"{who} says of both pictures of each pair how likely they are {means}; a pair is here "
        f"only if both are at most {bounds} (`max_nsfw`), and {away:,} pairs were turned away. "
        "Such a model misses some pictures and turns harmless ones away."
    )


def _bounds(recipe: Recipe) -> str:
    """Return the bounds in force, those of a task with its name; nothing if not all have one."""
    general = recipe.filter.max_nsfw
    own = {task: rules.max_nsfw for task, rules in recipe.filter.by_task.items()}
    told = [f"{bound:g} for {task}" for task, bound in own.items() if bound is not None]
    return "" if general is None else ", ".join([f"{general:g}", *told])


def _turned_away(facts: CardFacts) -> int:
    """Return how many pairs the rule turned away."""
    return sum(stage.reasons.get("max_nsfw", 0) for stage in facts.funnel.stages)


def _faces(facts: CardFacts) -> Markup:
    """Say whether faces were blurred."""
    config = facts.recipe.image.faces
    if config is None:
        return Markup("**Faces were not blurred.**")
    models = facts.recipe.edit.has_model()
    again = "; what a model edited was searched again" if models else ""
    return Markup(
        f"Faces that {code(config.model)} finds with a confidence of {config.confidence:g} or more "
        f"were blurred before a picture was encoded or shown to any engine{again}: "
        f"{facts.faces or 0:,} pairs have some (`faces`). It misses small, turned and hidden "
        "faces, and a blurred face does not make a person unknown to those who know them."
    )
