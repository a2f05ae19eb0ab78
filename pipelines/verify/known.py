"""The pictures of evaluation sets, which no pair may come close to."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import numpy as np

from pipelines.against import open_sets
from pipelines.verify.pictures import PictureLook, Seen
from pipelines.verify.report import Ledger
from syned.batches import batched
from syned.errors import RowError, SourceError

DISTANCE = 6
"""Perceptual hashes that differ in at most so many of their 64 bits make pictures close."""
Named = tuple[str, bytes]
"""What a picture is called, and its bytes."""


def pictures_at(place: str) -> Iterator[Named]:
    """Yield the pictures of a folder, of Parquet files, of a run or of a dataset on the Hub.

    What cannot be read is yielded without bytes.

    Raises:
        SourceError: There is nothing of that name, or it holds no pictures.
    """
    for prefix, source in open_sets(place):
        for index in range(len(source)):
            try:
                yield f"{place}: {prefix}{source.key(index)}", source.read(index).data
            except RowError:
                yield f"{place}: {prefix}{source.key(index)}", b""


class Known:
    """The pictures of evaluation sets by hash.

    Args:
        pictures: All of them.

    Raises:
        SourceError: None of them can be decoded.
    """

    def __init__(self, pictures: Iterable[Named]) -> None:
        look = PictureLook(hashes=True)
        self._names: list[str] = []
        self._unread: list[str] = []
        hashes: list[int] = []
        self._same: dict[bytes, str] = {}
        for group in batched(pictures, 64):
            for (name, data), seen in zip(group, look([d for _, d in group]), strict=True):
                if data:
                    self._same.setdefault(hashlib.sha256(data).digest(), name)
                if seen.phash:
                    self._names.append(name)
                    hashes.append(int(seen.phash, 16))
                else:
                    self._unread.append(name)
        if not hashes:
            raise SourceError("--against: none of the pictures there can be decoded")
        self._hashes = np.array(hashes, dtype=np.uint64)

    def tell_unread(self, ledger: Ledger) -> None:
        """Note the pictures of the sets that nothing could be compared with."""
        for name in self._unread:
            ledger.add("against", "a picture of an evaluation set cannot be read", name)

    def look_at(self, seen: Seen, where: str, ledger: Ledger) -> None:
        """Note a picture that is one of the sets, or close to one."""
        name = self._same.get(seen.digest)
        if name is not None:
            ledger.add("against", "a picture is one of an evaluation set", f"{where}: {name}")
            return
        distances = np.bitwise_count(self._hashes ^ np.uint64(int(seen.phash, 16)))
        nearest = int(distances.argmin())
        if distances[nearest] <= DISTANCE:
            told = f"{where}: {int(distances[nearest])} bits from {self._names[nearest]}"
            ledger.add("against", "a picture is close to one of an evaluation set", told)
