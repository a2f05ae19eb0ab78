"""Whether an instruction is one for its task, and an edited caption shows what it does."""

from __future__ import annotations

import re

from pipelines.writers import claims, lexicon
from pipelines.writers.change import Change
from pipelines.writers.contradictions import check_contradiction
from pipelines.writers.rules import shorten, stems, words
from syned.errors import RowError
from syned.reasons import Reason
from syned.rows import Task

NO_COMMAND = re.compile(
    r"^(the|an?|this|that|these|it|its|he|she|they|you|your|there|what|which|who|why|how|when|i|we"
    r"|one|some|now|somebody|someone)\b|\?$",
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
_STYLES = (
    r"styl|paint|draw|sketch|photo|art|cartoon|comic|anime|manga|render|look|filter|black and white"
    r"|sepia|water ?colo|mosaic|pixel|print|poster|illustrat|vintage|oil|charcoal|crayon|chalk|ink"
    r"|origami|clay|stained|embroider|graffiti|neon|collage|cutout|blueprint|engrav|sculpt|fresco"
    r"|\w+is[mt]\b|retro|movie|film"
)
_ALL_OVER = (
    r"night|day|dawn|dusk|morning|evening|sun|moon|weather|season|winter|spring|summer|autumn|fall"
    r"|rain|snow|fog|mist|storm|wind|cloud|sky|light|dark|bright|hot|cold|ic[ey]|froz|frost|flood"
    r"|water|fire|smoke|dust|sand|lightning|thunder|twilight|gloom|haz[ey]|weather|whole|entire"
    r"|every|scene|mood|atmosphere|shadow|wet|dry"
)
TASK_MARKS = {
    Task.ADD: re.compile(
        r"\b(add|put|plac|insert|giv|includ|attach|hav|show|let|set|cover|fill|draw|hang|wear|more"
        r"|creat|spread|plant|pour|dress|equip|decorat|lay|stick|stack|scatter|introduc|paint|build"
        r"|bring|drop|with|surround|line|tie|wrap|mount|plac|positio|instal|affix|pin|sew)",
        re.IGNORECASE,
    ),
    Task.BACKGROUND: re.compile(
        r"\b(back ?(ground|drop)|behind|setting|scen|surround|taken|seem|look|plac|put|mov|set"
        r"|transport|replac|location|room|outside|inside|in|on|at)",
        re.IGNORECASE,
    ),
    Task.REMOVE: re.compile(rf"\b({_REMOVE})", re.IGNORECASE),
    Task.COLOR: re.compile(rf"\b({_COLORS})", re.IGNORECASE),
    Task.STYLE: re.compile(rf"\b({_STYLES})", re.IGNORECASE),
    Task.GLOBAL: re.compile(rf"\b({_ALL_OVER})", re.IGNORECASE),
    Task.TEXT: re.compile(
        r"\b(text|word|letter|writ|sign|label|title|say|read|print|engrav|logo|slogan|number|name"
        r"|message|caption)|[\"“]|'[A-Za-z]",
        re.IGNORECASE,
    ),
}
"""What an instruction for a task must hold, for the tasks that have such words."""
REMOVAL = re.compile(rf"^({_REMOVE})", re.IGNORECASE)
NAMES_A_THING = frozenset({Task.REMOVE, Task.LOCAL, Task.COLOR})
"""Tasks on a thing in the picture, which a model without eyes knows by the caption alone."""


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
        task is not Task.REMOVE and REMOVAL.search(instruction)
    ):
        raise RowError(Reason.WRONG_TASK, f"asked to {task}, the instruction says: {shown}")
    told, source = stems(instruction), stems(source_caption)
    if task in NAMES_A_THING and not lexicon.with_synonyms(told) & source:
        raise RowError(Reason.OFF_TOPIC, f"the caption of the picture does not name it: {shown}")
    if not told - source and task is not Task.REMOVE:
        raise RowError(Reason.WRONG_TASK, f"the instruction brings nothing new: {shown}")


def check_edited_caption(change: Change) -> None:
    """Check that the edited caption shows what the instruction does to the source caption.

    Raises:
        RowError: It says the same as the source caption, or something else altogether.
    """
    edited, source = stems(change.edited), stems(change.source)
    told, shown = stems(change.instruction), shorten(change.edited)
    if words(change.edited) == words(change.source):
        raise RowError(Reason.ECHO, f"the edited caption is the source caption: {shown}")
    if words(change.edited) == words(change.instruction):
        raise RowError(Reason.ECHO, f"the edited caption is the instruction: {shown}")
    if not lexicon.with_synonyms(edited) & (told | source):
        raise RowError(Reason.OFF_TOPIC, f"the edited caption is about something else: {shown}")
    if change.task is Task.REMOVE:
        check_contradiction(change.edited, change)
        gone = stems(claims.object_of(change.instruction)) & source
        if gone and gone <= edited and not _ABSENT.search(change.edited):
            raise RowError(Reason.CONTRADICTION, f"the edited caption keeps what went: {shown}")
        return
    if not edited & lexicon.with_synonyms(told - source):
        raise RowError(Reason.OFF_TOPIC, f"the edited caption does not show the edit: {shown}")
    check_contradiction(change.edited, change)


_ABSENT = re.compile(r"\b(no|not|without|empty|missing|gone|bare)\b", re.IGNORECASE)

_GUESSES = (
    (Task.REMOVE, rf"^(please )?({_REMOVE})(?!\w* (the )?colou?r)"),
    (
        Task.TEXT,
        r"\b(the )?(text|words?|letters?|caption|title|slogan)\b|[\"“']\w+[\"”']|\bwrit\w+",
    ),
    (Task.BACKGROUND, r"\b(background|backdrop|setting|surroundings)\b|\bback ground\b"),
    (
        Task.STYLE,
        r"\b(styl\w+|painting|draw(n|ing)|sketch\w*|cartoon|comic|anime|mosaic|black and"
        r" white|sepia|watercolou?r|pixel|pop art|photograph(y)?|filter|\w+ism|\w+ist)\b",
    ),
    (Task.ADD, r"^(please )?(add|put|place|insert|give|include|attach|draw|have|show|hang)\b"),
    (
        Task.GLOBAL,
        r"\b(night|day|dusk|dawn|morning|evening|season|weather|winter|summer|autumn"
        r"|spring|rain\w*|snow\w*|fog\w*|storm\w*|bright\w*|dark\w*|light\w*|contrast|exposure"
        r"|(photo|image|picture|scene) (seem|look|appear|be)|crop|rotate|sharpen|zoom)\b",
    ),
    (Task.COLOR, rf"\b({_COLORS})"),
)


def task_of(instruction: str, wanted: Task) -> Task:
    """Return the task of an instruction that came with a picture.

    Args:
        instruction: The instruction.
        wanted: The task that was given or drawn; kept where the instruction can be one for it.
    """
    mark = TASK_MARKS.get(wanted)
    removes = bool(REMOVAL.search(instruction))
    if (mark.search(instruction) if mark else not removes) and removes == (wanted is Task.REMOVE):
        return wanted
    guesses = (t for t, p in _GUESSES if re.search(p, instruction, re.IGNORECASE))
    return next(guesses, Task.LOCAL)
