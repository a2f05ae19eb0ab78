"""Which sources an import of somebody else's dataset has."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import yaml
from pydantic import BaseModel, ConfigDict

from pipelines.recipe import Recipe
from pipelines.resolve import resolve
from pipelines.sections.sources import PairsSource
from syned.dataset import Dataset, open_dataset
from syned.errors import SourceError
from syned.parquet import cause_of

_ON_HUB = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*(?<!\.parquet)")
"""What a dataset on the Hub can be called."""
SAME = {name: name for name in ("train", "validation", "test")}
"""Splits that stay what they are."""


class Importable(BaseModel):
    """A dataset of edits that is known by name."""

    model_config = ConfigDict(frozen=True)

    title: str
    repo: str
    """On the Hub."""
    license: str
    into: dict[str, str] = {}
    """Our split for each of theirs; those that are not named are drawn."""
    test_rows: int | None = None
    """The split with so many rows is the test set, whatever it is called; the others are not."""


def importables() -> dict[str, Importable]:
    """Return the datasets that are known, by name."""
    text = (resources.files("pipelines") / "imports.yaml").read_text(encoding="utf-8")
    found: dict[str, Any] = yaml.safe_load(text)
    return {name: Importable.model_validate(values) for name, values in found.items()}


def pairs_of(name: str, path: str | None, columns: Sequence[str]) -> tuple[PairsSource, ...]:
    """Return a source for each split of a dataset of edits.

    Args:
        name: One of `importables`, or Parquet files, or `owner/name` on the Hub.
        path: A folder of Parquet files or one of them; it is taken from the Hub if not given.
        columns: `FIELD=COLUMN`, where the layout is none that is recognised.

    Raises:
        SourceError: There is no such folder, or no such dataset on the Hub.
    """
    known = importables().get(name)
    if known is None:
        path = path or (name if Path(name).expanduser().exists() else None)
        if path is None and not _ON_HUB.fullmatch(name):
            raise SourceError(
                f"{name}: cannot be read: it is no file or folder, and no dataset that is known by "
                f"name ({', '.join(importables())}; others: `syned data list`)"
            )
        known = Importable(title=name, repo=name, license="", into=SAME)
    named = _named(columns)
    rows = _local_rows(Path(path).expanduser()) if path else _hub_rows(known.repo)
    return tuple(
        PairsSource(
            path=path or known.repo,
            split=split,
            columns=named,
            license=known.license,
            weight=count,
            into=_into(known, split, count),
        )
        for split, count in rows.items()
        if count
    )


def _named(columns: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the columns of each field.

    Raises:
        SourceError: Something is no `FIELD=COLUMN`.
    """
    named: dict[str, tuple[str, ...]] = {}
    for item in columns:
        field, equals, column = item.partition("=")
        if not (field and equals and column):
            raise SourceError(f"--column {item}: expected FIELD=COLUMN, such as instruction=edit")
        named[field] = (*named.get(field, ()), column)
    return named


def recipe_of(
    name: str,
    sources: Sequence[PairsSource],
    n: int | None,
    writer: str | None,
    assignments: Sequence[str],
) -> Recipe:
    """Return the recipe of an import.

    Args:
        name: Of the recipe.
        sources: The pairs.
        n: Most pairs; all if not given.
        writer: `given` takes no model; the recipe's own if not given.
        assignments: `key=value`, applied last.

    Raises:
        RecipeError: All faults of the recipe at once.
    """
    if writer not in (None, "given"):
        raise SourceError(f"--writer {writer}: expected given; others by --set instruct.writer…")
    pairs = [source.model_dump(mode="json") for source in sources]
    values = [f"sample.sources={json.dumps(pairs)}", f"name={json.dumps(_plain(name))}"]
    if writer:
        values.append("instruct.writer={engine: given}")
    total = int(sum(source.weight for source in sources))
    return resolve("import", None, min(n or total, total), [*values, *assignments])


def _plain(name: str) -> str:
    """Return a name that a recipe can have."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.") or "import"


def _into(known: Importable, split: str, rows: int) -> str | None:
    """Return our split for one of theirs."""
    if known.test_rows is not None:
        return "test" if rows == known.test_rows else "train"
    return known.into.get(split)


def _local_rows(place: Path) -> Mapping[str, int]:
    """Return the rows of each split of Parquet files on this machine."""
    return Counter(dict(_counted(open_dataset(place))))


def _counted(dataset: Dataset) -> Iterator[tuple[str, int]]:
    """Yield split and rows."""
    rows: Counter[str] = Counter()
    for shard in dataset.shards:
        try:
            rows[shard.split] += pq.read_metadata(shard.path).num_rows
        except Exception as error:
            raise SourceError(
                f"{shard.path}: cannot be read as Parquet ({cause_of(error)})"
            ) from error
    yield from rows.items()


def _hub_rows(repo: str) -> Mapping[str, int]:
    """Return the rows of each split of a dataset on the Hub, as its card says them.

    Raises:
        SourceError: There is none, or it cannot be reached.
    """
    from datasets import load_dataset_builder

    try:
        splits = load_dataset_builder(repo).info.splits or {}
    # pyarrow, `datasets`, the Hub's client and the network each have errors of their own.
    except Exception as error:
        raise SourceError(
            f"{repo}: cannot be read from the Hub ({cause_of(error)}); "
            "or name a folder with its files"
        ) from error
    return {name: split.num_examples for name, split in splits.items()}
