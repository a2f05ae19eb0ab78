"""A small BLIP-2 of the true class with new weights, for machines without a GPU.

Its beginning is not transformers' own: larger first weights, cross-attention in every layer of the
Q-Former, and a first layer that compares the pictures (`first_weights`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any

from trainer.first_weights import can_compare, compare_pictures
from trainer.recipe import ScratchSection

PAD, END, UNKNOWN = "<pad>", "</s>", "<unk>"
MOST_TOKENS = 256
"""Longest text of the language model, images included, in tokens."""


def new_processor(captions: Iterable[str], config: ScratchSection) -> Any:
    """Return a `Blip2Processor` with a byte-pair vocabulary of the captions.

    Args:
        captions: What the vocabulary is learned from.
        config: Sizes.
    """
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import Blip2Processor, BlipImageProcessorPil, PreTrainedTokenizerFast

    splitter = pre_tokenizers.ByteLevel(add_prefix_space=True)
    words: Counter[str] = Counter()
    # The same caption comes often, and splitting takes long.
    for text, count in Counter(captions).items():
        for word, _ in splitter.pre_tokenize_str(text):
            words[word] += count
    first = [PAD, END, UNKNOWN, *sorted(pre_tokenizers.ByteLevel.alphabet())]
    merges = learn_merges(words, config.vocabulary - len(first))
    pieces = dict.fromkeys([*first, *("".join(pair) for pair in merges)])
    vocabulary = {piece: i for i, piece in enumerate(pieces)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, unk_token=UNKNOWN))
    tokenizer.pre_tokenizer = splitter
    tokenizer.decoder = decoders.ByteLevel()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        bos_token=END,
        eos_token=END,
        unk_token=UNKNOWN,
        model_max_length=MOST_TOKENS,
    )
    side = {"height": config.image_size, "width": config.image_size}
    return Blip2Processor(BlipImageProcessorPil(size=side), wrapped, config.query_tokens)


def learn_merges(words: Mapping[str, int], count: int) -> list[tuple[str, str]]:
    """Return the merges of a byte-pair vocabulary (Sennrich et al., arXiv 1508.07909).

    The trainer of `tokenizers` breaks ties by the order of a hash, so two runs of it differ; here
    the pair that is last in the alphabet wins.

    Args:
        words: How often each word comes, in the letters of `ByteLevel`.
        count: Most merges.
    """
    spelled = {word: list(word) for word in words}
    merges: list[tuple[str, str]] = []
    while len(merges) < count:
        pairs: Counter[tuple[str, str]] = Counter()
        for word, letters in spelled.items():
            for pair in pairwise(letters):
                pairs[pair] += words[word]
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        spelled = {word: _merged(letters, best) for word, letters in spelled.items()}
    return merges


def _merged(letters: list[str], pair: tuple[str, str]) -> list[str]:
    """Return the pieces of a word with each occurrence of a pair made one."""
    merged: list[str] = []
    for letter in letters:
        if merged and (merged[-1], letter) == pair:
            merged[-1] += letter
        else:
            merged.append(letter)
    return merged


def new_model(processor: Any, config: ScratchSection, seed: int, join: str) -> Any:
    """Return a `Blip2ForConditionalGeneration` with weights drawn with a seed.

    Args:
        processor: What `new_processor` gave.
        config: Sizes.
        seed: Of the weights.
        join: How pictures are joined (see `ModelConfig.join`); only where both lie within one
            input does the first layer begin as a comparison.
    """
    import torch

    from trainer.streams import class_for

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = class_for(join)(_configuration(processor, config))
        for name, weight in model.named_parameters():
            if weight.dim() > 1 and "position_embedding" not in name:
                torch.nn.init.normal_(weight, std=config.spread)
        if join in ("vertical", "horizontal") and can_compare(config.width, config.heads):
            compare_pictures(model, side_by_side=join == "horizontal")
    return model


def _configuration(processor: Any, config: ScratchSection) -> Any:
    """Return the configuration of the model; so small a one forgets nothing to dropout."""
    from transformers import Blip2Config

    tokenizer = processor.tokenizer
    tower = {"hidden_size": config.width, "num_attention_heads": config.heads}
    return Blip2Config(
        vision_config={
            **tower,
            "intermediate_size": 4 * config.width,
            "num_hidden_layers": config.vision_layers,
            "image_size": config.image_size,
            "patch_size": config.patch_size,
        },
        qformer_config={
            **tower,
            "intermediate_size": 4 * config.width,
            "num_hidden_layers": config.qformer_layers,
            "encoder_hidden_size": config.width,
            "cross_attention_frequency": 1,
            "vocab_size": 32,
            "hidden_dropout_prob": 0.0,
            "attention_probs_dropout_prob": 0.0,
        },
        text_config={
            **tower,
            "model_type": "opt",
            "vocab_size": len(tokenizer),
            "ffn_dim": 4 * config.width,
            "word_embed_proj_dim": config.width,
            "num_hidden_layers": config.language_layers,
            "max_position_embeddings": MOST_TOKENS,
            "dropout": 0.0,
            "pad_token_id": tokenizer.pad_token_id,
            "bos_token_id": tokenizer.bos_token_id,
            "eos_token_id": tokenizer.eos_token_id,
        },
        num_query_tokens=config.query_tokens,
        image_token_index=tokenizer.convert_tokens_to_ids("<image>"),
    )
