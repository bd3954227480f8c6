"""Painting on a face in Chromium, against the real server: by mouse, finger and keyboard; and its speed."""

import os
import re
from dataclasses import dataclass, field

import pytest

from tests.performance.counterfactual_latency import measure

pytestmark = pytest.mark.browser

PATIENCE = 240_000
SENTENCE = re.compile(r"^(Covering|Nothing is covered|Tapar|No hay nada)")
LIMIT = 300
"""Milliseconds within which 19 of 20 answers come on a machine that has nothing else to do; where it has, the
limit grows with the load."""


@dataclass
class Visit:
    """A visitor, and what went wrong in the page."""

    page: object
    complaints: list = field(default_factory=list)

    @property
    def canvas(self):
        return self.page.locator("canvas.paint")

    def said(self):
        return self.page.get_by_text(SENTENCE).first.inner_text()

    def wait_for(self, pattern):
        self.page.get_by_text(re.compile(pattern)).first.wait_for(timeout=PATIENCE)

    def wait_for_other_than(self, sentence):
        self.page.wait_for_function(
            "before => ![...document.querySelectorAll('p')].some((one) => one.textContent === before)",
            arg=sentence,
            timeout=PATIENCE,
        )
        self.page.get_by_text(SENTENCE).first.wait_for(timeout=PATIENCE)

    def at(self, x, y):
        """A place on the face, from shares of its sides."""
        box = self.canvas.bounding_box()
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    def width(self):
        elements = ("document.documentElement", "document.querySelector('[data-testid=stMain]')")
        return max(self.page.evaluate(f"{element}.scrollWidth") for element in elements)


@pytest.fixture
def visit(browser, server):
    """Open the page: what stands behind ``?`` in the address, and the size of the window."""
    contexts = []

    def start(query="", width=1280, height=1100):
        contexts.append(
            browser.new_context(viewport={"width": width, "height": height}, has_touch=width < 500)
        )
        visitor = Visit(contexts[-1].new_page())
        visitor.page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        visitor.page.goto(f"{server.address}/cover{query}", timeout=PATIENCE)
        return visitor

    yield start
    for context in contexts:
        context.close()


def test_painting_with_the_mouse_changes_the_answer_and_undo_takes_it_back(visit, shots):
    visitor = visit()
    visitor.wait_for("^Nothing is covered")
    bare = visitor.said()
    mouse = visitor.page.mouse
    mouse.move(*visitor.at(0.42, 0.45))
    mouse.down()
    for step in range(12):
        mouse.move(*visitor.at(0.42 + 0.015 * step, 0.45 + 0.02 * (step % 6)))
    mouse.up()
    visitor.wait_for(r"^Covering \d")
    covered = visitor.said()
    visitor.page.screenshot(path=shots / "cover_mouse.png", full_page=True)
    visitor.page.get_by_role("button", name="Undo").click()
    visitor.wait_for("^Nothing is covered")
    assert visitor.said() == bare
    assert covered != bare
    assert visitor.complaints == []


def test_a_rectangle_covers_the_share_that_was_dragged(visit):
    visitor = visit()
    visitor.wait_for("^Nothing is covered")
    visitor.page.get_by_role("button", name="Rectangle").click()
    mouse = visitor.page.mouse
    mouse.move(*visitor.at(0.2, 0.3))
    mouse.down()
    mouse.move(*visitor.at(0.7, 0.5))
    mouse.up()
    visitor.wait_for(r"^Covering \d")
    share = float(re.search(r"Covering ([\d.]+)%", visitor.said()).group(1))
    assert share == pytest.approx(100 * 0.5 * 0.2, abs=0.5)


def test_pointing_at_the_nose_presses_its_button_and_stands_in_the_address(visit):
    visitor = visit()
    visitor.wait_for("^Nothing is covered")
    visitor.page.get_by_role("button", name="Part of the face").click()
    visitor.page.mouse.click(*visitor.at(0.5, 0.55))
    visitor.wait_for(r"^Covering \d")
    visitor.page.wait_for_url("**/cover?regions=nose", timeout=PATIENCE)
    visitor.page.mouse.click(*visitor.at(0.5, 0.55))
    visitor.wait_for("^Nothing is covered")
    assert visitor.complaints == []


def test_the_keyboard_alone_paints_a_dab_and_a_rectangle_and_hides_the_mouth(visit, shots):
    visitor = visit()
    visitor.wait_for("^Nothing is covered")
    keys = visitor.page.keyboard
    for _ in range(80):
        keys.press("Tab")
        if visitor.page.evaluate("document.activeElement.shadowRoot?.activeElement?.className === 'paint'"):
            break
    for key in ("ArrowDown", "ArrowDown", "Shift+ArrowLeft", "Space"):
        keys.press(key)
    visitor.wait_for(r"^Covering \d")
    dab = visitor.said()
    visitor.page.screenshot(path=shots / "cover_keyboard.png", full_page=True)
    keys.press("Backspace")
    visitor.wait_for("^Nothing is covered")
    for _ in range(9):
        keys.press("Shift+Tab")
        if visitor.page.evaluate("document.activeElement.shadowRoot?.activeElement?.dataset.name === 'bar'"):
            break
    keys.press("Enter")
    visitor.canvas.focus()
    for key in ("Space", "Shift+ArrowRight", "Shift+ArrowDown", "Space"):
        keys.press(key)
    visitor.wait_for(r"^Covering \d")
    rectangle = visitor.said()
    assert rectangle != dab
    visitor.page.get_by_role("button", name="Hide mouth").focus()
    keys.press("Enter")
    visitor.wait_for_other_than(rectangle)
    assert "regions=mouth" in visitor.page.url
    assert visitor.complaints == []


def test_a_finger_paints_on_a_phone_and_nothing_scrolls_sideways(visit, shots):
    visitor = visit("?lang=es", width=390, height=844)
    visitor.wait_for("^No hay nada tapado")
    visitor.canvas.scroll_into_view_if_needed()
    visitor.page.touchscreen.tap(*visitor.at(0.5, 0.6))
    visitor.wait_for("^Tapar")
    assert visitor.width() <= 390
    visitor.page.screenshot(path=shots / "cover_phone.png", full_page=True)
    for way, ready in (
        ("slide", "100 %"),
        ("smallest", "cuadrado a cuadrado"),
        ("swap", "lo dibuja este programa"),
    ):
        other = visit(f"?lang=es&try={way}", width=390, height=844)
        other.wait_for(ready)
        assert other.width() <= 390
        assert other.complaints == []


def test_the_mask_slider_moves_with_the_arrow_keys(visit):
    visitor = visit("?try=slide")
    visitor.wait_for("100% is the place")
    before = visitor.page.get_by_alt_text(re.compile("^The face with a drawn mask at 100%"))
    before.wait_for(timeout=PATIENCE)
    visitor.page.get_by_role("slider", name="Height of the mask").focus()
    visitor.page.keyboard.press("ArrowRight")
    visitor.page.get_by_alt_text(re.compile("^The face with a drawn mask at 94%")).wait_for(timeout=PATIENCE)
    assert visitor.complaints == []


def test_answers_come_at_once(visit, server):
    visitor = visit()
    visitor.wait_for("^Nothing is covered")
    waited = measure(visitor.page)
    load = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert waited.p95 <= LIMIT * load**2, f"{waited} at a load of {load:.1f} per core"
    assert visitor.complaints == []
