"""The last step: the kept pairs as shards that `datasets` opens, and a card beside them.

With `export.inverse` each pair whose way back is worded is followed by itself turned round.
The dataset is made in a folder of its own and then takes the place of the old one whole.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator

from pydantic import BaseModel, ConfigDict, ValidationError

from pipelines.faces.blur import count
from pipelines.filter import splits_in_order
from pipelines.inverse import turned_round
from pipelines.pairs import Pair, read_pairs
from pipelines.recipe import ExportConfig, Recipe
from syned.arrow import arrow_schema, as_dict
from syned.dataset_rows import DatasetRow
from syned.ids import fingerprint
from syned.parquet import hub_metadata
from syned.rows import SCORE_NAMES, EditRow, SampleRow
from syned.run import RunFolder
from syned.shards import ShardWriter
from syned.storage import Place, make_folder, remove, write_whole
from syned.temporary import TEMPORARY
from syned.trees import remove_tree, replace_tree, tree_sizes

VERSION = 5
NO_WAY_BACK = "no pair was turned round: the way back of no kept pair is worded"


class Exported(BaseModel):
    """What was written, saved as `dataset.json` in the run once the dataset is there."""

    model_config = ConfigDict(frozen=True)

    fingerprint: str
    """Of the decisions and the settings of the export."""
    rows: dict[str, int]
    """Rows per split, those turned round included."""
    files: dict[str, int]
    """Bytes of each file of the dataset."""
    licenses: dict[str, int]
    """Rows per licence."""
    sources: dict[str, dict[str, int]] = {}
    """Rows per licence of each source of pictures."""
    prompt_version: str
    """Of the writer; empty if nothing was kept."""
    faces: int | None = None
    """Rows with a face that was blurred; nothing if no faces were looked for."""
    inverse: int = 0
    """How many of the rows are pairs turned round."""
    note: str = ""
    """Why no row was turned round though that was asked for; else empty."""


def export_fingerprint(decided: str, config: ExportConfig) -> str:
    """Return the fingerprint of a dataset made from some decisions."""
    return fingerprint([VERSION, decided, config.shape()])


def dataset_row(pair: Pair, license: str = "") -> DatasetRow:  # noqa: A002
    """Return a scored pair as it is published.

    Args:
        pair: A pair with both pictures.
        license: Of a picture that states none.
    """
    picture, written, edited, scored = pair.sample, pair.instruct, pair.edit, pair.score
    assert picture.image is not None, "a scored pair has a source picture"
    assert edited is not None, "a scored pair was edited"
    assert edited.edited_image is not None, "a scored pair was edited"
    assert scored is not None, "it was scored"
    return DatasetRow(
        pair_id=written.pair_id,
        image_id=written.image_id,
        image=picture.image,
        edited_image=edited.edited_image,
        instruction=written.instruction,
        captions=written.captions,
        task=written.task,
        source_caption=written.source_caption,
        edited_caption=written.edited_caption,
        **{name: getattr(scored, name) for name in SCORE_NAMES},
        faces=_faces(picture, edited),
        inverse=False,
        source=picture.source,
        license=picture.license or license,
        writer=written.writer,
        prompt_version=written.prompt_version,
        editor=edited.editor,
        seed=edited.seed,
        guidance_scale=edited.guidance_scale,
        image_guidance_scale=edited.image_guidance_scale,
        num_inference_steps=edited.num_inference_steps,
        edit=written.edit if edited.editor == "procedural" else None,
        scene=picture.scene,
    )


def _faces(picture: SampleRow, edited: EditRow) -> int | None:
    """Return how many faces were blurred in a pair; nothing if none were looked for."""
    found = [n for n in (count(picture.faces), count(edited.faces)) if n is not None]
    return sum(found) if found else None


def kept_pairs(run: RunFolder, parts: int) -> Iterator[Pair]:
    """Yield the pairs that the filter kept."""
    return (pair for pair in read_pairs(run, parts) if pair.decision.kept)


def dataset_rows(pair: Pair, config: ExportConfig) -> Iterator[DatasetRow]:
    """Yield a kept pair as it is published, and turned round if that is asked for and worded."""
    row = dataset_row(pair, config.license)
    yield row
    back = turned_round(row, pair) if config.inverse else None
    if back is not None:
        yield back


def export(
    run: RunFolder, parts: int, recipe: Recipe, mark: str, card: Callable[[Exported], str]
) -> Exported:
    """Write the dataset of a run, card included.

    Args:
        run: A filtered run.
        parts: The number of its parts.
        recipe: Says how shards are laid out, and which splits there are.
        mark: The export's fingerprint.
        card: Makes the text of the README from what was written.

    Returns:
        What was written.
    """
    building = run.path / f"{TEMPORARY}dataset"
    remove_tree(building)
    make_folder(building / "data")
    exported = _write_shards(run, parts, recipe, building / "data", mark)
    write_whole(building / "README.md", card(exported))
    exported = exported.model_copy(update={"files": tree_sizes(building)})
    # A note must never be met beside a dataset that it is not about.
    remove(exported_path(run))
    replace_tree(building, run.dataset)
    write_whole(exported_path(run), exported.model_dump_json(indent=1))
    return exported


def exported_path(run: RunFolder) -> Place:
    """Return where the note about a run's dataset lies."""
    return run.path / "dataset.json"


