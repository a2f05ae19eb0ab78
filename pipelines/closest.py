"""How close each pair comes to the pictures of evaluation sets.

Comparisons are made in blocks of numpy arrays, and the embeddings of a run are read part by part.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from pipelines import against, score
from pipelines.sections.filter import FilterConfig
from syned.errors import SourceError
from syned.parquet import read_table
from syned.parts import part_path
from syned.run import RunFolder

CELLS = 4_000_000
"""Comparisons that are in memory at once."""
EMBEDDINGS = ("image_embedding", "edited_embedding")

Compare = Callable[[np.ndarray, np.ndarray], np.ndarray]
Best = tuple[np.ndarray, np.ndarray]
"""For each item the highest value, float64 (N,), and the place of what gave it, int64 (N,)."""


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
    negative, index = _by_hash(scores, known)
    scores = _add(scores, "against_distance", (0 - negative, index), known)
    return _add(scores, "against_similarity", _by_embedding(scores, known, run, parts), known)


def _known(run: RunFolder, rules: FilterConfig) -> pd.DataFrame:
    """Return the pictures of all evaluation sets that could be read."""
    found = []
    for place, path in enumerate(rules.against):
        part = part_path(run.stage(against.NAME), place)
        table = read_table(part, ["key", "phash", "embedding"]).to_pandas()
        readable = table[table["phash"] != ""]
        if readable.empty:
            raise SourceError(
                f"{path}: none of its {len(table)} pictures can be read, so nothing can be kept "
                "away from it"
            )
        found.append(readable.assign(name=path.rstrip("/") + ": " + readable["key"]))
    return pd.concat(found, ignore_index=True)


def _add(scores: pd.DataFrame, rule: str, best: Best, known: pd.DataFrame) -> pd.DataFrame:
    """Add how near each pair comes, and to which picture."""
    value, index = best
    return scores.assign(**{rule: value, f"{rule}_picture": known["name"].to_numpy()[index]})


def _by_hash(scores: pd.DataFrame, known: pd.DataFrame) -> Best:
    """Return the bits, negative, by which the nearer picture of a pair differs from a known one."""
    theirs = _hashes(known["phash"])
    sides = []
    for name in ("phash", "edited_phash"):
        # Candidates and instructions share source pictures: each hash is compared once.
        places, texts = pd.factorize(scores[name].mask(scores[name] == ""))
        value, index = _best(_hashes(texts), theirs, _fewer_bits)
        sides.append((np.append(value, np.nan)[places], np.append(index, 0)[places]))
    return _higher(*sides)


def _hashes(texts: Sequence[str]) -> np.ndarray:
    """Return perceptual hashes as uint64 (N,)."""
    return np.array([int(text, 16) for text in texts], dtype=np.uint64)


def _fewer_bits(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return the bits that differ, int8 (N, M), negative so that the nearest is the highest."""
    bits: np.ndarray = np.bitwise_count(ours[:, None] ^ theirs[None, :]).astype(np.int8)
    return -bits


def _by_embedding(scores: pd.DataFrame, known: pd.DataFrame, run: RunFolder, parts: int) -> Best:
    """Return the highest cosine of either picture of a pair with a known one; NaN without CLIP."""
    there = known[known["embedding"].notna()]
    if there.empty:
        return np.full(len(scores), np.nan), np.zeros(len(scores), dtype=np.int64)
    theirs = _vectors(there["embedding"])
    found = [_best_of_part(run, part, theirs) for part in range(parts)]
    joined = pd.concat(found).reindex(scores["pair_id"])
    places = there.index.to_numpy()
    return joined["value"].to_numpy(), places[joined["index"].fillna(0).astype(np.int64)]


def _best_of_part(run: RunFolder, part: int, theirs: np.ndarray) -> pd.DataFrame:
    """Return `value` and `index` of the pairs of a part that have embeddings."""
    table = read_table(part_path(run.stage(score.NAME), part), ["pair_id", *EMBEDDINGS])
    ours = table.to_pandas().dropna(subset=list(EMBEDDINGS))
    sides = [_best(_vectors(ours[name]), theirs, _cosines) for name in EMBEDDINGS]
    value, index = _higher(*sides)
    return pd.DataFrame({"value": value, "index": index}, index=ours["pair_id"])


def _vectors(cells: pd.Series) -> np.ndarray:
    """Return embeddings as float32 (N, D)."""
    return np.array(cells.to_list(), dtype=np.float32)


def _cosines(ours: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Return the cosines of embeddings of length 1, float32 (N, M)."""
    found: np.ndarray = ours @ theirs.T
    return found


def _best(ours: np.ndarray, theirs: np.ndarray, compare: Compare) -> Best:
    """Return the highest value of each of ours with any of theirs."""
    value, index = np.empty(len(ours)), np.zeros(len(ours), dtype=np.int64)
    step = max(1, CELLS // len(theirs))
    for start in range(0, len(ours), step):
        block = slice(start, start + step)
        cells = compare(ours[block], theirs)
        index[block] = cells.argmax(axis=1)
        value[block] = cells.max(axis=1)
    return value, index


def _higher(one: Best, other: Best) -> Best:
    """Return item by item the higher of two values; a number rather than none."""
    better = (other[0] > one[0]) | np.isnan(one[0])
    return np.where(better, other[0], one[0]), np.where(better, other[1], one[1])
