"""A visitor's road through the page, in Chromium, against the real server."""

import os
import re
import time
from dataclasses import dataclass, field
from urllib.error import HTTPError
from urllib.parse import urljoin, urlparse
from urllib.request import urlopen

import pytest
from playwright.sync_api import expect

from dashboard.text.model_names import model_name
from tests.support.pages import until
from xai.models.cards import read_cards
from xai.photo.sample_rendering import sample_png
from xai.photo.samples import SAMPLES

pytestmark = pytest.mark.browser

FIRST = next(iter(SAMPLES.values()))
TWO_FACES = next(sample for sample in SAMPLES.values() if len(sample.truth) == 2)
MODELS = [card.name for card in read_cards().cards][:2]
NAMES = [model_name(card) for card in read_cards().cards[:2]]
FIRST_PAGE_SECONDS = 20
"""On a machine that has nothing else to do; where it has, the limit grows with the load."""

MAP = re.compile("^Occlusion map")
PATIENCE = 240_000
JUMP = 60
"""Pixels by which what stands below the verdicts may move when they come."""


@dataclass
class Visit:
    """A visitor with a browser profile of their own, and what went wrong in it."""

    page: object
    complaints: list = field(default_factory=list)
    elsewhere: list = field(default_factory=list)

    def wait_for_maps(self):
        self.page.get_by_role("button", name=re.compile("Download this face")).wait_for(timeout=PATIENCE)

    def wait_for_verdicts(self):
        """Until each model's place holds a verdict instead of a bar."""
        self.page.locator(".verdict-card").nth(len(MODELS) - 1).wait_for(timeout=PATIENCE)

    def wait_for_checks(self):
        """Until the maps are checked, which comes last."""
        self.page.get_by_text("can the maps be trusted?").nth(len(MODELS) - 1).wait_for(timeout=PATIENCE)
        self.page.locator(".st-key-checks-of-maps [data-testid=stProgress]").wait_for(
            state="detached", timeout=PATIENCE
        )

    def verdicts(self):
        """The badge of each verdict."""
        return self.page.locator(".verdict-card .looked-at").all_inner_texts()

    def width(self):
        """Of the page's content, pixels, the widest of what could scroll."""
        elements = ("document.documentElement", "document.querySelector('[data-testid=stMain]')")
        return max(self.page.evaluate(f"{element}.scrollWidth") for element in elements)

    def hand_in(self, *samples):
        files = [
            {"name": f"{name}.png", "mimeType": "image/png", "buffer": sample_png(name)} for name in samples
        ]
        self.page.locator("input[type=file]").first.set_input_files(files)

    def first_map(self):
        return self.page.get_by_alt_text(MAP).first.get_attribute("src")

    def wait_for_other_maps_than(self, before):
        until(
            self.page,
            "([before, count]) => { const maps = document.querySelectorAll('img[alt^=\"Occlusion map\"]');"
            " return maps.length === count && maps[0].src !== new URL(before, location).href; }",
            [before, len(MODELS)],
        )
        self.wait_for_maps()

    def says(self, text):
        self.page.get_by_text(text).first.wait_for(timeout=PATIENCE)

    def clean(self):
        assert self.complaints == []
        assert self.elsewhere == []


@pytest.fixture
def visit(browser, server):
    contexts = []

    def come(width=1280, height=900, at=server):
        context = browser.new_context(viewport={"width": width, "height": height}, locale="en-GB")
        contexts.append(context)
        visitor = Visit(context.new_page())
        page = visitor.page
        page.on("console", lambda line: line.type == "error" and visitor.complaints.append(line.text))
        page.on("pageerror", lambda error: visitor.complaints.append(str(error)))
        page.on("request", lambda request: away(request.url) and visitor.elsewhere.append(request.url))
        page.goto(at.address, timeout=PATIENCE)
        return visitor

    yield come
    for context in contexts:
        context.close()


def away(url):
    parts = urlparse(url)
    return parts.scheme not in ("data", "blob") and parts.hostname not in ("127.0.0.1", "localhost")


