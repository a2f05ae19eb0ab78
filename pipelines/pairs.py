"""One pair with everything that the stages know of it, read back from a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipelines import edit, instruct, sample, score
from pipelines.decisions import read_decisions
from syned.batches import join_sorted
from syned.parts import read_part
from syned.rows import (
    DecisionRow,
    EditRow,
    InstructRow,
    SampleRow,
    ScoreRow,
)
from syned.run import RunFolder


R = TypeVar("R", EditRow, ScoreRow)


@dataclass(frozen=True, slots=True)
class Pair:
    """The rows of one pair; a stage that the pair did not reach is missing."""

    sample: SampleRow
    instruct: InstructRow
    edit: EditRow | None
    score: ScoreRow | None
    decision: DecisionRow


def read_pairs(run: RunFolder, parts: int) -> Iterator[Pair]:
    """Yield all pairs of a filtered run, in the run's order, a few in memory at a time."""
    decisions = read_decisions(run)
    for part in range(parts):
        yield from _pairs_of_part(run, part, decisions)


def _pairs_of_part(run: RunFolder, part: int, decisions: Iterator[DecisionRow]) -> Iterator[Pair]:
    """Yield the pairs of one part; decisions are read on from where they stand."""
    pictures = read_part(run.stage(sample.NAME), part, SampleRow)
    instructs = read_part(run.stage(instruct.NAME), part, InstructRow)
    edits = _Follower(read_part(run.stage(edit.NAME), part, EditRow))
    scores = _Follower(read_part(run.stage(score.NAME), part, ScoreRow))
    joined = join_sorted(instructs, pictures, lambda r: r.image_id, lambda p: p.image_id)
    for row, picture in joined:
        decision = next(decisions)
        yield Pair(picture, row, edits.of(row.pair_id), scores.of(row.pair_id), decision)


class _Follower(Generic[R]):
    """Rows of a later stage, met in order; not every pair has one."""

    def __init__(self, rows: Iterator[R]) -> None:
        self._rows = rows
        self._next = next(rows, None)

    def of(self, pair_id: str) -> R | None:
        """Return the pair's row, if it has one."""
        row = self._next
        if row is None or row.pair_id != pair_id:
            return None
        self._next = next(self._rows, None)
        return row
