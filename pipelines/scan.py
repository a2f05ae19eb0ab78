"""Stage 00: look at every source picture once, and turn away what cannot or need not be used."""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypedDict

from pipelines.layout import capacity, instructions_by_source, instructions_wanted
from pipelines.near import KnownHashes
from pipelines.recipe import Recipe, SampleConfig
from pipelines.requirements import cores
from pipelines.sources.base import READERS, PictureSource, SourcePicture, read_ahead
from pipelines.sources.open import open_source
from syned.compare import perceptual_hash
from syned.errors import RowError, WorkerDied
from syned.ids import digest, seed_for
from syned.images import decode_picture
from syned.reasons import Reason, Status
from syned.rows import ScanRow, turned_away
from syned.run import RunFolder
from syned.stage import Done, PartFunction

NAME = "00-scan"
VERSION = 1
MOST_THREADS = 8
"""Pictures that are decoded at once: each may have as many pixels as the recipe allows."""


class Seen:
    """The pictures accepted so far, to recognise copies of them.

    Args:
        distance: Perceptual hashes that differ in at most so many bits are copies; none if None.
    """

    def __init__(self, distance: int | None) -> None:
        self._keys: set[tuple[str, str]] = set()
        self._hashes = None if distance is None else KnownHashes(distance)

    def add(self, image_id: str, instruction: str, phash: str) -> None:
        """Remember a picture.

        Raises:
            RowError: It is a copy of one that is known: the same bytes (and instruction), or a
                perceptual hash as near as that.
        """
        if (image_id, instruction) in self._keys:
            raise RowError(Reason.EXACT_DUPLICATE, "the same file was seen before")
        if self._hashes is not None and phash and not instruction:
            _compare(int(phash, 16), self._hashes)
        self._keys.add((image_id, instruction))


def _compare(value: int, known: KnownHashes) -> None:
    """Raise if a hash is near a known one; else remember it."""
    bits = known.nearest(value)
    if bits is not None:
        message = f"its perceptual hash differs in {bits} of 64 bits from another's"
        raise RowError(Reason.NEAR_DUPLICATE, message)
    known.add(value)


class Limits(TypedDict):
    """The limits of `decode_picture`."""

    max_pixels: int
    min_side: int
    max_aspect: float


def limits(config: SampleConfig) -> Limits:
    """Return the limits of `decode_picture` that a recipe sets."""
    return Limits(
        max_pixels=int(config.max_megapixels * 1_000_000),
        min_side=config.min_side,
        max_aspect=config.max_aspect,
    )


def image_id(picture: SourcePicture) -> str:
    """Return the id of a source picture: the hash of its bytes."""
    return digest(picture.data)


def look_at(number: int, source: PictureSource, recipe: Recipe, seen: Seen) -> Iterator[ScanRow]:
    """Look at the pictures of a source, one after another in a seeded order.

    Args:
        number: The source's place in the recipe.
        source: Where they are.
        recipe: Says what is acceptable.
        seen: What was accepted before, by other sources too.
    """
    order = _order(source, recipe.seed)
    for index, found in read_ahead(order, partial(_look, source, recipe), _threads(source)):
        row = ScanRow(source=source.name, source_number=number, index=index, key=source.key(index))
        yield _judged(row, found, seen)


def _threads(source: PictureSource) -> int:
    """Return how many pictures are read and decoded at once; drawn scenes are not worth it."""
    if len(source) == sys.maxsize:
        return 0
    return READERS if source.is_far else min(cores(), MOST_THREADS)


def _order(source: PictureSource, seed: int) -> Sequence[int]:
    """Return the numbers of a source's pictures, shuffled unless it has no end."""
    numbers = range(len(source))
    if len(numbers) == sys.maxsize:
        return numbers
    return random.Random(seed_for(seed, NAME, source.name)).sample(numbers, len(numbers))


@dataclass(frozen=True, slots=True)
class _Looked:
    """What a picture is compared by, and what is wrong with it."""

    image_id: str
    given: str
    phash: str = ""
    fault: RowError | None = None


def _look(source: PictureSource, recipe: Recipe, index: int) -> _Looked:
    """Read and decode one picture."""
    picture = source.read(index)
    given = picture.given if recipe.takes_instructions() else ""
    looked = _Looked(image_id(picture), given)
    try:
        return replace(looked, phash=_hash(picture, recipe.sample))
    except RowError as error:
        return replace(looked, fault=error)


def _judged(row: ScanRow, looked: _Looked | RowError, seen: Seen) -> ScanRow:
    """Compare one picture with those before it."""
    if isinstance(looked, RowError):
        return turned_away(row, looked)
    row = replace(row, image_id=looked.image_id, has_instruction=bool(looked.given))
    row = replace(row, phash=looked.phash)
    try:
        if looked.fault is not None:
            raise looked.fault
        seen.add(row.image_id, looked.given, row.phash)
    except RowError as error:
        return turned_away(row, error)
    return row


def _hash(picture: SourcePicture, config: SampleConfig) -> str:
    """Return a picture's perceptual hash; drawn scenes differ by construction and need none."""
    if picture.is_scene:
        return ""
    return perceptual_hash(decode_picture(picture.data, **limits(config)))


def scan(recipe: Recipe, sources: Sequence[PictureSource]) -> Iterator[ScanRow]:
    """Look at pictures until there are enough.

    Each source gives a picture for each of its instructions, if it has so many. If then all
    pictures together allow too few instructions, sources that have more go on.
    """
    seen = Seen(recipe.sample.near_duplicate_distance)
    looks = [look_at(i, source, recipe, seen) for i, source in enumerate(sources)]
    room = 0
    for rows, share in zip(looks, instructions_by_source(recipe), strict=True):
        accepted = 0
        while accepted < share and (row := next(rows, None)) is not None:
            accepted += row.status is Status.OK
            room += _room(recipe, row)
            yield row
    for rows in looks:
        while room < instructions_wanted(recipe) and (row := next(rows, None)) is not None:
            room += _room(recipe, row)
            yield row


def _room(recipe: Recipe, row: ScanRow) -> int:
    """Return how many instructions a picture allows."""
    if row.status is not Status.OK:
        return 0
    return capacity(recipe, has_instruction=row.has_instruction)


def start(run: RunFolder, *, recipe: Recipe) -> PartFunction:  # noqa: ARG001
    """Load the stage; its only part is the whole scan."""

    def make(part: int, done: Done) -> Iterator[ScanRow]:  # noqa: ARG001
        return scan(recipe, [open_source(s, recipe.seed) for s in recipe.sample.sources])

    return make


def refused(
    run: RunFolder,  # noqa: ARG001
    part: int,  # noqa: ARG001
    cause: RowError,
    *,
    recipe: Recipe,  # noqa: ARG001
) -> Iterator[ScanRow]:
    """Give up: without a scan there is no run.

    Raises:
        WorkerDied: Always.
    """
    raise WorkerDied(
        f"the source pictures cannot be looked at: {cause.message}. One of them may be broken in "
        "a way that ends the process that opens it; try with fewer to find it."
    )
