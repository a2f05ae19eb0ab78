"""What the world's models learn from: drawn scenes before and after an exact edit, with words."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from pipelines.edits.base import SceneEdit
from pipelines.edits.registry import scene_edits
from pipelines.scenes.describe import describe
from pipelines.scenes.draw import draw
from pipelines.scenes.make import random_scene
from pipelines.scenes.model import Scene
from syned.ids import seed_for
from syned.rows import Task

SIDE = 72
"""Pixels of a picture's side: nine cells of 24, so that a latent of 8 belongs to one cell."""
MOST_OBJECTS = 3
TASKS: dict[Task, float] = {
    Task.ADD: 3,
    Task.REMOVE: 3,
    Task.LOCAL: 5,
    Task.COLOR: 3,
    Task.BACKGROUND: 1.5,
}
"""Shares of the tasks; `local` is three edits: move, resize and give another shape."""

HARD = frozenset({"change_background", "resize_object"})
"""Edits that are learned last: all of a picture, and shapes that are small."""
EASY_SHARE = 0.25
"""Share of the other edits that is kept among hard pairs."""
MOST_TRIED = 5
"""Pairs that are drawn for each hard one, at most."""


@dataclass(frozen=True, slots=True)
class WorldPair:
    """A scene, its edit and what is said of them.

    Attributes:
        instruction: One of the ways to ask for the edit.
    """

    scene: Scene
    edit: SceneEdit
    instruction: str

    @property
    def captions(self) -> tuple[str, str]:
        """Return what the first picture shows, and the second one."""
        return describe(self.scene), describe(self.edit.apply(self.scene))


def world_pairs(count: int, seed: int) -> Iterator[WorldPair]:
    """Yield pairs; each one follows from the seed and its number alone."""
    for number in range(count):
        rng = random.Random(seed_for(seed, "world", str(number)))
        scene = random_scene(rng, 1, MOST_OBJECTS, simple=True)
        edit = _some_edit(scene, rng)
        yield WorldPair(scene, edit, rng.choice(edit.wording(scene).instructions))


def hard_pairs(count: int, seed: int) -> Iterator[WorldPair]:
    """Yield pairs of which half are edits of `HARD`; fewer are found in `world_pairs`."""
    pairs = world_pairs(MOST_TRIED * count, seed)
    rng = random.Random(seed_for(seed, "world", "hard"))
    hard = (pair for pair in pairs if pair.edit.kind in HARD or rng.random() < EASY_SHARE)
    return islice(hard, count)


def _some_edit(scene: Scene, rng: random.Random) -> SceneEdit:
    """Return an edit that makes sense in a scene; removing the only object does not."""
    while True:
        task = rng.choices(list(TASKS), list(TASKS.values()))[0]
        edit = rng.choice(scene_edits(task)).propose(scene, rng)
        if edit is not None:
            return edit


def pictures(scenes: list[Scene]) -> NDArray[np.uint8]:
    """Draw scenes, uint8 (N, SIDE, SIDE, 3)."""
    return np.stack([np.asarray(draw(scene, SIDE)) for scene in scenes])
