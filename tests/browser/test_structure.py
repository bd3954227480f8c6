"""What stands on each road and in which order, against a stored reference: roles and names, not pixels.

After a change that is meant, pytest on this file with `UPDATE_STRUCTURE=1` writes the references anew; read
the difference before it is committed.
"""

import os
import re
import time
from pathlib import Path

import pytest

from dashboard.i18n import messages

pytestmark = pytest.mark.browser

WORDS = messages()
REFERENCES = Path(__file__).with_name("structure")
PATIENCE = 240_000
ROADS = {
    "photo": "trust.what",
    "cover": "cover_slide.hint",
    "learn": "learn.handout",
    "compare": "agree.note",
    "models": "own.steps",
    "studies": "experiment.again",
    "audit": "audit_start.digest",
}
"""Road -> key of a sentence that stands there when the page is drawn to its end."""

NAMED = ("heading", "link", "button", "tab", "radio", "checkbox", "switch", "slider", "combobox")
"""Roles whose names are part of the structure; what others say changes with the numbers."""


FINDINGS = re.compile(
    r"(\w+ icon )?(Focus supported|Mixed focus|Focus not supported|Cannot tell|Same answer"
    r"|Different answers)\b|.*: (same answer|different answers)\b"
)
"""Headings that say what was measured: close calls may fall otherwise on another processor."""


BUSY = "[data-testid=stSkeleton], [data-testid=stApp]:not([data-test-script-state=notRunning])"
"""Where the browser still loads a widget, or the server still runs the page."""


@pytest.fixture
def visit(browser, server):
    contexts = []

    def come(path, width):
        context = browser.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.faults = []
        page.on("pageerror", lambda error: page.faults.append(str(error)))
        page.on("console", lambda line: page.faults.append(line.text) if is_fault(line) else None)
        page.on("request", lambda request: page.faults.append(request.url) if is_away(request.url) else None)
        page.goto(f"{server.address}/{'' if path == 'photo' else path}", timeout=PATIENCE)
        return page

    yield come
    for context in contexts:
        context.close()


def is_away(address):
    """Whether a request leaves this machine."""
    return not re.match(r"(https?|wss?)://(127\.0\.0\.1|localhost)[:/]|data:|blob:|about:", address)


def is_fault(line):
    """Whether the browser complains, on addresses that name a page too."""
    return line.type == "error"


def at_rest(page):
    """The structure of the page, once nothing is under way and two looks in a row agree."""
    limit, seen = time.monotonic() + PATIENCE / 1000, ""
    while time.monotonic() < limit:
        found = structure(page.locator("[data-testid=stMain]").aria_snapshot(timeout=PATIENCE))
        busy = page.locator(BUSY).count() or "progressbar" in found
        if found == seen and not busy:
            return found
        seen = found
        page.wait_for_timeout(1000)
    return seen


def structure(snapshot):
    """The roles of an accessibility tree, indented, each once where it repeats; see ``NAMED``."""
    lines = []
    for line in snapshot.splitlines():
        found = re.match(r"""(?P<indent> *)- '?(?P<role>[a-z]+)(?: "(?P<name>(?:[^"\\]|\\.)*)")?""", line)
        if not found or found["role"] in ("text", "paragraph", "strong", "emphasis", "code"):
            continue
        name = re.sub(r"[\d.,]+", "#", found["name"] or "") if found["role"] in NAMED else ""
        name = "(what was found)" if FINDINGS.match(name) else name
        told = f"{found['indent']}{found['role']} {name}".rstrip()
        if not lines or lines[-1] != told:
            lines.append(told)
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("road", ROADS)
def test_a_road_holds_what_its_reference_holds(visit, road, width, shots):
    page = visit(road, width)
    last = re.split(r"[`*\n{]", WORDS[ROADS[road]].removeprefix("1. "))[0].strip()
    page.get_by_text(last).last.wait_for(timeout=PATIENCE, state="attached")
    found = at_rest(page)
    page.screenshot(path=shots / f"{road}_{width}.png", full_page=True)
    reference = REFERENCES / f"{road}_{width}.txt"
    if os.environ.get("UPDATE_STRUCTURE") == "1":
        REFERENCES.mkdir(exist_ok=True)
        reference.write_text(found, encoding="utf-8")
    assert found == reference.read_text(encoding="utf-8")
    assert page.faults == []


def test_the_structure_leaves_numbers_out_and_keeps_what_can_be_used():
    snapshot = '- heading "Of 10 faces" [level=1]\n- img "97 %"\n- button "Save"\n- button "Save"\n- text: x'
    assert structure(snapshot) == "heading Of # faces\nimg\nbutton Save\n"
