"""The page of a run in headless Chromium: choosing, ordering, paging, flipping, hostile text."""

import shutil

import pytest
from made_pairs import brighter, funnel, made_pair, unwritten_pair

from pipelines.preview.page import write_page
from syned.plain import plain
from syned.rows import Task

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH: the page was NOT tested"),
]
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)
HOSTILE = (
    '<img src=x onerror="window.broken=1">',
    "</script><script>window.broken=1</script>",
    "\"'><svg onload=window.broken=1>",
    "<!--<script>",
    "\u202eright to left\u202c שלום 🙂",
)


@pytest.fixture(scope="module")
def chromium():
    with playwright.sync_playwright() as tools:
        browser = tools.chromium.launch(executable_path=CHROMIUM, args=FLAGS.split())
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium, tmp_path):
    """Write a page and open it; at the end nothing may have gone wrong or over the network."""
    context = chromium.new_context(viewport={"width": 1300, "height": 900})
    troubles, requests = [], []

    def opened(pairs, title="a run", limit=None):
        path = tmp_path / "preview.html"
        run = funnel(pairs=len(pairs), kept=len(pairs) - 1)
        write_page(path, title, pairs, run, limit)
        tab = context.new_page()
        tab.on("console", lambda message: troubles.append(message.text))
        tab.on("pageerror", lambda error: troubles.append(str(error)))
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(path.as_uri())
        return tab

    yield opened
    assert troubles == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []
    context.close()


def some_pairs():
    """Return 45 pairs: every third brighter, every fifth turned away, one without an answer."""
    pairs = []
    for number in range(44):
        away = number % 5 == 0
        change = {"edit": brighter, "task": Task.GLOBAL} if number % 3 == 0 else {}
        pairs.append(
            made_pair(
                number,
                kept=not away,
                reason="max_ssim" if away else None,
                ssim=number / 100,
                instruction=f"Instruction number {number}",
                **change,
            )
        )
    return [*pairs, unwritten_pair(44, raw_answer="I cannot do that")]


def instructions(tab):
    return tab.locator(".card h2").all_inner_texts()


def status(tab):
    return tab.locator("#status").inner_text()


def choose(tab, name, value):
    tab.locator(f"select[name={name}]").select_option(value)


def test_pairs_are_shown_in_pages(visit):
    tab = visit(some_pairs())
    assert status(tab) == "1–20 of 45 pairs"
    assert instructions(tab)[0] == "Instruction number 0"
    assert tab.locator("#previous").is_disabled()
    tab.locator("#next").click()
    assert instructions(tab)[0] == "Instruction number 20"
    tab.keyboard.press("ArrowRight")
    assert status(tab) == "41–45 of 45 pairs"
    assert tab.locator("#next").is_disabled()
    tab.keyboard.press("ArrowRight")
    assert status(tab) == "41–45 of 45 pairs"
    tab.keyboard.press("ArrowLeft")
    assert status(tab) == "21–40 of 45 pairs"


def test_only_the_pictures_of_one_page_are_there(visit):
    tab = visit(some_pairs())
    # Twenty pairs, and each place holds its own picture and the one it flips to.
    assert tab.locator("img").count() == 80
    tab.locator("#next").click()
    assert tab.locator("img").count() == 80


def test_every_picture_is_decoded(visit):
    tab = visit(some_pairs()[:3])
    tab.wait_for_function("[...document.images].every((image) => image.complete)")
    assert set(tab.evaluate("[...document.images].map((image) => image.naturalWidth)")) == {320}


def test_filters_by_task_verdict_and_reason(visit):
    tab = visit(some_pairs())
    choose(tab, "task", "global")
    assert status(tab) == "1–15 of 15 pairs"  # 0, 3, … 42
    choose(tab, "verdict", "turned away")
    assert instructions(tab) == [f"Instruction number {n}" for n in (0, 15, 30)]
    choose(tab, "task", "")
    choose(tab, "reason", "bad_json")
    assert status(tab) == "1–1 of 1 pair"
    assert tab.locator("pre").inner_text() == "I cannot do that"
    choose(tab, "verdict", "kept")
    assert status(tab) == "0 pairs"
    tab.get_by_role("button", name="Show all pairs").click()
    assert status(tab) == "1–20 of 45 pairs"


