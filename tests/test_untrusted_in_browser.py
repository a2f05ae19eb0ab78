"""Pages of hostile data in headless Chromium: nothing runs, is fetched, hides or sticks out."""

import shutil
from urllib.parse import urlparse

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hostile_texts import HOSTILE, odd_characters
from made_pairs import encoded, funnel, made_pair, photo, unwritten_pair, with_disc

from pipelines.preview.page import write_page
from pipelines.report.make import write_report
from pipelines.report.table_facts import table_audit
from syned.plain import plain
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
TEXTS = [text for name, text in HOSTILE.items() if name != "surrogate"]
"""Files of tables hold valid text alone."""
RTL = "\u05d0\u05d1\u05d2 (1) \u05d3"
"""Letters that are written from right to left, with a number and brackets among them."""


def preview(folder):
    """Write the page of a run in which everything is called something hostile."""
    pairs = [
        made_pair(n, instruction=text, captions=(text,) * 5, key=text, name="coffee")
        for n, text in enumerate(HOSTILE.values())
    ]
    lost = [unwritten_pair(100 + n, raw_answer=text) for n, text in enumerate(HOSTILE.values())]
    run = funnel(pairs=len(pairs) + len(lost), kept=len(pairs))
    write_page(folder / "page.html", HOSTILE["handler"] + RTL, [*pairs, *lost], run, None)


def report(folder):
    """Write the audit of a stranger's table."""
    before, after = encoded(photo("coffee", 64)), encoded(with_disc(photo("coffee", 64)))
    cells = [[{"bytes": p.bytes, "path": None}] * len(TEXTS) for p in (before, after)]
    columns = {"source_img": cells[0], "target_img": cells[1], "instruction": TEXTS}
    columns |= {"captions": [[text] * 5 for text in TEXTS], "task": TEXTS}
    place = folder / '"><img src=x onerror=window.broken=1>\u202e.parquet'
    pq.write_table(pa.table(columns), place)
    audit = table_audit(str(place), {}, 4)
    write_report([audit, audit], folder / "page.html")


def evaluation(folder):
    """Write the page of captions of which none is harmless."""
    rows = tuple(
        ReadyPair(
            pair_id=f"{n}{text}",
            captions=(f"The car has left. {text}", f"A car is gone. {text}"),
            source=text,
            license=text,
            change=text,
            before_hash="",
            after_hash="",
        )
        for n, text in enumerate(HOSTILE.values())
    )
    pixels = np.zeros((len(rows), 64, 64, 3), np.uint8)
    part = Part("made", Store(rows, pixels), tuple(range(len(rows))), {}, {})
    said = {row.pair_id: row.change for row in rows}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("trainer.evaluation.RESAMPLES", 5)
        patch.setattr("trainer.metrics.scores.find_meteor", lambda: NoMeteor("left out"))
        data = DataConfig(data="scenes")
        result, judged = evaluate_captions(HOSTILE["handler"] + RTL, said, part, data, {})
    save_result(folder, result, judged, part, InputShape(64))


@pytest.fixture(
    scope="module", params=[preview, report, evaluation], ids=lambda make: make.__name__
)
def page_file(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param.__name__)
    request.param(folder)
    return folder / "page.html"


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture(params=[1400, 400], ids=["wide", "narrow"])
def tab(request, chromium, page_file):
    """The page in a window; at the end nothing may have gone wrong or over the network."""
    context = chromium.new_context(viewport={"width": request.param, "height": 900})
    troubles, requests = [], []
    page = context.new_page()
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("dialog", lambda dialog: troubles.append(dialog.message))
    page.on("request", lambda request: requests.append(urlparse(request.url).scheme))
    page.goto(page_file.as_uri())
    yield page
    assert troubles == []
    assert set(requests) <= {"file", "data"}
    context.close()


def each_page(tab):
    """Go through all pages of pairs, with all that is folded in open."""
    while True:
        tab.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true })")
        yield
        turn = tab.locator("#next")
        if turn.count() == 0 or turn.is_disabled():
            return
        turn.click()


def test_nothing_runs_and_nothing_is_put_in(tab):
    for _ in each_page(tab):
        assert tab.evaluate("window.broken") is None
        odd = "script[src], iframe, object, embed, form[action], a[href^='javascript'], [onerror]"
        assert tab.locator(odd).count() == 0
        links = tab.evaluate("[...document.links].map((it) => it.getAttribute('href'))")
        assert all(link.startswith("#") for link in links)
        shown = tab.evaluate("[...document.images].map((it) => it.src)")
        assert all(address.startswith("data:image/jpeg;base64,") for address in shown)


def test_what_nobody_sees_is_named(tab):
    for _ in each_page(tab):
        assert odd_characters(tab.locator("body").inner_text()) == set()
        assert odd_characters(tab.title()) == set()


def test_endless_words_do_not_push_anything_out_of_the_window(tab):
    for _ in each_page(tab):
        width = tab.evaluate("document.documentElement.clientWidth")
        assert tab.evaluate("document.documentElement.scrollWidth") <= width


def test_the_policy_lets_nothing_in(chromium, page_file):
    page = chromium.new_page()
    page.goto(page_file.as_uri())
    blocked = page.evaluate(
        """() => new Promise((resolve) => {
          const seen = [];
          document.addEventListener("securitypolicyviolation", (event) => {
            seen.push(event.effectiveDirective);
            if (seen.length === 2) resolve(seen.sort());
          });
          const image = document.createElement("img");
          image.src = "https://evil.example/x.png";
          const script = document.createElement("script");
          script.textContent = "window.broken = 1";
          document.body.append(image, script);
          setTimeout(() => resolve(seen), 3000);
        })"""
    )
    assert blocked == ["img-src", "script-src-elem"]
    assert page.evaluate("window.broken") is None
    page.close()


def test_letters_from_right_to_left_leave_their_neighbours_alone(chromium, tmp_path):
    """What stands before and after such a text is where it is with any other."""

    def places(name):
        measured = [made_pair(0, key=name), made_pair(1)]
        write_page(tmp_path / "page.html", name, measured, funnel(), None)
        page = chromium.new_page(viewport={"width": 1300, "height": 900})
        page.goto((tmp_path / "page.html").as_uri())
        page.locator("summary").first.click()
        found = page.evaluate(
            """() => [...document.querySelectorAll("dt")].map((it) => {
              const box = it.getBoundingClientRect();
              return [it.textContent, Math.round(box.left)];
            })"""
        )
        page.close()
        return found

    assert places(RTL) == places("a plain name")
    assert plain(RTL) == RTL
