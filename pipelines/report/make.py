"""`syned report`: from names and folders to a page, or to its facts as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipelines.report.facts import Audit
from pipelines.report.page import render
from pipelines.report.run_facts import run_audit
from pipelines.report.table_facts import table_audit
from syned.errors import SynedError
from syned.run import RunFolder
from syned.storage import protocol_of, write_whole
from syned.temporary import sweep_dead


def audit(what: str, columns: Sequence[str], sample: int, option: str = "--column") -> Audit:
    """Return the audit of a run, of the dataset in a folder, or of a table.

    Args:
        what: A run, Parquet files, or `owner/name` on the Hub.
        columns: `FIELD=COLUMN`, for tables; a field may come several times.
        sample: Rows of a table whose pictures are looked at.
        option: What the columns were given by, for messages.

    Raises:
        SynedError: It is none of these, or is not finished.
    """
    path = Path(what).expanduser()
    run = RunFolder(what if protocol_of(what) else path)
    if run.recipe_path.is_file():
        if columns:
            raise SynedError(f"{option}: {what} is a run, and has columns of its own")
        return run_audit(run)
    if path.is_dir() and not next(path.rglob("*.parquet"), None):
        raise SynedError(
            f"{what}: neither a run of syned (there is no recipe.yaml) nor a folder with Parquet "
            "files"
        )
    if not path.exists() and "/" not in what.strip("./"):
        raise SynedError(
            f"{what}: no such file or folder; expected a run, Parquet files or `owner/name` of a "
            "Hub dataset"
        )
    named: dict[str, list[str]] = {}
    for column in columns:
        field, equals, name = column.partition("=")
        if not equals or not name:
            raise SynedError(f"{option} {column}: expected FIELD=COLUMN, such as instruction=edit")
        named.setdefault(field, []).append(name)
    return table_audit(what, named, sample)


def write_report(audits: Sequence[Audit], out: Path) -> None:
    """Write the page of one audit, or of two side by side.

    Raises:
        SynedError: The file cannot be written.
    """
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        sweep_dead(out.parent)
        write_whole(out, render(audits))
    except OSError as error:
        raise SynedError(
            f"{out}: cannot be written ({error.strerror}); --out names a file"
        ) from error


def as_json(audits: Sequence[Audit]) -> str:
    """Return the facts of audits as a JSON list, without pictures."""
    pictures = {"__all__": {"before", "after"}}
    left_out: Any = {"edges": {"__all__": {"inside": pictures, "outside": pictures}}}
    return json.dumps([a.model_dump(mode="json", exclude=left_out) for a in audits], indent=1)
