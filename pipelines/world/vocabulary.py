"""The tokenizer of the world's models: CLIP's, with every word of the scenes as one token."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pipelines.tiny.tokenizer import make_tokenizer

if TYPE_CHECKING:
    from transformers import CLIPTokenizer


def words_of(texts: Iterable[str]) -> list[str]:
    """Return the words of some texts, in lower case, each once and in order."""
    return sorted({word for text in texts for word in re.findall("[a-z]+", text.lower())})


def world_tokenizer(words: list[str], max_length: int) -> CLIPTokenizer:
    """Return a tokenizer to which these words are one token each, and others are pieces.

    Args:
        words: In lower case.
        max_length: Tokens of the longest text, both marks included.
    """
    from transformers import AddedToken

    tokenizer = make_tokenizer(max_length)
    tokenizer.add_tokens([AddedToken(word, single_word=True, normalized=True) for word in words])
    return tokenizer
