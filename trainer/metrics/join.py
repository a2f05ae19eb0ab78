"""Join predictions and references by id, with every fault told at once."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from syned.errors import SynedError

SHOWN_IDS = 5
"""How many ids a message names before it only counts."""

LINE_BREAKS = re.compile("[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]+")
"""What some program takes for the end of a line (`str.splitlines`)."""

ONE_EACH = (
    "Give one prediction for each id of the references, and no other: scores of a part of the ids "
    "cannot be compared."
)


class ScoreError(SynedError):
    """Predictions and references cannot be scored together, or one of them cannot be read."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Captions in the order of the references' ids; no line breaks, no blank references."""

    ids: tuple[str, ...]
    predictions: tuple[str, ...]
    references: tuple[tuple[str, ...], ...]
    blank_references: tuple[str, ...]
    """The id of each reference that was left out because nothing but white space stands in it."""
    line_breaks: tuple[str, ...]
    """The id of each caption that had a line break, which is now a space."""


def join(predictions: Mapping[str, str], references: Mapping[str, Sequence[str]]) -> Joined:
    """Bring together the captions of each id.

    Args:
        predictions: One caption for each id; it may be empty.
        references: At least one caption that is not blank for each id.

    Raises:
        ScoreError: Ids are on one side only, or have no reference.
    """
    _check(predictions, references)
    ids = tuple(references)
    groups = [[caption for caption in references[name] if caption.strip()] for name in ids]
    chosen = [predictions[name] for name in ids]
    owners = [*ids, *(name for name, group in zip(ids, groups, strict=True) for _ in group)]
    line_breaks = _broken(owners, [*chosen, *(caption for group in groups for caption in group)])
    whole = one_line if line_breaks else str
    return Joined(
        ids=ids,
        predictions=tuple(map(whole, chosen)),
        references=tuple(tuple(map(whole, group)) for group in groups),
        blank_references=tuple(_blank(references)),
        line_breaks=line_breaks,
    )


def refuse_empty(predictions: Mapping[str, str]) -> None:
    """Refuse predictions of which some say nothing, which is most often a fault of the file.

    Args:
        predictions: One caption for each id.

    Raises:
        ScoreError: Some are empty or only white space.
    """
    empty = [name for name, caption in predictions.items() if not caption.strip()]
    if empty:
        raise ScoreError(
            f"{len(empty)} of {len(predictions)} predictions are empty: {some(empty)}.\nMend the "
            "file; or, if the captioner really says nothing there, give --allow-empty, and they "
            "are scored as they are."
        )


def _blank(references: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name, group in references.items():
        yield from (name for caption in group if not caption.strip())


def _broken(owners: Sequence[str], captions: Sequence[str]) -> tuple[str, ...]:
    """Return the owner of each caption with a line break; that there is none is quickly seen."""
    if len("|".join([*captions, "|"]).splitlines()) == 1:
        return ()
    pairs = zip(owners, captions, strict=True)
    return tuple(name for name, caption in pairs if LINE_BREAKS.search(caption))


def one_line(caption: str) -> str:
    """Replace line breaks by a space, as a tokenizer reads one caption from each line."""
    return LINE_BREAKS.sub(" ", caption)


def some(ids: Sequence[str]) -> str:
    """Name the first ids, and say how many more there are."""
    named = ", ".join(repr(name) for name in ids[:SHOWN_IDS])
    return named if len(ids) <= SHOWN_IDS else f"{named} and {len(ids) - SHOWN_IDS} more"


def _check(predictions: Mapping[str, str], references: Mapping[str, Sequence[str]]) -> None:
    if not references:
        raise ScoreError("There are no references: nothing can be scored.")
    missing = [name for name in references if name not in predictions]
    extra = [name for name in predictions if name not in references]
    bare = [name for name, group in references.items() if not any(map(str.strip, group))]
    faults = [
        _fault(missing, lambda n: f"{n} of {len(references)} ids have no prediction"),
        _fault(extra, lambda n: f"{n} of {len(predictions)} predictions have no references"),
        _fault(bare, lambda n: f"{n} ids have no reference that is not blank"),
    ]
    found = [fault for fault in faults if fault]
    if found:
        lines = [f"  - {fault}" for fault in found]
        if missing or extra:
            lines.append(ONE_EACH)
        if bare:
            lines.append("Leave ids that have no reference out of both files.")
        raise ScoreError("\n".join(["Predictions and references do not fit together:", *lines]))


def _fault(ids: Sequence[str], told: Callable[[int], str]) -> str:
    return f"{told(len(ids))}: {some(ids)}" if ids else ""
