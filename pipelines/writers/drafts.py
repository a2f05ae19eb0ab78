"""Edited captions put together from the source caption and the instruction, for a model to choose.

Small models copy the source caption where they should change it. After a first bad answer the
schema allows only these, if there are any; a draft is checked by the same rules as an answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pipelines.writers import claims, lexicon, rules, tasks
from pipelines.writers.change import Change
from pipelines.writers.prompt import LIMITS
from syned.errors import RowError
from syned.rows import Task

_AT = re.compile(r"^(night|dawn|dusk|noon|midnight|sunset|sunrise)\b")
_JOINT = re.compile(
    r"\s+(?=(?:with|and|in|on|at|behind|beside|next to|near|under|that|from|along|by)\b)"
)
_LEADING = re.compile(
    r"^(with|and|in front of|in|on|at|behind|beside|next to|near|under|that [a-z]+ \w+ (in|on|at)"
    r"|from|along|by)\s+"
)


def drafts(change: Change) -> list[str]:
    """Return edited captions for an edit whose edited caption is not known, at most six."""
    found = dict.fromkeys(_drafts(change.task, change.instruction, change.source.rstrip(" .")))
    return [text for text in found if _is_good(text, change)][:6]


def _is_good(text: str, change: Change) -> bool:
    """Say whether a draft would be taken."""
    edited = Change(change.task, change.instruction, change.source, text)
    try:
        rules.check_text("the draft", text, LIMITS["edited_caption"])
        tasks.check_edited_caption(edited)
    except RowError:
        return False
    return True


def _drafts(task: Task, instruction: str, source: str) -> Iterator[str]:
    """Yield what the caption may be after an edit, true or not."""
    if task is Task.REMOVE:
        yield from _without(instruction, source)
    elif task is Task.COLOR:
        yield from _recolored(instruction, source)
    elif task is Task.ADD:
        yield f"{source} with {_with_article(claims.object_of(instruction), instruction)}"
    elif task is Task.TEXT:
        for text in rules.TO_BE_WRITTEN.finditer(instruction):
            yield f"{source} with the text {text[0]}"
    else:
        yield from _turned(task, instruction.rstrip(" ."), source)


def _with_article(thing: str, instruction: str) -> str:
    """Return a thing with what stands before it in the instruction, if that is an article."""
    match = re.search(rf"\b((?:an?|some) (?:\w+ of )?){re.escape(thing)}", instruction)
    return match[0] if match else thing


def _without(instruction: str, source: str) -> Iterator[str]:
    """Yield a caption without its parts that name what goes."""
    gone = rules.stems(claims.object_of(instruction))
    parts = _JOINT.split(source)
    kept = [part for part in parts if not rules.stems(part) & gone]
    if not kept:
        yield f"a scene without {re.sub(r'^a (photo|picture) of ', '', parts[0])}"
    elif len(kept) < len(parts):
        yield _LEADING.sub("", " ".join(kept))


def _recolored(instruction: str, source: str) -> Iterator[str]:
    """Yield a caption with the new color before each thing that the instruction names."""
    told = claims.later_text(instruction)
    colors = [word for word in rules.words(told) if lexicon.values(word, "color")]
    named = rules.stems(instruction) & rules.stems(source)
    for match in re.finditer(r"\w+", source):
        if colors and rules.stem(match[0].casefold()) in named:
            head = source[: match.start()]
            before = head.rstrip().rpartition(" ")
            if lexicon.values(before[2], "color"):
                head = f"{before[0]} "
            text = f"{head}{colors[-1]} {source[match.start() :]}"
            yield re.sub(r"\b([Aa])n? (?=" + colors[-1] + ")", _article(colors[-1]), text).strip()


def _article(word: str) -> str:
    """Return a replacement for the article before a word."""
    return r"\1n " if word[0] in "aeiou" else r"\1 "


def _turned(task: Task, instruction: str, source: str) -> Iterator[str]:
    """Yield a caption with what the whole picture, its background or a thing is turned into."""
    exchanged = claims.exchanged(instruction)
    match = re.search(r"^\w+ (?:it|the [\w ]+?) (?:look like |out of |of )?(.+)$", instruction)
    new = exchanged[1] if exchanged else (match[1] if match else claims.object_of(instruction))
    if task is Task.STYLE:
        yield f"{new} of {source[:1].lower()}{source[1:]}"
    elif task is Task.GLOBAL:
        yield f"{source} {'at' if _AT.match(new) else 'in'} {new}"
    elif task is Task.BACKGROUND:
        yield f"{source} in front of {_with_article(new, instruction)}"
    else:
        yield from _replaced(instruction, source, new)


def _replaced(instruction: str, source: str, new: str) -> Iterator[str]:
    """Yield a caption with another thing, or with a thing of another material."""
    named = rules.stems(instruction) & rules.stems(source)
    material = re.search(r"\b(?:out of|made of|of) (\w+)$", instruction)
    for match in re.finditer(r"(?:\b[Aa]n? )?(\w+)", source):
        if rules.stem(match[1].casefold()) in named:
            thing = f"{match[0]} made of {material[1]}" if material else new
            yield f"{source[: match.start()]}{thing}{source[match.end() :]}"
