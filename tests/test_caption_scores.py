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


def fit(captions, **other):
    return scores(captions, **other).caption_fit


def test_captions_of_the_edit_fit_and_those_of_another_pair_do_not():
    # All five name the edit; of "paint", "barn", "door" and "green" they say the last three.
    assert fit(RIGHT) == 3 / 4
    assert fit(OTHER_ROW) == 0
    # Two of the five name it, and all four words are said.
    assert fit(("Somebody has painted the barn door.", *RIGHT[:1], *OTHER_ROW[:3])) == 2 / 5


def test_the_captions_of_another_pair_do_not_fit_with_those_of_its_pictures_either():
    kite = {"before": "A beach.", "after": "A kite over a beach."}
    assert fit(OTHER_ROW, **kite) == 0
    assert fit(OTHER_ROW, instruction="Let a kite fly over the barn.", **kite) == 2 / 3


def test_one_word_of_the_edit_among_many_others_does_not_name_it():
    words = {"instruction": "Add a barn."}
    assert fit(["A barn, a kite and a beach."], **words) == 1  # one of three
    assert fit(["A barn, a kite, a beach, waves, sand and clouds."], **words) == 0  # one of six


def test_what_only_one_of_the_two_pictures_shows_is_of_the_edit():
    """The instruction names neither the cat nor the dog."""
    captions = ["The cat is gone.", "There is a dog.", "The animals differ."]
    words = {"instruction": "Replace the animals."}
    assert fit(captions, before="A cat.", after="A dog.", **words) == 1
    assert fit(captions, before="A cat and a dog.", after="A cat and a dog.", **words) == 1 / 3


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


@pytest.mark.parametrize(
    ("caption", "is_clean"),
    [
        ("It was a speckled pale green pattern and is a striped pale green pattern now.", True),
        ("The object at the top centre has been moved to the centre.", True),
        ("The car has been turned into a car.", False),
        ("There is a red car and there is a red car in it.", False),
    ],
)
def test_what_differs_in_a_word_or_a_place_is_not_said_twice(caption, is_clean):
    others = [
        f"The picture has changed in way {number}." for number in ("one", "two", "six", "ten")
    ]
    scores = caption_scores([caption, *others], "Change the pattern.", "a wall", "a wall")
    assert scores.caption_defects == (0 if is_clean else 1)