def test_searches_words_ids_and_file_names(visit):
    tab = visit([*some_pairs(), made_pair(99, instruction="Paint it blue", key="odd/Näme.jpg")])
    box = tab.get_by_label("Search")
    box.fill("BLUE paint")
    assert instructions(tab) == ["Paint it blue"]
    box.fill("odd/näme")
    assert instructions(tab) == ["Paint it blue"]
    box.fill(f"{99:020x}")
    assert instructions(tab) == ["Paint it blue"]
    box.fill("cannot do")
    assert instructions(tab) == ["No instruction"]
    box.fill("red disc near the top left")
    assert status(tab) == "1–20 of 45 pairs"


def test_orders_by_a_score_and_puts_pairs_without_it_last(visit):
    tab = visit(some_pairs())
    choose(tab, "sort", "ssim -1")
    assert instructions(tab)[:3] == [f"Instruction number {n}" for n in (43, 42, 41)]
    choose(tab, "sort", "ssim 1")
    assert instructions(tab)[0] == "Instruction number 0"
    tab.keyboard.press("Escape")
    tab.locator("#next").click()
    tab.locator("#next").click()
    assert instructions(tab)[-1] == "No instruction"
    # No pair has this score, so nobody is offered to order by it.
    assert tab.locator("option[value^=clip_sim_dir]").count() == 0


def front(tab, place):
    """Return which picture lies in front at a place: the source or the edited one."""
    return (
        tab.locator(".frame")
        .nth(place)
        .evaluate(
            """(frame) => {
          const other = frame.querySelector(".other");
          return getComputedStyle(other).visibility === "visible" ? "other" : "own";
        }"""
        )
    )


def test_holding_a_picture_flips_it(visit):
    tab = visit([made_pair(0), made_pair(1)])
    tab.locator(".frame").first.hover()
    assert front(tab, 0) == "own"
    tab.mouse.down()
    assert [front(tab, place) for place in range(4)] == ["other", "other", "own", "own"]
    assert tab.locator("figcaption").first.inner_text() == "after"
    tab.mouse.up()
    assert front(tab, 0) == "own"
    assert tab.locator("figcaption").first.inner_text() == "before"


def test_holding_f_flips_all_pictures_but_not_while_typing(visit):
    tab = visit([made_pair(0), unwritten_pair(1)])
    tab.keyboard.down("f")
    assert front(tab, 0) == "other"
    # A pair that has one picture keeps it, under its right name.
    assert tab.locator("figcaption").last.inner_text() == "before"
    tab.keyboard.up("f")
    assert front(tab, 0) == "own"
    tab.get_by_label("Search").focus()
    tab.keyboard.down("f")
    assert tab.get_by_label("Search").input_value() == "f"
    assert tab.locator(".flipped").count() == 0


def test_the_flip_button_works_by_keyboard_and_tells_its_state(visit):
    tab = visit([made_pair(0)])
    button = tab.get_by_role("button", name="Flip")
    button.focus()
    assert button.get_attribute("aria-pressed") == "false"
    tab.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    assert front(tab, 0) == "other"
    tab.mouse.move(5, 5)
    assert front(tab, 0) == "other"
    button.click()
    assert front(tab, 0) == "own"


def test_the_difference_is_outlined_and_the_outline_can_go(visit):
    tab = visit([made_pair(0), made_pair(1, edit=brighter)])
    assert tab.locator(".frame svg").count() == 2
    assert tab.locator(".frame svg").first.is_visible()
    assert tab.get_by_text("Differs all over").is_visible()
    tab.get_by_label("Outline the difference").uncheck()
    assert not tab.locator(".frame svg").first.is_visible()


