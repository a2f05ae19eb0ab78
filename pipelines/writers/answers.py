"""The one strict parser of what a language model answers.

An answer that breaks a rule is turned away with a reason; it is never repaired by guess.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipelines.writers import lexicon, prompt, rules, tasks
from pipelines.writers.examples import ideas, shown_examples
from pipelines.writers.meaning import Change, check_caption
from pipelines.writers.prompt import LIMITS, Brief
from syned.errors import RowError
from syned.reasons import Reason

MAX_LOOSE = 1
"""Captions of a pair that may tell of the change without naming what came or went."""

SCENERY = frozenset(
    map(
        rules.stem,
        "man woman street table house window wall field garden forest car cars park lake head long"
        " hand front calm shop grass tree color".split(),
    )
)
"""Words of the examples that fit too many pictures to betray a copy."""


def with_texts(brief: Brief, texts: Mapping[str, str]) -> Brief:
    """Return a brief with texts that were missing."""
    return replace(
        brief,
        source_caption=texts.get("source_caption", brief.source_caption),
        instruction=texts.get("instruction", brief.instruction),
        edited_caption=texts.get("edited_caption", brief.edited_caption),
    )


def change_of(brief: Brief) -> Change:
    """Return the edit of a brief that is complete."""
    return Change(brief.task, brief.instruction, brief.source_caption, brief.edited_caption)


def take_plan(text: str, finish_reason: str | None, brief: Brief) -> Brief:
    """Return a brief with what a model's plan adds to it.

    Args:
        text: The whole answer.
        finish_reason: Why the model stopped; anything but "stop" means that it was cut off.
        brief: What was asked.

    Raises:
        RowError: The first rule that the answer breaks.
    """
    asked = prompt.missing(brief)
    found = _load(text, finish_reason, asked, Reason.BAD_JSON)
    for name, value in found.items():
        rules.check_text(f"the {name.replace('_', ' ')}", value, LIMITS[name])
    full = with_texts(brief, found)
    _check_plan_echo(found, full)
    if "instruction" in asked:
        tasks.check_instruction(full.task, full.instruction, full.source_caption)
    if "edited_caption" in asked:
        tasks.check_edited_caption(change_of(full))
    return full


def take_captions(
    text: str,
    finish_reason: str | None,
    brief: Brief,
    asked: Sequence[str],
    kept: Mapping[str, str],
) -> tuple[dict[str, str], RowError | None]:
    """Return the captions of an answer that are good, after those that were kept.

    Args:
        text: The whole answer.
        finish_reason: Why the model stopped.
        brief: What the captions are about.
        asked: The ways in which new captions were asked for.
        kept: The captions of earlier answers, by way.

    Returns:
        All good captions by way, and the first rule that one of the others breaks.

    Raises:
        RowError: The answer is not what was asked for at all.
    """
    found = _load(text, finish_reason, [*kept, *asked], Reason.WRONG_COUNT)
    good, fault = dict(kept), None
    for way in asked:
        try:
            _check_caption(way, found[way], brief, good)
            good[way] = found[way]
        except RowError as error:
            fault = fault or error
    return good, fault


def _check_caption(way: str, caption: str, brief: Brief, good: Mapping[str, str]) -> None:
    """Check one caption beside those that are good."""
    rules.check_text(f"the caption {way!r}", caption, LIMITS["caption"])
    change = change_of(brief)
    _check_echo(caption, brief)
    names = check_caption(caption, change, list(good.values()))
    loose = sum(not check_caption(text, change, []) for text in good.values())
    if not names and loose >= MAX_LOOSE:
        raise RowError(
            Reason.SAYS_NOTHING,
            f"one more caption names nothing that came or went: {rules.shorten(caption)}",
        )


def _check_plan_echo(found: Mapping[str, str], full: Brief) -> None:
    """Check that a plan is not an example's."""
    shown = [example for _, example in shown_examples(full.task)]
    foreign = _foreign(full, full.source_caption, *ideas(full.task))
    instruction = found.get("instruction", "")
    copies = any(rules.words(instruction) == rules.words(e.instruction) for e in shown)
    if foreign & rules.stems(instruction) or (copies and foreign):
        raise _echo(instruction)
    _check_echo(found.get("edited_caption", ""), full)


def _check_echo(text: str, brief: Brief) -> None:
    """Check that a text is not about an example's picture."""
    shown = [example for _, example in shown_examples(brief.task)]
    told = [rules.words(c) for e in shown for c in (*e.captions.values(), *e.commands.values())]
    foreign = _foreign(brief, brief.instruction, brief.source_caption)
    if foreign & rules.stems(text) or rules.words(text) in told:
        raise _echo(text)


def _foreign(brief: Brief, *known: str) -> set[str]:
    """Return the stems of the examples' pictures that have no place in these texts."""
    pictures = (example.picture for _, example in shown_examples(brief.task))
    return rules.stems(*pictures) - SCENERY - lexicon.with_synonyms(rules.stems(*known))


def _echo(text: str) -> RowError:
    """Return the error of a text that copies an example."""
    return RowError(Reason.ECHO, f"it tells of an example's picture: {rules.shorten(text)}")


def _load(
    text: str, finish_reason: str | None, asked: Sequence[str], other_names: Reason
) -> dict[str, str]:
    """Read an answer: a JSON object of exactly the texts that were asked for.

    Raises:
        RowError: CUT_OFF, BAD_JSON, or `other_names` where the texts are others.
    """
    if finish_reason != "stop":
        raise RowError(Reason.CUT_OFF, f"the answer ended by {finish_reason!r} and not by itself")
    try:
        answer = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise RowError(Reason.BAD_JSON, f"the answer is no JSON: {error}") from error
    if not isinstance(answer, dict) or not all(isinstance(v, str) for v in answer.values()):
        raise RowError(Reason.BAD_JSON, f"the answer is no object of texts: {rules.shorten(text)}")
    if set(answer) != set(asked):
        found = ", ".join(answer) or "none"
        raise RowError(other_names, f"asked for {', '.join(asked)}; got {found}")
    return {name: value.strip() for name, value in answer.items()}
