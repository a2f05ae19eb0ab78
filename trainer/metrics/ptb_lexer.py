"""Cut a line of text into tokens as the reference tokenizer does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from trainer.metrics.ptb_rules import by_first
from trainer.metrics.ptb_shape import SHY, shape

REMOVED = frozenset(["''", "'", "``", "`", ".", "?", "!", ",", ":", "-", "--", "...", ";"])
"""Tokens that are left out. Brackets stay, as `-lrb-`: the list of the field has them in capitals,
and the text is in lower case."""

_NAMED = {
    **dict(zip("()[]{}", "-lrb- -rrb- -lsb- -rsb- -lcb- -rcb-".split(), strict=True)),
    **dict(zip("½¼¾⅓⅔", "1/2 1/4 3/4 1/3 2/3".split(), strict=True)),
    **dict(zip(("£", "¢", "…", SHY), "# cents ... -".split(), strict=True)),
    **dict.fromkeys("€\x80¤₠", "$"),
    **dict.fromkeys(["&mdash;", "&ndash;", *"–—―\x96\x97"], "--"),
    **dict(zip("&amp; &lt; &gt;".split(), "& < >".split(), strict=True)),
    "&nbsp;": "",
}
"""How a token that is nothing but this is written."""

_QUOTES = {
    **dict.fromkeys("‘‛‹\x91`", "`"),
    **dict.fromkeys("’›\x92'", "'"),
    **dict.fromkeys("“«\x93", "``"),
    **dict.fromkeys('”»\x94"', "''"),
}
"""How quotation marks are written, alone or in a pair."""

_QUOTATION = frozenset([*_QUOTES, *"‚„‟"])
"""What a pair of quotation marks can hold."""

_CUT_OFF = re.compile("n?[^a-z](?:t|s|d|m|ll|ve|re)")
"""What a contraction ends in: here, too, quotation marks become straight."""

_RUN = re.compile(r"\.(?:[ \xa0]?\.)+|-{2,4}|–{2,}")
"""Punctuation of several characters; of hyphens, five are none."""

_WORDS = re.compile(r"(?:(?!(?i:cannot|gonna|gotta|gimme|lemme|wanna)\b)[A-Za-z]+,? )+")
"""Words between spaces, for which no rules are needed."""


class Lexer:
    """Cuts lines into tokens.

    Args:
        rules: What a token can be; for a character, the rules that can start there count.
    """

    def __init__(self, rules: Iterable[tuple[str, str]]) -> None:
        self._rules = by_first(rules)

    def tokens(self, text: str, following: str) -> list[str]:
        """Return the tokens of a line that are not punctuation, in lower case.

        Args:
            text: The line, without its end.
            following: What comes after it, its end included: a full stop may depend on it.
        """
        whole = text + following
        written = map(_write, self._cut(whole, shape(whole), len(text)))
        return [token for token in written if token and token not in REMOVED]

    def _cut(self, text: str, shapes: str, end: int) -> Iterator[str]:
        place = 0
        while place < end:
            if words := _WORDS.match(shapes, place):
                yield from words[0].replace(",", "").split()
                place = words.end()
                continue
            stop = longest = place
            for rule in self._rules.get(shapes[place], ()):
                match = rule.match(shapes, place)
                if match and match.end() > longest:
                    longest = match.end()
                    stop = match.end(match.lastindex or 0)
            if stop > place:
                yield text[place:stop]
            place = max(stop, place + 1)


def _write(token: str) -> str:
    """Return how a token is written; nothing for a run of stops or of dashes."""
    lower = token.lower()
    if lower.isascii() and lower.isalnum():
        return lower
    named = "" if _RUN.fullmatch(lower) else _NAMED.get(lower)
    if named is not None:
        return named
    if "/" in lower or "@" in lower:
        return lower.replace(" ", "\xa0")
    return _straighten(token.replace("&quot;", '"').replace("&apos;", "'").replace(SHY, "").lower())


def _straighten(lower: str) -> str:
    """Write out the marks of a word, and make quotation marks straight where they stand alone."""
    straight = "".join(_QUOTES.get(mark, mark) for mark in lower)
    if _CUT_OFF.fullmatch(straight) or _QUOTATION.issuperset(lower):
        return straight
    for mark, written in ((" ", "\xa0"), ("(", "-lrb-"), (")", "-rrb-"), ("&amp;", "&")):
        lower = lower.replace(mark, written)
    return lower
