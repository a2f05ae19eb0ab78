"""The worked examples and the ideas that a language model is shown, read from `examples.yaml`."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict

from syned.rows import Task


class Example(BaseModel):
    """One worked example of the chats."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    picture: str
    things: tuple[str, ...]
    """Words that betray a copy, in this picture only."""
    idea: str = ""
    instruction: str
    edited_caption: str
    captions: dict[str, str] = {}
    commands: dict[str, str] = {}
    """Paraphrases of the instruction."""

    def known(self) -> dict[str, str]:
        """Return the texts of the plan."""
        return {
            "source_caption": self.picture,
            "instruction": self.instruction,
            "edited_caption": self.edited_caption,
        }


class _Task(BaseModel):
    """What the file holds for a task."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    ideas: tuple[str, ...] = ()
    examples: tuple[Example, ...]


def examples(task: Task) -> tuple[Example, ...]:
    """Return the worked examples of a task."""
    return _read()[task].examples


def all_examples() -> dict[Task, tuple[Example, ...]]:
    """Return the worked examples of every task."""
    return {task: held.examples for task, held in _read().items()}


def ideas(task: Task) -> tuple[str, ...]:
    """Return what may be proposed for a task."""
    return _read()[task].ideas


@cache
def _read() -> dict[Task, _Task]:
    """Read the file."""
    text = (resources.files("pipelines") / "writers" / "examples.yaml").read_text("utf-8")
    return {Task(name): _Task(**held) for name, held in yaml.safe_load(text).items()}
