"""What is wrong with a dataset, in words, with what to do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from trainer.data_found import Leak, SplitReport

LEAKS = {
    "ids": ("id of a pair", "ids of pairs"),
    "pairs": ("pair of pictures", "pairs of pictures"),
    "pictures": ("picture", "pictures"),
}


def problems_of(
    name: str, path: str, splits: Sequence[SplitReport], leaks: Sequence[Leak]
) -> tuple[str, ...]:
    """Return what is not as it should be, one line each.

    Args:
        name: Of the dataset.
        path: Where it is.
        splits: What was found in each split.
        leaks: What splits share.
    """
    found = [line for split in splits for line in _of_split(split, name)]
    found += [_of_leak(leak) for leak in leaks]
    if not any(split.pairs for split in splits):
        found.append(
            f"{path}: there is no pair at all. `syned data list {name}` says what it needs"
        )
    return tuple(found)


def _of_split(found: SplitReport, name: str) -> Iterator[str]:
    """Yield what is wrong with one split."""
    get = f"get it again: syned data list {name}"
    if found.error:
        if found.expected is not None or not found.absent:
            yield f"{found.split}: {found.error}"
        return
    if found.expected not in (None, found.entries):
        yield (
            f"{found.split}: {_many(found.entries, 'entry', 'entries')} instead of "
            f"{found.expected:,}; its annotations are other ones or not complete; {get}"
        )
    if found.missing_pictures.count:
        files = _many(found.missing_pictures.count, "picture is", "pictures are")
        yield f"{found.split}: {files} missing; {get}"
    if found.broken_pictures.count:
        files = _many(found.broken_pictures.count, "picture", "pictures")
        yield f"{found.split}: {files} cannot be decoded, `syned train` leaves them out; {get}"
    if found.repeated_ids.count:
        ids = _many(found.repeated_ids.count, "entry has", "entries have")
        yield f"{found.split}: {ids} an id that another one has; scores are joined by id; {get}"


def _of_leak(leak: Leak) -> str:
    """Return what a leak means."""
    first, second = leak.splits
    line = f"{first} and {second} share {_many(leak.found.count, *LEAKS[leak.kind])}"
    if leak.kind == "ids":
        return f"{line}; give each pair an id of its own"
    if first == "train":
        return f"{line}; `syned train` leaves out pairs with a picture of its evaluation sets"
    return f"{line}; what is chosen on one of them is not independent of the other"


def _many(count: int, one: str, several: str) -> str:
    return f"{count:,} {one if count == 1 else several}"
