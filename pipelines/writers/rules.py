"""What makes a written text unfit for a dataset: unclean, cut off, a refusal, a copy, off topic.

Each rule stands for a defect that was seen: in the released Syned captions (wrapping quotes,
numbering, word counts, refusals, leaked prompts), or in the answers of small models (loops, labels,
placeholders, copies, edits of things that are not there).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import pairwise

from syned.errors import RowError
from syned.reasons import Reason
from syned.rows import Task

COPY = 0.7
"""Texts whose words match to this share (difflib's ratio) are copies: seven words of ten."""
LONGEST_WORD = 24
LOOP = 3
"""A text that says so many words in a row twice is in a loop."""
STEM = 4
"""Words that begin with the same letters, this many, are taken for the same word."""

_LABELS = (
    r"instruction|(edited |source |target |new |original )?(caption|image|picture)s?|description"
    r"|answer|output|input|sentence|difference|change|edit|before|after|note|task"
)
_PATTERNS = (
    (Reason.UNCLEAN, r"^[\"'“”‘’`].*[\"'“”‘’`][.,]?$", "is wrapped in quotes"),
    (Reason.UNCLEAN, r"^\(?(\d+|[a-z]|[ivx]+)[.):]|^[-*•–—#>+]", "begins like an item of a list"),
    (Reason.UNCLEAN, rf"^(the )?({_LABELS})\s*\d*\s*[:=]", "begins with a label"),
    (Reason.UNCLEAN, r"\(\s*\d+\s+(words?|characters?)\s*\)", "tells its own length"),
    (Reason.UNCLEAN, r"[\[\]{}<>|\\_~^]|\*\*|``|&\w+;|https?:|www\.", "holds markup"),
    (Reason.UNCLEAN, r"\.\.|…|\s\s|\s[,.]", "holds a gap"),
    (
        Reason.UNCLEAN,
        r"^(the )?((edited|source|new|short) )*(captions?|descriptions?|instructions?|sentences?"
        r"|strings?|texts?|placeholder)( \w+)?\W*$"
        r"|^(the |an? |short )*(description|caption|summary) of\b"
        r"|\b(lorem ipsum|placeholder|caption here|your (text|caption|instruction))\b",
        "is a placeholder",
    ),
    (
        Reason.REFUSAL,
        r"\b(as an? (\w+ )?ai|language model|i'?m (just|sorry|unable|not able)|sorry|apologi[sz]e"
        r"|i (can ?not|can'?t|won'?t|am|will|would|do)|unable to (help|assist|fulfil))\b"
        r"|^(sure|certainly|of course|okay)\b\W|^here (is|are)\b",
        "talks about itself",
    ),
    (
        Reason.UNCLEAN,
        r"\b(?-i:[Yy]ou|[Yy]our(s|self)?|[Ww]e|[Oo]urs?|[Mm]y|me|I)\b",
        "speaks to the reader or of the writer",
    ),
    (
        Reason.CUT_OFF,
        r"[,;:(–—-]$|\b(a|an|the|and|or|but|of|with|to|in|on|at|by|for|from|is|are|was|were)$",
        "ends in the middle",
    ),
)
RULES = tuple((reason, re.compile(p, re.IGNORECASE), what) for reason, p, what in _PATTERNS)

NO_COMMAND = re.compile(
    r"^(the|an?|this|that|these|it|its|he|she|they|you|your|there|what|which|who|why|how|when|i|we"
    r"|one|some|now|in)\b|\?$",
    re.IGNORECASE,
)
"""How no command begins or ends."""
_REMOVE = r"remov|delet|eras|take|get rid|eliminat|clear|hide|wipe|strip|without|drop|cut|crop"
_COLORS = (
    r"colou?r|re(color|paint)|red|orange|yellow|green|blue|purple|violet|pink|brown|black|white"
    r"|gr[ae]y|gold|silver|bronze|beige|turquoise|teal|cyan|magenta|navy|crimson|scarlet|maroon"
    r"|cream|ivory|tan|lavender|lilac|olive|copper|emerald|ruby|rainbow|pale|dark|bright|light"
    r"|tint|dye|hue|shade"
)
TASK_MARKS = {
    Task.REMOVE: re.compile(rf"\b({_REMOVE})", re.IGNORECASE),
    Task.COLOR: re.compile(rf"\b({_COLORS})", re.IGNORECASE),
    Task.TEXT: re.compile(
        r"\b(text|word|letter|writ|sign|label|title|say|read|print|engrav|logo|slogan|number|name"
        r"|message|caption)|[\"“]",
        re.IGNORECASE,
    ),
}
"""What an instruction for a task must hold, for the tasks that have such words."""
REMOVAL = re.compile(rf"^({_REMOVE})", re.IGNORECASE)
NO_REMOVAL = frozenset({Task.ADD, Task.LOCAL, Task.STYLE, Task.COLOR})
"""Tasks whose instruction does not begin with taking something away."""

ABSENCE = re.compile(r"\b(no|not|without|empty|missing|gone|bare)\b", re.IGNORECASE)

_COMMON = frozenset(
    "a an the this that these those it its he she they his her their them there here of in on at to"
    " by for from with without into onto over under up down out off as and or but not no nor so if"
    " is are was were be been being has have had do does did can could will would now then than"
    " before after where when which who what whose while more most very just only also still one"
    " two some any all both each other another same different new old picture photo photograph"
    " image scene edited edit original version change changed changes make made put added add"
    " replaced replace removed remove turn turned become became look looks like instead"
    " lying sitting standing holding leaning parked".split()
)


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without articles and "a photo of"."""
    plain = re.sub(r"\b(photo|picture|image)(graph)? of\b", " ", text.casefold())
    return [w for w in re.findall(r"[^\W_]+", plain) if w not in ("a", "an", "the")]


def is_copy(one: str, other: str) -> bool:
    """Say whether two texts are the same but for a word or two (see `COPY`)."""
    return SequenceMatcher(None, words(one), words(other), autojunk=False).ratio() >= COPY


def content(*texts: str) -> set[str]:
    """Return the words of some texts that carry meaning."""
    return {w for text in texts for w in words(text) if w not in _COMMON}


def stems(*texts: str) -> set[str]:
    """Return how the words that carry meaning begin."""
    return {word[:STEM] for word in content(*texts)}


def check_text(name: str, text: str, limits: tuple[int, int]) -> None:
    """Check one text by itself.

    Args:
        name: What the text is, for the message.
        text: Without white space at its ends.
        limits: Least and most characters; a text of the full length was cut.

    Raises:
        RowError: The text is unclean, cut off, or a refusal.
    """
    for reason, pattern, what in RULES:
        if pattern.search(text):
            raise RowError(reason, f"{name} {what}: {shorten(text)}")
    if len(text) >= limits[1]:
        raise RowError(Reason.CUT_OFF, f"{name} reached {limits[1]} characters: {shorten(text)}")
    for what in _odd_features(text, limits[0]):
        raise RowError(Reason.UNCLEAN, f"{name} {what}: {shorten(text)}")


def _odd_features(text: str, shortest: int) -> Iterable[str]:
    """Yield what no pattern can tell."""
    found = words(text)
    if len(text) < shortest or len(text.split()) < 2:
        yield "is too short"
    if not all(_is_plain(ch) for ch in text):
        yield "holds characters that are no plain text"
    if sum(text.count(mark) for mark in '"“”') % 2:
        yield "has an open quote"
    if any(len(word) > LONGEST_WORD for word in found):
        yield "holds a word that is none"
    runs = [tuple(found[i : i + LOOP]) for i in range(len(found) - LOOP + 1)]
    if len(set(runs)) < len(runs) or any(a == b for a, b in pairwise(found)):
        yield "repeats itself"


def _is_plain(ch: str) -> bool:
    """Say whether a character is of Latin text: no control character, emoji or other script."""
    if ch.isascii():
        return ch.isprintable()
    return unicodedata.name(ch, "").startswith("LATIN") or ch in "‘’“”–—°"


def check_instruction(task: Task, instruction: str, source_caption: str) -> None:
    """Check that an instruction is a command, for its task, about this picture.

    Raises:
        RowError: It is none of these.
    """
    shown = shorten(instruction)
    if NO_COMMAND.search(instruction):
        raise RowError(Reason.UNCLEAN, f"the instruction is no command: {shown}")
    mark = TASK_MARKS.get(task)
    if (mark and not mark.search(instruction)) or (
        task in NO_REMOVAL and REMOVAL.search(instruction)
    ):
        raise RowError(Reason.WRONG_TASK, f"asked to {task}, the instruction says: {shown}")
    if task in NAMES_A_THING and not stems(instruction) & stems(source_caption):
        raise RowError(Reason.OFF_TOPIC, f"the caption of the picture does not name it: {shown}")


def check_edited_caption(task: Task, instruction: str, source: str, edited: str) -> None:
    """Check that the edited caption shows what the instruction does to the source caption.

    Raises:
        RowError: It says the same as the source caption, or something else altogether.
    """
    shown = shorten(edited)
    if words(edited) == words(source):
        raise RowError(Reason.ECHO, f"the edited caption is the source caption: {shown}")
    if not stems(edited) & stems(instruction, source):
        raise RowError(Reason.OFF_TOPIC, f"the edited caption is about something else: {shown}")
    named = stems(instruction) & stems(source)
    if task is Task.REMOVE:
        if named and named <= stems(edited) and not ABSENCE.search(edited):
            raise RowError(Reason.OFF_TOPIC, f"the edited caption keeps what was removed: {shown}")
    elif task is not Task.GLOBAL and not stems(edited) & (stems(instruction) - named):
        raise RowError(Reason.OFF_TOPIC, f"the edited caption does not show the edit: {shown}")


NAMES_A_THING = frozenset({Task.REMOVE, Task.LOCAL, Task.COLOR})
"""Tasks on a thing in the picture, which a model without eyes knows by the caption alone."""


def shorten(text: str, length: int = 80) -> str:
    """Return a text for a message: quoted, printable and short."""
    return repr(text if len(text) <= length else text[: length - 1] + "…")
