"""Any bytes become a plain RGB picture or a rejected row."""

import struct
import subprocess
import sys
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from syned.errors import RowError
from syned.images import decode_picture
from syned.reasons import Reason
from tests.broken_pictures import (
    broken_files,
    encoded,
    png,
    png_chunk,
    whole_files,
)

ROOT = Path(__file__).parents[1]
WHOLE = whole_files()
BROKEN = broken_files()


def decode(data, max_pixels=100_000_000, min_side=32, max_aspect=4.0):
    return decode_picture(data, max_pixels=max_pixels, min_side=min_side, max_aspect=max_aspect)


@pytest.mark.parametrize("name", BROKEN)
def test_broken_file_is_turned_away_with_its_reason(name):
    data, reason = BROKEN[name]
    with pytest.raises(RowError) as caught:
        decode(data)
    assert caught.value.reason is reason, caught.value.message
    assert caught.value.message
    assert "\n" not in caught.value.message


def test_messages_say_what_was_found_and_what_is_expected():
    for name, words in {
        "dot.png": ("1x1 pixels", "32 or more"),
        "narrow.png": ("400x40 pixels", "factor of 4"),
        "bomb.png": ("11000x11000 pixels", "121.0 megapixels", "100 megapixels"),
        "empty.jpg": ("0 bytes",),
    }.items():
        with pytest.raises(RowError) as caught:
            decode(BROKEN[name][0])
        assert all(word in caught.value.message for word in words), caught.value.message


def test_limits_are_inclusive():
    picture = encoded(Image.new("RGB", (128, 32)), "PNG")
    assert decode(picture, max_pixels=128 * 32, min_side=32, max_aspect=4).size == (128, 32)
    for limit in ({"max_pixels": 128 * 32 - 1}, {"min_side": 33}, {"max_aspect": 3.99}):
        with pytest.raises(RowError):
            decode(picture, **limit)


def test_no_warning_leaks_and_filters_are_as_before():
    bad_exif = png_chunk(b"eXIf", b"II*\0\x08\0\0\0\xff\xff\x12\x01")
    noisy = [BROKEN["bomb.png"][0], png(40, 40, bytes(6 * 40), before=bad_exif)]
    before = list(warnings.filters)
    with warnings.catch_warnings(record=True) as leaked:
        warnings.simplefilter("always")
        for data in [*noisy, *WHOLE.values()]:
            outcome(data)
    assert leaked == []
    assert warnings.filters == before


def outcome(data):
    try:
        return decode(data, min_side=1, max_aspect=1000)
    except RowError as error:
        return error.reason


def test_nothing_is_printed_about_damaged_files():
    samples = struct.pack("<HHI", 277, 3, 1)  # the tag, in a TIFF, of how many channels there are
    assert samples in WHOLE["whole.tif"]
    bad = WHOLE["whole.tif"].replace(samples + b"\x03", samples + b"\xff")
    code = "import sys, tests.test_images as t; print(t.outcome(sys.stdin.buffer.read()))"
    run = subprocess.run(
        [sys.executable, "-c", code], input=bad, capture_output=True, cwd=ROOT, check=True
    )
    assert (run.stdout, run.stderr) == (b"unreadable\n", b"")


def test_damaged_exif_does_not_cost_the_picture():
    bad_exif = png_chunk(b"eXIf", b"II*\0\x08\0\0\0\xff\xff\x12\x01")
    assert decode(png(40, 40, bytes(6 * 40), before=bad_exif)).size == (40, 40)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    name=st.sampled_from(sorted(WHOLE)),
    stains=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=8),
    kept=st.one_of(st.just(1.0), st.floats(0, 1)),
)
def test_any_damage_gives_a_picture_or_a_reason(name, stains, kept):
    data = bytearray(WHOLE[name])
    for place, value in stains:
        data[int(place * len(data))] = value
    result = outcome(bytes(data[: int(kept * len(data))]))
    assert isinstance(result, Reason) or (result.mode == "RGB" and result.info == {})


@settings(max_examples=100, deadline=None, derandomize=True)
@given(data=st.binary(max_size=300), start=st.sampled_from([d[:16] for d in WHOLE.values()]))
def test_any_bytes_give_a_picture_or_a_reason(data, start):
    result = outcome(start + data)
    assert isinstance(result, Reason) or result.mode == "RGB"


def test_threads_may_decode_together():
    files = [*WHOLE.values()] * 4
    with ThreadPoolExecutor(4) as pool:
        together = [image.tobytes() for image in pool.map(decode, files)]
    assert together == [decode(data).tobytes() for data in files]
