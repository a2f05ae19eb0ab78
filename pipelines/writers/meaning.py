"""Whether texts that are clean say the right thing: the task, the change, nothing against it.

The rules compare words by their stems, with a small lexicon of synonyms and of properties that have
one value at a time (`lexicon.yaml`), and tell what a sentence says of the later picture from what
it says of the earlier one (`claims`). They know no more of English, so they are strict where it
costs little: a caption that is turned away is asked for again, by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.writers import claims, lexicon, rules
from pipelines.writers.rules import is_copy, shorten, stem, stems, words
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
    r"|missing|disappear\w*|vanish\w*|no longer|eliminat\w*|absent|wip(ed|es) (out|away))\b",
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
_NOT_ANY_MORE = re.compile(r"\b(no longer|no|not|without|gone|used to)\b", re.IGNORECASE)
"""Makes another sentence of a caption of a picture by one word."""
_MARKS = re.compile(
    r"\b(now|before|after|no longer|any ?more|previous\w*|original\w*|formerly|used to|instead"
    r"|becom\w*|became|turn(ed|s)?|chang\w*|replac\w*|transform\w*|convert\w*|new(ly)?|gone|missing"
    r"|disappear\w*|vanish\w*|remov\w*|add(ed|s)?|appear\w*|taken|given|give[sn]? way|swapped|lost"
    r"|gained|different|second|was|were|had|been|without)\b",
    re.IGNORECASE,
)
"""Words by which a sentence tells of a change, whatever it is."""
_SUBJECT = re.compile(
    r"(?P<subject>[^,;.]*?)\b(has|have|had|is|are|was|were|gets?|got)\b( \w+ly| just| now| also)?"
    r"( been)? (?P<verb>added|inserted|introduced|removed|deleted|erased|taken (?:away|out|off)"
    r"|eliminated)\b",
    re.IGNORECASE,
)


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


def check_caption(caption: str, change: Change, told: Sequence[str]) -> bool:
    """Check what a clean caption says of an edit.

    Args:
        caption: The caption.
        change: The edit.
        told: Captions of it that are good already.

    Returns:
        Whether the caption names what came or went; if not, it still tells of a change in words of
        its own.

    Raises:
        RowError: It copies another text, says nothing of the change, is about something else, or
            says the opposite.
    """
    shown = shorten(caption)
    if not stems(caption):
        raise RowError(Reason.SAYS_NOTHING, f"a caption names nothing of the change: {shown}")
    if not lexicon.with_synonyms(stems(caption)) & lexicon.with_synonyms(change.own):
        raise RowError(Reason.OFF_TOPIC, f"a caption is about something else: {shown}")
    check_contradiction(caption, change)
    _check_copies(caption, change, told)
    if stems(caption) & change.named:
        return True
    if not (_MARKS.search(caption) and stems(caption) - change.own):
        raise RowError(Reason.SAYS_NOTHING, f"a caption names nothing of the change: {shown}")
    return False


def _check_copies(caption: str, change: Change, told: Sequence[str]) -> None:
    """Check that a caption is no copy of what is there already."""
    for other in told:
        if is_copy(caption, other):
            both = f"{shorten(other)} and {shorten(caption)}"
            raise RowError(Reason.NOT_DISTINCT, f"two captions are nearly the same: {both}")
    others = {
        "the instruction": change.instruction,
        "the caption of the source": change.source,
        "the caption of the edited picture": change.edited,
    }
    for what, text in others.items():
        denied = _NOT_ANY_MORE.search(caption) and not _NOT_ANY_MORE.search(text)
        if is_copy(caption, text) and not denied:
            raise RowError(Reason.ECHO, f"a caption copies {what}: {shorten(caption)}")


def check_contradiction(caption: str, change: Change) -> None:
    """Check that a caption does not say the opposite of the edit.

    Raises:
        RowError: It does.
    """
    for says in (
        _wrong_value(caption, change),
        _wrong_side(caption, change),
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
    came = claims.later_text(caption)
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
        denied = _NOT_ANY_MORE.search(claims.earlier_text(caption))
        if prop in _TOLD_BEFORE and gone and gone <= new and not denied:
            return f"gives the {prop} {', '.join(sorted(gone & wanted))} to the source"
    return ""


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
    elif change.task is Task.ADD and not thing & stems(change.source):
        clauses = (clause for later, clause in claims.clauses(caption) if later)
        if any(thing & stems(clause) and _GONE.search(clause) for clause in clauses):
            return "says that it is gone"
    return next(
        filter(None, (_wrong_verb(m, thing, change) for m in _SUBJECT.finditer(caption))), ""
    )


def _wrong_verb(match: re.Match[str], thing: set[str], change: Change) -> str:
    """Say what "X was added" or "X was removed" gets wrong."""
    subject, verb = stems(match["subject"]), match["verb"]
    if _removes(change):
        return "says that it was added" if subject & thing and not _GONE.search(verb) else ""
    source, edited = stems(change.source), stems(change.edited)
    if _GONE.search(verb) and subject and subject <= edited - source:
        return f"says that what came was {verb}"
    return f"says that what stays was {verb}" if subject and subject <= source & edited else ""


def _removes(change: Change) -> bool:
    """Say whether an edit takes something away."""
    begins = re.match(rf"(please )?({REMOVE})", change.instruction, re.IGNORECASE)
    return change.task is Task.REMOVE or (change.task is not Task.LOCAL and begins is not None)


def _wrong_way_round(caption: str, change: Change) -> str:
    """Say that a caption exchanges the two things of an exchange."""
    found = claims.exchanged(change.instruction)
    if not found:
        return ""
    old, new = (lexicon.with_synonyms(stems(text)) for text in found)
    old, new = old - new, new - old
    later, earlier = stems(claims.later_text(caption)), stems(claims.earlier_text(caption))
    if later & old and not later & new and earlier & new and not earlier & old:
        return "tells the exchange the other way round"
    return ""


def _wrong_letters(caption: str, change: Change) -> str:
    """Say that a caption reads other words than those that were to be written."""
    wanted = rules.to_be_written(change.instruction)
    known = set(words(f"{change.instruction} {change.source} {change.edited}"))
    said = rules.to_be_written(caption)
    other = said - known
    wrong = change.task is Task.TEXT and wanted and other and not said & wanted
    return f"reads {', '.join(sorted(other))}" if wrong else ""
