"""What a benchmark sees of a training: nothing of its progress, and how much memory it takes."""

from __future__ import annotations

import ctypes
import gc
import threading
from typing import Any

import psutil


class Silent:
    """Is told of a training and says nothing."""

    def part(self, name: str, count: int) -> None:
        """Ignore."""

    def tick(self) -> None:
        """Ignore."""

    def say(self, line: str) -> None:
        """Ignore."""

    def step(self, step: int, steps: int, logs: dict[str, float] | None) -> None:
        """Ignore."""

    def look(self, look: Any) -> None:
        """Ignore."""


class Grown:
    """Watches by how much this process grows while something is done; whole pages, every 10 ms."""

    def __enter__(self) -> Grown:
        """Begin with what is held now, freed memory given back."""
        gc.collect()
        ctypes.CDLL("libc.so.6").malloc_trim(0)
        self._process, self._over = psutil.Process(), threading.Event()
        self._first = self.most = self._process.memory_info().rss
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._over.wait(0.01):
            self.most = max(self.most, self._process.memory_info().rss)

    def __exit__(self, *error: object) -> None:
        """Stop watching."""
        self._over.set()
        self._thread.join()

    @property
    def mib(self) -> float:
        """Return the most that was held over the beginning, in MiB."""
        return (self.most - self._first) / 2**20
