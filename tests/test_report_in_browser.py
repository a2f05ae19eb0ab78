"""The page of an audit in headless Chromium: nothing fails, is fetched, or sticks out."""

import shutil
from urllib.parse import urlparse

import pytest

from pipelines.report.make import write_report
from pipelines.report.run_facts import run_audit
from syned.run import RunFolder

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: the page was NOT tested"),
]
FLAGS = "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def page_file(demo_run, tmp_path_factory):
    """The audit of the demo run beside itself: each plot has two of everything."""
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_report([run_audit(RunFolder(demo_run)), run_audit(RunFolder(demo_run))], path)
    return path


@pytest.fixture(params=[(1400, "light"), (400, "dark")], ids=["wide", "narrow and dark"])
def tab(request, chromium, page_file):
    """The page in a window; at the end nothing may have gone wrong or over the network."""
    width, scheme = request.param
    context = chromium.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, java_script_enabled=True
    )
    troubles, requests = [], []
    page = context.new_page()
    page.on("console", lambda message: troubles.append(message.text))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("request", lambda request: requests.append(urlparse(request.url).scheme))
    page.goto(page_file.as_uri())
    yield page
    assert troubles == []
    assert set(requests) <= {"file", "data"}
    context.close()


def test_nothing_sticks_out_of_the_window(tab):
    width = tab.evaluate("document.documentElement.clientWidth")
    assert tab.evaluate("document.documentElement.scrollWidth") <= width
    plots = tab.locator(".plot svg")
    assert plots.count() > 10
    for plot in plots.all():
        box = plot.bounding_box()
        assert box["width"] > 100
        assert box["x"] + box["width"] <= width + 1


def test_the_words_of_plots_can_be_read(tab):
    """What is drawn differs from the ground by 3 to 1 at least (WCAG 2.2, 1.4.11)."""
    told = tab.evaluate(
        """() => [...document.querySelectorAll(".plot svg text")].map(
            text => [getComputedStyle(text).fill, text.textContent])"""
    )
    assert told
    ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    for fill, text in told:
        assert contrast(fill, ground) >= 3, (text, fill, ground)


def test_numbers_open_on_a_click(tab):
    details = tab.locator("figure.panel details").first
    table = details.locator("table")
    assert not table.is_visible()
    details.locator("summary").click()
    assert table.is_visible()


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colors `rgb(r, g, b)` (WCAG 2.2, relative luminance)."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(color: str) -> float:
    """Return the relative luminance of a color."""
    numbers = color[color.index("(") + 1 : -1].split(",")[:3]
    parts = [float(number) / 255 for number in numbers]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
