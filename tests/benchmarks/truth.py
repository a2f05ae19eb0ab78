"""How many captions of drawn and exactly edited pairs are true, whatever words they choose.

    python tests/benchmarks/truth.py DATASET EVALUATION...

DATASET is a run or a folder of shards, each EVALUATION a folder that `syned evaluate` or
`syned train` wrote of it (`predictions.jsonl`), one for each seed. Shares are means over seeds,
with 95 % intervals by a bootstrap over pairs. References are five of some twenty true
sentences, so equality with one of them counts too few. Here a caption of changed objects is read
and checked against the objects of both scenes, by the code that the tests check captions with; it
knows nothing of the code that writes them. A caption of any other edit is true if it is one of the
sentences that this edit has.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.dataset as ds
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[1]))

import claims_scenes_counts  # noqa: F401
import claims_scenes_grounds  # noqa: F401
import claims_scenes_looks  # noqa: F401
import claims_scenes_moves  # noqa: F401
from claims_scenes import Unreadable, holds
from claims_scenes_facts import pair_of

from pipelines.edits.base import SceneEdit
from pipelines.edits.registry import parse_edit
from pipelines.scenes.model import Scene
from trainer.evaluation import resamples

COLUMNS = ["pair_id", "task", "scene", "edit"]


def read_truth(dataset: Path) -> dict[str, dict[str, Any]]:
    """Return task, scene and edit of each pair of a run or a folder of shards."""
    folder = dataset / "dataset" if (dataset / "dataset").is_dir() else dataset
    table = ds.dataset(sorted(folder.rglob("*.parquet"))).to_table(columns=COLUMNS)
    return {row["pair_id"]: row for row in table.to_pylist()}


def is_true(caption: str, row: Mapping[str, Any]) -> bool:
    """Say whether a caption is true of a pair.

    Args:
        caption: One sentence.
        row: What `read_truth` has of the pair.
    """
    edit = parse_edit(row["edit"])
    if not isinstance(edit, SceneEdit):
        said = {text.rstrip(".").lower() for text in edit.wording().captions}
        return caption.rstrip(".").lower() in said
    scene = Scene.model_validate_json(row["scene"])
    try:
        return bool(caption) and holds(
            caption, pair_of(scene.model_dump(), edit.apply(scene).model_dump())
        )
    except (Unreadable, LookupError):
        # What it speaks of is not there: no rule, no such object, or nothing that went or came.
        return False


def read_predictions(path: Path) -> Iterator[tuple[str, str]]:
    """Yield id and caption of each line."""
    with path.open(encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield row["id"], row["caption"]


def interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95 % bootstrap interval of a mean over pairs."""
    drawn = [np.average(values, weights=weights) for weights in resamples(len(values), 0)]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(low), float(high)


def _told(name: str, pairs: NDArray[np.float64]) -> str:
    """Return the line of some pairs: float64 (seeds, pairs), 1 where the caption is true."""
    low, high = interval(pairs.mean(axis=0))
    seeds = ", ".join(f"{share:.0%}" for share in pairs.mean(axis=1))
    return f"{name:28} {pairs.mean():6.1%} [{low:.1%}, {high:.1%}] of {pairs.shape[1]:4}; {seeds}"


def main(dataset: Path, evaluations: Sequence[Path]) -> None:
    """Print the share of true captions, by kind of edit, of all, and of scenes and photographs."""
    truth = read_truth(dataset)
    said = [dict(read_predictions(folder / "predictions.jsonl")) for folder in evaluations]
    groups: dict[str, list[list[bool]]] = defaultdict(list)
    for name in sorted(said[0]):
        row = truth[name]
        of = "scenes" if row["scene"] else "photographs"
        right = [is_true(captions[name], row) for captions in said]
        for group in (f"{of}, {json.loads(row['edit'])['kind']}", f"{of}, all", "all"):
            groups[group].append(right)
    for group, pairs in sorted(groups.items()):
        print(_told(group, np.array(pairs, np.float64).T))


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