def status(address):
    """HTTP status of a GET without cookies."""
    try:
        with urlopen(address, timeout=10) as answer:
            return answer.status
    except HTTPError as refusal:
        return refusal.code


def whole_page(visitor, path):
    """A screenshot of everything, not only of what fits the window."""
    page = visitor.page
    main = "document.querySelector('[data-testid=stMain]')"
    height = page.evaluate(f"{main}.scrollHeight")
    page.set_viewport_size({"width": page.viewport_size["width"], "height": min(8000, height + 40)})
    page.wait_for_timeout(1500)
    page.screenshot(path=path)


STRIP = """() => [...document.querySelectorAll('.key-faces li')].map(face => {
  const [picture, words] = [face.querySelector('img'), face.querySelector('figcaption')];
  const [p, w] = [picture, words].map(each => each.getBoundingClientRect());
  return {alt: picture.alt, loaded: picture.naturalWidth, side: p.width, right: w.right,
          text: words.innerText, size: parseFloat(getComputedStyle(words).fontSize),
          apart: w.left >= p.right || w.top >= p.bottom};
})"""
"""Each edited face: its picture, its words, and whether these lie beside or below the picture."""


def strip_is_readable(page, width):
    """Every edited face is drawn with its words beside or below it, within the page."""
    faces = page.evaluate(STRIP)
    assert len(faces) == 4 * len(MODELS)
    for face in faces:
        assert face["loaded"] > 0
        assert face["alt"].startswith(("The face, edited: ", "The face as it is. "))
        assert re.search(r"\d+%", face["text"])
        assert re.search(r"[✓✗] (reacted|stayed|changed)", face["text"]) or face["alt"].startswith(
            "The face as"
        )
        assert face["apart"]
        assert face["side"] >= 44
        assert face["size"] >= 12
        assert face["right"] <= width


def test_the_first_sample_is_explained_by_both_models_soon_after_the_start(visit, fresh_server, shots):
    visitor = visit(at=fresh_server)
    visitor.wait_for_maps()
    took = time.monotonic() - fresh_server.healthy_at
    for model in NAMES:
        visitor.says(model)
    visitor.says(FIRST.title)
    whole_page(visitor, shots / "first_visit.png")
    visitor.clean()
    busy = max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
    assert took < FIRST_PAGE_SECONDS * busy, f"{took:.1f} s after the server was healthy, load {busy:.1f}"


def test_from_upload_to_faces_to_maps_to_comparison(visit, shots):
    visitor = visit()
    visitor.wait_for_maps()
    page = visitor.page
    before = visitor.first_map()
    began = time.monotonic()
    visitor.hand_in(TWO_FACES.id)
    visitor.says(re.compile("^2 faces"))
    faces = time.monotonic() - began
    visitor.wait_for_other_maps_than(before)
    maps = time.monotonic() - began
    visitor.wait_for_verdicts()
    verdicts = time.monotonic() - began
    (shots / "seconds.txt").write_text(
        f"upload to faces {faces:.1f}, to both models' maps {maps:.1f}, to both verdicts {verdicts:.1f}\n"
    )
    assert page.get_by_alt_text(MAP).count() == len(MODELS)
    before = visitor.first_map()
    chips = page.locator(".st-key-face-chips button")
    assert chips.count() == len(TWO_FACES.truth)
    page.locator(".st-key-face-chips button[aria-checked=false]").click()
    visitor.wait_for_other_maps_than(before)
    for model in map(re.escape, NAMES):
        assert page.get_by_alt_text(re.compile(f"^Occlusion map .* of {model} for ")).count() == 1
    assert page.get_by_alt_text(re.compile("^Colour scale from minus")).count() == 1
    whole_page(visitor, shots / "two_faces.png")
    visitor.clean()


def test_the_download_holds_pictures_and_numbers(visit, tmp_path):
    visitor = visit()
    visitor.wait_for_maps()
    with visitor.page.expect_download(timeout=PATIENCE) as taking:
        visitor.page.get_by_role("button", name=re.compile("Download this face")).click()
    path = tmp_path / "face.zip"
    taking.value.save_as(path)
    assert path.read_bytes()[:2] == b"PK"
    visitor.clean()


