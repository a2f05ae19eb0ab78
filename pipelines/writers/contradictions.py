"""Whether a sentence says the opposite of an edit.

It may give a property another value, name the other side, say that what went is there or that what
came is gone, tell an exchange the other way round, or read other letters than those to be written.
"""

from __future__ import annotations

import re

from pipelines.writers import claims, lexicon, rules
from pipelines.writers.change import Change
from pipelines.writers.rules import shorten, stem, stems, words
from syned.errors import RowError
from syned.reasons import Reason
from syned.rows import Task

REMOVE = (
    r"remov\w*|delet\w*|eras\w*|tak(e|es|en|ing)|took|g[eo]t (rid|the)|eliminat\w*|clear\w*|hid\w*"
    r"|wip\w*|strip\w*|without|drop\w*|cut\w*|crop\w*|discard\w*|omit\w*|los(e|es|ing|t)|pull\w*"
)
"""Verbs that take something away."""
_GONE = re.compile(
    r"\b(remov\w*|delet\w*|eras(ed|es|ing)|tak(en|es|ing) (away|out|off)|took (away|out|off)|gone"
    r"|missing|disappear\w*|vanish\w*|no longer|eliminat\w*|absent|wip(ed|es) (out|away)|lo(st|ses)"
    r"|without|lack(s|ing)|melt\w*)\b",
    re.IGNORECASE,
)
"""Says that something is not there any more."""
_ABSENT = re.compile(
    rf"\b({REMOVE}|no|not|nothing|none|nobody|never|gone|miss(ing|ed)|disappear\w*|vanish\w*"
    r"|absen\w*|empt\w*|bare|free|lack\w*|rid|void|devoid|exclud\w*|instead|replac\w*|swap\w*"
    r"|depart\w*|left|leaves|clean\w*|edited out|painted (over|out)|used to|once|faded)\b"
    r"|\w(-free|less)\b|n['’]t\b",
    re.IGNORECASE,
)
"""Says in any way that something is not there."""
NOT_ANY_MORE = re.compile(r"\b(no longer|no|not|without|gone|used to)\b", re.IGNORECASE)
"""Makes another sentence of a caption of a picture by one word."""
_SUBJECT = re.compile(
    r"(?P<subject>[^,;.]*?)\b(has|have|had|is|are|was|were|gets?|got)\b( \w+ly| just| now| also)?"
    r"( been)? (?P<verb>added|inserted|introduced|removed|deleted|erased|taken (?:away|out|off)"
    r"|eliminated|disappeared|vanished|gone|missing)\b",
    re.IGNORECASE,
)


def check_contradiction(caption: str, change: Change) -> None:
    """Check that a caption does not say the opposite of the edit.

    Raises:
        RowError: It does.
    """
    for says in (
        _wrong_value(caption, change),
        _wrong_side(caption, change),
        _wrong_switch(caption, change),
        _wrong_presence(caption, change),
        _wrong_way_round(caption, change),
        _wrong_letters(caption, change),
    ):
        if says:
            raise RowError(
                Reason.CONTRADICTION,
                f"a caption {says}: {shorten(caption)}, and the instruction "
                f"says {shorten(change.instruction)}",
            )


def _wrong_value(caption: str, change: Change) -> str:
    """Say which value a caption gives a property, if the edit gave it another."""
    came = _OF_BOTH.sub(" ", claims.later_text(caption))
    for prop in lexicon.properties():
        wanted = _wanted(prop, change)
        if not wanted:
            continue
        known = lexicon.values(change.edited, prop) | wanted
        said = lexicon.values(came, prop)
        if said - known and not said & wanted:
            return f"gives the {prop} {', '.join(sorted(said - known))}"
        gone = lexicon.values(claims.earlier_text(caption), prop)
        new = wanted - lexicon.values(change.source, prop)
        denied = NOT_ANY_MORE.search(claims.earlier_text(caption))
        if prop in _TOLD_BEFORE and gone and gone <= new and not denied:
            return f"gives the {prop} {', '.join(sorted(gone & wanted))} to the source"
    return _made_up_color(caption, change)


def _made_up_color(caption: str, change: Change) -> str:
    """Say which color a caption gives the source, if an edit of colors tells of no such color.

    A model that has not seen the picture makes it up, and of a picture it is seldom true.
    """
    if change.task is not Task.COLOR:
        return ""
    told = lexicon.values(f"{change.source} {change.instruction}", "color")
    gone = lexicon.values(claims.earlier_text(caption), "color") - told
    return f"makes up the color {', '.join(sorted(gone))} of the source" if gone else ""


_OF_BOTH = re.compile(
    r"\b(first|second|later|latter|new|edited|final|original|other|after) (photo(graph)?)\b",
    re.IGNORECASE,
)
"""How a caption calls one of both pictures, which says nothing of its style."""
_TOLD_BEFORE = ("time of day", "season", "weather", "color")
"""Properties that a sentence about the earlier picture gives a value only if it has it."""


