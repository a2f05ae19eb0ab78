"""What makes a text unfit for a dataset by itself: unclean, cut off, a refusal, in a loop, a copy.

Each rule stands for a defect that was seen: in the released Syned captions (stray quotes,
numbering, word counts, refusals, leaked prompts), or in the answers of small models (loops, labels,
placeholders, copies).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from syned.errors import RowError
from syned.reasons import Reason

COPY = 0.7
"""Texts whose words match to this share (difflib's ratio) are copies: seven words of ten."""
REORDERED = 0.8
"""The same of words in the order of the alphabet: "A and B" is a copy of "B and A"."""
LONGEST_WORD = 24
LOOP = 4
"""A text that says so many words in a row twice is in a loop; three are what two things have in
common that differ in one word: `a speckled pale green pattern`, `a striped pale green pattern`."""
STEM = 6
"""Most letters of a stem."""

_LABELS = (
    r"instruction|(edited |source |target |new |original )?(caption|image|picture)s?|description"
    r"|answer|output|input|sentence|difference|change|edit|before|after|note|task|brief|action"
    r"|contrast|detail|variation|option|version|paraphrase"
)
_PATTERNS = (
    (Reason.UNCLEAN, r"^\W*$", "is empty"),
    (
        Reason.UNCLEAN,
        r"^\(?(\d+|[a-z]|[ivx]+)[.):]|^[-*•–—#>+]|^(\d+|first|second|third|fourth|fifth)\s*[-–:,/]",
        "begins like an item of a list",
    ),
    (
        Reason.UNCLEAN,
        rf"^\W*(the )?({_LABELS})\s*(#?\d+|one|two|three|four|five)?\s*[:=]"
        r"|^\W*(?!.*\b(reads?|says?|spells?|words?|text)\b.*:)\w+( [\w-]+){0,2}\s*:\s",
        "begins with a label",
    ),
    (
        Reason.UNCLEAN,
        r"\(\s*\d+\s+(words?|characters?)\s*\)|\bword count\b|\b\d+ (words|characters)\W*$",
        "tells its own length",
    ),
    (Reason.UNCLEAN, r"[\[\]{}<>|\\_~^*]|``|&\w+;|\w://|www\.|[#@]\w|:\w+:", "holds markup"),
    (Reason.UNCLEAN, r"^[=@]|\b(javascript|vbscript|data|mailto):\S", "acts where it is shown"),
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
        r"\b(as an? (\w+ )*ai|language model|i'?m (just|sorry|unable|not able)|sorry|apologi[sz]e"
        r"|i (can ?not|can'?t|won'?t|am|will|would|do|must|need|hope|suggest|have)"
        r"|unable to (help|assist|fulfil|provide|comply)|not appropriate|inappropriate|unethical"
        r"|harmful|respectful|socially unbiased|let me know|feel free|as (requested|instructed)"
        r"|(please )?note that|(four|five|some|other) (variations?|versions?|captions?|sentences?)"
        r"|(user|the|this|your|given|above|following|system|earlier|previous|prior)"
        r" (prompts?|instructions?|json|responses?|requests?|schema))\b"
        r"|^\W*(sure|certainly|of course|okay|ok|yes|no)\b\W*[,!.]"
        r"|^\W*(here (is|are)|here'?s|below (is|are)|the following|these are)\b",
        "talks about itself",
    ),
    (
        Reason.UNCLEAN,
        # A thing at the top centre may well have been moved to the centre.
        r"\b(?!(?:left|right|cent(?:re|er)|middle|top|bottom)\b)(\w{3,})"
        r" (is|was|are|were|has been|have been|became|becomes)( \w+(ed|en))?( now)?"
        r"( in| from| with| of| by| into| to)?( an?| the)? \1\b",
        "says the same twice",
    ),
    (
        Reason.CUT_OFF,
        r"[,;:(–—-]$|\b(a|an|the|and|or|but|of|with|to|in|on|at|by|for|from|is|are|was|were|its"
        r"|their|his|her|that|which)$",
        "ends in the middle",
    ),
)
RULES = tuple((reason, re.compile(p, re.IGNORECASE), what) for reason, p, what in _PATTERNS)

REFUSAL = next(pattern for reason, pattern, _ in RULES if reason is Reason.REFUSAL)
"""What a model says in the place of an answer."""
_SPEAKER = re.compile(r"\b([Yy]ou|[Yy]our(s|self)?|[Ww]e|[Oo]urs?|[Mm]y|me|I|I'm)\b")
TO_BE_WRITTEN = re.compile(
    r"[\"“][^\"”]*[\"”]|(?<!\w)['‘][^'’]*['’](?!\w)|\b[A-Z]{2,}( [A-Z]+)*\b|\b[A-Z]( [A-Z]+)+\b"
)
"""Words that stand in a picture: quoted, or in capitals."""
_TWO_QUOTES = re.compile(r"^[\"'“‘][^\"'“”‘’]{1,40}[\"'”’]\s.*\s[\"'“‘][^\"'“”‘’]{1,40}[\"'”’]\W?$")

