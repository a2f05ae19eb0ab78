"""Captions as tokens: what the language model is given, and what it has to learn.

The input of BLIP-2 begins with one `<image>` token for each query of the Q-Former. With a
decoder-only language model (OPT) the start token, the prompt and the caption follow, and the loss
is on the caption and the end token alone. With an encoder-decoder (Flan-T5) the encoder gets the
images and the prompt, and the decoder learns the caption and the end token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

IGNORED = -100
"""The label of a token that is not learned (torch's cross entropy)."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one pair.

    Attributes:
        input_ids: What the language model is given.
        labels: What it has to say: as long as `input_ids` with OPT, the caption with Flan-T5.
    """

    input_ids: list[int]
    labels: list[int]


@dataclass(frozen=True, slots=True)
class CaptionEncoder:
    """Turns captions into tokens and back.

    Attributes:
        tokenizer: Of the language model.
        image_token: Id of `<image>`.
        queries: `<image>` tokens of one input.
        decoder_only: Whether the caption continues the input, or is a text of its own.
        prompt: Said before each caption.
        most: Most tokens of a caption, without the end token.
    """

    tokenizer: Any
    image_token: int
    queries: int
    decoder_only: bool
    prompt: str
    most: int

    @property
    def end(self) -> int:
        """Id of the token that ends a caption."""
        return int(self.tokenizer.eos_token_id)

    @property
    def pad(self) -> int:
        """Id of the token that fills up."""
        return int(self.tokenizer.pad_token_id)

    def lead(self) -> list[int]:
        """Return what comes before each caption: images, start token and prompt."""
        told = self._ids(self.prompt + " ") if self.prompt else []
        begin = [self.tokenizer.bos_token_id] if self.decoder_only else []
        end = [] if self.decoder_only else [self.end]
        return [self.image_token] * self.queries + begin + told + end

    def encode(self, caption: str) -> Tokens:
        """Return the tokens of a caption, its end token always with it."""
        said = [*self._ids(caption)[: self.most], self.end]
        lead = self.lead()
        if self.decoder_only:
            return Tokens(lead + said, [IGNORED] * len(lead) + said)
        return Tokens(lead, said)

    def count_cut(self, captions: Iterable[str]) -> int:
        """Count the captions that have more tokens than are taken."""
        counts = Counter(captions)
        ids = self.tokenizer(list(counts), add_special_tokens=False)["input_ids"] if counts else []
        pairs = zip(ids, counts.values(), strict=True)
        return sum(count for own, count in pairs if len(own) > self.most)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of what a model said."""
        return " ".join(self.tokenizer.decode(ids, skip_special_tokens=True).split())

    def _ids(self, text: str) -> list[int]:
        return list(self.tokenizer(text, add_special_tokens=False)["input_ids"])


def pad_right(rows: Sequence[Sequence[int]], value: int) -> list[list[int]]:
    """Return rows of one length, the shorter ones filled up at the end."""
    longest = max(len(row) for row in rows)
    return [[*row, *[value] * (longest - len(row))] for row in rows]
