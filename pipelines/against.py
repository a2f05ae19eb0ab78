"""The pictures of evaluation sets: their hashes and embeddings, so that no pair comes near them.

An ordinary stage with one part for each set: it runs in a process of its own, and a set that was
looked at before, and has not changed, is not looked at again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np
from PIL import Image

from pipelines import scan
from pipelines.engines import Embedder
from pipelines.recipe import Recipe
from pipelines.scorers.definitions import definitions
from pipelines.sections.sources import FolderSource, ScenesSource, TableSource
from pipelines.sources.base import PictureSource
from pipelines.sources.detect import source_for
from pipelines.sources.open import open_source
from pipelines.sources.stored import listed
from syned.batches import batched
from syned.compare import perceptual_hash
from syned.errors import EngineError, MissingExtra, RowError, SourceError, WorkerDied
from syned.ids import fingerprint
from syned.images import decode_picture, normalise
from syned.rows import Row, turned_away
from syned.run import RunFolder
from syned.stage import Done, PartFunction, Stage
from syned.storage import protocol_of, to_place

NAME = "05-against"
VERSION = 1
BATCH = 64
"""Pictures that are decoded at once."""

Item = tuple[PictureSource, int, str]
"""A source, a number in it, and what the picture is called."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluationRow(Row):
    """One picture of an evaluation set that pairs must not be close to; no pixels."""

    key: str
    """Where it was found: a path within the folder, or the column and number of a row."""
    phash: str = ""
    """64-bit perceptual hash, 16 hex digits; empty if it could not be decoded."""
    embedding: np.ndarray | None = None
    """CLIP's, float16 (D,), L2-normalised; missing without CLIP."""


def against_stage(recipe: Recipe) -> Stage:
    """Return the stage that looks at the evaluation sets of a recipe."""
    mark = fingerprint([VERSION, recipe.image.resolution, _definition(recipe)])
    return Stage(
        name=NAME,
        unit="pictures",
        output=EvaluationRow,
        row_key=_key,
        fingerprint=mark,
        start=partial(start, recipe=recipe),
        refused=refused,
        modules=(__name__,),
    )


def _key(row: EvaluationRow) -> str:
    return row.key


def _definition(recipe: Recipe) -> dict[str, str] | None:
    """Return what the embeddings depend on; nothing if pictures are not embedded."""
    if recipe.score.clip is None or recipe.filter.against_similarity is None:
        return None
    return definitions(recipe.score)["clip"]


def marks_of_sets(recipe: Recipe) -> list[str]:
    """Return an id of each evaluation set: of its files, their sizes and their times.

    Of a set on the Hub it is the name alone.
    """
    return [fingerprint([path, _files(_place(path))]) for path in recipe.filter.against]


def _place(path: str) -> str:
    """Return where the pictures of a set are; of a run, in its dataset."""
    folder = Path(path).expanduser()
    return str(folder / "dataset") if (folder / "recipe.yaml").is_file() else path


def _files(path: str) -> list[list[str | int]]:
    """Return name, size and time of each file of a set; nothing for a name on the Hub."""
    if protocol_of(path):
        return [[name, size] for name, size in listed(to_place(path)).items()]
    place = Path(path).expanduser()
    files = [place] if place.is_file() else sorted(place.rglob("*")) if place.is_dir() else []
    found = ((file, file.stat()) for file in files if file.is_file())
    return [[str(file.relative_to(place)), i.st_size, i.st_mtime_ns] for file, i in found]


def find_set(path: str) -> FolderSource | TableSource:
    """Return what a path or name stands for, without opening its pictures.

    Raises:
        SourceError: There is nothing of that name, or it can be no evaluation set.
    """
    config = source_for(_place(path))
    if isinstance(config, ScenesSource):
        raise SourceError("filter.against: drawn scenes are no evaluation set; name pictures")
    return config if isinstance(config, FolderSource) else TableSource(path=config.path)


def pictures_in_sets(recipe: Recipe) -> int:
    """Return how many pictures the evaluation sets of a recipe have.

    Raises:
        SourceError: One of them cannot be read.
    """
    return sum(len(s) for path in recipe.filter.against for _, s in open_sets(path))


def open_sets(path: str) -> list[tuple[str, PictureSource]]:
    """Open what a path or name stands for, once for each column of pictures.

    Returns:
        What the pictures of a source are called before their own key, and the source.

    Raises:
        SourceError: There is nothing of that name, or it holds no pictures.
    """
    config = find_set(path)
    if isinstance(config, FolderSource):
        return [("", open_source(config, 0))]
    from pipelines.sources.table import image_columns, open_table

    names = image_columns(config)
    opened = [open_table(config.model_copy(update={"image_column": name})) for name in names]
    return [(f"{name} ", source) for name, source in zip(names, opened, strict=True)]


def look(
    items: Iterable[Item], pictures: Embedder[Image.Image] | None, recipe: Recipe
) -> Iterator[EvaluationRow]:
    """Make the rows of some pictures; one that cannot be read is a row with a reason.

    Args:
        items: The pictures.
        pictures: Embeds them, if that is wanted.
        recipe: Says what can be read, and at which size.
    """
    for group in batched(items, BATCH):
        seen = [_hashed(item, pictures, recipe) for item in group]
        for row, image_id in seen:
            vector = pictures.vector(image_id) if pictures is not None and image_id else None
            yield row if vector is None else replace(row, embedding=vector.astype(np.float16))
        if pictures is not None:
            pictures.forget()


def _hashed(
    item: Item, pictures: Embedder[Image.Image] | None, recipe: Recipe
) -> tuple[EvaluationRow, str]:
    """Make the row of a picture, and hand the picture over to be embedded.

    Returns:
        The row, and the id of the picture; empty if it cannot be read.
    """
    source, index, name = item
    row = EvaluationRow(key=name)
    try:
        found = source.read(index)
        decoded = decode_picture(found.data, **scan.limits(recipe.sample))
    except RowError as error:
        return turned_away(row, error), ""
    picture, image_id = normalise(decoded, recipe.image.resolution), scan.image_id(found)
    if pictures is not None:
        pictures.add(image_id, picture)
    return replace(row, phash=perceptual_hash(picture)), image_id


def start(run: RunFolder, *, recipe: Recipe) -> PartFunction:  # noqa: ARG001
    """Load CLIP, if pictures are embedded.

    Raises:
        EngineError: It cannot be loaded here.
    """
    pictures = _load_embedder(recipe)

    def part(index: int, done: Done) -> Iterator[EvaluationRow]:  # noqa: ARG001
        opened = open_sets(recipe.filter.against[index])
        items = ((s, i, prefix + s.key(i)) for prefix, s in opened for i in range(len(s)))
        return look(items, pictures, recipe)

    return part


def _load_embedder(recipe: Recipe) -> Embedder[Image.Image] | None:
    """Load the run's own CLIP; nothing if hashes alone are compared."""
    if _definition(recipe) is None or recipe.score.clip is None:
        return None
    from pipelines.scorers.clip import load_clip

    try:
        return load_clip(recipe.score.clip).pictures
    except (EngineError, MissingExtra) as error:
        raise EngineError(
            f"{error}. Evaluation sets are compared by the run's own CLIP; to compare perceptual "
            "hashes alone: --set filter.against_similarity=null"
        ) from error


def refused(run: RunFolder, part: int, cause: RowError) -> Iterator[EvaluationRow]:  # noqa: ARG001
    """Give up: without a set nothing can be kept away from it.

    Raises:
        WorkerDied: Always.
    """
    raise WorkerDied(f"an evaluation set cannot be looked at: {cause.message}")
