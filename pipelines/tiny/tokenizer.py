"""The tokenizer of the small models: CLIP's byte-pair scheme for the words of a few sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from transformers import CLIPTokenizer

START, END = "<|startoftext|>", "<|endoftext|>"
WORD_END = "</w>"
SENTENCES = (
    "a photo of a dog lying on a green sofa beside a window",
    "a photo of a red bicycle leaning against an old brick wall",
    "a watercolor painting of a lighthouse on a cliff above the sea",
    "a woman in a purple dress holds a glass in her left hand",
    "make it look like a pencil sketch",
    "change the color of the car to blue",
    "remove the hat from the man in the garden",
    "add a flock of birds to the sky over the lake",
    "replace the background with a sandy beach in the evening",
    "turn the day into night and let it snow on the mountains",
    "write the word open on the yellow sign at the door",
    "the picture is in black and white now, and the cat is gone",
)


def make_tokenizer(max_length: int) -> CLIPTokenizer:
    """Return a tokenizer that knows every byte, so that no text is unknown to it.

    Args:
        max_length: Tokens of the longest text, both marks included.
    """
    from tokenizers import pre_tokenizers
    from transformers import CLIPTokenizer

    merges = _merges()
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    # The order of OpenAI's vocabulary: bytes, bytes that end a word, merged pieces, marks.
    pieces = [*letters, *(letter + WORD_END for letter in letters)]
    pieces += ["".join(pair) for pair in merges]
    vocabulary = {piece: i for i, piece in enumerate(dict.fromkeys([*pieces, START, END]))}
    return CLIPTokenizer(vocab=vocabulary, merges=merges, model_max_length=max_length)


def _merges() -> list[tuple[str, str]]:
    """Return the pairs to be merged: each word of the sentences, joined from left to right.

    The trainer of `tokenizers` breaks ties by the order of a hash, so two runs of it differ.
    """
    merges: dict[tuple[str, str], None] = {}
    for word in " ".join(SENTENCES).replace(",", "").split():
        letters = [*word[:-1], word[-1] + WORD_END]
        joined = letters[0]
        for letter in letters[1:]:
            merges[joined, letter] = None
            joined += letter
    return list(merges)
