"""Drawn scenes, as many as asked for."""

from __future__ import annotations

import random
import sys

from pipelines.scenes.make import random_scene
from pipelines.sections.sources import ScenesSource
from pipelines.sources.base import SourcePicture
from syned.ids import seed_for


class DrawnScenes:
    """Scenes of coloured shapes; scene `index` follows from the seed and its number alone.

    Args:
        config: How many objects, and how easy to see.
        seed: The run's seed.
    """

    name = "scenes"
    is_far = False

    def __init__(self, config: ScenesSource, seed: int) -> None:
        self._config = config
        self._seed = seed

    def __len__(self) -> int:
        """Return `sys.maxsize`: there is no last scene."""
        return sys.maxsize

    def key(self, index: int) -> str:
        """Return the number of the scene."""
        return str(index)

    def read(self, index: int) -> SourcePicture:
        """Make scene `index`, as canonical JSON."""
        rng = random.Random(seed_for(self._seed, self.name, str(index)))
        fewest, most = self._config.min_objects, self._config.max_objects
        scene = random_scene(rng, fewest, most, simple=self._config.simple)
        return SourcePicture(
            data=scene.model_dump_json().encode(),
            key=self.key(index),
            license=self._config.license,
            is_scene=True,
        )
