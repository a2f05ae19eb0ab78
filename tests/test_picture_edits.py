"""Every caption of every picture edit is true of the pixels, on any picture it is used for."""

import itertools

import numpy as np
import pytest
from claims_pictures import is_true
from pictures_to_edit import PHOTOS, flat, half_red, odd_pictures, photo, proposals, through_jpeg
from PIL import ImageDraw
from seen_in_pictures import Pair

from pipelines.edits import measure
from pipelines.edits.base import PictureEdit
from pipelines.edits.border import Border
from pipelines.edits.colour import Saturation, Tint
from pipelines.edits.crop import Crop
from pipelines.edits.detail import Blur, Noise, Sharpen
from pipelines.edits.geometry import Flip, Rotate, Tilt
from pipelines.edits.lettering import Lettering
from pipelines.edits.monochrome import BlackAndWhite, Sepia
from pipelines.edits.nothing import Flicker, Jitter
from pipelines.edits.registry import PICTURE_EDITS, parse_edit
from pipelines.edits.sticker import Sticker
from pipelines.edits.tone import Brightness, Contrast

KINDS = pytest.mark.parametrize("kind", PICTURE_EDITS, ids=lambda kind: kind.__name__)


def wrong_claims(edit, before, after):
    """Captions of an edit, and of the way back, that the pictures contradict."""
    pair = Pair(through_jpeg(before), through_jpeg(after))
    there, back = edit.wording().captions, edit.inverse_wording().captions
    wrong = [caption for caption in there if not is_true(caption, pair)]
    return wrong + [caption for caption in back if not is_true(caption, pair.turned)]


@KINDS
def test_all_captions_are_true_of_photographs(kind):
    side, seeds = (448, range(3)) if kind is Lettering else (256, range(6))
    found = 0
    for name in PHOTOS:
        before = photo(name, side)
        for edit, after in proposals(kind, before, seeds):
            found += 1
            assert wrong_claims(edit, before, after) == [], f"{name}: {edit!r}"
    assert found >= 8


@KINDS
def test_no_false_claim_on_odd_pictures(kind):
    if kind is Lettering:
        pytest.skip("words are read on larger pictures, in the next test")
    for name, before in odd_pictures().items():
        for edit, after in proposals(kind, before, range(5)):
            assert after.size == before.size
            assert wrong_claims(edit, before, after) == [], f"{name}: {edit!r}"


def test_words_can_be_read_on_odd_pictures():
    for name in ("white", "half red", "gradient", "chequers", "strip"):
        before = odd_pictures()[name]
        before = before if name == "strip" else before.resize((512, 384))
        for edit, after in proposals(Lettering, before, range(5)):
            assert wrong_claims(edit, before, after) == [], f"{name}: {edit!r}"


def test_no_word_where_it_could_not_be_read():
    assert not list(proposals(Lettering, odd_pictures()["tower"], range(20)))
    assert not list(proposals(Lettering, photo("coffee.png", 128).resize((128, 40)), range(20)))


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (Saturation, ("grey", "white", "black", "grey photo", "chequers")),
        (BlackAndWhite, ("grey", "white", "black", "grey photo", "chequers")),
        (Sepia, ("grey", "white", "black", "grey photo", "chequers")),
        (Contrast, ("grey", "white", "black", "red")),
        (Flip, ("grey", "white", "black", "red", "texture")),
        (Rotate, ("grey", "white", "black", "red", "texture")),
        (Tilt, ("grey", "white", "black", "red", "texture")),
        (Crop, ("grey", "white", "black", "red", "texture")),
        (Blur, ("grey", "white", "black", "red", "gradient")),
        (Sharpen, ("grey", "white", "black", "red", "gradient")),
    ],
)
def test_an_edit_that_would_not_show_is_never_made(kind, names):
    pictures = odd_pictures()
    for name in names:
        assert not list(proposals(kind, pictures[name], range(20))), name


def test_white_is_not_brightened_and_black_is_not_darkened():
    assert all(e.factor < 1 for e, _ in proposals(Brightness, flat("white"), range(20)))
    assert all(e.factor > 1 for e, _ in proposals(Brightness, flat("black"), range(20)))


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_turning_a_symmetric_picture_does_not_hold(degrees):
    disc = flat("white", (192, 192))
    ImageDraw.Draw(disc).ellipse((40, 40, 151, 151), fill="black")
    edit = Rotate(degrees=degrees, shrunk=False)
    assert not edit.holds(disc, edit.apply(disc))
    assert not Flip(axis="horizontal").holds(disc, Flip(axis="horizontal").apply(disc))


