"""The worked examples that a language model is shown, read from `examples.yaml`."""

from __future__ import annotations

from functools import cache
from importlib import resources

import yaml
from pydantic import BaseModel, ConfigDict

from syned.rows import Task


class Example(BaseModel):
    """One worked example of the chat."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    picture: str
    instruction: str
    edited_caption: str
    captions: dict[str, str]


@cache
def examples(task: Task) -> tuple[Example, ...]:
    """Return the worked examples of a task."""
    return _all_examples()[task]


@cache
def shown_examples(task: Task) -> tuple[tuple[Task, Example], ...]:
    """Return what a chat for a task shows, each with its task.

    The first three are the same in every chat, so that their tokens are computed once; small
    models need as many to see the pattern.
    """
    common = [(kind, examples(kind)[0]) for kind in (Task.ADD, Task.COLOR, Task.BACKGROUND)]
    own = [(task, example) for example in examples(task)]
    return (*common, *(shown for shown in own if shown not in common))


@cache
def _all_examples() -> dict[Task, tuple[Example, ...]]:
    """Read the worked examples of every task."""
    text = (resources.files("pipelines") / "writers" / "examples.yaml").read_text("utf-8")
    return {Task(k): tuple(Example(**e) for e in v) for k, v in yaml.safe_load(text).items()}
