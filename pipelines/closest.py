"""How close each pair comes to the pictures of evaluation sets."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd

from pipelines import against, score
from pipelines.scored import columns
from pipelines.sections.filter import FilterConfig
from syned.errors import SourceError
from syned.parquet import read_table
from syned.parts import part_path
from syned.run import RunFolder

CELLS = 4_000_000
"""Comparisons that are in memory at once."""

Compare = Callable[[np.ndarray, np.ndarray], np.ndarray]


def with_closest(
    scores: pd.DataFrame, run: RunFolder, parts: int, rules: FilterConfig
) -> pd.DataFrame:
    """Add `against_distance` and `against_similarity`, each with the name of the picture.

    Args:
        scores: As `read_scores` gives them.
        run: The run, with its evaluation sets looked at.
        parts: The number of its scored parts.
        rules: Name the evaluation sets; without any, nothing is added.

    Raises:
        SourceError: No picture of an evaluation set could be read.
    """
    if not rules.against:
        return scores
    known = _known(run, rules)
    scores = _add(scores, "against_distance", *_by_hash(scores, known), known)
    value, index = _by_embedding(scores, known, run, parts)
    return _add(scores, "against_similarity", value, index, known)


def _known(run: RunFolder, rules: FilterConfig) -> pd.DataFrame:
    """Return the pictures of all evaluation sets that could be read."""
    found = []
    for place, path in enumerate(rules.against):
        table = read_table(
            part_path(run.stage(against.NAME), place), ["key", "phash", "embedding"]
        ).to_pandas()
        readable = table[table["phash"] != ""]
        if readable.empty:
            raise SourceError(
                f"{path}: none of its {len(table)} pictures can be read, so nothing can be kept "
                "away from it"
            )
        found.append(readable.assign(name=path.rstrip("/") + ": " + readable["key"]))
    return pd.concat(found, ignore_index=True)


def _add(
    scores: pd.DataFrame, rule: str, value: np.ndarray, index: np.ndarray, known: pd.DataFrame
) -> pd.DataFrame:
    """Add how near each pair comes, and to which picture."""
    return scores.assign(**{rule: value, f"{rule}_picture": known["name"].to_numpy()[index]})


def _by_hash(scores: pd.DataFrame, known: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Return the fewest bits by which either picture of a pair differs from a known one."""
    table = _hashes(known["phash"])

    value, index = _best_of_two(scores[["phash", "edited_phash"]], _hashes, table, _fewer_bits)
    return -value, index


def _fewer_bits(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return the bits that differ between hashes, negative so that the nearest is the highest."""
    bits: np.ndarray = np.bitwise_count(ours[:, None] ^ theirs[None, :])
    return -bits.astype(np.float64)


def _hashes(texts: pd.Series) -> np.ndarray:
    """Return perceptual hashes as uint64 (N,)."""
    return np.array([int(text, 16) for text in texts], dtype=np.uint64)


def _by_embedding(
    scores: pd.DataFrame, known: pd.DataFrame, run: RunFolder, parts: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return the highest cosine of either picture of a pair with a known one; NaN without CLIP."""
    table = known[known["embedding"].notna()]
    if table.empty:
        return np.full(len(scores), np.nan), np.zeros(len(scores), dtype=np.int64)
    names = ["image_embedding", "edited_embedding"]
    ours = columns(run, score.NAME, parts, ["pair_id", *names]).set_index("pair_id")
    pairs = ours.reindex(scores["pair_id"]).reset_index()[names]
    value, index = _best_of_two(pairs, _vectors, _vectors(table["embedding"]), _cosines)
    return value, table.index.to_numpy()[index]


def _vectors(cells: pd.Series) -> np.ndarray:
    """Return embeddings as float32 (N, D)."""
    return np.stack(cells.to_list()).astype(np.float32)


def _is_there(cell: object) -> bool:
    """Say whether a cell holds a hash or an embedding."""
    return isinstance(cell, np.ndarray) or (isinstance(cell, str) and cell != "")


def _cosines(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return the cosines of embeddings of length 1, float32 (N, M)."""
    found: np.ndarray = ours @ theirs.T
    return found


def _best_of_two(
    pairs: pd.DataFrame,
    as_array: Callable[[pd.Series], np.ndarray],
    theirs: np.ndarray,
    compare: Compare,
) -> tuple[np.ndarray, np.ndarray]:
    """Return for each pair the highest value of either picture and the place of what gave it."""
    value, index = np.full(len(pairs), np.nan), np.zeros(len(pairs), dtype=np.int64)
    for name in pairs:
        places = np.flatnonzero(pairs[name].map(_is_there))
        for block in np.array_split(places, 1 + len(places) * len(theirs) // CELLS):
            if len(block):
                cells = compare(as_array(pairs[name].iloc[block]), theirs)
                best = cells.argmax(axis=1)
                found = cells[np.arange(len(block)), best]
                better = ~(value[block] >= found)
                value[block[better]], index[block[better]] = found[better], best[better]
    return value, index
