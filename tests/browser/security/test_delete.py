"""A photo's pictures are gone from the server when the visitor says so, and soon after the page is closed."""

import re
import time
import urllib.error
import urllib.request

import pytest

from dashboard.i18n import messages
from xai.photo.sample_rendering import sample_png

pytestmark = pytest.mark.browser

SAID = messages("en")
PATIENCE = 240_000
GONE_SECONDS = 60


@pytest.fixture
def visit(browser, server):
    context = browser.new_context(viewport={"width": 390, "height": 900}, locale="en-GB")
    page = context.new_page()
    page.goto(server.address, timeout=PATIENCE)
    page.locator("input[type=file]").first.wait_for(timeout=PATIENCE, state="attached")
    yield page
    context.close()


def upload(page):
    """Upload a photo; the addresses of the pictures that are shown of it."""
    before = pictures(page)
    photo = {"name": "me.png", "mimeType": "image/png", "buffer": sample_png("astronaut-plain")}
    page.locator("input[type=file]").first.set_input_files(photo)
    page.get_by_role("button", name=re.compile("^Remove me")).wait_for(timeout=PATIENCE)
    page.locator('[data-test-script-state="notRunning"]').first.wait_for(timeout=PATIENCE, state="attached")
    page.wait_for_timeout(1000)  # the sample's picture has left, and the photo's has come
    until = time.monotonic() + 60
    while not (found := pictures(page) - before):
        assert time.monotonic() < until
        page.wait_for_timeout(500)
    return found


def pictures(page):
    shown = page.locator("img[src*='/media/']")
    return set(shown.evaluate_all("all => all.map(one => one.src)"))


def status(address):
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return answer.status
    except urllib.error.HTTPError as refused:
        return refused.code


def test_delete_my_photos_removes_the_pictures_at_once(visit):
    own = upload(visit)
    assert {status(each) for each in own} == {200}
    visit.get_by_role("button", name=SAID["privacy.title"]).click()
    visit.get_by_role("button", name=SAID["privacy.delete"]).click()
    visit.get_by_text(SAID["privacy.deleted"]).wait_for(timeout=PATIENCE)
    assert {status(each) for each in own} == {404}
    visit.get_by_role("button", name=SAID["privacy.delete"]).wait_for(state="detached", timeout=PATIENCE)
    assert visit.get_by_text("me.png").count() == 0
    assert "photo=" not in visit.url


def test_a_closed_page_leaves_nothing_without_another_visitor(visit):
    own = upload(visit)
    assert {status(each) for each in own} == {200}
    closed = time.monotonic()
    visit.close()
    while {status(each) for each in own} != {404}:
        assert time.monotonic() - closed < GONE_SECONDS
        time.sleep(1)
