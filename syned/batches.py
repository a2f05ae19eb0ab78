"""Iterators over rows in groups, and rows of two parts joined."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


def batched(items: Iterable[A], size: int) -> Iterator[list[A]]:
    """Yield lists of `size` items; the last may be shorter (`itertools` has it from 3.12 on)."""
    iterator = iter(items)
    while group := list(islice(iterator, size)):
        yield group


def batched_by(items: Iterable[A], key: Callable[[A], Hashable], size: int) -> Iterator[list[A]]:
    """Yield lists of at least `size` items that end where a key does, or at four times the size."""
    group: list[A] = []
    for item in items:
        ended = len(group) >= size and key(item) != key(group[-1])
        if ended or len(group) == 4 * size:
            yield group
            group = []
        group.append(item)
    if group:
        yield group


def ahead(items: Iterable[A], make: Callable[[A], B], count: int) -> Iterator[B]:
    """Yield what is made of items, in their order, while threads make the next ones.

    Args:
        items: What there is; taken a few at a time.
        make: Makes one; what it raises is raised here.
        count: How many are made ahead of what is taken; 0 for none, and no thread.
    """
    if not count:
        yield from map(make, items)
        return
    waiting: deque[Future[B]] = deque()
    with ThreadPoolExecutor(count) as pool:
        try:
            for item in items:
                waiting.append(pool.submit(make, item))
                if len(waiting) > count:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()


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
