"""The maps under one cursor, in Chromium: by pointer, by keyboard, on a desk and on a phone."""

import re

import pytest

from dashboard.components.map_comparison import GRID
from dashboard.i18n import messages
from dashboard.text.model_names import model_name
from xai.models.cards import read_cards
from xai.photo.samples import SAMPLES

pytestmark = pytest.mark.browser

MODELS = [card.name for card in read_cards().cards][:2]
NAMES = [model_name(card) for card in read_cards().cards[:2]]
WORDS = messages()
PATIENCE = 240_000


@pytest.fixture
def visit(browser, server):
    contexts = []

    def come(query="", width=1280, **more):
        context = browser.new_context(viewport={"width": width, "height": 900}, **more)
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(f"{server.address}/compare{query}", timeout=PATIENCE)
        page.locator(".maps .value").nth(1).wait_for(timeout=PATIENCE)
        page.get_by_text(WORDS["agree.note"]).or_(page.get_by_text(messages("es")["agree.note"])).wait_for(
            timeout=PATIENCE
        )
        return page

    yield come
    for context in contexts:
        context.close()


def values(page):
    """What is read under the cursor on each map, the difference last."""
    said = page.locator(":is(.maps, .apart) .value").all_inner_texts()
    return [float(re.match(r"[+−]?\d+", text)[0].replace("−", "-")) for text in said]


def unfold(page):
    """Show the difference."""
    page.get_by_text(WORDS["compare.apart"]).click()
    page.locator(".apart .frame").wait_for(timeout=PATIENCE)


def crosses(page):
    """Where the cross stands on each map: from the left and from the top, squares of the grid."""
    return page.evaluate(
        """grid => {
          const host = [...document.querySelectorAll('*')].find(e => e.shadowRoot?.querySelector('.maps'));
          const frames = [...host.shadowRoot.querySelectorAll(':is(.maps, .apart) .frame')];
          return frames.filter(frame => frame.checkVisibility()).map(frame => {
            const all = frame.getBoundingClientRect();
            const box = name => frame.querySelector(name).getBoundingClientRect();
            const across = box('.across'), down = box('.down');
            return [(down.left - all.left) / all.width * grid, (across.top - all.top) / all.height * grid];
          });
        }""",
        GRID,
    )


def one_place(page):
    """The square on which all crosses stand; they must agree within one pixel."""
    found = crosses(page)
    for left, top in found:
        assert abs(left - found[0][0]) < 0.5
        assert abs(top - found[0][1]) < 0.5
    return int(found[0][0]), int(found[0][1])


def test_the_pointer_moves_one_cross_on_all_maps_and_the_difference_is_theirs(visit, shots):
    page = visit()
    frames = page.locator(".maps .frame")
    assert frames.count() == len(crosses(page)) == len(MODELS)
    page.get_by_text(WORDS["compare.waits"]).wait_for(state="hidden", timeout=PATIENCE)
    unfold(page)
    assert len(crosses(page)) == len(MODELS) + 1
    frames.nth(1).evaluate("e => e.scrollIntoView({block: 'center'})")  # not under the bar of pages
    seen = set()
    for x, y in ((0.3, 0.5), (0.5, 0.6), (0.52, 0.7), (0.9, 0.1)):
        box = frames.nth(1).bounding_box()
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"])
        column, row = one_place(page)
        assert abs(column - x * GRID) <= 1
        assert abs(row - y * GRID) <= 1
        first, second, apart = values(page)
        assert abs(apart - (first - second)) <= 1  # each is rounded
        seen.add((first, second))
    assert len(seen) > 1
    page.screenshot(path=shots / "compare.png", full_page=True)
    assert page.faults == []


def test_the_arrow_keys_move_the_cross_and_what_lies_there_is_said(visit):
    page = visit()
    page.locator(".maps").focus()
    column, row = one_place(page)
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowUp")
    assert one_place(page) == (column + 1, row - 1)
    page.keyboard.press("Shift+ArrowDown")
    assert one_place(page) == (column + 1, row + 4)
    heard = page.locator(".heard").inner_text()
    for model in NAMES:
        assert re.search(rf"{re.escape(model)}.*: [+−]?\d+ percentage points", heard)
    assert "Difference" not in heard
    for _ in range(GRID):
        page.keyboard.press("Shift+ArrowLeft")
    assert one_place(page)[0] == 0
    assert page.faults == []


