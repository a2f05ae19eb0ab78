"""What a writer and an editor are: one Protocol each, with the jobs they take and what they answer.

An engine is loaded in the worker process of its stage and answers a batch of jobs at a time, in
order, one answer per job. A job that cannot be done is answered by a `Rejected`; an engine raises
only `EngineError`, when it has failed as a whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import numpy as np
from PIL import Image

from syned.reasons import Reason
from syned.rows import EncodedImage, Task

T_contra = TypeVar("T_contra", contravariant=True)


@dataclass(frozen=True, slots=True)
class Rejected:
    """An engine's answer to a job that it could not do."""

    reason: Reason
    message: str
    attempts: int = 1
    raw_answer: str | None = None


@dataclass(frozen=True, slots=True)
class WriteJob:
    """A picture that needs an instruction and five captions of the difference."""

    image: EncodedImage
    scene: str | None
    task: Task
    source_caption: str
    given_instruction: str | None
    given_edited_caption: str | None
    seed: int
    given_captions: tuple[str, ...] = ()
    """Captions of the difference that came with the pair."""
    inverse: bool = False
    """Whether the way back is to be worded too."""


@dataclass(frozen=True, slots=True)
class Written:
    """What a writer says of one pair to be made."""

    task: Task
    instruction: str
    captions: tuple[str, ...]
    """Exactly five, distinct and clean."""
    source_caption: str
    edited_caption: str
    inverse_instruction: str = ""
    """The way back, if it was asked for and can be worded; else empty."""
    inverse_captions: tuple[str, ...] = ()
    """Exactly five, or none."""
    edit: str | None = None
    """JSON of the typed edit, for the procedural editor."""
    attempts: int = 1


class Writer(Protocol):
    """Writes an instruction and five reference captions."""

    @property
    def name(self) -> str:
        """Engine and model, as kept in the rows."""
        ...

    @property
    def prompt_version(self) -> str:
        """Version of the prompt or of the templates."""
        ...

    def write(self, jobs: Sequence[WriteJob]) -> list[Written | Rejected]:
        """Answer each job, in order."""
        ...


@dataclass(frozen=True, slots=True)
class EditJob:
    """A picture and what is to be done to it."""

    image: Image.Image
    """RGB, sides multiples of 8."""
    scene: str | None
    task: Task
    instruction: str
    edit: str | None
    seed: int
    given: EncodedImage | None = None
    """The edited picture, if it came with the source."""


@dataclass(frozen=True, slots=True)
class Edited:
    """An edited picture, RGB and of the source's size, and the settings that made it."""

    image: Image.Image
    guidance_scale: float | None = None
    image_guidance_scale: float | None = None
    num_inference_steps: int | None = None
    encoded: EncodedImage | None = None
    """The same picture as it is to be stored, if it was encoded before."""

    @property
    def by_model(self) -> bool:
        """Say whether a model made it; exact edits and given pictures have no steps."""
        return self.num_inference_steps is not None


class Editor(Protocol):
    """Makes the edited picture."""

    @property
    def name(self) -> str:
        """Engine and model, as kept in the rows."""
        ...

    def edit(self, jobs: Sequence[EditJob]) -> list[Edited | Rejected]:
        """Answer each job, in order."""
        ...


class Embedder(Protocol[T_contra]):
    """Embeds pictures, or texts, with a model, or classifies them: each key once."""

    def prepare(self, item: T_contra) -> Any:
        """Make an item ready for a batch; any thread may."""
        ...

    def add(self, key: str, item: T_contra) -> None:
        """Have an item embedded, unless one of its key was; batches run as they fill up."""
        ...

    def add_ready(self, key: str, ready: Any) -> None:
        """The same, of an item that is prepared."""
        ...

    def vector(self, key: str) -> np.ndarray:
        """Return an embedding, float32 (D,), of length 1, or a classifier's probability, (1,).

        NaN where the model gave no numbers.
        """
        ...

    def forget(self) -> None:
        """Let go of embeddings that were not asked for lately; no added key is safe after."""
        ...


@dataclass(frozen=True, slots=True)
class ClipEmbedders:
    """What embeds pictures, and what embeds captions, into one space."""

    pictures: Embedder[Image.Image]
    texts: Embedder[str]
