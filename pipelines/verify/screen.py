"""Whether a model has looked at what the pictures of a dataset show."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from pipelines.publishable import publishing


@dataclass(slots=True)
class Screen:
    """Counts pairs with pictures that no model has looked at, or that it found not safe for work.

    Drawn scenes show shapes and nothing else, and are left out.
    """

    rows: int = 0
    _unseen: int = 0
    _unsafe: int = 0
    _drawn: set[str] = field(default_factory=set)

    def add(self, row: Mapping[str, Any]) -> None:
        """Count a row; one that was turned round comes after the row with its scene."""
        self.rows += 1
        if row.get("scene"):
            self._drawn.add(str(row.get("image_id")))
        if row.get("image_id") in self._drawn:
            return
        scores = [row.get(name) for name in ("nsfw_0", "nsfw_1")]
        known = [score for score in scores if score is not None]
        self._unseen += len(known) < len(scores)
        self._unsafe += any(score > publishing_bound() for score in known)

    def told(self) -> str:
        """Say what was found, in one line; nothing if all is well."""
        found = {
            "have pictures that no model has looked at for nudity": self._unseen,
            f"have a picture whose NSFW score is above {publishing_bound():g}": self._unsafe,
        }
        told = [f"{n:,} of {self.rows:,} pairs {what}" for what, n in found.items() if n]
        return "; ".join(told)


@cache
def publishing_bound() -> float:
    """Return the bound of NSFW scores of the preset for publishing."""
    return float(publishing()["filter"]["max_nsfw"])
