"""The filter's decisions on disk: every pair, kept or not, and the funnel beside them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import pandas as pd
import pyarrow as pa

from pipelines import instruct
from pipelines.closest import with_closest
from pipelines.diversity import SAMPLE, Diversity, diversity
from pipelines.filter import NAME, VERSION, Thresholds, decide, splits_of
from pipelines.funnel import Funnel, funnel_path
from pipelines.recipe import Recipe
from pipelines.scored import read_scores, tables
from syned.arrow import arrow_schema, from_batch
from syned.dataset_rows import DecisionRow
from syned.ids import fingerprint
from syned.parquet import open_writer, read_batches
from syned.run import RunFolder
from syned.storage import Place, make_folder, remove, sizes, write_whole, written_whole
from syned.temporary import sweep


def decisions_path(run: RunFolder) -> Place:
    """Return where a run's decisions lie."""
    return run.stage(NAME) / "decisions.parquet"


def _mark_path(run: RunFolder) -> Place:
    """Return where the fingerprint of a run's decisions lies; written last."""
    return run.stage(NAME) / "decisions.json"


def decision_fingerprint(recipe: Recipe, marks: Sequence[str]) -> str:
    """Return the fingerprint of decisions on some scored parts, and on evaluation sets if any."""
    splits = list(recipe.export.splits.items())
    return fingerprint([VERSION, recipe.seed, recipe.filter.shape(), splits, *marks])


def is_decided(run: RunFolder, mark: str) -> bool:
    """Say whether a run has just these decisions."""
    path = _mark_path(run)
    return path.is_file() and path.read_text(encoding="utf-8") == _note(run, mark)


def _note(run: RunFolder, mark: str) -> str:
    """Return what is noted of decisions and funnel: their fingerprint and their sizes in bytes."""
    found = sizes(run.stage(NAME))
    names = (decisions_path(run).name, funnel_path(run).name)
    return json.dumps({"fingerprint": mark, "bytes": {name: found.get(name) for name in names}})


def decide_run(run: RunFolder, parts: int, recipe: Recipe) -> tuple[pa.Table, Thresholds]:
    """Decide of every pair of a run.

    Returns:
        A table of `DecisionRow`s, in the run's order, and the calibrated thresholds.

    Raises:
        RecipeError: A score that is to be calibrated is missing from the run.
        SourceError: No picture of an evaluation set could be read.
    """
    scores = with_closest(read_scores(run, parts), run, parts, recipe.filter)
    decided = decide(scores, recipe.filter, splits_of(scores, recipe))
    return to_table(decided.pairs), decided.thresholds


def words_of_kept(run: RunFolder, parts: int, decided: pa.Table) -> tuple[Diversity, int]:
    """Look at what was written of the pairs that were kept.

    Returns:
        The words of their instructions and captions, counted once for each instruction; and of how
        many pairs the way back is worded.
    """
    names = ["instruction_id", "instruction", "captions", "inverse_instruction"]
    kept = decided["kept"].to_numpy()
    instructions: list[str] = []
    captions: list[Sequence[str]] = []
    every = max(1, int(kept.sum()) // SAMPLE)
    start, ways_back, last = 0, 0, ""
    for table in tables(run, instruct.NAME, parts, names):
        rows = table.filter(pa.array(kept[start : start + len(table)])).to_pylist()
        start += len(table)
        for row in rows:
            ways_back += row["inverse_instruction"] != ""
            # The candidates of an instruction lie together.
            if row["instruction_id"] != last:
                last = row["instruction_id"]
                instructions.append(row["instruction"])
                if len(instructions) % every == 0:
                    captions.append(row["captions"])
    return diversity(instructions, captions), ways_back


def to_table(decided: pd.DataFrame) -> pa.Table:
    """Return decisions as an Arrow table of `DecisionRow`s."""
    schema = arrow_schema(DecisionRow)
    return pa.Table.from_pandas(decided[schema.names], schema=schema, preserve_index=False)


def save_decisions(run: RunFolder, table: pa.Table, funnel: Funnel, mark: str) -> None:
    """Write decisions and funnel; the mark comes last and says that both are there."""
    folder = run.stage(NAME)
    make_folder(folder)
    sweep(folder)
    remove(_mark_path(run))
    plain = table.replace_schema_metadata(None)
    with (
        written_whole(decisions_path(run)) as temporary,
        open_writer(temporary, plain.schema) as writer,
    ):
        writer.write_table(plain)
    write_whole(funnel_path(run), funnel.model_dump_json(indent=1))
    write_whole(_mark_path(run), _note(run, mark))


def read_decisions(run: RunFolder) -> Iterator[DecisionRow]:
    """Yield the decisions of a run, in the run's order."""
    for batch in read_batches(decisions_path(run), rows=1024):
        yield from from_batch(batch, DecisionRow)
