"""Stages whose workers die, for the runners; rows say who made them."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

from syned.errors import EngineError, RowError
from syned.reasons import Reason
from syned.rows import EditRow, turned_away
from syned.run import RunFolder
from syned.stage import Done, PartFunction, Stage

ROWS = 3
NAME = "03-odd"


def key(row: EditRow) -> str:
    return row.pair_id


def rows(part: int) -> Iterator[EditRow]:
    return (EditRow(pair_id=f"{part}-{i}", editor="odd", seed=part) for i in range(ROWS))


def refused(run: RunFolder, part: int, cause: RowError) -> Iterator[EditRow]:  # noqa: ARG001
    return (turned_away(row, cause) for row in rows(part))


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def start(run: RunFolder, *, once: tuple[int, ...], always: tuple[int, ...]) -> PartFunction:
    """Make parts; die of some the first time, and of others every time."""

    def part(index: int, done: Done) -> Iterator[EditRow]:  # noqa: ARG001
        mark = run.local / f"died-of-{index}"
        for row in rows(index):
            if index in always or (index in once and not mark.exists()):
                mark.touch()
                die()
            yield row

    return part


def start_slow(run: RunFolder, *, hangs: tuple[int, ...]) -> PartFunction:  # noqa: ARG001
    """Come to no end with some parts."""

    def part(index: int, done: Done) -> Iterator[EditRow]:  # noqa: ARG001
        for row in rows(index):
            time.sleep(600 if index in hangs else 0)
            yield row

    return part


def start_never(run: RunFolder) -> PartFunction:
    """Die before anything is made."""
    die()
    raise AssertionError(run)


def start_refused(run: RunFolder) -> PartFunction:  # noqa: ARG001
    """Find that the user's environment does not allow it."""
    raise EngineError("the model is not there")


def start_wrong(run: RunFolder) -> PartFunction:  # noqa: ARG001
    """Have a bug in one part."""

    def part(index: int, done: Done) -> Iterator[EditRow]:  # noqa: ARG001
        if index == 1:
            raise ZeroDivisionError("a bug")
        cause = RowError(Reason.UNREADABLE, "as it is")
        yield from (replace(turned_away(row, cause)) for row in rows(index))

    return part


def start_together(run: RunFolder, *, count: int) -> PartFunction:
    """Make none of the first parts before all of them have been begun in this process."""

    def part(index: int, done: Done) -> Iterator[EditRow]:  # noqa: ARG001
        (run.local / f"begun-{os.getpid()}-{index}").touch()
        end = time.monotonic() + 60
        first = [run.local / f"begun-{os.getpid()}-{i}" for i in range(count)]
        while index < count and not all(path.exists() for path in first):
            assert time.monotonic() < end, "no other part was begun"
            time.sleep(0.01)
        yield from rows(index)

    return part


def odd_stage(start: Callable[[RunFolder], PartFunction], lanes: int = 1) -> Stage:
    """Return a stage of two workers."""
    return Stage(
        name=NAME,
        unit="pairs",
        output=EditRow,
        row_key=key,
        fingerprint="odd",
        start=start,
        refused=refused,
        workers=2,
        lanes=lanes,
        modules=("odd_stages",),
    )
