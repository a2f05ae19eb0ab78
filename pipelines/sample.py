"""Stage 01: read the pictures that are used, bring them to the recipe's size, encode them once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from PIL import Image, ImageOps

from pipelines import scan
from pipelines.faces.blur import FindFaces, blurred, load_faces, told
from pipelines.layout import COLUMNS, Layout, Placed, lay_out
from pipelines.loaded import note
from pipelines.recipe import Recipe
from pipelines.scenes.draw import draw
from pipelines.scenes.model import Scene
from pipelines.sources.base import READERS, PictureSource, SourcePicture, read_ahead
from pipelines.sources.open import open_source
from pipelines.writers.tasks import task_of
from syned.errors import RowError
from syned.images import decode_picture, encode_picture, normalise
from syned.parquet import read_table
from syned.parts import part_path, read_part
from syned.reasons import Reason, Status
from syned.rows import EncodedImage, SampleRow, ScanRow, Task, turned_away
from syned.run import RunFolder
from syned.stage import Done, PartFunction, in_batches

NAME = "01-sample"
VERSION = 1
SLACK = 8
"""Pixels by which the sides of two pictures of a pair may differ; more is another picture."""


def read_layout(run: RunFolder, recipe: Recipe) -> Layout:
    """Return the layout that follows from a finished scan.

    Raises:
        SourceError: There are too few usable pictures.
    """
    names = [*COLUMNS, "status", "reason"]
    return lay_out(recipe, read_table(part_path(run.stage(scan.NAME), 0), names))


def pictures(run: RunFolder, part: int) -> Iterator[SampleRow]:
    """Yield the pictures of a part that could be read, in order."""
    rows = read_part(run.stage(NAME), part, SampleRow)
    return (row for row in rows if row.status is Status.OK)


def sample(
    placed: Placed, found: SourcePicture | RowError, recipe: Recipe, faces: FindFaces | None = None
) -> SampleRow:
    """Make the row of one picture within one part."""
    row = _row(placed)
    if isinstance(found, RowError):
        return turned_away(row, found)
    try:
        return replace(row, **_content(placed, found, recipe, faces))
    except RowError as error:
        return turned_away(row, error)


def _row(placed: Placed) -> SampleRow:
    """Return the row of a picture, without the picture."""
    return SampleRow(
        image_id=placed.picture.image_id,
        source=placed.picture.source,
        key=placed.picture.key,
        first_instruction=placed.first_instruction,
        num_instructions=placed.num_instructions,
        first_number=placed.first_number,
    )


def _content(
    placed: Placed, found: SourcePicture, recipe: Recipe, faces: FindFaces | None
) -> dict[str, Any]:
    """Return the fields of a row that come from the source picture."""
    if scan.image_id(found) != placed.picture.image_id:
        raise RowError(Reason.SOURCE_CHANGED, "the file has changed since the scan")
    image = _picture(found, recipe)
    given = recipe.takes_instructions() and found.edited is not None
    edited = _edited(found, image.size, recipe) if given else None
    regions = None
    if faces is not None and not found.is_scene:
        # What is seen in one of two given pictures is blurred in both, or it would tell them apart.
        regions = [region for picture in (image, edited) if picture for region in faces(picture)]
        image, edited = blurred(image, regions), edited and blurred(edited, regions)
    return {
        "image": _encoded(image, recipe),
        "faces": None if regions is None else told(regions),
        "width": image.width,
        "height": image.height,
        "source_caption": found.caption,
        "license": found.license,
        "into": recipe.sample.sources[placed.picture.source_number].into,
        "scene": found.data.decode() if found.is_scene else None,
        **(_given(found, edited, recipe) if recipe.takes_instructions() else {}),
    }


def _encoded(image: Image.Image, recipe: Recipe) -> EncodedImage:
    return encode_picture(image, recipe.image.format, recipe.image.quality)


def _given(found: SourcePicture, edited: Image.Image | None, recipe: Recipe) -> dict[str, Any]:
    """Return the fields of a row about what came with the picture."""
    return {
        "given_instruction": found.instruction,
        "given_task": found.task or _task(found),
        "given_edited_caption": found.edited_caption,
        "given_captions": found.captions,
        "given_edited_image": edited and _encoded(edited, recipe),
        "given": found.given,
    }


def _task(found: SourcePicture) -> Task | None:
    """Return the task of an edit that came without one; nothing if it is still to be made."""
    if found.edited is None or not found.instruction:
        return None
    # Asked for a removal it tells one, and guesses at all others.
    return task_of(found.instruction, Task.REMOVE)


def _edited(found: SourcePicture, size: tuple[int, int], recipe: Recipe) -> Image.Image:
    """Bring an edited picture that came with its source to the size of that.

    Raises:
        RowError: It cannot be decoded, or its sides have another ratio than the source's.
    """
    assert found.edited is not None, "an edited picture came with it"
    edited = normalise(
        decode_picture(found.edited, **scan.limits(recipe.sample)), recipe.image.resolution
    )
    if any(abs(a - b) > SLACK for a, b in zip(edited.size, size, strict=True)):
        sizes = f"{edited.width}x{edited.height} and {size[0]}x{size[1]}"
        message = f"at the run's resolution the two pictures are {sizes}; their sides must agree"
        raise RowError(Reason.OTHER_SHAPE, message)
    if edited.size != size:
        edited = ImageOps.fit(edited, size, Image.Resampling.LANCZOS)
    return edited


def _found(source: PictureSource, row: ScanRow) -> SourcePicture:
    """Read a picture again; if others have come or gone, it may have another number by now."""
    if row.index < len(source) and source.key(row.index) == row.key:
        return source.read(row.index)
    places = {source.key(index): index for index in range(len(source))}
    if row.key not in places:
        raise RowError(Reason.SOURCE_CHANGED, "it was there at the scan, and is not any more")
    return source.read(places[row.key])


def _picture(found: SourcePicture, recipe: Recipe) -> Image.Image:
    """Return a source's picture or scene, RGB, at the recipe's resolution."""
    if found.is_scene:
        return draw(Scene.model_validate_json(found.data), recipe.image.resolution)
    decoded = decode_picture(found.data, **scan.limits(recipe.sample))
    return normalise(decoded, recipe.image.resolution)


def start(run: RunFolder, *, recipe: Recipe) -> PartFunction:
    """Open the sources, and load what finds faces."""
    faces = load_faces(recipe.image.faces)
    sources = [open_source(config, recipe.seed) for config in recipe.sample.sources]
    note(run, {f"sample.sources.{i}": s for i, s in enumerate(recipe.sample.sources)})
    layout = read_layout(run, recipe)
    far = any(source.is_far for source in sources)

    def read(placed: Placed) -> SourcePicture:
        return _found(sources[placed.picture.source_number], placed.picture)

    def part(index: int, done: Done) -> Iterator[SampleRow]:
        return in_batches(
            layout.part(index),
            key=lambda placed: str(placed.first_number),
            make=lambda groups: (
                [
                    [sample(placed, found, recipe, faces)]
                    for placed, found in read_ahead(group, read, READERS if far else 0)
                ]
                for group in groups
            ),
            size=READERS if far else 1,
            done=done,
        )

    return part


def refused(run: RunFolder, part: int, cause: RowError, *, recipe: Recipe) -> Iterator[SampleRow]:
    """Yield the rows of a part whose pictures cannot be opened."""
    return (turned_away(_row(placed), cause) for placed in read_layout(run, recipe).part(part))
