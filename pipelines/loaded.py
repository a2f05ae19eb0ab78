"""What a run loaded from the Hub: the commit of each model and dataset, for its card.

A name without a revision stands for whatever is newest. A run that goes on after its model has
changed there has loaded two commits, and says both; `revision` in the recipe pins one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from syned.run import RunFolder
from syned.storage import make_folder, names, protocol_of, write_whole

FOLDER = "loaded"
"""Has a file for each key of the recipe that names something on the Hub."""


def note(run: RunFolder, engines: Mapping[str, object]) -> None:
    """Keep which commits a stage has loaded.

    Args:
        run: The run.
        engines: Sections of the recipe, by their keys, once they are loaded.
    """
    for key, section in engines.items():
        model, path = getattr(section, "model", None), getattr(section, "path", None)
        name, kind = (model, "model") if model else (path, "dataset")
        commit = _commit(name, getattr(section, "revision", None), kind) if name else None
        known = noted(run).get(key, []) if commit else []
        if commit and commit not in known:
            make_folder(run.path / FOLDER)
            values = {"name": name, "commits": [*known, commit]}
            write_whole(run.path / FOLDER / f"{key}.json", json.dumps(values))


def _commit(name: str, revision: str | None, kind: str) -> str | None:
    """Return the commit that a name of the Hub stands for."""
    if "/" not in name or protocol_of(name):
        return None
    # The Hub's client takes a moment to import.
    from syned.hub.commits import commit_of

    return commit_of(name, revision, kind)


def noted(run: RunFolder) -> dict[str, list[str]]:
    """Return the commits that were loaded, by the key of the recipe."""
    folder = run.path / FOLDER
    files = {name: folder / name for name in names(folder) if name.endswith(".json")}
    read = {name: json.loads(file.read_text(encoding="utf-8")) for name, file in files.items()}
    return {name.removesuffix(".json"): values["commits"] for name, values in read.items()}
