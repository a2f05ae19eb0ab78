"""Which pictures get how many instructions, and which of them lie in which part.

Instructions are numbered through the whole run, picture by picture; a part holds a range of them.
So ids and rows are the same whatever the size of a part.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

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


@dataclass(frozen=True, slots=True)
class Layout:
    """The pictures that are used, in order, and the number of instructions for each."""

    pictures: tuple[ScanRow, ...]
    ends: tuple[int, ...]
    """For each picture, the number after that of its last instruction within the run."""
    per_part: int
    """Instructions in a part."""

    @property
    def instructions(self) -> int:
        """Return the number of instructions in the run."""
        return self.ends[-1]

    @property
    def parts(self) -> int:
        """Return the number of parts."""
        return -(-self.instructions // self.per_part)

    def part(self, index: int) -> Iterator[Placed]:
        """Yield the pictures of a part, with their instructions in it."""
        begin, end = index * self.per_part, (index + 1) * self.per_part
        place = bisect_right(self.ends, begin)
        while place < len(self.ends) and begin < end:
            start = self.ends[place - 1] if place else 0
            last = min(end, self.ends[place])
            yield Placed(self.pictures[place], begin - start, last - begin, begin)
            begin, place = last, place + 1


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


def capacity(recipe: Recipe, pictures: Sequence[ScanRow]) -> int:
    """Return how many instructions some pictures allow."""
    limit = recipe.sample.max_instructions_per_image or instructions_wanted(recipe)
    return sum(1 if picture.has_instruction else limit for picture in pictures)


def _spread(recipe: Recipe, pictures: Sequence[ScanRow], wanted: int) -> list[int]:
    """Give each picture one instruction after the other, in rounds, until there are enough."""
    limit = recipe.sample.max_instructions_per_image or wanted
    free = [not picture.has_instruction for picture in pictures]
    rounds, counts = 0, [0] * len(pictures)
    while wanted > 0 and rounds < limit:
        turn = [i for i in range(len(pictures)) if rounds == 0 or free[i]][:wanted]
        if not turn:
            break
        for i in turn:
            counts[i] += 1
        wanted -= len(turn)
        rounds += 1
    return counts


def lay_out(recipe: Recipe, scan: Sequence[ScanRow]) -> Layout:
    """Give the pictures that passed the scan their instructions.

    A source that has too few pictures for its share leaves the rest to the others.

    Args:
        recipe: Says how many pairs are wanted.
        scan: What the scan found.

    Raises:
        SourceError: There are too few usable pictures.
    """
    accepted = [row for row in scan if row.status is Status.OK]
    numbers = range(len(recipe.sample.sources))
    usable = [[row for row in accepted if row.source_number == i] for i in numbers]
    wanted = _fitted(recipe, usable, Counter(row.reason for row in scan if row.reason))
    counts = [
        count
        for pictures, number in zip(usable, wanted, strict=True)
        for count in _spread(recipe, pictures, number)
    ]
    pictures = [picture for group in usable for picture in group]
    used = [(p, c) for p, c in zip(pictures, counts, strict=True) if c]
    per_part = max(1, recipe.part_size // recipe.edit.candidates)
    return Layout(tuple(p for p, _ in used), tuple(accumulate(c for _, c in used)), per_part)


def _fitted(
    recipe: Recipe, usable: Sequence[Sequence[ScanRow]], rejects: Counter[str]
) -> list[int]:
    """Return the instructions of each source, as far as its pictures allow."""
    wanted = instructions_by_source(recipe)
    room = [capacity(recipe, pictures) for pictures in usable]
    if recipe.is_import() and any(room):
        return [min(w, r) for w, r in zip(wanted, room, strict=True)]
    if sum(room) < sum(wanted):
        raise too_few(recipe, sum(len(p) for p in usable), sum(room), "usable pictures", rejects)
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