def test_a_mirror_image_is_told_by_the_axis_that_is_not_symmetric():
    left = half_red()
    assert Flip(axis="horizontal").holds(left, Flip(axis="horizontal").apply(left))
    assert not Flip(axis="vertical").holds(left, Flip(axis="vertical").apply(left))


def test_no_red_shape_on_red_and_no_red_border_around_red():
    red = flat((215, 25, 35))
    for kind in (Sticker, Border, Lettering):
        found = [edit for edit, _ in proposals(kind, red, range(60))]
        assert found
        assert "red" not in {edit.colour for edit in found}


def test_a_border_is_not_claimed_where_one_side_has_its_colour():
    edit = Border(colour="red", width="thick")
    assert not edit.holds(half_red(), edit.apply(half_red()))


def test_black_bars_are_not_claimed_beside_a_black_edge():
    dark_left = flat("white", (256, 192))
    draw = ImageDraw.Draw(dark_left)
    draw.rectangle((0, 96, 255, 191), fill=(40, 40, 200))
    edit = Rotate(degrees=90, shrunk=True)
    assert edit.holds(dark_left, edit.apply(dark_left))
    draw.rectangle((0, 0, 255, 30), fill="black")
    assert not edit.holds(dark_left, edit.apply(dark_left))


def test_what_a_dark_picture_shows_is_not_hidden_by_grain():
    dark = photo("coffee.png", 256).point([x // 8 for x in range(256)] * 3)
    assert not list(proposals(Noise, dark, range(10)))


def test_olive_is_not_called_yellow_and_brown_is_not_called_orange():
    found = [edit.tint for edit, _ in proposals(Tint, flat((30, 30, 30)), range(60))]
    assert set(found) == {"green", "blue", "magenta"}


def test_gravel_is_not_shifted_for_a_pair_without_a_difference():
    for name in ("gravel.png", "grass.png"):
        before = photo(name, 512)
        assert not list(proposals(Jitter, before, range(30)))
        assert list(proposals(Flicker, before, range(5)))


def test_a_tint_does_not_hold_where_it_only_takes_another_colour_back():
    orange = flat((255, 140, 20))
    edit = Tint(tint="blue", share=0.35)
    assert not edit.holds(orange, edit.apply(orange))


def test_a_quarter_turn_fits_the_whole_picture_between_black_bars():
    before = flat((200, 40, 40), (200, 100))
    ImageDraw.Draw(before).rectangle((0, 0, 199, 19), fill=(40, 40, 200))
    after = np.asarray(Rotate(degrees=90, shrunk=True).apply(before), dtype=int)
    assert after.shape == (100, 200, 3)
    assert (after[:, :74] == 0).all()
    assert (after[:, 126:] == 0).all()
    # Clockwise: what was at the top is on the right of the 50 pixels that show the picture.
    assert np.abs(after[50, 122] - (40, 40, 200)).max() < 12
    assert np.abs(after[50, 80] - (200, 40, 40)).max() < 12


def test_a_crop_keeps_the_named_corner_and_the_size():
    before = half_red()
    after = Crop(place="upper left", share=0.5).apply(before)
    assert after.size == before.size
    assert np.abs(np.asarray(after, dtype=int)[:, :250] - (215, 25, 35)).max() < 12


def test_a_jitter_is_too_small_to_show_but_not_nothing():
    before = photo("coffee.png", 256)
    after = Jitter(left=0.01, top=0.0, right=0.0, bottom=0.01).apply(before)
    assert after.tobytes() != before.tobytes()
    assert measure.moved(before, after) < 7


@KINDS
def test_a_thumbnail_and_the_full_picture_agree(kind):
    differ = total = 0
    for name in PHOTOS:
        full = photo(name, 512)
        thumbnail = measure.small(full, measure.DETAIL_SIDE)
        for edit, _ in proposals(kind, thumbnail, range(4)):
            total += 1
            differ += not edit.holds(full, edit.apply(full))
    assert differ <= 0.1 * total


@KINDS
def test_same_seed_same_edit_same_pixels_through_json(kind):
    before = photo("coffee.png", 256)
    for edit, after in itertools.islice(proposals(kind, before, range(20)), 2):
        again = parse_edit(edit.model_dump_json())
        assert isinstance(again, PictureEdit)
        assert again == edit
        assert again.apply(before).tobytes() == after.tobytes()
        assert (after.mode, after.size) == ("RGB", before.size)


def test_unknown_edits_are_named_in_the_message():
    for text in ('{"kind": "explode"}', '{"factor": 2}', "[]", "null"):
        with pytest.raises(ValueError, match=r"found the kind .* expected one of: brightness"):
            parse_edit(text)
    with pytest.raises(ValueError, match="shade"):
        parse_edit('{"kind": "brightness", "factor": 2, "shade": 1}')