def read_exported(run: RunFolder) -> Exported | None:
    """Return what was exported, or nothing if there is no finished dataset."""
    try:
        exported = Exported.model_validate_json(exported_path(run).read_text(encoding="utf-8"))
    except (FileNotFoundError, UnicodeDecodeError, ValidationError):
        return None
    return exported if tree_sizes(run.dataset) == exported.files else None


def _write_shards(run: RunFolder, parts: int, recipe: Recipe, folder: Place, mark: str) -> Exported:
    """Write the kept pairs, each to the shards of its split."""
    shards = SplitShards(folder, recipe.export)
    licenses: Counter[str] = Counter()
    sources: dict[str, Counter[str]] = defaultdict(Counter)
    inverse, prompt_version = 0, ""
    faces: int | None = None
    for pair in kept_pairs(run, parts):
        for row in dataset_rows(pair, recipe.export):
            shards.add(row, pair.decision.split or "")
            licenses[row.license or "unknown"] += 1
            sources[row.source][row.license or "unknown"] += 1
            inverse += row.inverse
            if row.faces is not None:
                faces = (faces or 0) + (row.faces > 0)
            prompt_version = row.prompt_version
    rows = shards.close()
    return Exported(
        fingerprint=mark,
        rows={name: rows[name] for name in splits_in_order(recipe) if name in rows},
        faces=faces,
        inverse=inverse,
        note="" if inverse or not (rows and recipe.export.inverse) else NO_WAY_BACK,
        files={},
        licenses=dict(sorted(licenses.items())),
        sources={name: dict(sorted(found.items())) for name, found in sorted(sources.items())},
        prompt_version=prompt_version,
    )


class SplitShards:
    """The shards of all splits.

    Args:
        folder: Where they are written.
        config: How they are laid out.
        row_type: The type of their rows.
    """

    def __init__(
        self, folder: Place, config: ExportConfig, row_type: type[DatasetRow] = DatasetRow
    ) -> None:
        schema = arrow_schema(row_type)
        self._schema = schema.with_metadata(hub_metadata(schema))
        self._folder = folder
        self._config = config
        self._writers: dict[str, ShardWriter] = {}

    def add(self, row: DatasetRow, split: str) -> None:
        """Write a row."""
        if split not in self._writers:
            limit, group = self._config.shard_megabytes * 1_000_000, self._config.row_group_rows
            self._writers[split] = ShardWriter(self._folder, split, self._schema, limit, group)
        size = len(row.image.bytes) + len(row.edited_image.bytes)
        self._writers[split].add(as_dict(row), size, row.pair_id)

    def close(self) -> dict[str, int]:
        """Finish all shards, and return how many rows each split has."""
        for writer in self._writers.values():
            writer.close()
        return {split: writer.rows for split, writer in self._writers.items()}
