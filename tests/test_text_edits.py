"""Instructions to write something, read by the procedural editor and seen in its pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from skimage import data

from pipelines.editors.procedural import load_procedural_editor
from pipelines.editors.text_request import TextRequest, read_request
from pipelines.edits.words import COLOURS, PLACES
from pipelines.engines import Edited, EditJob, Rejected
from pipelines.sections.editors import ProceduralEditor
from syned.errors import RowError
from syned.images import normalise
from syned.reasons import Reason
from syned.rows import Task

# fmt: off
UNDERSTOOD = [
    # words alone
    ("add the word EXIT", "EXIT", None, None),
    ('Add the word "EXIT".', "EXIT", None, None),
    ("Add the word 'tea'", "tea", None, None),
    ("Write HELLO", "HELLO", None, None),
    ("Please write hello", "hello", None, None),
    ("Could you write 'good night', please?", "good night", None, None),
    ('Put "SALE" on the picture', "SALE", None, None),
    ('Insert the phrase "See you soon!"', "See you soon!", None, None),
    ("Add the phrase “Mind the gap”", "Mind the gap", None, None),
    ("Add text that says fresh bread", "fresh bread", None, None),
    ("Add some text saying 'fresh bread'", "fresh bread", None, None),
    ('Overlay the text: "LIVE"', "LIVE", None, None),
    ("Add the words PAY HERE", "PAY HERE", None, None),
    ("Add the word PAY HERE", "PAY HERE", None, None),
    ("Add the words don't litter", "don't litter", None, None),
    ("Write 'it's a boy' on the photo", "it's a boy", None, None),
    ("Add the number 7", "7", None, None),
    ('Add the word "Tea."', "Tea", None, None),
    ('Display the word "a & b" in the image', "a & b", None, None),
    # with a place
    ('Write "OPEN 24 HOURS" in the top left corner', "OPEN 24 HOURS", "upper left", None),
    ("Add the word 'dog' to the bottom right of the image.", "dog", "lower right", None),
    ("Put the word JAZZ in the lower left-hand corner", "JAZZ", "lower left", None),
    ("Add the phrase 'TOP CHEF' to the upper right.", "TOP CHEF", "upper right", None),
    ("Add 'park' to the left upper corner", "park", "upper left", None),
    ("Add the word 'zebra' at the top of the picture", "zebra", "top", None),
    ("Add the word 'snow' near the bottom edge", "snow", "bottom", None),
    ("Print 'news' on the upper center", "news", "top", None),
    ('Add "Anna" in the middle of the image', "Anna", "centre", None),
    ('Stamp "PAID" in the centre', "PAID", "centre", None),
    ("Write hello on the left side", "hello", "left", None),
    ("Type 'east' along the right-hand edge", "east", "right", None),
    ("At the bottom of the photo, write 'the end'", "the end", "bottom", None),
    ("In the top right corner add the word NEW", "NEW", "upper right", None),
    # with a colour, a case, all at once
    ("Add the word 'love' in red", "love", None, "red"),
    ("Add the word love in white letters", "love", None, "white"),
    ('Add red text saying "STOP"', "STOP", None, "red"),
    ('Add a yellow "TAXI" caption at the top', "TAXI", "top", "yellow"),
    ("Write WELCOME using green lettering", "WELCOME", None, "green"),
    ("Add 'sun' in a bright orange font at the top", "sun", "top", "orange"),
    ("Add the word 'bus' in black to the top left of the image.", "bus", "upper left", "black"),
    ("Put 'hot dog' in the centre, in blue letters.", "hot dog", "centre", "blue"),
    ("Write 'stop' in capital letters at the bottom", "STOP", "bottom", None),
    ("Write 'Stop' in purple capitals", "STOP", None, "purple"),
    ("Write STOP in lowercase letters", "stop", None, None),
]

REFUSED = [
    # a surface or a place in the scene
    "Add the word 'express' on the bus",
    'Write "TEAM" on his shirt',
    "Add the word EXIT over the patio doors",
    "Add the word 'sky' to the sky",
    "Add the word love to the grass",
    "Add the word 'cat' above the cat",
    "Add the word 'hat' in white to the right of the man",
    "Add 'OPEN' at the top of the sign",
    "Put the word 'soup' below the bowl",
    "Write something on the wall",
    "Add the word beach to the sky in the top left corner",
    "Add a sign that says EXIT",
    "Add a sticker with the word DUDE",
    "Add a speech bubble that says 'hi'",
    "Add a white cap on the boy that says New York",
    # text that is there
    "Remove the word 'Project' from the book",
    "Delete the text above her head",
    "Change the sign to say FOR SALE",
    'Change "pay here" to "do not enter"',
    "Replace the word First with Amtrak",
    "Make the word STOP green",
    "Turn the word salon into police station",
    "Get rid of the letters",
    "Translate the text into French",
    # a style or a colour that is not had
    "Write 'Hello' in cursive",
    "Add the word 'tea' in big letters",
    "Add 'SALE' in gold letters",
    "Add 'SALE' in dark blue",
    "Write the word 'Zebra' in Arial bold",
    "Add the word 'tea' upside down at the top",
    # no words, or no end to them
    "Add text",
    "Add some words at the top",
    "Write something at the bottom",
    "Add the words",
    "Add the words back to school",
    "Add the word twice as often",
    "Write 'left' on the left in the top right corner",
    "Write 'red' in red letters in blue",
    # more, or something else
    "Add the word SKI at the top and remove the skier",
    'Add the words "YES" and "NO"',
    "Add a dog",
    "Make it snow",
    "",
]
# fmt: on


@pytest.mark.parametrize(("instruction", "word", "place", "colour"), UNDERSTOOD)
def test_words_place_and_colour_are_read(instruction, word, place, colour):
    assert read_request(instruction) == TextRequest(word, place, colour)


@pytest.mark.parametrize("instruction", REFUSED)
def test_what_letters_on_a_picture_cannot_honour_is_refused(instruction):
    with pytest.raises(RowError) as caught:
        read_request(instruction)
    assert caught.value.reason is Reason.NO_EDIT_FITS
    assert "in a corner, at an edge or in the centre" in caught.value.message


def test_across_is_read():
    assert read_request("Add 'zebra' across the top") == TextRequest("zebra", "top", None, True)
    with_colour = read_request("Write WELCOME across the picture in white")
    assert with_colour == TextRequest("WELCOME", None, "white", True)


# --- pictures

NAMES = ("astronaut", "coffee", "chelsea", "rocket")


def photo(name="coffee", side=512):
    return normalise(Image.fromarray(getattr(data, name)()).convert("RGB"), side)


def write(instruction, image=None, seed=1, edit=None, task=Task.TEXT):
    job = EditJob(image or photo(), None, task, instruction, edit, seed)
    return load_procedural_editor(ProceduralEditor()).edit([job])[0]


def changed(answer, image):
    """Return where a picture has changed, as a mask (H, W)."""
    assert isinstance(answer, Edited), answer
    assert answer.image.size == image.size
    difference = np.abs(np.asarray(answer.image).astype(int) - np.asarray(image))
    return difference.max(axis=2) > 40


def centre_of(mask):
    """Return the centre of the box around a mask, across and down, in [0, 1]."""
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    return (columns.min() + columns.max()) / 2 / width, (rows.min() + rows.max()) / 2 / height


@pytest.mark.parametrize("place", list(PLACES))
def test_the_words_are_where_the_instruction_says(place):
    spot = PLACES[place]
    for name in NAMES:
        image = photo(name)
        answer = write(f'Write "Fish & chips" {spot.at}', image)
        across, down = centre_of(changed(answer, image))
        assert abs(across - (0.25 + spot.across / 2)) < 0.15
        assert abs(down - (0.17 + 0.66 * spot.down)) < 0.18


@pytest.mark.parametrize("colour", list(COLOURS))
def test_the_words_have_the_colour_that_the_instruction_says(colour):
    ground = "black" if colour != "black" else "white"
    image = Image.new("RGB", (512, 384), ground)
    answer = write(f"Write 'Fish & chips' in {colour} letters", image)
    inked = (np.asarray(answer.image) == COLOURS[colour]).all(axis=2)
    assert inked.mean() > 0.003
    assert not (inked & ~changed(answer, image)).any()


def test_what_is_left_open_is_drawn_from_the_seed_and_stands_out():
    for name in NAMES:
        image = photo(name)
        made = [write("add the word EXIT", image, seed) for seed in range(8)]
        spots = {tuple(np.round(centre_of(changed(answer, image)), 1)) for answer in made}
        assert len(spots) >= 4
        again = write("add the word EXIT", image, 3)
        assert again.image.tobytes() == made[3].image.tobytes()
        assert min(changed(answer, image).mean() for answer in made) > 0.005


def test_letters_are_high_enough_to_read_and_within_the_picture():
    image = photo()
    for words in ("no", "OPEN 24 HOURS", "Wash your hands before lunch", "a" * 16):
        for seed in range(4):
            mask = changed(write(f'Write "{words}"', image, seed), image)
            rows, columns = np.nonzero(mask)
            assert rows.max() - rows.min() >= 0.04 * 512
            assert columns.min() > 0
            assert columns.max() < image.width - 1


def test_words_across_take_a_large_part_of_the_width():
    image = photo()
    columns = np.nonzero(changed(write("Write WELCOME across the top", image), image))[1]
    assert columns.max() - columns.min() > 0.45 * image.width
    assert abs((columns.max() + columns.min()) / 2 / image.width - 0.5) < 0.02


@pytest.mark.parametrize(
    ("instruction", "message"),
    [
        ('Write "This is far too long to be read in a corner" at the top left', "too long to be"),
        (f'Write "{"very " * 30}long"', "too long to be read anywhere"),
        ("Write 'I' across the top", "too short to go across"),
        ('Write "日本" at the top', "no letter 日 本"),
        ('Write "I 😀 NY"', "no letter 😀"),
        ("Write 'TEAM' on his shirt", "writes given words in a corner"),
    ],
)
def test_what_cannot_be_read_or_drawn_is_rejected_with_what_can(instruction, message):
    answer = write(instruction)
    assert isinstance(answer, Rejected)
    assert answer.reason is Reason.NO_EDIT_FITS
    assert message in answer.message
    assert "\n" not in answer.message


def test_white_on_white_is_rejected():
    answer = write("Write HELLO in white", Image.new("RGB", (512, 512), "white"))
    assert isinstance(answer, Rejected)
    assert answer.reason is Reason.NO_VISIBLE_CHANGE


def test_a_typed_edit_goes_before_the_words():
    typed = '{"kind": "lettering", "word": "JAZZ", "place": "top", "colour": "red"}'
    image = photo("rocket")
    answer = write("Write 'other' at the bottom", image, edit=typed)
    assert centre_of(changed(answer, image))[1] < 0.3


def test_words_for_another_task_are_no_edit():
    answer = write("add the word EXIT", task=Task.ADD)
    assert isinstance(answer, Rejected)
    assert answer.reason is Reason.BAD_JSON