def _wanted(prop: str, change: Change) -> set[str]:
    """Return the values that an edit gives a property."""
    wanted = lexicon.values(claims.later_text(change.instruction), prop)
    if change.task is Task.REMOVE:
        return set()
    if wanted:
        return wanted
    edited, source = lexicon.values(change.edited, prop), lexicon.values(change.source, prop)
    return edited - source if prop in ("time of day", "season", "opening") else set()


_SIDE = re.compile(
    r"\b(?:on|to|at|in|from) (?:the |its |his |her )?(?:far |very |upper |lower |top |bottom )?"
    r"(?P<side>left|right)\b|\b(?P<other>left|right)(?:-hand)? (?:side|corner|half|edge|part)\b",
    re.IGNORECASE,
)


def _sides(text: str) -> set[str]:
    """Return the sides that a text names."""
    return {(m["side"] or m["other"]).lower() for m in _SIDE.finditer(text)}


def _wrong_side(caption: str, change: Change) -> str:
    """Say which side a caption names, if the instruction names the other."""
    wanted, said = _sides(change.instruction), _sides(caption)
    return "names the other side" if wanted and said and not wanted & said else ""


def _head(phrase: str) -> set[str]:
    """Return the stem of the thing that a phrase is about, if it is a thing."""
    found = [stem(word) for word in words(phrase) if stem(word) in stems(word)]
    return set(found[-1:])


def _wrong_presence(caption: str, change: Change) -> str:
    """Say what a caption says is there or not, if the edit did the opposite."""
    thing = lexicon.with_synonyms(_head(claims.object_of(change.instruction)))
    if _removes(change):
        later = stems(claims.later_text(caption))
        if thing & later and not _ABSENT.search(caption):
            return "says that it is there"
    elif change.task in (Task.ADD, Task.GLOBAL, Task.TEXT):
        came = stems(change.instruction) & stems(change.edited) - stems(change.source)
        clauses = (clause for later, clause in claims.clauses(caption) if later)
        if any(came & stems(clause) and _GONE.search(clause) for clause in clauses):
            return "says that it is gone"
    return next(
        filter(None, (_wrong_verb(m, thing, change) for m in _SUBJECT.finditer(caption))), ""
    )


def _wrong_verb(match: re.Match[str], thing: set[str], change: Change) -> str:
    """Say what "X was added" or "X was removed" gets wrong."""
    subject, verb = stems(match["subject"]), match["verb"]
    source, edited = stems(change.source), stems(change.edited)
    if _removes(change) and subject & thing:
        return "" if _GONE.search(verb) else "says that it was added"
    if _GONE.search(verb) and subject and subject <= edited - source:
        return f"says that what came was {verb}"
    return f"says that what stays was {verb}" if subject and subject <= source & edited else ""


def _removes(change: Change) -> bool:
    """Say whether an edit takes something away."""
    begins = re.match(rf"(please )?({REMOVE})", change.instruction, re.IGNORECASE)
    return change.task is Task.REMOVE or (change.task is not Task.LOCAL and begins is not None)


def _wrong_way_round(caption: str, change: Change) -> str:
    """Say that a caption tells an exchange the other way round, or as not done."""
    if change.task not in (Task.LOCAL, Task.BACKGROUND):
        return ""
    source, edited = stems(change.source), stems(change.edited)
    told = claims.exchanged(change.instruction) or ("", "")
    # Without a caption the instruction alone says what is exchanged.
    old = lexicon.with_synonyms(source - edited or stems(told[0]))
    new = lexicon.with_synonyms(edited - source | stems(told[1]))
    old, new = old - new, new - old
    later, earlier = stems(claims.later_text(caption)), stems(claims.earlier_text(caption))
    if later & new or not old:
        return ""
    if later & old and not _ABSENT.search(_TAKES_A_PLACE.sub(" ", caption)):
        return "shows what was exchanged"
    if earlier & new and not earlier & old and not NOT_ANY_MORE.search(caption):
        return "tells the exchange the other way round"
    return ""


_TAKES_A_PLACE = re.compile(r"\b(take\w*|taking|took) (the|its|their) place\b", re.IGNORECASE)
"""Says that something came, and takes nothing away."""

_SWITCH = re.compile(r"\b(?:turn|switch)\w*(?: the \w+)? (on|off)\b", re.IGNORECASE)


def _wrong_switch(caption: str, change: Change) -> str:
    """Say whether a caption says that a light went on or off, if it did the opposite."""
    wanted = {m[1].lower() for m in _SWITCH.finditer(change.instruction)}
    said = {m[1].lower() for m in _SWITCH.finditer(claims.later_text(caption))}
    return "switches it the other way" if wanted and said and not wanted & said else ""


def _wrong_letters(caption: str, change: Change) -> str:
    """Say that a caption reads other words than those that were to be written."""
    wanted = rules.to_be_written(change.instruction)
    known = set(words(f"{change.instruction} {change.source} {change.edited}"))
    said = rules.to_be_written(caption)
    other = said - known
    wrong = change.task is Task.TEXT and wanted and other and not said & wanted
    return f"reads {', '.join(sorted(other))}" if wrong else ""
