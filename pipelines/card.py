"""The dataset card: what a run made, for readers of the Hub.

It holds nothing that depends on time or machine: the same run gives the same card.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from markupsafe import Markup

import syned
from pipelines.card_facts import CardFacts
from pipelines.card_front import front_matter
from pipelines.card_safety import safety
from pipelines.card_words import CITATIONS, limitations, models_of, steps, untrained_models
from pipelines.recipe import Recipe
from pipelines.requirements import is_local
from pipelines.sections.base import Section
from syned.arrow import IMAGE_TYPE, arrow_schema
from syned.dataset_rows import DatasetRow
from syned.markdown import block, environment, fence
from syned.storage import protocol_of

MOST_LICENSES = 40
"""Licences of a source that a card lists; the rows say all."""
LONGEST = 200
"""Characters of a licence in a card."""


def render_card(facts: CardFacts) -> str:
    """Return the card as Markdown, with its front matter for the Hub."""
    recipe = facts.recipe
    recipe_yaml = block(_settings(recipe))
    template = environment("data_cards").get_template("dataset.md.j2")
    return template.render(
        front_matter=block(front_matter(facts)),
        name=facts.name,
        repo=Markup(facts.repo),
        configs=facts.configs,
        pictures=facts.pictures,
        checks=facts.checks,
        version=syned.__version__,
        kept=facts.funnel.kept,
        asked=facts.funnel.asked,
        funnel=facts.funnel,
        splits=facts.splits,
        inverse=facts.inverse,
        fixed_splits=any(source.into for source in recipe.sample.sources),
        first_split=Markup(next(iter(facts.splits), "train")),
        tasks=facts.funnel.by_task,
        sources={n: _most(held) for n, held in (facts.sources or {"": facts.licenses}).items()},
        fields=_fields(),
        recipe=recipe,
        models=models_of(recipe),
        untrained=untrained_models(recipe),
        steps=steps(recipe, facts.prompt_version, facts.definitions),
        commits=facts.commits,
        limitations=limitations(recipe),
        safety=list(safety(facts)),
        citations=[Markup(CITATIONS[key]) for key in _cited(recipe)],
        command=Markup(_command(recipe)),
        recipe_yaml=recipe_yaml,
        fence=fence(recipe_yaml),
    )


def _most(licenses: Mapping[str, int]) -> dict[str, int]:
    """Return licences with their pairs; of many, as where each row names its author, the first.

    A licence that is a whole text is cut.
    """
    ranked = sorted(licenses, key=lambda name: -licenses[name])[:MOST_LICENSES]
    shown = (name for name in licenses if name in ranked)
    short = {n if len(n) <= LONGEST else n[: LONGEST - 1] + "…": licenses[n] for n in shown}
    rest = sum(licenses.values()) - sum(short.values())
    return short | ({f"{len(licenses) - len(short):,} others": rest} if rest else {})


def _fields() -> list[dict[str, str]]:
    """Return name, type and meaning of each column."""
    text = (resources.files("data_cards") / "fields.yaml").read_text(encoding="utf-8")
    meanings: dict[str, str] = yaml.safe_load(text)
    schema = arrow_schema(DatasetRow)
    return [{"name": f.name, "type": _type(f.type), "meaning": meanings[f.name]} for f in schema]


def _type(kind: pa.DataType) -> str:
    """Return the type of a column in words."""
    if kind == IMAGE_TYPE:
        return "image"
    return f"list of {kind.value_type}" if pa.types.is_list(kind) else str(kind)


def _cited(recipe: Recipe) -> list[str]:
    """Return the works that a dataset rests on."""
    engines = [getattr(section, "engine", "") for section in recipe.engines().values()]
    return ["syned", *dict.fromkeys(engine for engine in engines if engine in CITATIONS)]


def _command(recipe: Recipe) -> str:
    """Return the command that makes the dataset again from its recipe."""
    folders = [s for s in recipe.sample.sources if s.kind == "folder" and _own(s.path)]
    return "syned generate --recipe recipe.yaml" + (" --images FOLDER" if folders else "")


def _own(path: str) -> bool:
    """Say whether a folder is the user's."""
    return not path.startswith("builtin:")


def _settings(section: Section) -> dict[str, Any]:
    """Return the values that shape what is made, without the folders that things lay in."""
    names = [name for name, _ in section if name not in section.EXECUTION or name == "n"]
    values = {name: _plain(getattr(section, name)) for name in names}
    if values.get("against"):
        values["against"] = [_without_folder(path, None) for path in values["against"]]
    for name in {"path", "model", "instructions"} & values.keys():
        if values[name] is not None:
            values[name] = _without_folder(str(values[name]), values.get("kind"))
    return values


def _plain(value: Any) -> Any:
    """Return a value of a section as YAML holds it."""
    if isinstance(value, Section):
        return _settings(value)
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, StrEnum) else value


def _without_folder(path: str, kind: str | None) -> str:
    """Return the last piece of a local path; another reference stays as it is."""
    stored = protocol_of(path) not in ("", "hf")
    local = stored or is_local(path) or (kind == "folder" and _own(path))
    return Path(path).name if local else path
