"""The contact sheet, judged by its pixels."""

import numpy as np
import pytest
from made_pairs import made_pair, unwritten_pair
from PIL import Image

from pipelines.preview.contact_sheet import CARD, GAP, MARGIN, MARK, PICTURE, write_contact_sheet


def sheet(folder, pairs, columns=2):
    path = folder / "sheet.png"
    write_contact_sheet(path, pairs, columns)
    return Image.open(path).convert("RGB")


def near(picture, colour, tolerance=40):
    """Say which pixels have about a colour, bool (H, W)."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return (np.abs(np.asarray(picture, int) - wanted) <= tolerance).all(axis=2)


@pytest.mark.parametrize(
    ("number", "columns", "across"), [(1, 2, 1), (2, 2, 2), (3, 2, 2), (3, 1, 1)]
)
def test_pairs_stand_in_columns(tmp_path, number, columns, across):
    pairs = [made_pair(i) for i in range(number)]
    found = sheet(tmp_path, pairs, columns)
    assert found.width == MARGIN + across * (CARD + MARGIN)
    one = sheet(tmp_path, pairs[:1]).height
    rows = -(-number // across)
    assert found.height == MARGIN + rows * (one - MARGIN)


def test_both_pictures_are_there_and_only_the_second_has_the_disc(tmp_path):
    found = sheet(tmp_path, [made_pair()])
    scale = PICTURE / 512
    middle = np.array([85 * scale, 75 * scale])
    before = tuple(int(v) for v in middle + MARGIN)
    after = (before[0] + PICTURE + GAP, before[1])
    assert found.getpixel(after) == pytest.approx((214, 40, 40), abs=25)
    assert found.getpixel(before) != pytest.approx((214, 40, 40), abs=25)


def test_the_difference_is_outlined_in_both_pictures(tmp_path):
    plain = sheet(tmp_path, [made_pair(edit=lambda picture: picture)])
    marked = sheet(tmp_path, [made_pair()])
    halves = (slice(MARGIN, MARGIN + PICTURE), slice(MARGIN + PICTURE + GAP, MARGIN + CARD))
    for half in halves:
        more = near(marked, MARK)[: MARGIN + 200, half].sum()
        assert more > near(plain, MARK)[: MARGIN + 200, half].sum() + 100


def test_the_words_are_there(tmp_path):
    one = sheet(tmp_path, [made_pair(instruction="Add a disc")])
    other = sheet(tmp_path, [made_pair(instruction="Add a ball")])
    assert one.size == other.size
    assert one.tobytes() != other.tobytes()


def test_the_same_pairs_give_the_same_bytes(tmp_path):
    pairs = [made_pair(), unwritten_pair(1)]
    sheet(tmp_path, pairs)
    first = (tmp_path / "sheet.png").read_bytes()
    sheet(tmp_path, pairs)
    assert (tmp_path / "sheet.png").read_bytes() == first


@pytest.mark.parametrize(
    "text",
    [
        "你好，世界",
        "مرحبا بالعالم",
        "🙂 👩‍👩‍👧",
        "a\x00b\nc\u2028d",
        "\ud800",
        "x" * 5000,
        "word " * 2000,
        " ",
    ],
)
def test_any_text_is_drawn_and_stays_within_the_sheet(tmp_path, text):
    found = sheet(tmp_path, [made_pair(instruction=text, captions=(text,) * 5)])
    assert found.width == MARGIN + CARD + MARGIN
    assert found.height < 900
    border = np.asarray(found)[:, -MARGIN + 4 :]
    assert (border == border[0, 0]).all()


def test_a_pair_without_an_edited_picture_has_an_empty_place(tmp_path):
    found = sheet(tmp_path, [unwritten_pair()])
    place = np.asarray(found)[MARGIN + 20 : MARGIN + 60, MARGIN + PICTURE + GAP + 20 : -MARGIN - 20]
    assert (place == place[0, 0]).all()


def test_a_run_without_pairs_gives_a_sheet_that_says_so(tmp_path):
    assert near(sheet(tmp_path, []), "#6b6457").any()
