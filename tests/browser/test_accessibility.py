"""Every page in Chromium: on a phone, in both themes, in two languages, by keyboard, for axe-core."""

import importlib.util
import os
import re
from importlib.resources import files

import pytest

from dashboard.i18n import messages
from xai.photo.samples import SAMPLES

pytestmark = pytest.mark.browser

ENGLISH, SPANISH = messages("en"), messages("es")
PATIENCE = 240_000
PAGES = {
    "": "trust.what",
    "cover": "cover_slide.hint",
    "compare": "agree.note",
    "models": "own.steps",
    "audit": "audit_start.digest",
    "studies": "experiment.again",
    "learn": "learn.handout",
}
"""Path -> key of a sentence that stands there when the page is drawn to its end."""

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture
def open_page(browser, server):
    contexts = []

    def come(path, width=1280, scheme="light", said=ENGLISH):
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(f"{server.address}/{path}", timeout=PATIENCE)
        last = words_of(said[PAGES[path.partition("?")[0]]])
        page.get_by_text(last).last.wait_for(timeout=PATIENCE, state="attached")
        # While a script runs, what stands there from the run before is drawn pale.
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=PATIENCE)
        return page

    yield come
    for context in contexts:
        context.close()


def words_of(sentence):
    """The beginning of a sentence as it is drawn, without its marks."""
    return re.split(r"[`*\n{]", sentence.removeprefix("1. "))[0].strip()


@pytest.fixture(scope="module")
def axe():
    """The script that looks for barriers; skips, or fails where the browser is required."""
    if importlib.util.find_spec("axe_playwright_python"):
        return (files("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    missing = "axe-core is missing; call `make test`, which installs it"
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(missing)
    return pytest.skip(missing)


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "said"), [(1280, ENGLISH), (390, SPANISH)], ids=["1280-en", "390-es"])
def test_axe_finds_no_barrier(open_page, axe, path, scheme, width, said):
    """None but minor ones: those are in Streamlit's own parts."""
    language = "" if said is ENGLISH else "?lang=es"
    page = open_page(f"{path}{language}", width, scheme, said)
    page.evaluate(axe)
    found = page.evaluate(
        "rules => axe.run(document, {runOnly: rules}).then(r => r.violations.filter("
        "v => v.impact !== 'minor').map("
        "v => v.id + ': ' + v.nodes.map(n => n.html.slice(0, 120)).join(' | ')))",
        RULES,
    )
    assert found == []


def test_axe_would_find_one(open_page, axe):
    page = open_page("models")
    page.evaluate("document.querySelector('h1').insertAdjacentHTML('afterend', '<img src=\"data:,\">')")
    page.evaluate(axe)
    found = page.evaluate("axe.run(document).then(r => r.violations.map(v => v.id))")
    assert "image-alt" in found


@pytest.mark.parametrize(
    "path", ["models?lang=es", "audit?lang=es", "studies?lang=es", "learn?lang=es&step=cheat"]
)
def test_nothing_scrolls_sideways_on_a_phone(open_page, path):
    page = open_page(path, width=360, said=SPANISH)
    elements = ("document.documentElement", "document.querySelector('[data-testid=stMain]')")
    assert max(page.evaluate(f"{element}.scrollWidth") for element in elements) <= 360
    assert page.faults == []


def test_the_two_cards_are_whole_on_the_first_screen_and_the_page_is_short_on_a_phone(open_page):
    page = open_page("models")
    page.set_viewport_size({"width": 1280, "height": 800})
    for card in page.locator("[class*=st-key-glance-]").all():
        box = card.bounding_box()
        assert box["y"] + box["height"] <= 800
    phone = open_page("models", width=390)
    assert phone.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight") < 3500


def test_the_choices_of_the_header_go_along_from_page_to_page(open_page):
    page = open_page("models")
    page.get_by_text("Español", exact=True).click()
    page.get_by_text(SPANISH["models.title"]).wait_for(timeout=PATIENCE)
    page.get_by_text(SPANISH["header.expert"], exact=True).click()
    page.wait_for_url(re.compile("level=technical"), timeout=PATIENCE)
    page.get_by_role("link", name=SPANISH["learn.nav"]).click()
    page.get_by_text(SPANISH["learn.title"]).wait_for(timeout=PATIENCE)
    page.wait_for_url(re.compile(r"/learn\?(?=.*lang=es)(?=.*level=technical)"), timeout=PATIENCE)
    page.reload()
    page.get_by_text(SPANISH["learn.title"]).wait_for(timeout=PATIENCE)
    assert page.faults == []


@pytest.mark.parametrize("by", ["pointer", "keyboard"])
def test_a_cell_of_the_table_shows_samples_and_lets_them_go(open_page, by):
    page = open_page("models?section=errors")
    cell = page.get_by_role("button", name=re.compile("^correct answer no mask, answered no mask: "))
    act = cell.click if by == "pointer" else lambda: cell.press("Enter")
    act()
    page.get_by_text(re.compile(f"^Of {len(SAMPLES)} samples")).wait_for(timeout=PATIENCE)
    assert cell.get_attribute("aria-pressed") == "true"
    act()
    page.get_by_text(words_of(ENGLISH["confusion.offer"])).wait_for(timeout=PATIENCE)
    assert cell.get_attribute("aria-pressed") == "false"
    assert page.faults == []


def test_the_lesson_can_be_walked_by_keyboard_alone(open_page):
    page = open_page("learn?step=limits")
    for _ in range(40):
        page.keyboard.press("Tab")
        focused = page.evaluate(
            "document.activeElement.matches('button') ? document.activeElement.innerText : ''"
        )  # the page's main part takes the focus too, and holds every word
        if ENGLISH["step.cheat"] in focused and "Next" in focused:
            break
    else:
        pytest.fail("the button to the next step is not reached within forty stops")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=ENGLISH["step_title.cheat"]).wait_for(timeout=PATIENCE)


def test_each_page_has_one_main_part_and_one_first_heading(open_page):
    page = open_page("models")
    assert page.get_by_role("main").count() == 1
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("navigation").count() >= 1 or page.get_by_role("banner").count() >= 1
