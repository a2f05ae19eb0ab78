"""Scores of captions that need no model, on captions whose scores can be told by hand."""

import pytest

from pipelines.scorers.captions import caption_scores
from pipelines.writers.rules import is_copy

INSTRUCTION = "Paint the barn door green."
BEFORE, AFTER = "A horse by a barn with a red door.", "A horse by a barn with a green door."
RIGHT = (
    "The barn door is green now.",
    "Someone repainted the door from red to green.",
    "What was a red entrance is a green one.",
    "In the second picture, the door of the barn has turned green.",
    "Its colour went from red to green.",
)
OTHER_ROW = (
    "A kite flies over the beach.",
    "There is a yellow kite above the sand.",
    "A kite has appeared high in the sky.",
    "The sky holds a kite that was not there.",
    "Over the waves, a kite can be seen.",
)


def scores(captions=RIGHT, instruction=INSTRUCTION, before=BEFORE, after=AFTER):
    return caption_scores(captions, instruction, before, after)


def test_captions_of_the_edit_fit_and_those_of_another_row_do_not():
    assert scores().caption_fit == 1
    assert scores(OTHER_ROW).caption_fit == 0
    assert scores(RIGHT[:2] + OTHER_ROW[:3]).caption_fit == pytest.approx(2 / 5)


def test_one_word_of_the_edit_among_many_others_does_not_make_a_caption_fit():
    # Of barn, kite, beach, waves, sand, clouds one is of the edit; of barn, kite, beach, one too.
    assert scores(["A barn, a kite, a beach, waves, sand and clouds."]).caption_fit == 0
    assert scores(["A barn, a kite and a beach."]).caption_fit == 1


def test_what_only_one_of_the_two_pictures_shows_is_of_the_edit():
    """The instruction names neither the cat nor the dog."""
    captions = ["The cat is gone.", "There is a dog."]
    assert scores(captions, "Swap the animals.", "A cat.", "A dog.").caption_fit == 1
    assert scores(captions, "Swap the animals.", "", "").caption_fit == 0


def test_what_both_pictures_show_is_not():
    assert scores(["The horse is there."]).caption_fit == 0


@pytest.mark.parametrize(
    ("captions", "overlap"),
    [
        (("The door is green.", "Door is green"), 1),  # the same without articles
        (("one two three four", "one two three five"), 0.75),  # 2 * 3 of 4 + 4 words
        (("one two three four", "four three two one"), 0.25),  # one in the same order
        (("one two", "three four", "one five"), 0.5),  # the most similar two
        (("one two", "three four"), 0),
        (("one two",), 0),
        ((), 0),
    ],
)
def test_overlap_is_what_the_two_most_similar_captions_share(captions, overlap):
    assert scores(captions).caption_overlap == overlap
    assert scores(tuple(reversed(captions))).caption_overlap == overlap


def test_copies_have_the_overlap_of_copies():
    pairs = [(one, other) for one in RIGHT for other in RIGHT if one != other]
    pairs += [("a dog on the wide green lawn", "a dog on the wide brown lawn")]
    for one, other in pairs:
        assert is_copy(one, other) == (scores((one, other)).caption_overlap >= 0.7)


@pytest.mark.parametrize(
    "defect",
    [
        '"The barn door is green."',
        "1. The barn door is green.",
        "I'm sorry, but I cannot describe the picture.",
        "The door of the barn is now a",
        "green",
        "",
        "The door turned green. " * 20,
    ],
)
def test_each_caption_that_is_not_clean_counts(defect):
    assert scores(RIGHT).caption_defects == 0
    assert scores((*RIGHT[:4], defect)).caption_defects == 1
    assert scores((defect, *RIGHT[1:4], defect)).caption_defects == 2


def test_captions_that_are_missing_or_too_many_count_as_defects():
    assert scores(RIGHT[:3]).caption_defects == 2
    assert scores((*RIGHT, "The green barn door stands out.")).caption_defects == 1
    assert scores(()).caption_defects == 5
    assert scores(()).caption_fit == 0
