"""Which pictures get how many instructions, and which of them lie in which part.

Instructions are numbered through the whole run, picture by picture; a part holds a range of them.
So ids and rows are the same whatever the size of a part.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.recipe import Recipe
from syned.errors import SourceError
from syned.reasons import Status
from syned.rows import ScanRow


@dataclass(frozen=True, slots=True)
class Placed:
    """A picture's instructions within one part."""

    picture: ScanRow
    first_instruction: int
    num_instructions: int
    first_number: int
    """The number of its first instruction within the run."""


COLUMNS = ("source", "source_number", "index", "key", "image_id", "has_instruction")
"""What is known of a picture that is used."""


@dataclass(frozen=True, slots=True, eq=False)
class Layout:
    """The pictures that are used, in order, and the number of instructions for each."""

    pictures: pa.Table
    """One row per picture, with `COLUMNS`; as rows of Python millions would take gigabytes."""
    ends: np.ndarray
    """For each picture, the number after that of its last instruction in the run; int64 (N,)."""
    per_part: int
    """Instructions in a part."""

    @property
    def instructions(self) -> int:
        """Return the number of instructions in the run."""
        return int(self.ends[-1])

    @property
    def parts(self) -> int:
        """Return the number of parts."""
        return -(-self.instructions // self.per_part)

    @property
    def placed(self) -> int:
        """Return how many pictures all parts have; one that lies in two parts counts in both."""
        starts = np.concatenate([[0], self.ends[:-1]])
        return int(((self.ends - 1) // self.per_part - starts // self.per_part + 1).sum())

    def part(self, index: int) -> Iterator[Placed]:
        """Yield the pictures of a part, with their instructions in it."""
        begin, end = index * self.per_part, (index + 1) * self.per_part
        first = int(np.searchsorted(self.ends, begin, side="right"))
        last = int(np.searchsorted(self.ends, end, side="left")) + 1
        rows = self.pictures.slice(first, last - first).to_pylist()
        for place, row in enumerate(rows, start=first):
            start = int(self.ends[place - 1]) if place else 0
            stop = min(end, int(self.ends[place]))
            yield Placed(ScanRow(**row), begin - start, stop - begin, begin)
            begin = stop


def instructions_wanted(recipe: Recipe) -> int:
    """Return how many instructions give the asked number of pairs."""
    return -(-recipe.n // recipe.edit.candidates)


def shares(total: int, weights: Sequence[float]) -> list[int]:
    """Split a total by weights into whole numbers (largest remainders first)."""
    exact = [total * weight / sum(weights) for weight in weights]
    whole = [int(value) for value in exact]
    order = sorted(range(len(exact)), key=lambda i: (whole[i] - exact[i], i))
    for i in order[: total - sum(whole)]:
        whole[i] += 1
    return whole


def instructions_by_source(recipe: Recipe) -> list[int]:
    """Return how many instructions each source of the recipe is to get."""
    weights = [source.weight for source in recipe.sample.sources]
    return shares(instructions_wanted(recipe), weights)


def capacity(recipe: Recipe, *, has_instruction: bool) -> int:
    """Return how many instructions a picture allows: its own one, or those of the recipe."""
    limit = recipe.sample.max_instructions_per_image or instructions_wanted(recipe)
    return 1 if has_instruction else limit


def _spread(recipe: Recipe, given: np.ndarray, wanted: int) -> np.ndarray:
    """Give each picture one instruction after the other, in rounds, until there are enough.

    Args:
        recipe: Says how many a picture may have.
        given: Whether a picture came with its own instruction, bool (N,).
        wanted: Instructions in all.

    Returns:
        How many each picture gets, int64 (N,).
    """
    limit = recipe.sample.max_instructions_per_image or wanted
    counts = np.zeros(len(given), dtype=np.int64)
    everybody, others = np.arange(len(given)), np.flatnonzero(~given)
    for number in range(limit):
        turn = (others if number else everybody)[:wanted]
        if not len(turn):
            break
        counts[turn] += 1
        wanted -= len(turn)
    return counts


def lay_out(recipe: Recipe, scan: pa.Table) -> Layout:
    """Give the pictures that passed the scan their instructions.

    A source that has too few pictures for its share leaves the rest to the others.

    Args:
        recipe: Says how many pairs are wanted.
        scan: What the scan found, as `ScanRow`s.

    Raises:
        SourceError: There are too few usable pictures.
    """
    accepted = scan.filter(pc.equal(scan["status"], Status.OK.value)).select(COLUMNS)
    given = accepted["has_instruction"].to_numpy()
    numbers = accepted["source_number"].to_numpy()
    places = [np.flatnonzero(numbers == i) for i in range(len(recipe.sample.sources))]
    wanted = _fitted(recipe, [given[own] for own in places], scan["reason"])
    counts = [_spread(recipe, given[own], n) for own, n in zip(places, wanted, strict=True)]
    order, all_counts = np.concatenate(places), np.concatenate(counts)
    used = all_counts > 0
    per_part = max(1, recipe.part_size // recipe.edit.candidates)
    return Layout(accepted.take(order[used]), np.cumsum(all_counts[used]), per_part)


def _fitted(recipe: Recipe, given: Sequence[np.ndarray], reasons: pa.ChunkedArray) -> list[int]:
    """Return the instructions of each source, as far as its pictures allow."""
    wanted = instructions_by_source(recipe)
    own, free = (capacity(recipe, has_instruction=flag) for flag in (True, False))
    room = [int(flags.sum()) * own + int((~flags).sum()) * free for flags in given]
    if recipe.is_import() and any(room):
        return [min(w, r) for w, r in zip(wanted, room, strict=True)]
    if sum(room) < sum(wanted):
        rejects = Counter(reason for reason in reasons.to_pylist() if reason)
        raise too_few(recipe, sum(map(len, given)), sum(room), "usable pictures", rejects)
    fitted = [min(w, r) for w, r in zip(wanted, room, strict=True)]
    for i, space in enumerate(room):
        fitted[i] += min(space - fitted[i], sum(wanted) - sum(fitted))
    return fitted


def too_few(
    recipe: Recipe, found: int, room: int, what: str, rejects: Counter[str] | None = None
) -> SourceError:
    """Return the error for too few pictures.

    Args:
        recipe: Says how many pairs are wanted.
        found: How many pictures there are.
        room: How many instructions they allow.
        what: What the pictures are called.
        rejects: Pictures that were turned away, per reason.
    """
    possible = room * recipe.edit.candidates
    limit = recipe.sample.max_instructions_per_image
    if not found:
        allowed = ""
    elif limit:
        allowed = f" at {limit} instructions each"
    else:
        allowed = " with their own instructions only"
    reasons = ", ".join(f"{count} {reason}" for reason, count in (rejects or {}).items())
    turned_away = f"Turned away (see 00-scan in the run): {reasons}. " if reasons else ""
    return SourceError(
        f"asked for {recipe.n} pairs, but {found} {what}{allowed} and "
        f"{recipe.edit.candidates} candidates per instruction make {possible}. {turned_away}"
        + (f"Ask for --n {possible}, add pictures" if possible else "Add pictures")
        + (", or raise sample.max_instructions_per_image." if limit and found else ".")
    )
