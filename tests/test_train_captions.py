"""What the language model is given, and what it has to learn."""

import numpy as np
import pytest

from trainer.captions import IGNORED, CaptionEncoder, pad_right
from trainer.examples import Collate, pixel_values
from trainer.recipe import ScratchSection
from trainer.scratch import learn_merges, new_processor

pytest.importorskip("torch", reason="the trainer needs the extra `train`")
pytest.importorskip("peft", reason="the trainer needs the extra `train`")

TEXTS = ["A red car has left.", "Two people have come in on the left side."]


@pytest.fixture(scope="module")
def processor():
    return new_processor(TEXTS, ScratchSection(query_tokens=3))


def encoder(processor, *, decoder_only=True, prompt="", most=60):
    tokenizer = processor.tokenizer
    image = tokenizer.convert_tokens_to_ids("<image>")
    return CaptionEncoder(tokenizer, image, 3, decoder_only, prompt, most)


def test_only_the_caption_and_its_end_are_learned(processor):
    own = encoder(processor)
    tokens = own.encode(TEXTS[0])
    lead = [own.image_token] * 3 + [processor.tokenizer.bos_token_id]
    assert tokens.input_ids[:4] == lead
    assert tokens.labels[:4] == [IGNORED] * 4
    assert tokens.labels[4:] == tokens.input_ids[4:]
    assert tokens.labels[-1] == own.end
    assert own.decode(tokens.labels[4:]) == TEXTS[0]


def test_a_prompt_is_given_and_not_learned(processor):
    own = encoder(processor, prompt="Two people")
    tokens = own.encode(TEXTS[0])
    length = len(own.lead())
    assert processor.tokenizer.decode(own.lead()[4:]).strip() == "Two people"
    assert tokens.labels[:length] == [IGNORED] * length
    assert own.decode(tokens.labels[length:]) == TEXTS[0]


def test_an_encoder_decoder_learns_the_caption_as_a_text_of_its_own(processor):
    tokens = encoder(processor, decoder_only=False).encode(TEXTS[1])
    assert IGNORED not in tokens.labels
    assert processor.tokenizer.decode(tokens.labels).startswith(" Two people")
    assert len(tokens.input_ids) == 4, "images and the end token"


def test_a_caption_that_is_too_long_is_cut_and_still_ends(processor):
    own = encoder(processor, most=2)
    tokens = own.encode(TEXTS[1])
    assert len(tokens.labels) == 4 + 2 + 1
    assert tokens.labels[-1] == own.end
    assert own.count_cut([TEXTS[1], "a", TEXTS[1]]) == 2
    assert own.count_cut([]) == 0


def test_padding_is_masked_and_never_learned(processor):
    own = encoder(processor)
    pixels = np.zeros((8, 8, 3), dtype=np.uint8)
    batch = Collate(own, (0.5,) * 3, (0.25,) * 3, {})([(pixels, own.encode(t)) for t in TEXTS])
    short = len(own.encode(TEXTS[0]).input_ids)
    assert batch["attention_mask"].sum(1).tolist() == [short, batch["input_ids"].shape[1]]
    assert (batch["labels"][0, short:] == IGNORED).all()
    assert (batch["input_ids"][0, short:] == own.pad).all()
    assert batch["labels"][0, short - 1] == own.end, "the end is learned though its id is a pad's"


def test_pictures_are_scaled_by_the_numbers_of_the_processor():
    pixels = np.full((1, 2, 2, 3), 255, dtype=np.uint8)
    pixels[0, 0, 0] = 0
    values = pixel_values(pixels, (0.5, 0.5, 0.5), (0.25, 0.5, 1.0))
    assert values.shape == (1, 3, 2, 2)
    assert values[0, :, 1, 1].tolist() == [2.0, 1.0, 0.5]
    assert values[0, :, 0, 0].tolist() == [-2.0, -1.0, -0.5]


def test_rows_are_filled_up_at_the_end():
    assert pad_right([[1], [1, 2, 3]], 0) == [[1, 0, 0], [1, 2, 3]]


def test_merges_take_the_most_frequent_pair_and_break_ties_by_the_alphabet():
    assert learn_merges({"ab": 3, "cd": 2, "abd": 1}, 1) == [("a", "b")]
    assert learn_merges({"ab": 2, "cd": 2}, 2) == [("c", "d"), ("a", "b")]
    assert learn_merges({"aaa": 1}, 5) == [("a", "a"), ("aa", "a")]