_COMMON = frozenset(
    "a an the this that these those it its he she they his her their them him there here of in on"
    " at to by for from with without into onto over under up down out off as and or but not no nor"
    " so if is are was were be been being has have had do does did can could will would now then"
    " than before after where when which who what whose while more most very just only also still"
    " any all both each other another same different new old one some somebody someone something"
    " picture photo photograph image scene version original edited edit editing edits change"
    " changed changes changing difference make made makes making put puts add added adds adding"
    " replaced replace replaces remove removed removes turn turned turns become became becomes look"
    " looks like instead lying sitting standing holding leaning parked first second latter former"
    " show shows shown showing see seen appear appears appeared give gives given gave set let lets"
    " get got create created modify modified alter altered adjust adjusted transform transformed"
    " convert converted insert inserted place placed apply applied swap swapped take taken took"
    " use used using again anymore longer thing things above below behind beside between around"
    " near inside outside front next along across upon within through".split()
)


@lru_cache(maxsize=128)
def words(text: str) -> tuple[str, ...]:
    """Return the words of a text in lower case, without articles and "a photo of"."""
    plain = re.sub(r"\b(photo|picture|image)(graph)? of\b", " ", text.casefold())
    plain = re.sub(r"['’]s\b", " ", plain)
    found = re.findall(r"[^\W_]+", plain)
    return tuple(word for word in found if word not in ("a", "an", "the"))


def is_copy(one: str, other: str) -> bool:
    """Say whether two texts are the same but for a word or two (see `COPY`)."""
    return _alike(words(one), words(other)) >= COPY


def is_reordered(one: str, other: str) -> bool:
    """Say whether two texts have the same words in another order (see `REORDERED`)."""
    return _alike(sorted(words(one)), sorted(words(other))) >= REORDERED


def _alike(one: Sequence[str], other: Sequence[str]) -> float:
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def content(*texts: str) -> set[str]:
    """Return the words of some texts that carry meaning."""
    return {w for text in texts for w in words(text) if w not in _COMMON}


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    """Return what the forms of a word have in common: "cats" and "cat", "painted" and "painting".

    Endings of inflection are cut while three letters are left, and what is left is cut to `STEM`.
    """
    if word.endswith("ies") and len(word) > 4:
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith("ss") and len(word) > 3:
        word = word[:-1]
    for ending in ("ing", "est", "ed", "en", "er", "ly", "y", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            break
    if len(word) > 3 and word[-1] == word[-2]:
        word = word[:-1]
    return word[:STEM]


def stems(*texts: str) -> set[str]:
    """Return the stems of the words that carry meaning."""
    return {stem(word) for word in content(*texts)}


def to_be_written(text: str) -> set[str]:
    """Return the words of a text that stand in a picture: quoted, or in capitals."""
    return {word for found in TO_BE_WRITTEN.finditer(text) for word in words(found[0])}


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
    if len(text) < shortest or len(text.split()) < 2:
        yield "is too short"
    if not (text.isascii() and text.isprintable()) and not all(map(_is_plain, text)):
        yield "holds characters that are no plain text"
    if _is_wrapped(text):
        yield "is wrapped in quotes"
    if _has_open_quote(text):
        yield "has an open quote"
    if _SPEAKER.search(TO_BE_WRITTEN.sub(" ", text)):
        yield "speaks to the reader or of the writer"
    found = words(text)
    if any(len(word) > LONGEST_WORD for word in found):
        yield "holds a word that is none"
    runs = [found[i : i + LOOP] for i in range(len(found) - LOOP + 1)]
    if len(set(runs)) < len(runs) or any(a == b for a, b in pairwise(found)):
        yield "repeats itself"


def _is_wrapped(text: str) -> bool:
    """Say whether quotes stand around the whole text, and not around words at both its ends."""
    bare = text.rstrip(".,!?;")
    ends = len(bare) > 1 and bare[0] in "\"'“‘`" and bare[-1] in "\"'”’`"
    return ends and not _TWO_QUOTES.match(bare)


def _has_open_quote(text: str) -> bool:
    """Say whether a quote is opened and not closed, or the other way round."""
    if sum(text.count(mark) for mark in '"“”') % 2 or "`" in text:
        return True
    opened = re.findall(r"(?<!\w)['‘](?=[^\s\d])", text)
    closed = re.findall(r"(?<=\S)['’](?!\w)", text)
    possessive = re.findall(r"\ws['’](?=\s)", text)
    return (bool(opened) and not closed) or len(closed) > len(opened) + len(possessive)


def _is_plain(ch: str) -> bool:
    """Say whether a character is of Latin text: no control character, emoji or other script."""
    if ch.isascii():
        return ch.isprintable()
    return unicodedata.name(ch, "").startswith("LATIN") or ch in "‘’“”–—°‐‑"


def shorten(text: str, length: int = 80) -> str:
    """Return a text for a message: quoted, printable and short."""
    return repr(text if len(text) <= length else text[: length - 1] + "…")
