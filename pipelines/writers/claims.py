"""What a sentence claims of the earlier picture and what of the later one, by its wording.

The wordings are those of English difference captions: tenses ("was", "used to"), markers ("before",
"no longer", "instead of") and verbs of change ("turned into", "replaced by"). Where a sentence can
be read in two ways, the reading that claims less is taken.
"""

from __future__ import annotations

import re

_SPLIT = re.compile(
    r"[,;.:!?—–]+|\b(?:and|but|while|whereas|although|though|yet|as|where)\b", re.IGNORECASE
)
_PASSIVE = (
    r"(was|were|had been|been) (\w+ly |just |then |now )?"
    r"(\w{2,}ed|(tak|giv|writt|brok|eat|hidd|driv|chos|froz|wov|stol|fall|overwritt)en|\w+wn|put|made"
    r"|set|cut|swept|lit|built|hung|brought|left|lost|sent)\b"
)
_EARLIER = re.compile(
    r"\b(before|previously|originally|formerly|earlier|initially|used to|prior"
    r"|(first|source|original|old|left|former) (picture|image|photo|scene|version|one)"
    r"|was|were|had|once|began as|started)\b",
    re.IGNORECASE,
)
_LATER = re.compile(
    r"\b(now|after(wards?)?|becom\w*|became|since then|today"
    r"|(second|edited|new|later|latter|final|right|other) (picture|image|photo|scene|version|one)"
    r"|in the (second|latter))\b",
    re.IGNORECASE,
)
_TURNED = re.compile(
    r"^.*?\b(becom\w*|became|turn(s|ed|ing)? (in)?to|(chang|transform|convert|morph)\w* (in)?to"
    r"|g(a|i)v(e|en|ing|es) way to|(replaced|swapped|exchanged|substituted) (by|with|for)"
    r"|gone from .*? to)\b",
    re.IGNORECASE,
)
_EXCHANGED = re.compile(
    r"\b(turn|chang|transform|convert|replac|swap|exchang|switch|trad|substitut)\w*\s+"
    r"(?P<old>[^,;.]*?)\s+(?P<word>into|to|with|by|for)\s+",
    re.IGNORECASE,
)
_FROM_TO = re.compile(r"\bfrom\b[^,;.]*?\b(in)?to\b", re.IGNORECASE)
_DENIED = re.compile(
    r"\b(no longer|not|never|isn'?t|aren'?t|instead of|rather than|in (the )?place of|without"
    r"|(the )?(place|spot|space|area) (of|where|that|which)|where|in lieu of|once)\b[^,;.]*",
    re.IGNORECASE,
)


def clauses(sentence: str) -> list[tuple[bool, str]]:
    """Return the clauses of a sentence, each with whether it tells of the later picture.

    A clause without a mark of time tells of the same picture as the one before it, the first one of
    the later picture.
    """
    later, found = True, []
    for clause in _SPLIT.split(sentence):
        active = re.sub(_PASSIVE, " ", clause, flags=re.IGNORECASE)
        if _LATER.search(active):
            later = True
        elif _EARLIER.search(active):
            later = False
        if clause.strip():
            found.append((later, clause))
    return found


def later_text(sentence: str) -> str:
    """Return what a sentence says of the later picture only, clause by clause."""
    return ". ".join(_what_came(clause) for later, clause in clauses(sentence) if later)


def earlier_text(sentence: str) -> str:
    """Return what a sentence says of the earlier picture only, clause by clause."""
    return ". ".join(_what_went(clause) if later else clause for later, clause in clauses(sentence))


def _what_went(clause: str) -> str:
    """Return what a clause about the later picture says has gone."""
    gone = [m[0] for pattern in (_FROM_TO, _TURNED) if (m := pattern.search(clause))]
    return ". ".join(gone + [m["old"] for m in _EXCHANGED.finditer(clause)])


def _what_came(clause: str) -> str:
    """Return a clause without what it says has gone, or is not so."""
    text = _FROM_TO.sub(" ", clause)
    text = _DENIED.sub(" ", text)
    text = _EXCHANGED.sub(lambda match: f" {match['word']} ", text)
    return _TURNED.sub(" ", text)


_COMMANDS = r"(please )?(now )?"
_OBJECT_END = re.compile(
    r"\b(from|in|on|at|to|of|into|onto|behind|next|beside|with|near|above|below|under|over|and|by"
    r"|that|which|who|so|for|as|off|out|away|hanging|sitting|standing|lying|inside|between|around"
    r"|out|using|made|wearing)\b|[,.;:(]",
    re.IGNORECASE,
)
_LEAD = re.compile(
    r"^(rid of |away |out |off |up |all |any |every |both |each |some |more |several |another )*"
    r"(of )?(the |a |an |his |her |its |their |all |pair of |couple of |group of |flock of "
    r"|lot of |bunch of |set of )*",
    re.IGNORECASE,
)


def object_of(command: str) -> str:
    """Return the object of a command: "the hat" of "Take the hat away from the woman."."""
    rest = command.strip().partition(" ")[2]
    while (shorter := _LEAD.sub("", rest, count=1)) != rest:
        rest = shorter
    return _OBJECT_END.split(rest, maxsplit=1)[0].strip()


def exchanged(command: str) -> tuple[str, str] | None:
    """Return what a command exchanges and for what, or nothing: "Replace A with B."."""
    match = _EXCHANGED.search(command)
    if match is None:
        return None
    return match["old"].strip(), command[match.end() :].strip(" .")
