"""The lesson in Chromium: how large it is written in a room."""

import re

import pytest

from dashboard.i18n import messages

pytestmark = pytest.mark.browser

WORDS = messages()
PATIENCE = 240_000
STEPS = [key.partition(".")[2] for key in WORDS if key.startswith("step.")]
LEAST_BODY, LEAST_HEADING = 24, 40
"""Pixels of a picture 1920 wide that can be read from the back of a room."""

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


@pytest.fixture
def room(browser, server):
    """Open a step as it is thrown on a wall."""
    contexts = []

    def come(step, view="&view=projector"):
        contexts.append(browser.new_context(viewport={"width": 1920, "height": 1080}))
        page = contexts[-1].new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(f"{server.address}/learn?step={step}{view}", timeout=PATIENCE)
        last = WORDS["learn.step_of"].partition("{")[0] if view else WORDS["learn.handout"]
        page.get_by_text(re.compile(f"^{last}")).filter(visible=True).last.wait_for(timeout=PATIENCE)
        if view:
            page.wait_for_function(ENLARGED, timeout=PATIENCE)
        return page

    yield come
    for context in contexts:
        context.close()


@pytest.mark.parametrize("step", STEPS)
def test_all_that_is_written_can_be_read_from_the_back_of_a_room(room, step):
    page = room(step)
    written = page.evaluate(TYPE)
    small = [
        (size, text) for size, heading, text in written if size < (LEAST_HEADING if heading else LEAST_BODY)
    ]
    assert len(written) > 5
    assert any(heading for _, heading, _ in written)
    assert small == []
    assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 1920
    assert page.faults == []


def test_the_face_grows_with_the_type_and_nothing_but_the_step_is_there(room):
    alone, usual = room("answer"), room("answer", view="")
    widths = [
        page.get_by_alt_text(WORDS["map.crop_plain_alt"]).bounding_box()["width"] for page in (alone, usual)
    ]
    assert widths[0] >= 1.5 * widths[1]
    assert not alone.get_by_role("link", name=WORDS["photo.nav"]).is_visible()
    assert not alone.get_by_text(WORDS["learn.title"]).is_visible()
    assert max(size for size, heading, _ in usual.evaluate(TYPE) if not heading) < LEAST_BODY
