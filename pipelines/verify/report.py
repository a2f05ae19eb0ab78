"""What a verification found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

EXAMPLES = 3
"""So many places are named of each kind of problem."""

CHECKS = {
    "files": "every shard is there, and reads whole",
    "parts": "every part of the run is as it was written (SHA-256); one that is not is made again "
    "once it and the .json beside it are removed",
    "schema": "one schema over all shards of a configuration, with the columns that pairs need",
    "viewer": "row groups and page index are within the limits of the Hub's viewer",
    "ids": "every pair has an id of its own, and is there once",
    "captions": "five captions, distinct and clean, and an instruction",
    "pictures": "every picture decodes; both of a pair have one size; one id is one picture",
    "splits": "no source picture is in two splits",
    "values": "tasks are known, scores are within their range",
    "licences": "every row states the licence of its source picture, and the card states one",
    "card": "the card is there, and its counts are those of the shards",
    "against": "nothing comes close to a picture of the evaluation sets",
}
"""What is checked, in order, by name."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of thing that is wrong.

    Attributes:
        kind: What.
        count: How often.
        examples: Where, the first few.
    """

    kind: str
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        name: Short.
        what: What has to hold.
        problems: What does not.
    """

    name: str
    what: str
    problems: tuple[Problem, ...]

    @property
    def ok(self) -> bool:
        """Say whether it holds."""
        return not self.problems


@dataclass(frozen=True, slots=True)
class Verified:
    """All that was found.

    Attributes:
        path: What was checked.
        rows: Rows by configuration and split.
        bytes: Of all shards.
        checks: In the order of `CHECKS`; `against` only if a set was named, `parts` of a run.
        unscreened: What keeps the pictures from being shown to everybody, in words; empty if a
            model looked at all of them and found nothing.
    """

    path: str
    rows: Mapping[str, Mapping[str, int]]
    bytes: int
    checks: tuple[Check, ...]
    unscreened: str = ""

    @property
    def ok(self) -> bool:
        """Say whether all checks hold."""
        return all(check.ok for check in self.checks)


@dataclass(slots=True)
class Ledger:
    """Problems as they are met."""

    _counts: dict[tuple[str, str], int] = field(default_factory=dict)
    _examples: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def add(self, check: str, kind: str, where: str) -> None:
        """Note a problem.

        Args:
            check: One of `CHECKS`.
            kind: What is wrong, in words that do not change from row to row.
            where: The file, row or id.
        """
        key = (check, kind)
        self._counts[key] = self._counts.get(key, 0) + 1
        places = self._examples.setdefault(key, [])
        if len(places) < EXAMPLES:
            places.append(where)

    def checks(self, *, against: bool, card: bool = True, run: bool = False) -> tuple[Check, ...]:
        """Return what was noted of each check.

        Args:
            against: Whether evaluation sets were looked at.
            card: Whether there can be a card.
            run: Whether it is a run, with parts.
        """
        made = {"against": against, "card": card, "parts": run}
        return tuple(
            Check(name, what, tuple(self._problems(name)))
            for name, what in CHECKS.items()
            if made.get(name, True)
        )

    def _problems(self, check: str) -> list[Problem]:
        return [
            Problem(kind, count, tuple(self._examples[name, kind]))
            for (name, kind), count in self._counts.items()
            if name == check
        ]
