"""Captions that came with a pair: taken if there are five good ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from pipelines.engines import Rejected, WriteJob, Written
from pipelines.scorers.captions import LIMITS
from pipelines.writers.rules import check_text
from syned.errors import RowError
from syned.reasons import Reason
from syned.rows import NUM_CAPTIONS


def has_captions(job: WriteJob) -> bool:
    """Say whether five good captions came with a pair."""
    return len(_good(job.given_captions)) == NUM_CAPTIONS


def _good(captions: Sequence[str]) -> tuple[str, ...]:
    """Return the first captions that break no rule of clean text, at most five."""
    distinct = {caption.casefold().rstrip(" ."): caption for caption in reversed(captions)}
    clean = [caption for caption in captions if caption in distinct.values() and _is_clean(caption)]
    return tuple(clean[:NUM_CAPTIONS])


def _is_clean(caption: str) -> bool:
    try:
        check_text("the caption", caption, LIMITS)
    except RowError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Given:
    """Takes what came with a pair, and writes nothing."""

    name: ClassVar[str] = "given"
    prompt_version: ClassVar[str] = "given-1"

    def write(self, jobs: Sequence[WriteJob]) -> list[Written | Rejected]:
        """Answer each job, in order."""
        return [_taken(job) for job in jobs]


GIVEN = _Given()


def _taken(job: WriteJob) -> Written | Rejected:
    captions = _good(job.given_captions)
    instruction = (job.given_instruction or "").strip()
    if len(captions) < NUM_CAPTIONS or not instruction:
        hint = "a writer with a model adds what is missing"
        message = (
            f"{len(captions)} good captions came with it, and {NUM_CAPTIONS} are needed; {hint}"
        )
        return Rejected(Reason.WRONG_COUNT, message)
    return Written(
        task=job.task,
        instruction=instruction,
        captions=captions,
        source_caption=job.source_caption,
        edited_caption=job.given_edited_caption or "",
    )
