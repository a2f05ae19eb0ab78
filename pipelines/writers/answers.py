"""The one strict parser of what a language model answers.

An answer that breaks a rule is turned away with a reason; it is never repaired by guess.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipelines.writers import lexicon, prompt, rules, tasks
from pipelines.writers.change import Change
from pipelines.writers.examples import examples, ideas
from pipelines.writers.meaning import check_caption
from pipelines.writers.prompt import LIMITS, Brief
from syned.errors import RowError
from syned.reasons import Reason


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


def take_plan(text: str, finish_reason: str | None, brief: Brief) -> tuple[Brief, RowError | None]:
    """Return a brief with what is good of a model's plan.

    Args:
        text: The whole answer.
        finish_reason: Why the model stopped; anything but "stop" means that it was cut off.
        brief: What was asked.

    Returns:
        The brief with the texts up to the first one that breaks a rule, and that rule.

    Raises:
        RowError: The answer is not what was asked for at all.
    """
    found = _load(text, finish_reason, prompt.missing(brief), Reason.BAD_JSON)
    for name, value in found.items():
        tried = with_texts(brief, {name: value})
        try:
            rules.check_text(f"the {name.replace('_', ' ')}", value, LIMITS[name])
            _check_plan(name, tried)
        except RowError as error:
            return brief, error
        brief = tried
    return brief, None


def _check_plan(name: str, brief: Brief) -> None:
    """Check the text of a plan that was added last."""
    if name == "instruction":
        foreign = _foreign(brief, brief.source_caption, *ideas(brief.task))
        if foreign & rules.stems(brief.instruction):
            raise _echo(brief.instruction)
        tasks.check_instruction(brief.task, brief.instruction, brief.source_caption)
    if name == "edited_caption":
        tasks.check_edited_caption(change_of(brief))
        _check_echo(brief.edited_caption, brief)


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
    found = _load(text, finish_reason, asked, Reason.WRONG_COUNT)
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
    check_caption(caption, change, list(good.values()))


def _check_echo(text: str, brief: Brief) -> None:
    """Check that a text is not about an example's picture."""
    shown = examples(brief.task)
    told = [rules.words(c) for e in shown for c in (*e.captions.values(), *e.commands.values())]
    foreign = _foreign(brief, brief.instruction, brief.source_caption)
    if foreign & rules.stems(text) or rules.words(text) in told:
        raise _echo(text)


def _foreign(brief: Brief, *known: str) -> set[str]:
    """Return the stems of the examples' things that have no place in these texts."""
    things = (thing for example in examples(brief.task) for thing in example.things)
    return rules.stems(*things) - lexicon.with_synonyms(rules.stems(*known))


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
        refuses = rules.REFUSAL.search(text)
        reason = Reason.REFUSAL if refuses else Reason.BAD_JSON
        raise RowError(reason, f"the answer is no JSON ({error}): {rules.shorten(text)}") from error
    if not isinstance(answer, dict) or not all(isinstance(v, str) for v in answer.values()):
        raise RowError(Reason.BAD_JSON, f"the answer is no object of texts: {rules.shorten(text)}")
    if set(answer) != set(asked):
        found = ", ".join(answer) or "none"
        raise RowError(other_names, f"asked for {', '.join(asked)}; got {found}")
    return {name: value.strip() for name, value in answer.items()}
