"""Which pairs have both pictures near those of an earlier pair, over millions of pairs.

Two hashes of 64 bits that differ in at most `d` bits agree in one of `d` + 1 bands of bits, so only
pairs that share a band are compared (Manku, Jain, Sarma: Detecting near-duplicates for web
crawling, WWW 2007). All of it in numpy: 20 ns a comparison.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

HASH_BITS = 64
MOST = 50_000_000
"""Pairs that are compared, and might all be near and in memory at once."""


class KnownHashes:
    """Hashes that come one by one, each compared only to those that share a band with it.

    Args:
        distance: Hashes that differ in at most so many bits are near.
    """

    def __init__(self, distance: int) -> None:
        self._distance = distance
        self._by_band: defaultdict[tuple[int, int], array[int]] = defaultdict(lambda: array("Q"))

    def nearest(self, value: int) -> int | None:
        """Return in how many bits the nearest of the near ones differs, or None without any."""
        shared = [self._by_band[key] for key in self._keys(value)]
        known = np.concatenate([np.array(band, dtype=np.uint64) for band in shared])
        bits = np.bitwise_count(known ^ np.uint64(value))
        least = int(bits.min(initial=HASH_BITS))
        return least if least <= self._distance else None

    def add(self, value: int) -> None:
        """Remember a hash."""
        for key in self._keys(value):
            self._by_band[key].append(value)

    def _keys(self, value: int) -> list[tuple[int, int]]:
        """Return the bands of a hash, each with its place."""
        bands = _bands(np.array([value], dtype=np.uint64), self._distance)
        return [(place, int(band[0])) for place, band in enumerate(bands)]


def hashes(texts: Iterable[str]) -> np.ndarray:
    """Return perceptual hashes, of up to 16 hex digits each, as uint64 (N,)."""
    # All at once: a quarter of the time that it takes one by one.
    data = bytes.fromhex("".join(text.zfill(16) for text in _plain(texts)))
    return np.frombuffer(data, dtype=">u8").astype(np.uint64)


def _plain(texts: Iterable[str]) -> np.ndarray:
    """Return texts as a plain array, which is read quicker than a column of Arrow."""
    found = texts if isinstance(texts, pd.Series) else list(texts)
    return np.asarray(found, dtype=object)


def near_duplicates(
    kinds: Iterable[Hashable], before: Iterable[str], after: Iterable[str], distance: int
) -> list[bool]:
    """Say which pairs have both pictures near those of an earlier pair of the same kind.

    A pair that is near one that is itself near an earlier one is compared to that one: the first of
    its kind stays.

    Args:
        kinds: Pairs of different kinds are never duplicates.
        before: Hashes of the source pictures, hex digits; empty for none.
        after: Hashes of the edited pictures.
        distance: Most bits of each hash that may differ.
    """
    frame = pd.DataFrame({"before": _plain(before), "after": _plain(after)}, dtype=object)
    frame["kind"] = pd.factorize(pd.Series(list(kinds)))[0]
    hashed = frame[(frame["before"] != "") & (frame["after"] != "")]
    # Copies to the bit have the fate of the first of them, and need no comparison.
    copies = hashed.duplicated()
    first = hashed[~copies]
    near = _near_earlier(
        first["kind"].to_numpy(), hashes(first["before"]), hashes(first["after"]), distance
    )
    result = pd.Series(False, index=frame.index)
    result[first.index] = near
    result[hashed.index[copies]] = True
    found: list[bool] = result.tolist()
    return found


def _near_earlier(
    kinds: np.ndarray, before: np.ndarray, after: np.ndarray, distance: int
) -> np.ndarray:
    """Say which items are near an earlier one that is not itself near an earlier one.

    Args:
        kinds: int64 (N,).
        before: Hashes, uint64 (N,).
        after: Hashes, uint64 (N,).
        distance: Most bits of each hash that may differ.

    Returns:
        bool (N,).
    """
    if _comparisons(kinds, after, distance) > MOST:
        return _one_by_one(kinds, before, after, distance)
    found = list(_near_pairs(kinds, before, after, distance))
    near = np.zeros(len(kinds), dtype=bool)
    if not found:
        return near
    pairs = np.unique(np.concatenate(found), axis=0)
    # In the order of the later ones, so that the fate of each earlier one is known.
    for later, earlier in pairs.tolist():
        if not near[earlier]:
            near[later] = True
    return near


def _near_pairs(
    kinds: np.ndarray, before: np.ndarray, after: np.ndarray, distance: int
) -> Iterator[np.ndarray]:
    """Yield int64 (M, 2) of near items, the later one first; one may come several times."""
    for band in _bands(after, distance):
        order = np.lexsort((np.arange(len(kinds)), band, kinds))
        for step in range(1, len(order)):
            one, other = order[:-step], order[step:]
            shared = (kinds[one] == kinds[other]) & (band[one] == band[other])
            # Groups lie together: who shares nothing at this step shares nothing further on.
            if not shared.any():
                break
            one, other = one[shared], other[shared]
            near = _within(before, one, other, distance) & _within(after, one, other, distance)
            yield np.stack([other[near], one[near]], axis=1)


def _bands(hashes: np.ndarray, distance: int) -> Iterator[np.ndarray]:
    """Yield the bits of hashes in so many pieces that near ones agree in one, uint64 (N,) each."""
    edges = [HASH_BITS * i // (distance + 1) for i in range(distance + 2)]
    for low, high in pairwise(edges):
        yield (hashes >> np.uint64(low)) & np.uint64(2 ** (high - low) - 1)


def _comparisons(kinds: np.ndarray, after: np.ndarray, distance: int) -> int:
    """Return how many pairs of items share a band."""
    total = 0
    for band in _bands(after, distance):
        _, sizes = np.unique(np.stack([kinds.astype(np.uint64), band]), axis=1, return_counts=True)
        total += int((sizes * (sizes - 1) // 2).sum())
    return total


def _one_by_one(
    kinds: np.ndarray, before: np.ndarray, after: np.ndarray, distance: int
) -> np.ndarray:
    """Do the same for items that are much alike, each compared to those that stay alone.

    Where thousands are near each other, few of them stay, and there are too many pairs to hold.
    """
    stay: defaultdict[tuple[int, int, int], list[int]] = defaultdict(list)
    near = np.zeros(len(kinds), dtype=bool)
    bands = np.stack(list(_bands(after, distance)), axis=1).tolist()
    for item, (kind, own) in enumerate(zip(kinds.tolist(), bands, strict=True)):
        keys = [(kind, place, band) for place, band in enumerate(own)]
        known = np.array([i for key in keys for i in stay[key]], dtype=np.int64)
        alike = _within(before, known, item, distance) & _within(after, known, item, distance)
        near[item] = bool(alike.any())
        if not near[item]:
            for key in keys:
                stay[key].append(item)
    return near


def _within(
    values: np.ndarray, one: np.ndarray, other: np.ndarray | int, distance: int
) -> np.ndarray:
    """Say which of some hashes differ in few bits."""
    bits: np.ndarray = np.bitwise_count(values[one] ^ values[other]) <= distance
    return bits
