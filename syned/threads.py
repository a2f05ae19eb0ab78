"""Threads for work on pictures: Pillow and SciPy let other threads run while they compute."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import TypeVar

A = TypeVar("A")
B = TypeVar("B")


@cache
def _pool() -> ThreadPoolExecutor:
    """Return the process's threads, one for each core."""
    return ThreadPoolExecutor(os.cpu_count())


def in_threads(function: Callable[[A], B], items: Iterable[A]) -> list[B]:
    """Return `function` of each item, in order; items are worked on at the same time."""
    return list(_pool().map(function, items))
