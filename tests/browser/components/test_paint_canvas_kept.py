"""What a visitor painted stays, and on a phone the answer stands with the face; in Chromium."""

import re

import pytest

from dashboard.i18n import messages

pytestmark = pytest.mark.browser

PATIENCE = 240_000
WORDS = messages()
HEADER = 60
"""Pixels of a phone's window that the list of pages takes."""


@pytest.fixture
def visit(browser, server):
    """Open the page in a window of this size, and wait for the first answer."""
    contexts = []

    def come(width, height):
        contexts.append(
            browser.new_context(viewport={"width": width, "height": height}, has_touch=width < 500)
        )
        page = contexts[-1].new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(f"{server.address}/cover", timeout=PATIENCE)
        page.get_by_text(re.compile("^Nothing is covered")).first.wait_for(timeout=PATIENCE)
        page.locator("canvas.paint").scroll_into_view_if_needed()
        return page

    yield come
    for context in contexts:
        context.close()


def drag_bar(page, share):
    """Lay a rectangle over the face, as wide as this share of it, and wait for the answer."""
    page.get_by_role("button", name=WORDS["cover_canvas.bar"]).click()
    box = page.locator("canvas.paint").bounding_box()
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.4 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + (0.1 + share) * box["width"], box["y"] + 0.7 * box["height"])
    page.mouse.up()
    return said(page, round(30 * share))


def said(page, percent):
    """The sentence about so many per cent that are covered."""
    sentence = page.get_by_text(re.compile(rf"^Covering {percent}\.\d%")).first
    sentence.wait_for(timeout=PATIENCE)
    return sentence.inner_text()


def choose_face(page, name):
    field = page.get_by_role("combobox", name=re.compile(WORDS["cover.face"]))
    field.click()
    page.get_by_role("option", name=name, exact=True).click()


def test_what_was_painted_is_there_again_after_another_way_and_another_face(visit):
    page = visit(1280, 1100)
    painted = drag_bar(page, 0.5)
    page.get_by_text(WORDS["cover_try.slide"], exact=True).click()
    page.get_by_text("100% is the place").wait_for(timeout=PATIENCE)
    page.get_by_text(WORDS["cover_try.paint"], exact=True).click()
    assert said(page, 15) == painted
    choose_face(page, WORDS["sample.admiral-plain"])
    page.get_by_text(re.compile("^Nothing is covered")).first.wait_for(timeout=PATIENCE)
    choose_face(page, WORDS["sample.astronaut-grey"])
    assert said(page, 15) == painted
    page.get_by_role("link", name=WORDS["learn.nav"]).first.click()
    page.get_by_text(WORDS["learn.title"]).wait_for(timeout=PATIENCE)
    page.get_by_role("link", name=WORDS["cover.nav"]).first.click()
    assert said(page, 15) == painted
    page.get_by_role("button", name=WORDS["cover_canvas.undo"]).click()
    page.get_by_text(re.compile("^Nothing is covered")).first.wait_for(timeout=PATIENCE)
    assert page.faults == []


def test_on_a_phone_the_bars_stand_under_the_face_in_one_view_and_follow_the_finger(visit, shots):
    page = visit(390, 844)
    box = page.locator("canvas.paint").bounding_box()
    page.touchscreen.tap(box["x"] + 0.5 * box["width"], box["y"] + 0.55 * box["height"])
    sentence = page.get_by_text(re.compile(r"^Covering \d")).first
    sentence.wait_for(timeout=PATIENCE)
    now = re.findall(r"\d+%", sentence.inner_text())[-1]
    page.locator(".answers").get_by_text(now, exact=True).first.wait_for(timeout=PATIENCE)
    shares = [int(each.rstrip("%")) for each in page.locator(".answers > :nth-child(3n)").all_inner_texts()]
    assert sum(shares) == pytest.approx(100, abs=2)
    face, bars = (page.locator(one).bounding_box() for one in (".frame", ".answers"))
    assert 0 <= bars["y"] - (face["y"] + face["height"]) < 20
    assert bars["y"] + bars["height"] - face["y"] < 844 - HEADER
    page.locator(".answers").scroll_into_view_if_needed()
    page.screenshot(path=shots / "cover_phone_bars.png")
    assert page.faults == []


def test_beside_the_face_there_is_room_and_the_bars_are_not_shown_twice(visit):
    page = visit(1280, 900)
    assert not page.locator(".answers").is_visible()
