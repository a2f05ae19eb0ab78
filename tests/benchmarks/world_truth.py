"""What is true of a run on drawn scenes: what each edited picture shows, and each caption."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[1]))

import claims_scenes_counts  # noqa: F401
import claims_scenes_grounds  # noqa: F401
import claims_scenes_looks  # noqa: F401
import claims_scenes_moves  # noqa: F401
from claims_scenes import Unreadable, holds
from claims_scenes_facts import pair_of

from pipelines import score
from pipelines.edits.base import SceneEdit
from pipelines.edits.registry import parse_edit
from pipelines.scenes.model import Scene
from pipelines.scenes.read import SeenObject, SeenScene, read_scene
from pipelines.score import EditedPair
from pipelines.world.judge import STAYS, judge, stays
from syned.images import load_picture
from syned.run import RunFolder


def truths(run: RunFolder, parts: int) -> pd.DataFrame:
    """Judge every edited picture of a run, and its five captions."""
    pairs = (pair for part in range(parts) for pair in score.edited_pairs(run, part))
    return pd.DataFrame([_truth(pair) for pair in pairs if pair.edited.edited_image])


def _truth(pair: EditedPair) -> dict[str, Any]:
    """Return what is true of one pair."""
    row = pair.order.instruct
    before = Scene.model_validate_json(pair.order.picture.scene or "")
    asked = parse_edit(row.edit or "")
    expected = asked.apply(before) if isinstance(asked, SceneEdit) else before
    picture = load_picture(pair.edited.edited_image)
    verdict, seen = (
        judge(before, expected, picture),
        as_scene(before, expected, read_scene(picture)),
    )
    if isinstance(asked, SceneEdit):
        true = [is_true(caption, before, seen) for caption in row.captions]
    else:
        true = [verdict.right]
    return {
        "pair_id": row.pair_id,
        "kind": asked.kind if isinstance(asked, SceneEdit) else "none",
        "objects": len(before.objects),
        "done": verdict.done,
        "kept_rest": verdict.kept,
        "right": verdict.right,
        "true_captions": np.mean(true),
        "wrong": "; ".join(verdict.wrong),
    }


def as_scene(before: Scene, expected: Scene, seen: SeenScene) -> dict[str, Any]:
    """Return what was seen as a scene's JSON; what stayed is just as it was."""
    ground = before.ground.model_dump()
    if (before.ground.colour, before.ground.pattern) != (seen.colour, seen.pattern):
        ground = {"colour": seen.colour, "pattern": seen.pattern, "variant": 0}
    return {"ground": ground, "objects": [_object(before, expected, obj) for obj in seen.objects]}


def _object(before: Scene, expected: Scene, seen: SeenObject) -> dict[str, Any]:
    """Return what was seen of one thing: among shapes that look alike the expected one, and its
    place as it was if it hardly differs."""
    for obj in before.objects:
        if stays(obj, seen):
            return obj.model_dump()
    wanted = [obj.shape for obj in expected.objects if obj.place == seen.place]
    shape = next((name for name in wanted if name in seen.shapes), (*seen.shapes, "thing")[0])
    values = {"shape": shape, "colour": seen.colour or "unknown", "size": seen.size}
    for obj in before.objects:
        if max(abs(obj.x - seen.x), abs(obj.y - seen.y)) <= STAYS:
            return {**values, "x": obj.x, "y": obj.y}
    return {**values, "x": seen.x, "y": seen.y}


def is_true(caption: str, before: Scene, after: Mapping[str, Any]) -> bool:
    """Say whether a caption holds of what is seen."""
    try:
        return holds(caption, pair_of(before.model_dump(), dict(after)))
    except (Unreadable, LookupError):
        return False
