"""What an edit is: typed parameters that can be applied, checked and put into words.

An edit is a frozen pydantic model with a literal `kind`, so it travels between stages as JSON.
A picture edit works on pixels, a scene edit on the objects of a drawn scene.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Self

from PIL import Image
from pydantic import BaseModel, ConfigDict

from pipelines.scenes.model import Scene
from syned.rows import Task

Box = tuple[int, int, int, int]
"""Left, top, right and bottom in pixels, the last two exclusive."""


@dataclass(frozen=True, slots=True)
class Wording:
    """An edit in words.

    Attributes:
        instructions: Ways to ask for it, imperative, at least three.
        captions: Ways to tell the difference to somebody who sees both pictures, at least seven,
            each a full sentence and true on its own; they differ in order, voice and granularity.
        change: What is new about the edited picture, to be put after a caption of the source
            picture ("in black and white", "with a red star in the upper left corner"); empty if
            nothing is.
    """

    instructions: tuple[str, ...]
    captions: tuple[str, ...]
    change: str


class Edit(BaseModel, ABC):
    """Typed parameters of one edit."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: ClassVar[Task]
    kind: str


class PictureEdit(Edit):
    """An edit of any picture's pixels."""

    on_scenes: ClassVar[bool] = True
    """Whether it is also for drawn scenes.

    It is not if it changes what the colours are called or cuts objects off: the caption of the
    edited scene names them.
    """

    @classmethod
    @abstractmethod
    def propose(cls, picture: Image.Image, rng: random.Random) -> Self | None:
        """Draw parameters for a picture, or nothing if the edit makes no sense on it.

        Args:
            picture: RGB, perhaps a thumbnail; parameters are relative to its size.
            rng: The source of every random draw.
        """

    @abstractmethod
    def apply(self, picture: Image.Image) -> Image.Image:
        """Return the edited picture, RGB and of the same size; the same bytes on every call."""

    @abstractmethod
    def holds(self, before: Image.Image, after: Image.Image) -> bool:
        """Say whether what the captions claim can be seen in the pixels of two RGB pictures."""

    @abstractmethod
    def wording(self) -> Wording:
        """Return the edit in words."""

    @abstractmethod
    def inverse_wording(self) -> Wording:
        """Return the way back in words: what differs if the edited picture is the first one.

        It says nothing that only somebody who knew the source could say ("again", "restored"), and
        nothing absolute of the source picture, which is as it was found ("dull", "upright").
        """

    def covered(self, size: tuple[int, int]) -> tuple[Box, ...]:  # noqa: ARG002
        """Return what lies hidden in an edited picture of this size."""
        return ()


class SceneEdit(Edit):
    """An edit of the objects of a drawn scene."""

    @classmethod
    @abstractmethod
    def propose(cls, scene: Scene, rng: random.Random) -> Self | None:
        """Draw parameters for a scene, or nothing if the edit makes no sense in it."""

    @abstractmethod
    def apply(self, scene: Scene) -> Scene:
        """Return the edited scene."""

    @abstractmethod
    def wording(self, scene: Scene) -> Wording:
        """Return the edit of this scene in words; objects are named so that only one fits."""