def test_the_slider_wipes_by_keyboard_and_leaves_the_cross_alone(visit):
    page = visit()
    before = one_place(page)
    slider = page.get_by_role("slider", name=WORDS["compare.wipe"])
    shown = page.locator(".wipe img").nth(1)
    slider.focus()
    page.keyboard.press("Home")
    assert shown.evaluate("e => e.style.clipPath") == "inset(0px 100% 0px 0px)"
    page.keyboard.press("ArrowRight")
    assert shown.evaluate("e => e.style.clipPath") == "inset(0px 99% 0px 0px)"
    assert slider.get_attribute("aria-valuetext").startswith(f"1 per cent of {NAMES[0]}")
    assert one_place(page) == before


def test_the_cross_stays_where_it_is_while_verdicts_come_and_words_change(visit):
    page = visit()
    page.locator(".maps").focus()
    for _ in range(3):
        page.keyboard.press("Shift+ArrowUp")
    page.wait_for_timeout(3000)  # a step is told to the server within a second; on a busy machine later
    before = one_place(page)
    page.get_by_text("Expert", exact=True).click()
    page.get_by_text(WORDS["compare_technical.correlation"]).wait_for(timeout=PATIENCE)
    assert one_place(page) == before


def test_every_map_has_words_in_place_of_the_picture(visit):
    page = visit()
    pictures = page.locator(":is(.maps, .apart) img")
    told = [image.get_attribute("alt") for image in pictures.all()]
    assert len(told) == len(MODELS) + 1
    for model, words in zip(map(re.escape, NAMES), told, strict=False):
        assert re.search(
            rf"of {model} for .* Strongest value: \+\d+ percentage points, \d+% from the left",
            words,
        )
    assert re.search(r"Largest value: \+\d+ .*; smallest: −\d+ ", told[-1])
    page.get_by_text(WORDS["compare.plain"]).click()
    for words in told:
        page.get_by_test_id("stImage").get_by_alt_text(words, exact=True).wait_for(timeout=PATIENCE)


def test_the_slider_stands_between_the_maps_and_the_first_screen_holds_the_verdicts(visit):
    page = visit()
    first, second = (page.locator(".maps figure").nth(number).bounding_box() for number in (0, 1))
    slider = page.locator(".wipe figure").bounding_box()
    assert first["x"] < slider["x"] < second["x"]
    assert first["y"] == pytest.approx(slider["y"], abs=1) == pytest.approx(second["y"], abs=1)
    top = 800
    for name in NAMES:
        assert page.locator("strong").get_by_text(name, exact=True).first.bounding_box()["y"] < top


def test_a_click_on_stop_ends_the_questions_and_keeps_the_answers(visit):
    page = visit()
    page.get_by_text(WORDS["compare.waits"]).wait_for(state="hidden", timeout=PATIENCE)
    page.get_by_role("button", name=WORDS["compare_all.ask"]).click()
    page.get_by_text(re.compile(r"^[2-9] of \d+ faces$")).wait_for(timeout=PATIENCE)
    page.get_by_role("button", name=WORDS["compare_all.stop"]).click()
    page.get_by_role("button", name=WORDS["compare_all.stop"]).wait_for(state="hidden", timeout=PATIENCE)
    agree = page.get_by_text(re.compile(r"agree on \d+ of \d+ faces"))
    agree.wait_for(timeout=PATIENCE)
    asked = int(re.search(r"of (\d+) faces", agree.inner_text())[1])
    left = int(re.search(r": (\d+)", page.get_by_text("Faces to classify").inner_text())[1])
    assert 2 <= asked < asked + left == sum(len(sample.truth) for sample in SAMPLES.values())
    page.get_by_role("button", name=WORDS["compare_all.ask"]).click()
    page.get_by_text(f"of {asked + left} faces").first.wait_for(timeout=PATIENCE)
    assert page.faults == []


@pytest.mark.parametrize(
    "query", ["", f"?beside=both.2&lang=es&models={MODELS[0]}", "?method=gradcam&level=technical"]
)
def test_a_phone_scrolls_only_downwards_and_the_cross_follows_a_finger(visit, shots, query):
    page = visit(query, width=360, has_touch=True)
    page.get_by_text(WORDS["compare.waits"]).wait_for(state="hidden", timeout=PATIENCE)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=PATIENCE)
    page.locator(".apart summary").click()
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("e => e.scrollWidth") <= 360
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    frame = page.locator(".maps .frame").first
    frame.scroll_into_view_if_needed()
    box = frame.bounding_box()
    page.touchscreen.tap(box["x"] + 0.25 * box["width"], box["y"] + 0.75 * box["height"])
    column, row = one_place(page)
    assert abs(column - GRID / 4) <= 1
    assert abs(row - 3 * GRID / 4) <= 1
    page.screenshot(path=shots / "compare_phone.png")
    assert page.faults == []
