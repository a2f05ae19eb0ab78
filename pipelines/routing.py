"""Several engines behind one stage: each job goes to its own, and the answers keep their order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

J = TypeVar("J")
E = TypeVar("E")
A = TypeVar("A")


def answer(
    jobs: Sequence[J],
    engine_of: Callable[[J], E],
    ask: Callable[[E, Sequence[J]], Sequence[A]],
) -> list[tuple[E, A]]:
    """Ask each engine once for all of its jobs, so that its batches are as full as they can be.

    Args:
        jobs: What is to be done.
        engine_of: Chooses the engine of a job.
        ask: Has an engine answer jobs, in order.

    Returns:
        For each job, in order, the engine that answered and its answer.
    """
    engines = [engine_of(job) for job in jobs]
    groups = {id(engine): engine for engine in engines}
    answers: dict[int, tuple[E, A]] = {}
    for key, engine in groups.items():
        places = [place for place, own in enumerate(engines) if id(own) == key]
        replies = ask(engine, [jobs[place] for place in places])
        answers |= {p: (engine, reply) for p, reply in zip(places, replies, strict=True)}
    return [answers[place] for place in range(len(jobs))]
