"""From the components of a mix to the pairs of each pass, counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import TypeVar

import numpy as np

from syned.errors import SourceError
from syned.ids import fingerprint, seed_for
from trainer.pictures import InputShape
from trainer.readers.registry import read
from trainer.recipe import ComponentConfig, DataConfig, PhaseConfig
from trainer.rows import CaptionedPair, Dropped
from trainer.store import Store, make_store

T = TypeVar("T")

REPEATED = "repeated_id"
"""Reason of a pair whose id an earlier one of its set has; ids are what captions are joined by."""
OnPart = Callable[[str, int], Callable[[], None]]
"""Told what is made ready and how many entries it has at most; returns what to call for each."""


@dataclass(frozen=True, slots=True)
class Where:
    """Where datasets are, and where what is ready of them is kept.

    Attributes:
        root: Folder with a folder of its own for each dataset.
        ready: Folder for the stores.
        shape: Of the joined pictures.
        seed: Of all draws.
        on_part: Told of long work.
    """

    root: Path
    ready: Path
    shape: InputShape
    seed: int
    on_part: OnPart


@dataclass(frozen=True, slots=True)
class Part:
    """One component, or one evaluation set.

    Attributes:
        name: Of the dataset, with its protocol where one was named.
        store: Its pairs.
        draws: The numbers of the pairs that each pass takes; a number may come more than once.
        left_out: Entries that are no pairs, by reason.
        cleaned: Mendings of captions, by kind.
    """

    name: str
    store: Store
    draws: tuple[int, ...]
    left_out: dict[str, int]
    cleaned: dict[str, int]


def path_of(config: DataConfig, root: Path) -> str:
    """Return where a dataset is."""
    return config.path or str(root / config.data)


def load_part(config: DataConfig, where: Where, refused: frozenset[str] = frozenset()) -> Part:
    """Read, choose and make ready the pairs of a component or an evaluation set.

    Args:
        config: What to read.
        where: Where it is.
        refused: Hashes of pictures that no pair may have.

    Raises:
        SourceError: The dataset is not there, or no pair is left.
    """
    place = path_of(config, where.root)
    wanted = _wanted(config, place, where.seed)
    cleaned: Counter[str] = Counter()
    tick = where.on_part(f"{config.data} ({config.split})", len(wanted))
    mark = fingerprint([config.model_dump(mode="json"), place, str(where.shape), where.seed])
    store, left_out = make_store(
        _counted(_those(config, place, wanted), cleaned),
        len(wanted),
        where.shape,
        where.ready / f"{config.data}-{config.split}-{mark[:8]}.npy",
        refused,
        tick,
    )
    if not store.rows:
        reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.most_common())
        raise SourceError(
            f"{place}: no pair of {config.data} ({config.split}) can be used"
            + (f": {reasons}" if reasons else "")
            + f"; `syned data check {config.data} {place}` tells more"
        )
    draws = _draws(config, len(store.rows), where.seed)
    name = f"{config.data} {config.protocol}" if config.protocol else config.data
    return Part(name, store, draws, dict(left_out), dict(cleaned))


def load_phases(
    phases: Sequence[PhaseConfig], where: Where, refused: frozenset[str]
) -> list[list[Part]]:
    """Make the components of phases ready; one that comes in several phases once."""
    made: dict[ComponentConfig, Part] = {}
    for component in chain.from_iterable(phase.components for phase in phases):
        if component not in made:
            made[component] = load_part(component, where, refused)
    return [[made[component] for component in phase.components] for phase in phases]


def _entries(config: DataConfig, place: str) -> Iterator[CaptionedPair | Dropped]:
    """Yield the entries of a dataset that have the wanted kinds of change."""
    for entry in read(config.data, place, config.split, config.protocol):
        if isinstance(entry, Dropped) or not config.tasks or entry.change in config.tasks:
            yield entry


def _wanted(config: DataConfig, place: str, seed: int) -> frozenset[str]:
    """Return the ids of the pairs that are made ready: all, or as many as are asked for."""
    found = _entries(config, place)
    pairs = (entry.pair_id for entry in found if isinstance(entry, CaptionedPair))
    names = list(dict.fromkeys(pairs))
    count = getattr(config, "count", None)
    most = min(config.max_pairs or len(names), count or len(names), len(names))
    return frozenset(_shuffled(names, seed_for(seed, "choose", config.data))[:most])


def _those(
    config: DataConfig, place: str, wanted: frozenset[str]
) -> Iterator[CaptionedPair | Dropped]:
    """Yield the wanted pairs, and what gives no pair; of pairs with one id the first."""
    missing = set(wanted)
    for entry in _entries(config, place):
        if isinstance(entry, Dropped) or entry.pair_id in missing:
            yield entry
        elif entry.pair_id in wanted:
            told = f"the id {entry.pair_id} is that of an earlier pair"
            yield Dropped(key=entry.pair_id, split=entry.split, reason=REPEATED, message=told)
        if isinstance(entry, CaptionedPair):
            missing.discard(entry.pair_id)


def _counted(
    entries: Iterator[CaptionedPair | Dropped], cleaned: Counter[str]
) -> Iterator[CaptionedPair | Dropped]:
    """Count the mendings of captions that pass."""
    for entry in entries:
        if isinstance(entry, CaptionedPair):
            cleaned.update(entry.cleaned)
        yield entry


def _draws(config: DataConfig, pairs: int, seed: int) -> tuple[int, ...]:
    """Return the numbers of the pairs that each pass takes."""
    if not isinstance(config, ComponentConfig):
        return tuple(range(pairs))
    count = config.count or max(1, round((config.weight or 1.0) * pairs))
    whole, rest = divmod(count, pairs)
    some = _shuffled(list(range(pairs)), seed_for(seed, "draw", config.data))[:rest]
    return tuple(chain(*([range(pairs)] * whole), sorted(some)))


def _shuffled(items: list[T], seed: int) -> list[T]:
    """Return items in an order drawn with a seed."""
    order = np.random.default_rng(seed).permutation(len(items))
    return [items[i] for i in order]
