"""The page of an evaluation in headless Chromium: what was said is shown and does nothing."""

import shutil
from urllib.parse import urlparse

import numpy as np
import pytest

from trainer.evaluate import evaluate_captions, save_result
from trainer.metrics.meteor import NoMeteor
from trainer.mix import Part
from trainer.pictures import InputShape
from trainer.recipe import DataConfig
from trainer.store import ReadyPair, Store

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: the page was NOT tested"),
]
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
EVIL = "<script>document.title = 'ran'</script><img src=x onerror=\"document.title='ran'\">"
RIGHT = "The right car has left the road."
SAID = {"right": RIGHT, "empty": "", "evil": EVIL, "endless": "word" * 200}


def row(name):
    return ReadyPair(
        pair_id=name,
        captions=(f"The {name} car has left the road.", f"A car, {name}, is gone."),
        source="made",
        license="cc0-1.0",
        change="remove",
        before_hash="",
        after_hash="",
    )


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evaluation")
    pixels = np.random.default_rng(0).integers(0, 255, (4, 64, 64, 3), dtype=np.uint8)
    part = Part("made", Store(tuple(map(row, SAID)), pixels), (0, 1, 2, 3), {}, {})
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trainer.evaluation.RESAMPLES", 50)
        patch.setattr("trainer.metrics.scores.find_meteor", lambda: NoMeteor("left out"))
        result, judged = evaluate_captions("mine", SAID, part, DataConfig(data="scenes"), {})
    save_result(folder, result, judged, part, InputShape(64))
    return folder / "page.html"


@pytest.fixture(params=[(1400, "light"), (400, "dark")], ids=["wide", "narrow and dark"])
def tab(request, page_file):
    width, scheme = request.param
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        requests = []
        page.on("request", lambda request: requests.append(urlparse(request.url).scheme))
        page.goto(page_file.as_uri())
        yield page
        assert set(requests) <= {"file", "data"}
        browser.close()


def test_pairs_are_shown_with_what_was_said_and_nothing_of_it_runs(tab):
    assert tab.title() == "mine on scenes"
    said = tab.locator("article .instruction").all_inner_texts()
    assert set(said) == {RIGHT, "(says nothing)", EVIL, "word" * 200}
    assert said[-1] == RIGHT, "worst first"
    shown = tab.evaluate("[...document.images].map(image => image.naturalWidth)")
    assert len(shown) == 8
    assert min(shown) > 0


def test_nothing_sticks_out_of_the_window(tab):
    width = tab.evaluate("document.documentElement.clientWidth")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
