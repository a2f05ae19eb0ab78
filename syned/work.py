"""Which parts of a stage are missing, and who makes them: each is handed out until it is made.

A part whose worker dies is handed out again. One that has cost several workers their lives is set
aside. Workers that die again and again before they have made anything are a fault of the
machine or of the model, and end the run.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from syned.parts import Summary
from syned.reasons import Status
from syned.stage import Stage

TRIES = 3
"""Workers that a part may cost."""
LIMIT = 24 * 3600.0
"""Seconds that a worker may take for a part, if nothing else is said."""


def overdue(limit: float) -> str:
    """Say what a worker was ended for that took longer than that, in seconds."""
    return f"no end within {limit / 60:g} minutes"


@dataclass(frozen=True, slots=True)
class Work:
    """One part to make.

    Attributes:
        index: The part's number.
        before: The mark of the part that it is made from.
        keep: Whether rows of the part that have not failed are kept as they are.
    """

    index: int
    before: str
    keep: bool = False


def missing_parts(
    stage: Stage,
    there: Mapping[int, Summary],
    marks: Sequence[str],
    *,
    retry_failed: bool = False,
) -> list[Work]:
    """Return the parts that are not there, or not as they would be made now.

    Args:
        stage: Whose parts.
        there: The sidecars of the parts that are there.
        marks: For each part, the mark of the part that it is made from.
        retry_failed: Whether parts with failed rows count as missing; their other rows are kept.
    """
    missing = []
    for index, before in enumerate(marks):
        summary = there.get(index)
        current = summary and (summary.fingerprint, summary.before) == (stage.fingerprint, before)
        failed = summary is not None and summary.statuses.get(Status.FAILED, 0) > 0
        if not current or (retry_failed and failed):
            missing.append(Work(index, before, keep=retry_failed))
    return missing


class Queue:
    """The parts of a stage that are still to be made.

    Args:
        work: In the order in which they are handed out.
    """

    def __init__(self, work: Sequence[Work]) -> None:
        self._waiting = deque(work)
        self._out: set[int] = set()
        self._cost: Counter[int] = Counter()
        self._fruitless = 0
        self._most_out = 1

    def __bool__(self) -> bool:
        """Say whether parts wait or are being made."""
        return bool(self._waiting or self._out)

    def waiting(self) -> int:
        """Return how many parts nobody works on."""
        return len(self._waiting)

    def left(self) -> int:
        """Return how many parts are not made yet."""
        return len(self._waiting) + len(self._out)

    def take(self) -> Work | None:
        """Return the next part, or nothing if none waits."""
        if not self._waiting:
            return None
        work = self._waiting.popleft()
        self._out.add(work.index)
        self._most_out = max(self._most_out, len(self._out))
        return work

    def made(self, work: Work) -> None:
        """Note that a part is there."""
        self._out.discard(work.index)
        self._fruitless = 0

    def failed(self) -> None:
        """Note that a worker died before it was ready."""
        self._fruitless += 1

    def give_back(self, work: Work) -> None:
        """Take back a part that its worker never began."""
        self._out.discard(work.index)
        self._waiting.appendleft(work)

    def died(self, work: Work) -> bool:
        """Note that a worker died of a part.

        Returns:
            Whether the part is to be set aside; else it is handed out again.
        """
        self._fruitless += 1
        self._out.discard(work.index)
        self._cost[work.index] += 1
        if self._cost[work.index] >= TRIES:
            return True
        # At once, so that parts that kill are met one by one, with others between them.
        self._waiting.appendleft(work)
        return False

    def is_hopeless(self) -> bool:
        """Say whether so many workers have died, one after another, that no part is to blame.

        A machine that is lost takes all of its workers with it, and a few parts that kill may lie
        side by side.
        """
        return self._fruitless > TRIES * max(4, 2 * self._most_out)
