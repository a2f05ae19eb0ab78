"""Tokens by which a model tells the turns of a chat apart, and which no given text may hold."""

from __future__ import annotations

from typing import Any

from syned.errors import RowError
from syned.reasons import Reason


def refuse_marks(text: str, tokenizer: Any) -> None:
    """Turn away a text that holds a special token of a model, with which it could open a turn.

    Prompts write `<` and `[` otherwise; this is for models whose tokens begin with another letter.

    Raises:
        RowError: UNCLEAN.
    """
    added = tokenizer.added_tokens_decoder.values()
    for mark in sorted({token.content for token in added if token.special}):
        if mark.strip() and mark in text:
            raise RowError(
                Reason.UNCLEAN, f"what came with the picture holds a token of the model, {mark!r}"
            )
