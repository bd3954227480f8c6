"""The gallery: the picture itself is what one clicks, and on a phone the answer stays near."""

import pytest

from xai.photo.samples import SAMPLES

pytestmark = pytest.mark.browser

EASY = [sample for sample in SAMPLES.values() if not sample.traps]
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
    page.mouse.click(*middle(page, EASY[2]))  # where the picture is, and nothing else
    page.get_by_text(f"Sample: {EASY[2].title}.").first.wait_for(timeout=PATIENCE)
    page.wait_for_function(f"location.search.includes('face={EASY[2].id}')", timeout=PATIENCE)
    assert page.locator(f".st-key-thumb-chosen-{EASY[2].id}").count() == 1
    assert page.faults == []


def test_the_easy_samples_stand_in_one_row_and_the_page_does_not_scroll_sideways(open_page):
    for width in (1280, 390):
        page = open_page(width=width)
        middle(page, EASY[-1])
        tops = page.evaluate(
            "[...document.querySelectorAll('.st-key-samples-easy > *')]"
            ".map(each => Math.round(each.getBoundingClientRect().top))"
        )
        assert len(tops) == len(EASY)
        assert max(tops) - min(tops) <= 1
        elements = ("document.documentElement", "document.querySelector('[data-testid=stMain]')")
        assert max(page.evaluate(f"{element}.scrollWidth") for element in elements) <= width
        assert page.faults == []
