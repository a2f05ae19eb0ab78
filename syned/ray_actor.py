"""The actor's side of the Ray runner."""

from __future__ import annotations

import os
from pathlib import Path

from syned.errors import RunError
from syned.parts import Summary
from syned.ray_cluster import host, version
from syned.run import RunFolder
from syned.stage import Stage
from syned.storage import Place
from syned.temporary import sweep
from syned.work import Work
from syned.worker import make_part, travelling


class Maker:
    """An actor's side: a stage, loaded once, and parts of it."""

    def __init__(self, stage: Stage, path: Place, version: str, folder: str) -> None:
        # Paths of the recipe and of the run may be relative to where the driver stands.
        if os.path.isdir(folder):
            os.chdir(folder)
        self._stage = stage
        self._run = RunFolder(path)
        self._version = version

    def ready(self) -> BaseException | None:
        """Load the stage; return what is wrong, if something is."""
        try:
            self._refuse_elsewhere()
            if not isinstance(self._run.path, Path):
                sweep(self._run.stage(self._stage.name))
            self._make = self._stage.start(self._run)
        except Exception as error:
            return travelling(error)
        return None

    def make(self, work: Work) -> Summary | BaseException:
        """Make one part, and return its sidecar, or what is wrong."""
        try:
            return make_part(self._stage, self._run, self._make, work, lambda _event: None)
        except Exception as error:
            return travelling(error)

    def _refuse_elsewhere(self) -> None:
        """Raise if this machine has another Python, or does not see the run's folder."""
        here = version()
        if here != self._version:
            raise RunError(f"{host()} has {here}, the driver {self._version}; install the same")
        if not self._run.recipe_path.is_file():
            raise RunError(
                f"{host()} does not see {self._run.path}: give --out a folder that all machines "
                "share under one path, or s3://bucket/run"
            )
