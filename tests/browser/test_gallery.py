"""The gallery: the picture itself is what one clicks, and on a phone the answer stays near."""

import re

import pytest

from dashboard.views.photo.gallery import first_row
from tests.support.pages import until

pytestmark = pytest.mark.browser

FIRST = first_row()
PATIENCE = 240_000


@pytest.fixture
def open_page(browser, server):
    contexts = []

    def come(width=1280):
        context = browser.new_context(viewport={"width": width, "height": 1000}, locale="en-GB")
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(server.address, timeout=PATIENCE)
        page.get_by_role("button", name="Samples").click(timeout=PATIENCE)
        return page

    yield come
    for context in contexts:
        context.close()


def middle(page, sample):
    picture = page.get_by_alt_text(f"Sample: {sample.title}", exact=True)
    picture.wait_for(timeout=PATIENCE)
    picture.scroll_into_view_if_needed()
    box = picture.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_a_click_into_the_picture_chooses_the_sample_and_the_address_follows(open_page):
    page = open_page()
    page.mouse.click(*middle(page, FIRST[2]))  # where the picture is, and nothing else
    page.get_by_text(re.compile(f"^{FIRST[2].title}: ")).first.wait_for(timeout=PATIENCE)
    until(page, f"location.search.includes('face={FIRST[2].id}')")
    page.locator(f".st-key-thumb-{FIRST[2].id}").wait_for(state="detached", timeout=PATIENCE)
    page.get_by_role("button", name="Samples").click()
    page.locator(f".st-key-thumb-chosen-{FIRST[2].id}").wait_for(timeout=PATIENCE)
    assert page.faults == []


def test_the_samples_fit_into_their_menu_and_the_page_does_not_scroll_sideways(open_page):
    for width in (1280, 390):
        page = open_page(width=width)
        middle(page, FIRST[-1])
        sides = page.evaluate(
            "[...document.querySelectorAll('.st-key-samples-first > *')]"
            ".map(each => each.getBoundingClientRect()).map(box => [box.left, box.right])"
        )
        assert len(sides) == len(FIRST)
        assert min(left for left, _ in sides) >= 0
        assert max(right for _, right in sides) <= width
        elements = ("document.documentElement", "document.querySelector('[data-testid=stMain]')")
        assert max(page.evaluate(f"{element}.scrollWidth") for element in elements) <= width
        assert page.faults == []
