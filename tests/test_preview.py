"""The page of a run: what is in the file. What a browser makes of it is in another module."""

import base64
import hashlib
import io
import json
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest
from made_pairs import (
    CAPTIONS,
    brighter,
    encoded,
    funnel,
    made_pair,
    photo,
    unwritten_pair,
    with_disc,
)
from PIL import Image

from pipelines.preview.difference import find_difference
from pipelines.preview.page import spread, write_page
from pipelines.preview.record import safe_json
from syned.images import load_picture
from syned.reasons import Reason, Status


class Elements(HTMLParser):
    """Reads a page as a browser would, and keeps the text of its scripts and styles."""

    def __init__(self, path):
        super().__init__()
        self.found = [["", {}, ""]]
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attrs):
        self.found.append([tag, dict(attrs), ""])

    def handle_endtag(self, _tag):
        self.found.append(["", {}, ""])

    def handle_data(self, data):
        self.found[-1][2] += data

    def of(self, tag, **wanted):
        return [
            text
            for name, attributes, text in self.found
            if name == tag and all(attributes.get(k) == v for k, v in wanted.items())
        ]


def words_on(path):
    return [json.loads(text) for text in Elements(path).of("script", **{"class": "pair"})]


def pictures_on(path, number):
    [text] = Elements(path).of("script", id=f"pictures-{number}")
    return json.loads(text)


def page(folder, pairs, title="a run", run=None, limit=2000):
    path = folder / "preview.html"
    write_page(path, title, pairs, run or funnel(), limit)
    return path


