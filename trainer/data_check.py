"""Reads all of a dataset once, and tells whether it is what it should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from pathlib import Path

from syned.errors import SourceError
from trainer.data_found import Count, Examples, Leak, Report, Shared, SplitReport
from trainer.data_pictures import Glance, PictureLook
from trainer.data_problems import problems_of
from trainer.readers.base import DatasetInfo, Entries, MissingPictures, NotThere
from trainer.readers.references import DEFECTS
from trainer.readers.registry import dataset, protocol_of, read
from trainer.readers.tables import split_in_name
from trainer.rows import CaptionedPair, Split

OnSplit = Callable[[Split, int | None], Callable[[], None]]
"""Told of a split that is read and how many entries it should have, if that is known; returns what
to call for each."""


def check(
    name: str,
    path: str,
    protocol: str | None = None,
    on_split: OnSplit = lambda _split, _count: lambda: None,
) -> Report:
    """Read all splits of a dataset, decode every picture once, and compare.

    Args:
        name: Of the dataset.
        path: Where it is.
        protocol: How entries become pairs; the usual way if not given.
        on_split: Told of the work.

    Raises:
        SourceError: There is no such dataset or protocol, or no split of it can be read.
    """
    info = dataset(name)
    chosen = protocol_of(name, protocol)
    sizes = info.sizes.get(chosen, {})
    look = PictureLook(Path(path).expanduser())
    tallies = [_Tally(split, look) for split in _splits(info, path)]
    for tally in tallies:
        entries = partial(read, name, path, tally.split, chosen)
        tally.read(entries, on_split(tally.split, sizes.get(tally.split)))
    if all(tally.error for tally in tallies):
        raise tallies[0].error or SourceError(path)
    leaks = tuple(leak for two in combinations(tallies, 2) for leak in _leaks(*two, look))
    splits = tuple(tally.report(sizes.get(tally.split)) for tally in tallies)
    return Report(
        name=name,
        title=info.title,
        path=path,
        protocol=chosen,
        splits=splits,
        leaks=leaks,
        problems=problems_of(name, path, splits, leaks),
    )


def _splits(info: DatasetInfo, path: str) -> tuple[Split, ...]:
    """Return the splits to read: one, if a single file is given."""
    file = Path(path).expanduser()
    if not file.is_file():
        return info.splits
    named = split_in_name(file)
    if named is None:
        return info.splits[:1]
    return (Split.VALIDATION,) if named == "dev" else (Split(named),)


@dataclass(slots=True)
class _Tally:
    """What is counted while a split is read."""

    split: Split
    look: PictureLook
    error: SourceError | None = None
    pairs: int = 0
    references: int = 0
    dropped: dict[str, Examples] = field(default_factory=dict)
    captions: Counter[str] = field(default_factory=Counter)
    ids: set[str] = field(default_factory=set)
    repeated: Examples = field(default_factory=Examples)
    missing: set[str] = field(default_factory=set)
    broken: set[bytes] = field(default_factory=set)
    pictures: set[bytes] = field(default_factory=set)
    both: set[tuple[bytes, bytes]] = field(default_factory=set)

    def read(self, entries: Callable[[], Entries], tick: Callable[[], None]) -> None:
        """Count all entries; what keeps the rest from being read is kept."""
        try:
            for entry in entries():
                if isinstance(entry, CaptionedPair):
                    self._pair(entry)
                else:
                    self.dropped.setdefault(entry.reason, Examples()).add(entry.key)
                if isinstance(entry, MissingPictures):
                    self.missing.update(map(self.look.short, entry.files))
                tick()
        except SourceError as error:
            self.error = error

    def _pair(self, pair: CaptionedPair) -> None:
        """Count a pair."""
        self.pairs += 1
        self.references += len(pair.captions)
        self.captions.update(pair.cleaned)
        if pair.pair_id in self.ids:
            self.repeated.add(pair.pair_id)
        self.ids.add(pair.pair_id)
        seen = self.look(pair.before, pair.pair_id), self.look(pair.after, pair.pair_id)
        for glance in seen:
            self._picture(glance)
        if all(glance.digest for glance in seen):
            self.both.add((seen[0].digest, seen[1].digest))

    def _picture(self, glance: Glance) -> None:
        """Count a picture."""
        if not glance.digest:
            self.missing.add(glance.name)
            return
        self.pictures.add(glance.digest)
        if glance.digest in self.look.faults:
            self.broken.add(glance.digest)

    def report(self, expected: int | None) -> SplitReport:
        """Return all that was counted."""
        kinds = sorted(self.captions.items())
        return SplitReport(
            split=self.split,
            error=str(self.error or ""),
            absent=isinstance(self.error, NotThere),
            expected=expected,
            entries=self.pairs + sum(found.count for found in self.dropped.values()),
            pairs=self.pairs,
            references=self.references,
            dropped={reason: found.told() for reason, found in sorted(self.dropped.items())},
            captions_mended={kind: n for kind, n in kinds if kind not in DEFECTS},
            captions_left_out={kind: n for kind, n in kinds if kind in DEFECTS},
            repeated_ids=self.repeated.told(),
            missing_pictures=Count.of(sorted(self.missing)),
            broken_pictures=Count.of(sorted(map(self.look.told, self.broken))),
        )


def _leaks(first: _Tally, second: _Tally, look: PictureLook) -> Iterator[Leak]:
    """Yield what two splits share, each kind once."""
    names = (first.split, second.split)
    pairs = (f"{look.names[a]} with {look.names[b]}" for a, b in first.both & second.both)
    kinds: tuple[tuple[Shared, list[str]], ...] = (
        ("ids", sorted(first.ids & second.ids)),
        ("pairs", sorted(pairs)),
        ("pictures", sorted(look.names[digest] for digest in first.pictures & second.pictures)),
    )
    for kind, shared in kinds:
        if shared:
            yield Leak(kind=kind, splits=names, found=Count.of(shared))
