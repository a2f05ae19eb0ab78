"""Edited pictures that came with their sources: taken as they were encoded, and not made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pipelines.engines import Edited, EditJob, Rejected
from syned.images import load_picture


@dataclass(frozen=True, slots=True)
class _Given:
    name: ClassVar[str] = "given"

    def edit(self, jobs: Sequence[EditJob]) -> list[Edited | Rejected]:
        """Answer each job, in order."""
        return [_taken(job) for job in jobs]


GIVEN = _Given()


def _taken(job: EditJob) -> Edited:
    assert job.given is not None, "a recipe takes what is given from pairs only"
    return Edited(load_picture(job.given), encoded=job.given)