def box_of(outline):
    xs, ys = zip(*outline, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def test_an_added_disc_is_outlined_closely():
    before = photo()
    box = (40, 30, 130, 120)
    found = find_difference(before, with_disc(before, box))
    [outline] = found.outlines
    left, top, right, bottom = box_of(outline)
    assert left * before.width == pytest.approx(40, abs=16)
    assert top * before.height == pytest.approx(30, abs=16)
    assert right * before.width == pytest.approx(130, abs=16)
    assert bottom * before.height == pytest.approx(120, abs=16)
    assert left * before.width < 40
    assert right * before.width > 130


def test_two_discs_far_apart_have_an_outline_each():
    before = photo()
    after = with_disc(with_disc(before), (380, 200, 440, 260))
    assert len(find_difference(before, after).outlines) == 2


def test_an_edit_of_everything_is_the_whole_picture_and_has_no_outline():
    found = find_difference(photo(), brighter(photo()))
    assert found.whole
    assert found.outlines == ()


def test_changes_scattered_all_over_are_the_whole_picture_too():
    after = photo()
    for left in range(20, 480, 100):
        for top in range(20, 320, 100):
            after = with_disc(after, (left, top, left + 20, top + 20))
    found = find_difference(photo(), after)
    assert found.whole
    assert found.outlines == ()


@pytest.mark.parametrize("name", ["coffee", "astronaut", "chelsea", "rocket", "retina"])
def test_compression_is_no_difference(name):
    good, bad = (load_picture(encoded(photo(name), quality)) for quality in (95, 60))
    found = find_difference(good, bad)
    assert found.outlines == ()
    assert not found.whole


def test_pictures_of_other_sizes_are_compared_all_the_same():
    after = with_disc(photo()).resize((300, 300))
    assert len(find_difference(photo(), after).outlines) == 1


@pytest.mark.parametrize(
    "text",
    ["</script><script>alert(1)</script>", "<!-- <script>", "a & b", "\u2028\u2029", "🙂 שלום"],
)
def test_json_in_the_page_is_plain_ascii_and_comes_back(text):
    found = safe_json({"text": text})
    assert not set("<>&\u2028\u2029") & set(found)
    assert found.isascii()
    assert json.loads(found) == {"text": text}


def test_the_page_holds_all_that_is_known_of_a_pair(tmp_path):
    pair = made_pair(3, kept=False, reason="max_ssim", value=0.99, ssim=0.99, direction=0.25)
    [words] = words_on(page(tmp_path, [pair]))
    assert words["id"] == "00000000000000000003"
    assert words["instruction"] == "Add a red disc in the upper left corner"
    assert words["captions"] == list(CAPTIONS)
    assert words["task"] == "add"
    assert (words["verdict"], words["reason"], words["value"]) == ("turned away", "max_ssim", 0.99)
    # The two hashes differ in the second-last hex digit alone: f against 0, four bits.
    assert words["scores"] == {
        "changed_area": 0.05,
        "ssim": 0.99,
        "phash_distance": 4,
        "clip_sim_dir": 0.25,
    }
    assert words["made"]["seed"] == "3"
    assert words["made"]["editor"] == "procedural"
    assert words["made"]["writer"] == "templates, prompt t1"
    assert words["made"]["size"] == "512 × 341"


def test_verdicts(tmp_path):
    failed = made_pair(2, edit=None, kept=False, status=Status.FAILED, reason=Reason.NOT_FINITE)
    pairs = [made_pair(0), unwritten_pair(1), failed]
    verdicts = [words["verdict"] for words in words_on(page(tmp_path, pairs))]
    assert verdicts == ["kept", "turned away", "failed"]


def test_a_score_that_is_not_a_number_is_left_out(tmp_path):
    [words] = words_on(page(tmp_path, [made_pair(direction=float("nan"), value=float("inf"))]))
    assert "clip_sim_dir" not in words["scores"]
    assert words["value"] is None


def test_pictures_are_small_jpegs_of_both(tmp_path):
    shown = pictures_on(page(tmp_path, [made_pair()]), 0)
    before, after = (Image.open(io.BytesIO(_bytes(shown[side]))) for side in ("before", "after"))
    assert before.size == after.size == (320, 213)
    assert before.format == "JPEG"
    # The middle of the disc, at 85 of 512 and 75 of 341 pixels.
    assert after.getpixel((53, 47)) == pytest.approx((214, 40, 40), abs=25)
    assert before.getpixel((53, 47)) != pytest.approx((214, 40, 40), abs=25)
    assert shown["mark"].startswith("M")
    assert not shown["whole"]


def _bytes(picture):
    head, data = picture["src"].split(",")
    assert head == "data:image/jpeg;base64"
    return base64.b64decode(data)


def test_a_pair_without_an_edited_picture_shows_the_source_alone(tmp_path):
    path = page(tmp_path, [unwritten_pair(raw_answer="I am sorry")])
    assert set(pictures_on(path, 0)) == {"before"}
    [words] = words_on(path)
    assert words["raw"] == "I am sorry"
    assert words["reason"] == "bad_json"


def test_names_and_reasons_are_escaped(tmp_path):
    run = funnel()
    stage = run.stages[0].model_copy(update={"reasons": {"<b>bold</b>": 1}})
    run = run.model_copy(update={"stages": (stage, *run.stages[1:])})
    text = page(tmp_path, [], title="<i>run</i>", run=run).read_text()
    assert "&lt;i&gt;run&lt;/i&gt;" in text
    assert "&lt;b&gt;bold&lt;/b&gt;" in text
    assert not re.search("<i>|<b>bold", text)


def test_the_policy_lets_through_the_pages_own_code_and_nothing_else(tmp_path):
    path = page(tmp_path, [made_pair()])
    elements = Elements(path)
    [policy] = [
        attributes["content"]
        for tag, attributes, _ in elements.found
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    [style] = elements.of("style")
    [script] = [text for t, a, text in elements.found if t == "script" and "type" not in a]
    assert rules["default-src"] == "'none'"
    assert rules["img-src"] == "data:"
    assert rules["style-src"] == f"'sha256-{_sha(style)}'"
    assert rules["script-src"] == f"'sha256-{_sha(script)}'"


def _sha(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def test_the_file_names_nothing_to_load(tmp_path):
    text = page(tmp_path, [made_pair()]).read_text()
    addresses = set(re.findall(r"https?://[^\s\"'<]+", text))
    assert addresses == {"http://www.w3.org/2000/svg"}


@pytest.mark.parametrize(("total", "limit"), [(10, 3), (10, 9), (1000, 7), (5, 5), (5, 50), (7, 1)])
def test_a_part_of_the_pairs_is_spread_evenly(total, limit):
    chosen = list(spread(iter(range(total)), total, limit))
    expected = min(total, limit)
    assert len(chosen) == expected
    gaps = {b - a for a, b in pairwise(chosen)}
    assert not gaps or max(gaps) - min(gaps) <= 1


def test_without_a_limit_all_pairs_are_shown(tmp_path):
    pairs = [made_pair(number) for number in range(10)]
    assert len(words_on(page(tmp_path, pairs, limit=None))) == 10
    assert len(words_on(page(tmp_path, pairs, limit=4))) == 4


def test_a_page_that_fails_half_way_leaves_the_old_one(tmp_path):
    path = page(tmp_path, [made_pair()], title="the old page")

    def breaks():
        yield made_pair()
        raise RuntimeError("a damaged part")

    with pytest.raises(RuntimeError, match="a damaged part"):
        page(tmp_path, breaks(), title="the new page")
    assert "the old page" in path.read_text()


def test_the_same_pairs_give_the_same_file(tmp_path):
    first = page(tmp_path, [made_pair(), unwritten_pair(1)]).read_bytes()
    assert page(tmp_path, [made_pair(), unwritten_pair(1)]).read_bytes() == first
