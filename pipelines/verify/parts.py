"""The parts of a run against what was noted of them when they were written."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from pipelines.verify.report import Ledger
from syned.ids import file_sha256
from syned.parts import Summary


def look_at_parts(run: Path, ledger: Ledger) -> None:
    """Check every part of a run against the SHA-256 in its sidecar."""
    found = run.glob("0[0-9]-*/part-*.*")
    for part in sorted({path.with_suffix(".parquet") for path in found}):
        problem = _problem(part)
        if problem is not None:
            ledger.add("parts", problem, part.relative_to(run).as_posix())


def _problem(part: Path) -> str | None:
    """Say what is wrong with a part, if anything is."""
    try:
        noted = Summary.model_validate_json(part.with_suffix(".json").read_bytes())
    except FileNotFoundError:
        return "a part is not finished: it has no .json beside it"
    except ValidationError:
        return "the .json beside a part cannot be read"
    if not part.is_file():
        return "a part is not there"
    return None if file_sha256(part) == noted.sha256 else "a part is not as it was written"
