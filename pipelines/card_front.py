"""The front matter of a dataset card: what the Hub reads of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib import resources
from typing import Any

from pipelines.card_facts import CardFacts, ConfigFacts
from syned.arrow import arrow_schema
from syned.dataset import DEFAULT
from syned.dataset_rows import DatasetRow
from syned.parquet import front_type

LONGEST_NAME = 60
"""Characters of the name of a licence that the Hub does not know."""
_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


def front_matter(facts: CardFacts) -> dict[str, Any]:
    """Return the metadata that the Hub reads."""
    default = ConfigFacts(DEFAULT, "", facts.splits, DatasetRow)
    configs = [config for config in (default, *facts.configs) if config.splits]
    return {
        **_license(facts.licenses),
        "language": ["en"],
        "pretty_name": " ".join(facts.name.split()),
        "size_categories": [_size(sum(facts.splits.values()))],
        "task_categories": ["image-to-text", "image-to-image"],
        "tags": ["image-difference-captioning", "image-editing", "synthetic", "syned"],
        "annotations_creators": ["machine-generated"],
        "language_creators": ["machine-generated"],
        "source_datasets": ["original"],
        **(
            {
                "configs": [_files(config) for config in configs],
                "dataset_info": [_info(config) for config in configs],
            }
            if configs
            else {}
        ),
    }


def _files(config: ConfigFacts) -> dict[str, Any]:
    """Return which files are which split of a configuration."""
    folder = "data" if config.name == DEFAULT else config.name
    files = [{"split": name, "path": f"{folder}/{name}-*"} for name in config.splits]
    first = {"default": True} if config.name == DEFAULT else {}
    return {"config_name": config.name, "data_files": files, **first}


def _info(config: ConfigFacts) -> dict[str, Any]:
    """Return columns and counts of a configuration, as `datasets` reads them."""
    columns = [{"name": f.name, **front_type(f.type)} for f in arrow_schema(config.row_type)]
    splits = [{"name": name, "num_examples": count} for name, count in config.splits.items()]
    return {"config_name": config.name, "features": columns, "splits": splits}


def _license(licenses: Mapping[str, int]) -> dict[str, str]:
    """Return the licence as the Hub wants it: one known identifier, or `other` and a short name.

    What the Hub knows: https://huggingface.co/docs/hub/repositories-licenses.
    """
    known = (resources.files("data_cards") / "hub_licenses.txt").read_text(encoding="utf-8").split()
    names = {(name or "unknown").lower() for name in licenses}
    only = names.pop() if len(names) == 1 else "mixed"
    if only in known:
        return {"license": only}
    name = re.sub(r"[^a-z0-9.-]+", "-", only).strip("-")[:LONGEST_NAME]
    return {"license": "other", "license_name": name or "unnamed"}


def _size(rows: int) -> str:
    """Return the Hub's word for a number of rows."""
    return next((word for limit, word in _SIZES if rows < limit), "n>1M")
