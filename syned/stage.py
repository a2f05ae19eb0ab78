"""A stage is data: what to run, not how. A runner maps it over the parts that are not there yet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import tee
from typing import Any, TypeVar

from syned.batches import batched
from syned.errors import RowError
from syned.rows import Row
from syned.run import RunFolder

Done = Mapping[str, Sequence[Any]]
"""Rows that need not be made again, under the keys of the inputs that they came from."""

PartFunction = Callable[[int, Done], Iterator[Any]]
"""Takes the number of a part and the rows that are done, and yields all rows of the part."""

I = TypeVar("I")  # noqa: E741
R = TypeVar("R", bound=Row)


@dataclass(frozen=True)
class Stage:
    """One step of the pipeline.

    Attributes:
        name: Also the name of its folder in the run, such as `03-edit`.
        unit: What its rows are, in the plural, for people.
        output: The type of its rows.
        row_key: The key of the input that a row came from.
        metadata: Kept in the schema of its files.
        fingerprint: Of its version, its config and the stages before it.
        workers: Processes that may work on it at once, each on parts of its own.
        holds_model: Whether each of them loads a model.
        lanes: Parts that each of them makes at once, in threads, so that what it holds need not
            wait for the end of one part before it is given the next.
        modules: What is imported for all workers beforehand; light modules and no model library.
        start: Loads whatever the stage needs, in the worker's process, and returns the function
            that makes a part. A module-level function or a partial of one, so that it travels.
        refused: Yields the rows of a part that no worker can make, each turned away for a cause;
            it opens no picture and loads no model.
    """

    name: str
    unit: str
    output: type
    row_key: Callable[[Any], str]
    fingerprint: str
    start: Callable[[RunFolder], PartFunction]
    refused: Callable[[RunFolder, int, RowError], Iterator[Any]]
    metadata: Mapping[str, str] = field(default_factory=dict)
    workers: int = 1
    holds_model: bool = False
    lanes: int = 1
    modules: tuple[str, ...] = ()


def in_batches(
    inputs: Iterable[I],
    key: Callable[[I], str],
    make: Callable[[Iterator[list[I]]], Iterator[Sequence[Sequence[R]]]],
    size: int,
    done: Done,
) -> Iterator[R]:
    """Yield the rows of inputs in their order, made a batch at a time unless they are done.

    Args:
        inputs: What the rows are made of.
        key: Names an input.
        make: Takes batches, and yields for each the rows of each of its inputs; it may take the
            next batches before it yields.
        size: Inputs in a batch; the last batch may be shorter, and so may one with rows that are
            done.
        done: Rows that are not to be made again.
    """
    groups, taken = tee(batched(inputs, size))
    new = ([item for item in group if key(item) not in done] for group in taken)
    for group, rows in zip(groups, make(new), strict=True):
        made = iter(rows)
        for item in group:
            yield from done[key(item)] if key(item) in done else next(made)
