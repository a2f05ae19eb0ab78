"""Iterators over rows in groups, and rows of two parts joined."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from itertools import islice
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def batched(items: Iterable[A], size: int) -> Iterator[list[A]]:
    """Yield lists of `size` items; the last may be shorter (`itertools` has it from 3.12 on)."""
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group


def join_sorted(
    left: Iterable[A],
    right: Iterable[B],
    left_key: Callable[[A], Hashable],
    right_key: Callable[[B], Hashable],
) -> Iterator[tuple[A, B]]:
    """Yield each left item with the right item of the same key.

    Both sides are in the same order of keys; several left items may share a key, and right items
    without a left one are passed over. Only one item of each side is held at a time.

    Raises:
        ValueError: A left item has no partner: the two sides do not belong together.
    """
    iterator = iter(right)
    current: B | None = None
    for item in left:
        while current is None or right_key(current) != left_key(item):
            current = next(iterator, None)
            if current is None:
                raise ValueError(f"no partner for {left_key(item)!r}")
        yield item, current


def left_join(
    left: Iterable[A],
    right: Iterable[B],
    left_key: Callable[[A], Hashable],
    right_key: Callable[[B], Hashable],
) -> Iterator[tuple[A, B | None]]:
    """Yield each left item with the right item of the same key, or with nothing.

    Both sides are in the same order of keys, and no key occurs twice on a side.
    """
    iterator = iter(right)
    current = next(iterator, None)
    for item in left:
        if current is None or right_key(current) != left_key(item):
            yield item, None
            continue
        yield item, current
        current = next(iterator, None)
