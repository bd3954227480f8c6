"""The lesson in Chromium: how it is written in a room, where a step opens, and what can be moved by hand."""

import csv
import re

import pytest

from dashboard.i18n import messages
from tests.support.pages import until

pytestmark = pytest.mark.browser

WORDS = messages()
PATIENCE = 240_000
STEPS = [key.partition(".")[2] for key in WORDS if key.startswith("step.")]
LEAST_BODY, LEAST_HEADING = 22, 32
"""Pixels of a picture 1280 by 800 that can be read from the back of a room; captions of edited faces are the
smallest."""

TYPE = """() => {
  const seen = [], main = document.querySelector('[data-testid=stMain]');
  const walker = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode.textContent, element = walker.currentNode.parentElement;
    if (!text.trim() || !element.checkVisibility() || element.closest('style')) continue;
    const size = parseFloat(getComputedStyle(element).fontSize);
    seen.push([size, Boolean(element.closest('h1, h2, h3')), text]);
  }
  return seen;
}"""
"""Size in pixels, whether it is a heading, and the words, of all that is written in the page's main part."""

ENLARGED = "parseFloat(getComputedStyle(document.documentElement).fontSize) > 16"
"""Whether the sheet that makes a room's page large has arrived; it does a frame after the words."""

TOP = "document.querySelector('[data-testid=stMain]').scrollTop"


@pytest.fixture
def visit(browser, server):
    """Open a step; with ``room`` as it is thrown on a wall."""
    contexts = []

    def come(step, *, room=False, width=1280, height=800, **options):
        contexts.append(browser.new_context(viewport={"width": width, "height": height}, **options))
        page = contexts[-1].new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(f"{server.address}/learn?step={step}{'&view=projector' * room}", timeout=PATIENCE)
        opened(page, step)
        if room:
            until(page, ENLARGED)
        return page

    yield come
    for context in contexts:
        context.close()


def opened(page, step):
    """Wait until a step stands there whole: its number is in the foot, which is drawn last."""
    page.get_by_role("heading", name=WORDS[f"step_title.{step}"], exact=True).wait_for(timeout=PATIENCE)
    number = WORDS["learn.step_of"].format(number=STEPS.index(step) + 1, total=len(STEPS))
    page.get_by_text(number, exact=True).wait_for(timeout=PATIENCE)


@pytest.mark.parametrize("step", STEPS)
def test_all_that_is_written_can_be_read_from_the_back_of_a_room(visit, step):
    page = visit(step, room=True)
    written = page.evaluate(TYPE)
    small = [
        (size, text) for size, heading, text in written if size < (LEAST_HEADING if heading else LEAST_BODY)
    ]
    assert len(written) > 5
    assert any(heading for _, heading, _ in written)
    assert small == []
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 1280
    assert page.faults == []


@pytest.mark.parametrize("step", STEPS)
def test_the_pictures_leave_room_for_the_rest_and_next_is_always_at_hand(visit, step):
    page = visit(step, room=True)
    for picture in page.locator("[data-testid=stMain] img").all():
        assert picture.bounding_box()["height"] <= 0.45 * 800 + 1
    turn = page.locator(".st-key-next button, .st-key-skip button")
    box = turn.bounding_box()
    assert box["x"] + box["width"] > 1280 - 60
    assert 700 < box["y"] < box["y"] + box["height"] <= 800


def test_in_a_room_nothing_but_the_step_is_there(visit):
    page = visit("answer", room=True)
    assert not page.get_by_role("link", name=WORDS["photo.nav"]).is_visible()
    assert not page.get_by_text(WORDS["learn.title"]).is_visible()
    assert not page.get_by_text("Español").is_visible()
    percents = page.locator(".answer-bars b")
    assert percents.count() == 3
    for percent in percents.all():
        assert percent.evaluate("element => element.scrollWidth <= element.clientWidth")


def test_the_keys_of_a_remote_turn_the_steps_but_never_skip_the_guess(visit):
    page = visit("answer", room=True)
    until(page, "Boolean(globalThis.maskEvidenceSteps?.press)")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=PATIENCE)
    page.keyboard.press("PageDown")
    opened(page, "guess")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(1500)
    opened(page, "guess")
    page.keyboard.press("ArrowLeft")
    opened(page, "answer")


def test_outside_a_room_the_keys_are_the_browsers(visit):
    page = visit("limits")
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowRight")
    page.wait_for_timeout(1500)
    opened(page, "limits")


def test_every_step_opens_at_its_top(visit):
    page = visit("attention", height=420)
    for name, step in (("back", "cover"), ("next", "attention"), ("next", "verdict")):
        turn = page.locator(f".st-key-{name} button")
        turn.scroll_into_view_if_needed()
        assert page.evaluate(TOP) > 0
        turn.click()
        opened(page, step)
        assert page.evaluate(TOP) == 0


@pytest.mark.parametrize("step", STEPS)
def test_no_step_scrolls_sideways_on_a_phone(visit, step):
    page = visit(step, width=360, height=740)
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 360
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert page.faults == []


