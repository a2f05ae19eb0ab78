"""How many captions of drawn and exactly edited pairs are true, whatever words they choose.

    python tests/benchmarks/truth.py EVALUATION DATASET

EVALUATION is a folder that `syned evaluate` or `syned train` wrote (`predictions.jsonl`), DATASET
the run or the folder of shards that it was made on. References are five of some twenty true
sentences, so equality with one of them counts too few. Here a caption of changed objects is read
and checked against the objects of both scenes, by the code that the tests check captions with; it
knows nothing of the code that writes them. A caption of any other edit is true if it is one of the
sentences that this edit has.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pyarrow.dataset as ds

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


def main(evaluation: Path, dataset: Path) -> None:
    """Print the share of true captions, and that of each kind of edit."""
    truth = read_truth(dataset)
    found: dict[str, list[bool]] = defaultdict(list)
    for name, caption in read_predictions(evaluation / "predictions.jsonl"):
        row = truth[name]
        kind = json.loads(row["edit"])["kind"]
        found["scene" if row["scene"] else "photograph", kind].append(is_true(caption, row))
    for (of, kind), each in sorted(found.items()):
        told = f"{of}, {kind}"
        print(f"{told:32} {sum(each):5} of {len(each):5} true ({sum(each) / len(each):.1%})")
    every = [one for each in found.values() for one in each]
    print(f"{'all':32} {sum(every):5} of {len(every):5} true ({sum(every) / len(every):.1%})")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