def test_a_pair_without_an_edited_picture_says_so(visit):
    tab = visit([unwritten_pair(0)])
    assert tab.get_by_text("no edited picture").is_visible()
    assert tab.locator("img").count() == 1
    assert tab.locator(".verdict").inner_text() == "turned away: bad json"


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_only_text(visit, text):
    pair = made_pair(0, instruction=text, captions=(text,) * 5, key=text, name="coffee")
    lost = unwritten_pair(1, raw_answer=text)
    tab = visit([pair, lost], title=text)
    tab.locator("summary").first.click()
    text = plain(text)
    assert tab.locator("h1").inner_text() == text
    assert tab.locator(".card h2").first.inner_text() == text
    assert tab.locator(".captions li").all_inner_texts() == [text] * 5
    assert tab.locator("pre").inner_text() == text
    assert tab.locator(".made dd", has_text=text).first.is_visible()
    assert tab.evaluate("window.broken") is None
    assert tab.locator(".card").count() == 2


def test_the_policy_stops_code_that_is_not_the_pages_own(chromium, tmp_path):
    path = tmp_path / "preview.html"
    write_page(path, "a run", [made_pair(0)], funnel())
    tab = chromium.new_page()
    tab.goto(path.as_uri())
    blocked = tab.evaluate(
        """() => new Promise((resolve) => {
          document.addEventListener("securitypolicyviolation",
            (event) => resolve(event.violatedDirective));
          const script = document.createElement("script");
          script.textContent = "window.broken = 1";
          document.body.append(script);
        })"""
    )
    assert blocked.startswith("script-src")
    assert tab.evaluate("window.broken") is None
    tab.close()


def test_a_part_of_a_large_run_says_how_much_is_shown(visit):
    tab = visit([made_pair(n, instruction=str(n)) for n in range(9)], limit=3)
    assert tab.locator(".lede").inner_text() == (
        "8 of 9 pairs were kept. Shown here: 3 of 9 pairs, evenly spread."
    )
    assert instructions(tab) == ["2", "5", "8"]


def test_the_page_fits_a_phone(chromium, tmp_path):
    path = tmp_path / "preview.html"
    long_word = "x" * 300
    write_page(path, long_word, [made_pair(0, instruction=long_word, key=long_word)], funnel())
    tab = chromium.new_page(viewport={"width": 360, "height": 740})
    tab.goto(path.as_uri())
    tab.locator("summary").first.click()
    assert tab.evaluate("document.documentElement.scrollWidth") <= 360
    tab.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast(chromium, tmp_path, scheme):
    path = tmp_path / "preview.html"
    write_page(path, "a run", [made_pair(0), unwritten_pair(1)], funnel())
    tab = chromium.new_page(color_scheme=scheme)
    tab.goto(path.as_uri())
    ratios = tab.evaluate(CONTRAST)
    assert min(ratios.values()) >= 4.5, ratios
    tab.close()


# WCAG 2.2, 1.4.3: (L1 + 0.05) / (L2 + 0.05), of relative luminances, at least 4.5 for text.
CONTRAST = """() => {
  const levels = (colour) => colour.match(/[\\d.]+/g).map(Number);
  const linear = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  const behind = (element) => {
    const colour = levels(getComputedStyle(element).backgroundColor);
    return colour.length === 4 && colour[3] === 0 ? behind(element.parentElement) : colour;
  };
  const ratios = {};
  const texts = ".lede, .kicker, .counts span, .reason, .verdict, .task, .captions li, dt, dd, " +
    "figcaption, summary, pre, label, .none, .message";
  for (const element of document.querySelectorAll(texts)) {
    const [a, b] = [levels(getComputedStyle(element).color), behind(element)].map(light);
    const name = element.className || element.tagName;
    ratios[name] = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }
  return ratios;
}"""
