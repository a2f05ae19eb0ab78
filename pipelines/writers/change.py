"""An edit in words, and the words that name it."""

from __future__ import annotations

from dataclasses import dataclass

from pipelines.writers import lexicon
from pipelines.writers.rules import stems
from syned.rows import Task


@dataclass(frozen=True, slots=True)
class Change:
    """An edit in words: the command, and the captions of both pictures."""

    task: Task
    instruction: str
    source: str
    edited: str

    @property
    def own(self) -> set[str]:
        """Return the stems that have to do with the edit or its pictures."""
        return stems(self.instruction, self.source, self.edited)

    @property
    def named(self) -> set[str]:
        """Return the stems, synonyms included, that name what came and what went."""
        source, edited, told = stems(self.source), stems(self.edited), stems(self.instruction)
        came = (told | edited) - source
        gone = source - edited if self.task is not Task.STYLE else set()
        if self.task is Task.REMOVE or not came:
            gone |= told & source
        return lexicon.with_synonyms(came | gone)