@pytest.mark.parametrize(("width", "picture"), [(1280, "verdicts.png"), (390, "phone.png")])
def test_the_verdicts_come_after_the_maps_and_nothing_jumps_or_scrolls_sideways(visit, shots, width, picture):
    visitor = visit(width=width, height=900)
    visitor.wait_for_maps()
    assert visitor.width() <= width
    heading = visitor.page.get_by_text("What happens when parts are covered")
    before = heading.bounding_box()["y"] - visitor.page.locator("h1").bounding_box()["y"]
    waiting = len(visitor.verdicts()) < len(MODELS)
    visitor.wait_for_verdicts()
    after = heading.bounding_box()["y"] - visitor.page.locator("h1").bounding_box()["y"]
    assert len(visitor.verdicts()) == len(MODELS)
    for name in ("For", "Against"):
        assert visitor.page.get_by_role("heading", name=name, exact=True).count() == len(MODELS)
    strip_is_readable(visitor.page, width)
    assert visitor.width() <= width
    whole_page(visitor, shots / picture)
    visitor.clean()
    if waiting and width > 640:
        assert abs(after - before) <= JUMP, f"what stands below moved by {after - before:.0f} pixels"


def test_the_phone_page_is_shorter_than_four_and_a_half_thousand_pixels(visit):
    visitor = visit(width=390, height=844)
    visitor.wait_for_verdicts()
    assert visitor.page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight") < 4500


def test_the_technical_wording_is_in_the_address_and_opens_from_it(visit, server):
    visitor = visit()
    visitor.wait_for_verdicts()
    visitor.page.get_by_text("Expert", exact=True).click()
    visitor.says("the verdict in numbers")
    visitor.page.wait_for_url("**/?level=technical", timeout=PATIENCE)
    visitor.page.goto(f"{server.address}/?level=technical", timeout=PATIENCE)
    visitor.wait_for_verdicts()
    visitor.says("the verdict in numbers")
    assert visitor.page.url.endswith("level=technical")
    visitor.clean()


def test_the_maps_of_a_model_are_checked_by_themselves(visit, shots):
    visitor = visit()
    visitor.wait_for_checks()
    visitor.page.get_by_text(f"{NAMES[0]}: can the maps be trusted?").click()
    visitor.says(re.compile("randomisation check: (passed|failed|cannot tell)"))
    visitor.says(re.compile(r"passes through the network in \d"))
    curves = visitor.page.locator("[aria-label^='Deletion: what this map calls important']")
    expect(curves).to_have_count(2 * len(MODELS))  # two maps of each model
    whole_page(visitor, shots / "trust.png")
    visitor.clean()


def test_a_photo_is_gone_a_minute_after_its_page_was_closed(visit, server):
    """No other visitor comes or goes in the meantime: on a quiet server nothing else would sweep it out."""
    visitor = visit()
    visitor.wait_for_maps()
    visitor.hand_in("admiral-green")
    visitor.says("Is that right?")
    visitor.wait_for_maps()
    photo = visitor.page.get_by_alt_text(re.compile("^The photo with")).first.get_attribute("src")
    address = urljoin(server.address, photo)
    assert status(address) == 200
    visitor.page.context.close()
    closed = time.monotonic()
    while status(address) == 200:
        assert time.monotonic() - closed < 60, "the photo can still be fetched a minute after its page closed"
        time.sleep(1)


def test_two_visitors_do_not_see_each_others_photo(visit):
    one, other = visit(), visit()
    one.wait_for_maps()
    one.hand_in("astronaut-plain")
    one.says("Is that right?")
    one.wait_for_maps()
    other.wait_for_maps()
    photo = re.compile("^The photo with")
    sources = [visitor.page.get_by_alt_text(photo).first.get_attribute("src") for visitor in (one, other)]
    assert sources[0] != sources[1]
    assert FIRST.title in other.page.inner_text("body")
    one.clean()
    other.clean()
