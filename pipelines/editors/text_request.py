"""Instructions to write something on a picture, read word for word.

Only what is understood to the end is done: a surface ("on the bus"), a style ("in cursive") or a
second wish ("and remove the dog") that letters laid over a picture cannot honour is turned away.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pipelines.edits.words import COLOURS, PLACES, ColourName, PlaceName
from syned.errors import RowError
from syned.reasons import Reason

ABLE = (
    "the procedural editor writes given words in a corner, at an edge or in the centre of the "
    f"picture, in {', '.join(COLOURS)}"
)

_COLOUR = rf"(?P<colour>{'|'.join(COLOURS)})"
_IMAGE = r"(?:(?:the|this) )?(?:whole |entire )?(?:image|picture|photo|photograph|frame)"
_VERTICAL = r"(?P<vertical>top|upper|bottom|lower)"
_HORIZONTAL = r"(?P<horizontal>left|right)(?:[- ]hand)?"
_MIDDLE = r"(?:cent(?:re|er)|middle)"
_EDGE = r"(?: (?:side|edge|part|border|area|section))?"
_INTO = r"(?:in|at|on|to|into|onto|near|along|by)"
_AT = rf"(?:{_INTO}|(?P<across>across)) (?:the )?(?:very |far )?"
_OF = rf"(?: (?:of|in|on) {_IMAGE})?"

_PLACES = tuple(
    rf"{_AT}{spot}{_OF}"
    for spot in (
        rf"{_VERTICAL}[- ]?{_HORIZONTAL}{_EDGE}(?: corner)?",
        rf"{_HORIZONTAL}[- ]{_VERTICAL}{_EDGE}(?: corner)?",
        rf"{_VERTICAL}(?:[- ]{_MIDDLE})?{_EDGE}",
        rf"{_MIDDLE}[- ]{_VERTICAL}",
        rf"{_HORIZONTAL}(?:[- ]{_MIDDLE})?{_EDGE}",
        rf"{_MIDDLE}[- ]{_HORIZONTAL}",
        rf"(?P<middle>{_MIDDLE})",
    )
)
_CAPITALS = r"(?P<capitals>(?:capital letters|capitals|caps|upper[- ]?case(?: letters)?))"
_LETTERS = r"(?:letters|lettering|text|font|type|ink|writing|characters)"
_SHADE = rf"(?:a |the )?(?:bright |plain |solid )?(?:colou?r )?{_COLOUR}(?:[- ]colou?red)?"
_TAILS = tuple(
    re.compile(rf"(?:^|[ ,]+|,? and ){tail}(?=$|[ ,])", re.IGNORECASE)
    for tail in (
        *_PLACES,
        rf"(?:in|with|using) {_SHADE}(?: {_LETTERS}| colou?r)?(?: {_CAPITALS})?",
        rf"in (?:all[- ])?{_CAPITALS}",
        r"in (?P<small>lower[- ]?case(?: letters)?)",
        rf"(?:to|on|onto|over|in|into|on top of|(?P<across>across)) {_IMAGE}",
    )
)

_VERB = re.compile(
    r"(?:(?:please|can you|could you) )?(?:(?P<pen>write|type|print|inscribe|spell(?: out)?)|add"
    r"|put|place|insert|include|overlay|stamp|superimpose|display|show|paint|draw)\b",
    re.IGNORECASE,
)
_SAYS = r"(?:(?:that |which )?(?:says?|reads?|spells?)|saying|reading|spelling|with the words?)"
_ANNOUNCED = re.compile(
    rf"(?: (?:the|a|an|some))?(?: {_COLOUR})?(?: overlay)?"
    r" (?:(?P<one>word|letter|number|name)|words|text|phrase|letters|numbers|lettering|caption"
    r"|title|headline|slogan|message|sentence|inscription|quote)(?: overlay)?"
    rf"(?: {_SAYS})?(?!\w):?",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    rf" ?(?:an? )?(?:{_COLOUR} )?"
    r"(?:[\"“”](?P<double>[^\"“”]+)[\"“”]|['‘](?P<single>(?:[^'‘’]|(?<=\w)['’](?=\w))+)['’])"
    r"(?: (?:text|caption|title|lettering)(?: overlay)?(?=$|[ ,]))?",
    re.IGNORECASE,
)
_BARE = re.compile(r" [\w&'’!?#%.:-]*[\w!?%]")
_NOT_BARE = frozenset(
    "a an the some any something anything it its this that these those his her my your their more"
    " in on at to into onto near over under above below across along by from of with using inside"
    " behind beside between around for like as so and or but then text word words letters".split()
)
MOST_BARE_WORDS = 6
"""Without quotes, more words are hardly what is to be written."""


@dataclass(frozen=True, slots=True)
class TextRequest:
    """What an instruction asks to be written.

    Attributes:
        word: One word or several, as they are to be written.
        place: Where, or nothing if the instruction does not say.
        colour: In which colour, or nothing if it does not say.
        across: Whether the letters are to go from one side to the other.
    """

    word: str
    place: PlaceName | None = None
    colour: ColourName | None = None
    across: bool = False


def read_request(instruction: str) -> TextRequest:
    """Read an instruction to the end.

    Raises:
        RowError: NO_EDIT_FITS: it asks for something else, or for more, than letters on a picture.
    """
    text = re.sub(r",? please$", "", " ".join(instruction.split()).rstrip(" .!?"), flags=re.I)
    # The full stop of the sentence is often put before the closing mark.
    text = re.sub(r"[.,](?=[\"”'’]$)", "", text)
    verb = _VERB.match(text)
    if verb is None:
        # "At the top, write ...": what stands before the verb is read last.
        later = re.search(rf",? (?={_VERB.pattern})", text, re.IGNORECASE)
        text = f"{text[later.end() :]} {text[: later.start()]}" if later else text
        verb = _VERB.match(text)
    if verb is None:
        raise unfit(f"nothing is to be written: {text!r}")
    said = text[verb.end() :]
    announced = _ANNOUNCED.match(said)
    asked = _told(TextRequest(""), announced) if announced else TextRequest("")
    rest = said[announced.end() :] if announced else said
    for words in _words(rest, announced, pen=bool(verb["pen"])):
        request = _told(asked, words) if asked else None
        read = _with_tails(request, rest[words.end() :]) if request else None
        if read:
            return read
    raise unfit(f"more or other than words, a place and a colour: {text!r}")


def unfit(what: str) -> RowError:
    """Return the error that says what was found and what is possible."""
    return RowError(Reason.NO_EDIT_FITS, f"{what}; {ABLE}")


def _words(rest: str, announced: re.Match[str] | None, *, pen: bool) -> Iterator[re.Match[str]]:
    """Yield what may be the words to write.

    Without quotes nothing shows where they end, so they must be announced ("the words", or a verb
    of writing); after "the word" there is one, or several in capitals.
    """
    quoted = _QUOTED.match(rest)
    if quoted:
        yield quoted
        return
    if not announced and not pen:
        return
    for count in range(1, MOST_BARE_WORDS + 1):
        found = re.match(rf"(?P<bare>(?:{_BARE.pattern}){{{count}}})(?=$|[ ,])", rest)
        words = found["bare"].split() if found else ["a"]
        if found is None or words[-1].lower() in _NOT_BARE:
            return
        if count == 1 or found["bare"].isupper() or not (announced and announced["one"]):
            yield found


def _with_tails(request: TextRequest, rest: str) -> TextRequest | None:
    """Add what follows the words; nothing if it is not understood to the end."""
    asked: TextRequest | None = request
    while asked and rest.strip(" ,"):
        found = next(filter(None, (tail.match(rest) for tail in _TAILS)), None)
        if found is None:
            return None
        asked, rest = _told(asked, found), rest[found.end() :]
    return asked


def _told(request: TextRequest, found: re.Match[str]) -> TextRequest | None:
    """Add to a request what was matched; nothing if it contradicts what was there."""
    said = {key: value.lower() for key, value in found.groupdict().items() if value}
    word = next((found[key] for key in ("double", "single", "bare") if key in said), request.word)
    if "capitals" in said or "small" in said:
        word = word.upper() if "capitals" in said else word.lower()
    place = _place(said)
    colour = next((name for name in COLOURS if name == said.get("colour")), None)
    if (place and request.place) or (colour and request.colour):
        return None
    return replace(
        request,
        word=word.strip(" ,"),
        place=place or request.place,
        colour=colour or request.colour,
        across=request.across or "across" in said,
    )


_SHARES: dict[str | None, float] = {
    "top": 0.0,
    "upper": 0.0,
    "bottom": 1.0,
    "lower": 1.0,
    "left": 0.0,
    "right": 1.0,
}
"""Where words for a side are, from left to right or from top to bottom."""


def _place(said: dict[str, str]) -> PlaceName | None:
    """Return the place that was matched."""
    if not said.keys() & {"vertical", "horizontal", "middle"}:
        return None
    down = {"top": 0.0, "upper": 0.0, "bottom": 1.0, "lower": 1.0}.get(
        said.get("vertical", ""), 0.5
    )
    along = {"left": 0.0, "right": 1.0}.get(said.get("horizontal", ""), 0.5)
    return next(name for name, spot in PLACES.items() if (spot.across, spot.down) == (along, down))
