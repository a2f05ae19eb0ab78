"""What a runner tells while it works; a display turns it into bars or lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from syned.parts import Summary


@dataclass(frozen=True, slots=True)
class StageStarted:
    """A stage begins.

    Attributes:
        stage: Its name.
        unit: What its rows are, in the plural.
        total: Rows to be made in all, those of finished parts included.
        done: Rows of parts that were there already.
        reasons: Rejected rows per reason in those parts.
    """

    stage: str
    unit: str
    total: int
    done: int
    reasons: Counter[str]


@dataclass(frozen=True, slots=True)
class WorkerReady:
    """The worker has loaded its models."""


@dataclass(frozen=True, slots=True)
class RowsDone:
    """Some rows were written."""

    rows: int
    reasons: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class PartDone:
    """A part is there; between a worker and its runner.

    Attributes:
        part: Its number.
        summary: Its sidecar.
    """

    part: int
    summary: Summary


@dataclass(frozen=True, slots=True)
class StageDone:
    """All parts of a stage are there."""

    stage: str


Event = StageStarted | WorkerReady | RowsDone | StageDone
OnEvent = Callable[[Event], None]
