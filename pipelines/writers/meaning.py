"""Whether texts that are clean say the right thing: the task, the change, nothing against it.

The rules compare words by their stems, with a small lexicon of synonyms and of properties that have
one value at a time (`lexicon.yaml`), and tell what a sentence says of the later picture from what
it says of the earlier one (`claims`). They know no more of English, so they are strict where it
costs little: a caption that is turned away is asked for again, by itself.
"""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.writers import lexicon
from pipelines.writers.change import Change
from pipelines.writers.contradictions import NOT_ANY_MORE, check_contradiction
from pipelines.writers.rules import is_copy, is_reordered, shorten, stems
from syned.errors import RowError
from syned.reasons import Reason


def check_caption(caption: str, change: Change, told: Sequence[str]) -> None:
    """Check what a clean caption says of an edit.

    Args:
        caption: The caption.
        change: The edit.
        told: Captions of it that are good already.

    Raises:
        RowError: It is about something else, says the opposite, copies another text, or names
            nothing that came or went.
    """
    shown = shorten(caption)
    if not stems(caption):
        raise RowError(Reason.SAYS_NOTHING, f"a caption names nothing of the change: {shown}")
    if not lexicon.with_synonyms(stems(caption)) & lexicon.with_synonyms(change.own):
        raise RowError(Reason.OFF_TOPIC, f"a caption is about something else: {shown}")
    check_contradiction(caption, change)
    _check_copies(caption, change, told)
    if not stems(caption) & change.named:
        raise RowError(Reason.SAYS_NOTHING, f"a caption names nothing of the change: {shown}")


def _check_copies(caption: str, change: Change, told: Sequence[str]) -> None:
    """Check that a caption is no copy of what is there already."""
    for other in told:
        if is_copy(caption, other) or is_reordered(caption, other):
            both = f"{shorten(other)} and {shorten(caption)}"
            raise RowError(Reason.NOT_DISTINCT, f"two captions are nearly the same: {both}")
    others = {
        "the instruction": change.instruction,
        "the caption of the source": change.source,
        "the caption of the edited picture": change.edited,
    }
    for what, text in others.items():
        denied = NOT_ANY_MORE.search(caption) and not NOT_ANY_MORE.search(text)
        if is_copy(caption, text) and not denied:
            raise RowError(Reason.ECHO, f"a caption copies {what}: {shorten(caption)}")
