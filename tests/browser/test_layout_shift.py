"""Nothing moves under the reader's eyes: cumulative layout shift of the first page, in Chromium."""

import pytest

from tests.performance.latency import _variant

pytestmark = pytest.mark.browser

PATIENCE = 240_000
LIMIT = 0.05
"""Half of what web.dev calls good (Core Web Vitals, 2020); as there, of the worst window of five seconds."""

OBSERVE = """
window.shifts = [];
new PerformanceObserver(list => {
  for (const shift of list.getEntries()) if (!shift.hadRecentInput) window.shifts.push({
    at: shift.startTime, value: shift.value,
    moved: shift.sources.map(({node, previousRect, currentRect}) =>
      [(node?.innerText ?? '').slice(0, 40), previousRect.y, currentRect.y]) });
}).observe({type: 'layout-shift', buffered: true});
"""


def worst_window(shifts):
    """The largest sum within five seconds in which no second is without a shift; 0 without any."""
    worst = total = 0.0
    began = last = None
    for shift in shifts:
        if began is None or shift["at"] - last > 1000 or shift["at"] - began > 5000:
            began, total = shift["at"], 0.0
        total, last = total + shift["value"], shift["at"]
        worst = max(worst, total)
    return worst


def everything_is_there(page):
    page.get_by_text("can the maps be trusted?").nth(1).wait_for(timeout=PATIENCE)
    page.get_by_text("Stop", exact=True).first.wait_for(state="detached", timeout=PATIENCE)
    page.wait_for_timeout(1000)


def taken(page):
    """What moved since the last call."""
    return page.evaluate("() => window.shifts.splice(0)")


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_page_does_not_move_on_a_visit_after_an_upload_or_with_a_switch(browser, server, width, height):
    context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
    context.add_init_script(OBSERVE)
    page = context.new_page()
    try:
        page.goto(server.address, timeout=PATIENCE)
        everything_is_there(page)
        visit = taken(page)
        assert worst_window(visit) <= LIMIT, visit
        file = {"name": "photo.png", "mimeType": "image/png", "buffer": _variant(width)}
        page.locator("input[type=file]").first.set_input_files([file])
        page.get_by_text("Is that right?").nth(1).wait_for(timeout=PATIENCE)
        everything_is_there(page)
        upload = taken(page)
        assert worst_window(upload) <= LIMIT, upload
        page.locator("h2").first.evaluate("heading => heading.scrollIntoView()")
        page.wait_for_timeout(500)
        before = page.locator("h2").first.bounding_box()["y"]
        page.get_by_text("Expert", exact=True).click()
        page.get_by_text("the verdict in numbers").first.wait_for(state="attached", timeout=PATIENCE)
        assert page.locator("h2").first.bounding_box()["y"] == pytest.approx(before, abs=60)
    finally:
        context.close()


def test_windows_end_after_a_second_without_a_shift_and_after_five():
    def at(*times):
        return [{"at": each, "value": 1.0} for each in times]

    assert worst_window([]) == 0
    assert worst_window(at(0, 500, 2000)) == 2
    assert worst_window(at(*range(0, 7000, 1000))) == 6
