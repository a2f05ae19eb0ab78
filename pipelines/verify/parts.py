"""The parts of a run against what was noted of them when they were written."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError

from pipelines.verify.report import Ledger
from syned.ids import file_sha256
from syned.parts import Summary


def look_at_parts(run: Path, ledger: Ledger) -> None:
    """Check every finished part of a run against the SHA-256 in its sidecar."""
    for sidecar in sorted(run.glob("0[0-9]-*/part-*.json")):
        part = sidecar.with_suffix(".parquet")
        name = part.relative_to(run).as_posix()
        try:
            noted = Summary.model_validate_json(sidecar.read_bytes())
        except ValidationError:
            ledger.add("parts", "the .json beside a part cannot be read", name)
            continue
        if not part.is_file():
            ledger.add("parts", "a part is not there", name)
        elif file_sha256(part) != noted.sha256:
            ledger.add("parts", "a part is not as it was written", name)
