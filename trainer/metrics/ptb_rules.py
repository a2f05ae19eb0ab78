"""What a token can be: patterns over shapes, found by asking the reference tokenizer.

At each place of a text every rule that can start there is tried. The one that matches the longest
text wins, of two the first in this list. Its token is group 1 where it has one: the rest is what
must follow. Where no rule matches, one character is deleted.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from trainer.metrics.ptb_shape import GONE, LETTER, MARK, RUN, SHY, SUBSCRIPT, SYMBOL
from trainer.metrics.ptb_words import (
    ABBREVIATIONS,
    ABBREVIATIONS_AT_ENDS,
    CAPITAL_ABBREVIATIONS,
    NUMBERED,
    SMALL_ABBREVIATIONS,
    STARTERS,
)

_LATIN = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_LETTERS = _LATIN + LETTER + SHY + MARK
_DIGITS = "0123456789"
_WORD = _LETTERS + _DIGITS
_HOST_FIRSTS = (
    "abcdefghijklmnopqrstuvwxyz#%&*+~\x80„‘’“”–‐½€£¢…٫⁄"
    + LETTER
    + SHY
    + MARK
    + SYMBOL
    + RUN
    + SUBSCRIPT
    + GONE
)

_L = f"[A-Za-z{LETTER}{SHY}]"
_A = f"[A-Za-z0-9{LETTER}{SHY}]"
_NO_LETTER = "(?![A-Za-z])"
_LOOSE = "['’‘`]"
_QUOTES = "'’&"

_ENDING = "(?i:s|d|m|ll|ve|re)"
_NOT = rf"[nN](?:{_LOOSE}|(?i:&apos;))[tT]"
_COMPONENT = f"(?:[dDlLoO]['’‘`]{_A})?{_A}+"
_SLASHED = "[A-Za-z0-9]+(?:-[A-Za-z]+){0,2}"
_TELEPHONE = "[0-9]{3,4}[- \xa0]?[0-9]{3,5}"
_IN_ADDRESS, _ENDS_ADDRESS = r' \t\n\f\r"<>|()', ".!?{},-"
_IN_MAIL = _IN_ADDRESS + "{}\xa0"
_PATH = f"/[^{_IN_ADDRESS}]+[^{_IN_ADDRESS}{_ENDS_ADDRESS}]"
_HOST = f"[^{_IN_ADDRESS}.!?{{}},]+"
_PLAIN_HOST = r"[^\s!\"$'(),-`{|}]+"
_NAME = "[A-Za-z][A-Za-z0-9_:.-]*"
_ATTRIBUTE = f"{_NAME}(?:=(?:\"[^\"]*\"|'[^']*'))?"
_TAG = (
    rf"</?{_NAME}(?: +{_ATTRIBUTE})? ?/?>|</?{_NAME}(?: +{_NAME})* ?/?>|"
    r"<[!?][A-Za-z-][^>\n]*>"
)
_EYE = "[-^<>='~x]"
_FILES = (
    "bat|bmp|c|cgi|class|cpp|dll|docx?|exe|gif|gz|h|html?|jar|java|jpe?g|mov|mp3|pdf|php|pl|png|ppt|"
    "ps|py|sql|tar|txt|wav|x|xml|zip"
)


def _any(words: str) -> str:
    """Match one of some words in any case."""
    return f"(?i:{'|'.join(words.split())})"


def _capital(words: str) -> str:
    """Match one of some words with a capital and then any case."""
    return "|".join(f"{word[0].upper()}(?i:{re.escape(word[1:])})" for word in words.split())


def _small(words: str) -> str:
    """Match one of some words in lower case, with a capital or without."""
    return "|".join(f"(?i:{word[0]}){word[1:]}" for word in words.split())


_AT_ENDS = f"{_any(ABBREVIATIONS_AT_ENDS)}|{_capital(CAPITAL_ABBREVIATIONS)}"
_ABBREVIATIONS = f"{_any(ABBREVIATIONS)}|{_small(SMALL_ABBREVIATIONS)}|{_AT_ENDS}"
_ACRONYM = r"[A-Za-z](?:\.[A-Za-z])+\."
_JOINED = "[A-Za-z0-9]+(?:[.,][A-Za-z0-9]*)*(?:-[A-Za-z0-9]+)+"
_DOTTED = rf"{_L}{_A}*(?:[.!?]{_L}{_A}*)+"
_HYPHENED = rf"{_COMPONENT}(?:[-_‐]{_COMPONENT})*"

RULES: tuple[tuple[str, str], ...] = (
    # Words that are parted, each before the word as a whole.
    ("cC", "([cC][aA][nN])(?i:not)"),
    ("gGlLwW", "(?i:(gon)na|(got)ta|(gim)me|(lem)me|(wan)na)"),
    (_LATIN, rf"([A-Za-z]*[A-MO-Za-mo-z]){_NOT}"),
    (_LETTERS, rf"([A-Za-z{LETTER}{MARK}{SHY}]+)(?:['’]|&apos;){_ENDING}"),
    # What is cut off from them.
    ("nN", _NOT),
    (_QUOTES, f"'{_ENDING}{_NO_LETTER}|(?:’|&apos;){_ENDING}"),
    ("'’", r"['’](?i:em|till?)"),
    ("'’", "['’](?i:cause)"),
    ("'", "('[tT])(?i:is|was)"),
    ("'’", "['’][nN]['’]"),
    ("'’", r"'[nN](?!\S)|’[nN]"),
    ("'’", r"['’](?:[2-9]0[sS]|[0-9][0-9](?!\S))"),
    # Words and what is joined to them.
    (_LETTERS, f"[A-Za-z{LETTER}{MARK}{SHY}]+"),
    (_LATIN, rf"((?:{_AT_ENDS}|(?i:ph|ed)\.[dD])\.)(?:[A-Za-z0-9][^A-Za-z0-9]|-[A-Za-z0-9]|.)"),
    ("pPeE", r"(?i:ph|ed)\.[dD]\."),
    (_WORD, _HYPHENED),
    (_LATIN + _DIGITS, _JOINED),
    (_LATIN, rf"[A-HJ-XZn]{_LOOSE}{_L}{{2,}}"),
    (_LETTERS, rf"{_L}+[aeiouyAEIOUY]{_LOOSE}[aeiouA-Z]{_L}*"),
    ("dDlLjJ", "[dDlLjJ]['’]"),
    ("yY", "([yY]['’])[A-Za-z]"),
    ("aApP", "(?i:anti|pro)-"),
    (_LATIN, "(?i:c'mon|c['’]est|e'er|o'o|s'mores|ol['’]|nat'l|li'l|nor'easter|cont'd\\.)"),
    (_WORD, rf"{_SLASHED}(?:\\?/{_SLASHED}){{1,2}}"),
    (_LETTERS, _DOTTED),
    (_LATIN, "[A-Z]+(?:(?:(?i:&amp;)|[&+])[A-Z]+)+"),
    (_LATIN, r"[A-Z]*\$"),
    ("cCfF", r"[cC]\+\+|[cCfF]#"),
    # Full stops that belong to a word.
    (_LATIN, rf"([A-Za-z])\.\s+(?:{_capital(STARTERS)}|{_TAG})\s"),
    (_LATIN, r"[A-Za-z](?:\.[A-Za-z])*\."),
    (
        _LATIN + _DIGITS,
        rf"[A-Za-z0-9][A-Za-z0-9.,]*(?:-[A-Za-z0-9]+)*-{_ACRONYM}(?:-[A-Za-z0-9]+)*",
    ),
    (_LATIN, rf"(?:{_ABBREVIATIONS})\."),
    (_LATIN, rf"({_any(NUMBERED)}\.)\s?[0-9]"),
    (_WORD, rf"((?:{_HYPHENED}|{_JOINED}|{_DOTTED})\.)[,;:]"),
    # Numbers.
    (_DIGITS + "+-.:,", rf"[-+]?(?:[0-9{SHY}]*(?:[.,:٫][0-9]+)+|[0-9{SHY}]+)"),
    (_DIGITS, "[0-9]{1,2}[-/][0-9]{1,2}[-/][0-9]{2,4}"),
    (_DIGITS, "(?:[0-9]{1,4}[- \xa0])?[0-9]{1,4}[/⁄][0-9]{1,4}"),
    ("(", rf"\([0-9]{{2,4}}\)[- \xa0]?{_TELEPHONE}"),
    (_DIGITS + "+", rf"\+?(?:[0-9]{{2,4}}[- \xa0]){{1,2}}{_TELEPHONE}"),
    (_LATIN + _DIGITS, rf"([A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*\.(?i:{_FILES}))[\s.!?,]"),
    # Addresses and mark-up.
    ("hH", rf"(?i:https?)://[^{_IN_ADDRESS}{{}}]+[^{_IN_ADDRESS}{_ENDS_ADDRESS}]"),
    ("wW", rf"(?i:www)\.(?:{_HOST}\.)+[A-Za-z]{{2,4}}(?:{_PATH})?"),
    (_HOST_FIRSTS, rf"(?:{_PLAIN_HOST}\.)+(?:[cC]om|[nN]et|[oO]rg|[eE]du)(?:{_PATH})?"),
    ("@", "@[A-Za-z_][A-Za-z0-9_]*"),
    ("#", f"#[A-Za-z{LETTER}]+"),
    (
        _LATIN + _DIGITS + "<",
        rf"<?[A-Za-z0-9][^{_IN_MAIL}]*@[^{_IN_MAIL}.]+(?:\.[^{_IN_MAIL}.]+)*>?",
    ),
    ("<", _TAG),
    ("&", "&(?i:amp|lt|gt|quot|apos|nbsp|[mn]dash);|&#[0-9]+;"),
    # Faces.
    ("<>:;=", r"([<>]?[:;=][-o*']?[()DPdpO\\|\[\]{@])[^A-Za-z0-9]"),
    ("^-<>='~x", f"{_EYE}_{_EYE}"),
    ("(", rf"\((?:{_EYE}{{2}}|(?!.?--){_EYE}[-_.]{_EYE})\)"),
    # Signs.
    ("!?", "[!?]+"),
    (".", r"\.{3,5}|\.(?:[ \xa0]\.){2,}|\."),
    ("-–", "-{2,}|[-–]"),
    (
        "*_<>#@" + RUN + SUBSCRIPT + "\\",
        rf"(?:\\\*)+|\*+|_+|<{{1,2}}|>{{1,2}}|#+|@+|{RUN}+|{SUBSCRIPT}+",
    ),
    ("'`’‘“”„", "'{1,2}|[`‘’“”„]{1,2}"),
    ('$%&"()+,/:;=[\\]^{|}~½€£¢…⁄' + SYMBOL, "."),
)


def by_first(rules: Iterable[tuple[str, str]]) -> dict[str, tuple[re.Pattern[str], ...]]:
    """Return the rules that can start with each character."""
    table: dict[str, list[re.Pattern[str]]] = {}
    for firsts, pattern in rules:
        compiled = re.compile(pattern)
        for first in firsts:
            table.setdefault(first, []).append(compiled)
    return {first: tuple(patterns) for first, patterns in table.items()}
