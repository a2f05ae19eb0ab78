"""What an estimate says of a run, and the interval around a share.

How much is kept is a share with Wilson's interval (Wilson, 1927:
https://doi.org/10.1080/01621459.1927.10502953) over instructions, since the candidates of one are
much alike.
"""

from __future__ import annotations

from math import sqrt

from pydantic import BaseModel, ConfigDict

Z = 1.959964
"""The normal quantile of a two-sided interval of 95 %."""


class StageEstimate(BaseModel):
    """What one step will take."""

    model_config = ConfigDict(frozen=True)

    stage: str
    rows: int
    """That it will make."""
    row_seconds: float
    """That one worker takes for a row."""
    load_seconds: float
    """That a worker takes before its first row."""
    workers: int
    row_bytes: float
    on_gpu: bool = False

    @property
    def seconds(self) -> float:
        """Return the seconds on the clock."""
        return self.load_seconds + self.rows * self.row_seconds / self.workers

    @property
    def bytes(self) -> int:
        """Return what it will store."""
        return int(self.rows * self.row_bytes)


class Estimate(BaseModel):
    """What a run will take and keep."""

    model_config = ConfigDict(frozen=True)

    pairs: int
    probed: int
    """Pairs of the probe."""
    stages: tuple[StageEstimate, ...]
    probe_seconds: float
    """That the making of its rows took."""
    kept: tuple[float, float, float]
    """The share of pairs that is kept: what the probe says, and the interval around it."""

    @property
    def seconds(self) -> float:
        """Return the seconds of the whole run."""
        return sum(stage.seconds for stage in self.stages)

    @property
    def gpu_hours(self) -> float:
        """Return the hours that GPUs are held."""
        return sum(s.seconds * s.workers for s in self.stages if s.on_gpu) / 3600

    @property
    def bytes(self) -> int:
        """Return what the run will store, dataset included."""
        return sum(stage.bytes for stage in self.stages)

    def kept_pairs(self) -> tuple[int, int, int]:
        """Return how many pairs will be kept: the likely number, the lowest and the highest."""
        likely, low, high = (round(share * self.pairs) for share in self.kept)
        return likely, low, high


def wilson(share: float, n: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of `n` that was seen."""
    middle = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z * sqrt(share * (1 - share) / n + Z**2 / (4 * n**2)) / (1 + Z**2 / n)
    return max(0.0, middle - half), min(1.0, middle + half)
