"""Ways into the page *Check a photo*, in Chromium: the camera, and boxes set by pointer and by keyboard."""

import re

import pytest

from dashboard.i18n import messages
from xai.photo.samples import SAMPLES

pytestmark = pytest.mark.browser

SAID = messages("en")
PATIENCE = 240_000
TAKE = "Take Photo"
"""Streamlit's own words."""

TRUSTED = re.compile("can the maps be trusted")
"""What comes last for each of the two models."""

FIRST = next(iter(SAMPLES.values()))
SIDES = ("left", "top", "width", "height")


@pytest.fixture
def open_page(browser, server):
    contexts = []

    def come(width=1280, by=browser):
        context = by.new_context(viewport={"width": width, "height": 1000}, locale="en-GB")
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.goto(server.address, timeout=PATIENCE)
        page.get_by_text(TRUSTED).nth(1).wait_for(timeout=PATIENCE)  # nothing above moves from here on
        return page

    yield come
    for context in contexts:
        context.close()


def button(page, key):
    return page.get_by_role("button", name=SAID[key], exact=True)


def says(page, sentence):
    page.get_by_text(sentence).first.wait_for(timeout=PATIENCE)


def fields(page):
    return [page.get_by_role("spinbutton", name=SAID[f"box_canvas.{side}"], exact=True) for side in SIDES]


def values(page):
    return [int(field.input_value()) for field in fields(page)]


def begin(page):
    button(page, "boxes.move").click()
    button(page, "box_canvas.use").wait_for(timeout=PATIENCE)
    settle(page)
    return values(page)


def settle(page):
    """Until the photo with the box stands still in the window."""
    photo, before = page.locator(".photo"), None
    photo.evaluate("photo => photo.scrollIntoView({block: 'center'})")  # not under the bar at the top
    while before != (before := photo.bounding_box()):
        page.get_by_text(TRUSTED).nth(1).wait_for(timeout=PATIENCE)
        page.wait_for_timeout(200)


def middle(element):
    box = element.bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def drag(page, start, by):
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(start[0] + by[0] / 2, start[1] + by[1] / 2)
    page.mouse.move(start[0] + by[0], start[1] + by[1])
    page.mouse.up()


def test_the_camera_is_asked_for_after_a_click_and_its_picture_is_looked_at(open_page, filmed, shots):
    page = open_page(by=filmed)
    assert page.locator("video").count() == 0
    button(page, "camera.use").click()
    page.locator("video").wait_for(timeout=PATIENCE)
    says(page, SAID["camera.note"])
    page.get_by_role("button", name=TAKE).click()
    says(page, re.compile("^No face was found"))
    page.screenshot(path=shots / "camera.png")
    page.locator("video").wait_for(state="detached", timeout=PATIENCE)  # the menu closes with the picture
    page.get_by_role("button", name=re.compile("^Remove ")).click()
    says(page, re.compile(f"^{FIRST.title}: "))
    assert page.faults == []


def test_without_a_camera_the_page_goes_on(open_page):
    """This Chromium has none and grants nothing."""
    page = open_page()
    button(page, "camera.use").click()
    says(page, SAID["camera.note"])
    page.keyboard.press("Escape")
    page.get_by_text(SAID["camera.note"]).wait_for(state="detached", timeout=PATIENCE)
    button(page, "photo.samples").click()
    page.get_by_text(SAID["trap.paper"], exact=True).wait_for(timeout=PATIENCE)
    page.keyboard.press("Escape")
    button(page, "boxes.move").wait_for(timeout=PATIENCE)
    assert page.faults == []


def test_the_headers_let_the_page_itself_use_the_camera_and_nobody_else(open_page, server):
    page = open_page()
    headers = page.request.get(server.address).headers
    assert "camera=(self)" in headers["permissions-policy"]
    assert "microphone=()" in headers["permissions-policy"]


def test_a_box_is_moved_and_sized_by_pointer_used_and_taken_back(open_page, shots):
    page = open_page()
    left, top, width, height = begin(page)
    per_pixel = width / page.locator(".box").bounding_box()["width"]
    drag(page, middle(page.locator(".box")), (-60, 90))
    moved = values(page)
    assert moved[2:] == [width, height]
    assert abs(moved[0] - (left - 60 * per_pixel)) <= 1
    assert abs(moved[1] - (top + 90 * per_pixel)) <= 1
    drag(page, middle(page.locator(".box i").last), (40, 30))
    sized = values(page)
    assert sized[:2] == moved[:2]
    assert abs(sized[2] - (width + 40 * per_pixel)) <= 1
    assert abs(sized[3] - (height + 30 * per_pixel)) <= 1
    page.screenshot(path=shots / "box.png")
    button(page, "box_canvas.use").click()
    says(page, re.compile("^The box of this face was set by hand"))
    assert begin(page) == sized
    button(page, "box_canvas.leave").click()
    button(page, "boxes.back").click()
    page.get_by_text(re.compile("^The box of this face was set by hand")).wait_for(
        state="detached", timeout=PATIENCE
    )
    assert begin(page) == [left, top, width, height]
    assert page.faults == []


def test_a_box_is_set_by_keyboard_alone(open_page):
    page = open_page()
    before = begin(page)
    first = fields(page)[0]
    first.focus()
    for _ in range(3):
        page.keyboard.press("ArrowUp")
    page.keyboard.press("Tab")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("100000")
    page.keyboard.press("Tab")
    left, top, width, height = values(page)
    assert [left, width, height] == [before[0] + 3, *before[2:]]
    assert top == int(fields(page)[1].get_attribute("max")) - height, "a box stays on the photo"
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    says(page, re.compile("^The box of this face was set by hand"))
    assert page.faults == []


def test_across_the_photo_a_new_box_is_drawn_for_a_face_that_was_not_found(open_page):
    page = open_page()
    button(page, "boxes.add").click()
    button(page, "box_canvas.use").wait_for(timeout=PATIENCE)
    settle(page)
    frame = page.locator(".photo").bounding_box()
    drag(page, (frame["x"] + 20, frame["y"] + 40), (70, 90))
    scale = int(fields(page)[0].get_attribute("max")) / frame["width"]
    expected = [round(each * scale) for each in (20, 40, 70, 90)]
    assert all(abs(got - want) <= 2 for got, want in zip(values(page), expected, strict=True))
    button(page, "box_canvas.use").click()
    says(page, "Boxes set by hand: 1 of 2.")
    assert page.locator(".st-key-face-chips button").count() == 2
    assert page.faults == []


def test_on_a_phone_the_box_and_the_hard_samples_fit(open_page, shots):
    page = open_page(width=390)
    button(page, "photo.samples").click()
    hard = [sample for sample in SAMPLES.values() if sample.traps]
    for sample in hard:
        page.get_by_alt_text(f"Sample: {sample.title}").wait_for(timeout=PATIENCE)
    page.screenshot(path=shots / "gallery_phone.png")
    page.keyboard.press("Escape")
    begin(page)
    elements = ("document.documentElement", "document.querySelector('[data-testid=stMain]')")
    assert max(page.evaluate(f"{element}.scrollWidth") for element in elements) <= 390
    page.screenshot(path=shots / "box_phone.png")
    assert page.faults == []
