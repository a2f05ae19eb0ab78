"""One pair with everything that the stages know of it, read back from a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from pipelines import edit, instruct, sample, score
from pipelines.decisions import read_decisions
from syned.batches import join_sorted, left_join
from syned.dataset_rows import DecisionRow
from syned.errors import RunError
from syned.parts import read_part
from syned.rows import EditRow, InstructRow, SampleRow, ScoreRow
from syned.run import RunFolder


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
    pictures = sample.pictures(run, part)
    instructs = read_part(run.stage(instruct.NAME), part, InstructRow)
    edits = read_part(run.stage(edit.NAME), part, EditRow)
    scores = read_part(run.stage(score.NAME), part, ScoreRow)
    written = join_sorted(instructs, pictures, lambda r: r.image_id, lambda p: p.image_id)
    edited = left_join(written, edits, lambda w: w[0].pair_id, lambda e: e.pair_id)
    scored = left_join(edited, scores, lambda e: e[0][0].pair_id, lambda s: s.pair_id)
    for ((row, picture), edit_row), score_row in scored:
        yield Pair(picture, row, edit_row, score_row, _decision_of(row.pair_id, decisions, run))


def _decision_of(pair_id: str, decisions: Iterator[DecisionRow], run: RunFolder) -> DecisionRow:
    """Return the next decision, which is about this pair unless the run is not finished."""
    decision = next(decisions, None)
    if decision is None or decision.pair_id != pair_id:
        raise RunError(
            f"the decisions in {run.path} are older than its pairs; "
            "run its `syned generate` command again first."
        )
    return decision