def test_the_guess_is_tapped_on_the_face_and_then_lies_on_the_maps(visit):
    page = visit("guess")
    show = page.get_by_role("button", name=WORDS["learn.guess_show"])
    assert show.is_disabled()
    page.get_by_alt_text(WORDS["learn.guess_alt"]).wait_for(timeout=PATIENCE)
    face = page.get_by_alt_text(WORDS["learn.guess_alt"]).bounding_box()
    page.mouse.click(face["x"] + 0.5 * face["width"], face["y"] + 0.5 * face["height"])
    page.get_by_role("button", name=WORDS["region.nose"], pressed=True).wait_for(timeout=PATIENCE)
    page.get_by_role("button", name=WORDS["region.eyes"]).click()
    page.get_by_role("button", name=WORDS["region.eyes"], pressed=True).wait_for(timeout=PATIENCE)
    show.click()
    page.get_by_text(WORDS["learn.guess_legend"]).wait_for(timeout=PATIENCE)
    assert page.get_by_text(re.compile("of 100 parts of its evidence")).count() == 2
    assert page.locator(".st-key-next button").is_visible()
    assert page.faults == []


def at(page):
    """Where the patch of the first model lies, in per cent."""
    return page.locator(".patch").first.evaluate("one => [one.style.left, one.style.top].map(parseFloat)")


def test_the_patch_slides_can_be_stopped_dragged_and_moved_by_keys(visit):
    page = visit("cover")
    stop = page.get_by_role("button", name=WORDS["patch.stop"], exact=True)
    stop.wait_for(timeout=PATIENCE)
    before = at(page)
    page.wait_for_timeout(1200)
    assert at(page) != before
    stop.click()
    face = page.locator(".frame").first.bounding_box()
    page.mouse.move(face["x"] + 5, face["y"] + 5)
    page.mouse.down()
    page.mouse.move(face["x"] + face["width"] - 5, face["y"] + face["height"] - 5)
    page.mouse.up()
    assert at(page) == [75, 75]
    page.get_by_role("application", name=WORDS["patch.board"]).focus()
    page.keyboard.press("ArrowLeft")
    assert at(page) == [56.25, 75]
    assert re.search(r"\d+%", page.locator(".heard").last.inner_text())
    assert page.faults == []


def test_who_wants_less_motion_sees_the_finished_map(visit):
    page = visit("cover", reduced_motion="reduce")
    page.get_by_text(re.compile("^(The patch on .* counted most|No single patch)")).first.wait_for(
        timeout=PATIENCE
    )
    before = at(page)
    page.wait_for_timeout(1200)
    assert at(page) == before
    assert page.get_by_role("button", name=WORDS["patch.play"], exact=True).is_visible()


FOCUSED = "document.activeElement.closest('[class*=st-key-quiz]')?.innerText.trim()"


def test_the_quiz_is_taken_on_a_phone_by_keyboard_alone_and_its_answers_are_saved(visit, shots):
    page = visit("quiz", width=390, height=844)
    page.get_by_role("button", name=WORDS["quiz.start"].format(count=8)).focus()
    page.keyboard.press("Enter")
    chosen, seen = page.get_by_role("button", name=WORDS["quiz_saying.elsewhere"], exact=True), {}
    for number in range(1, 9):
        title = page.get_by_role("heading", name=re.compile(rf"^Question {number} of 8: "))
        title.wait_for(timeout=PATIENCE)
        condition = title.inner_text().partition(": ")[2]
        page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=PATIENCE)
        if number == 1:
            chosen.focus()
        assert page.evaluate(FOCUSED) == WORDS["quiz_saying.elsewhere"], "the focus stays where it was"
        pictures = page.locator(".key-faces img")
        assert pictures.count() == (3 if condition == WORDS["quiz_condition.maps"] else 4)
        assert all(len(one.get_attribute("alt")) > 20 for one in pictures.all())
        assert all(one.bounding_box()["width"] > 150 for one in pictures.all())
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        seen.setdefault(condition, page.screenshot(path=shots / f"quiz_{condition}.png", full_page=True))
        page.wait_for_timeout(500)
        page.keyboard.press("Enter")
    page.get_by_role("heading", name=WORDS["quiz.score"]).wait_for(timeout=PATIENCE)
    page.get_by_role("heading", name=WORDS["quiz.solutions"]).wait_for(timeout=PATIENCE)
    opened(page, "quiz")
    with page.expect_download() as saved:
        page.get_by_role("button", name=WORDS["quiz.save"]).click()
    rows = list(csv.DictReader(saved.value.path().read_text(encoding="utf-8").splitlines()))
    assert [row["question"] for row in rows] == [str(number) for number in range(1, 9)]
    assert {row["answer"] for row in rows} == {"elsewhere"}
    assert sum(int(row["right"]) for row in rows) == sum(row["model_kind"] == "cheat" for row in rows) == 4
    assert all(float(row["seconds"]) > 0.4 for row in rows)
    assert len(seen) == 2
    assert page.faults == []
