"""With a sign-in nothing but its page is there for anybody else: every route, the websocket too."""

import re
from urllib.parse import urlencode

import pytest
from websockets.exceptions import InvalidStatus

from dashboard.i18n import messages
from dashboard.middleware.sign_in import Attempts
from tests.security.client import Visit, serving

SECRET = "correct horse battery"
PAGE = {"Accept": "text/html"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ROUTES = (
    "/", "/models", "/ready", "/_stcore/health", "/_stcore/host-config", "/media/0.jpg", "/favicon.png",
    "/_stcore/bidi-components/mask_evidence.box_editor/x.js", "/component/x/y.js", "/static/js/index.js",
)  # fmt: skip


@pytest.fixture(scope="module")
def closed(tmp_path_factory):
    with serving(tmp_path_factory.mktemp("closed"), XAI_PASSPHRASE=SECRET) as running:
        yield running


def enter(visit, passphrase, path="/"):
    return visit.ask(path, "POST", urlencode({"passphrase": passphrase}).encode(), FORM)


def assert_closed(visit):
    for path in ROUTES:
        answer = visit.ask(path)
        assert (answer.status, answer.body) == (401, b"Sign in first"), path
        assert visit.ask(path, headers=PAGE).status == 401
    for method in ("PUT", "DELETE"):
        assert visit.ask("/_stcore/upload_file/0/0", method, b"").status == 401
    with pytest.raises(InvalidStatus) as refused:
        visit.open()
    assert refused.value.response.status_code == 403


@pytest.mark.slow
def test_every_route_is_closed_until_the_passphrase_is_entered(closed):
    visit = Visit(closed)
    assert_closed(visit)
    page = visit.ask("/", headers=PAGE).body.decode()
    assert messages("en")["sign_in.passphrase"] in page
    assert "streamlit" not in page.lower()
    assert messages("es")["sign_in.passphrase"] in visit.ask("/?lang=es", headers=PAGE).body.decode()
    for wrong in ("", SECRET[:-1], SECRET + " ", SECRET.upper()):
        assert enter(visit, wrong).status == 401
    assert_closed(visit)
    entered = enter(visit, SECRET, "/models?lang=es")
    assert (entered.status, entered.headers["Location"]) == (303, "/models?lang=es")
    assert "HttpOnly" in entered.headers["Set-Cookie"]
    visit.open().named()
    assert visit.upload(b"x") == 204
    assert visit.ask("/ready").status in (200, 503)
    assert_closed(Visit(closed))
    assert_closed(Visit(closed, {"visitor": "x" * 43}))
    visit.socket.close()


@pytest.mark.slow
def test_a_cookie_from_before_is_not_signed_in_with_it(closed):
    """Session fixation: who gave a browser its cookie does not come in with it."""
    given = "y" * 43
    visit = Visit(closed, {"visitor": given})
    assert enter(visit, SECRET).status == 303
    assert visit.cookies["visitor"] != given
    assert_closed(Visit(closed, {"visitor": given}))


@pytest.mark.slow
@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/"])
def test_nobody_is_led_to_another_site(closed, path):
    assert re.match(r"/(?![/\\])", enter(Visit(closed), SECRET, path).headers["Location"])


@pytest.mark.slow
def test_guessing_is_stopped_and_the_passphrase_is_not_logged(tmp_path):
    with serving(tmp_path, XAI_PASSPHRASE=SECRET) as site:
        guesses = [enter(Visit(site), f"guess number {number}").status for number in range(12)]
        assert guesses == [401] * 10 + [429] * 2
        late = enter(Visit(site), SECRET)
        assert late.status == 429
        assert messages("en")["sign_in.wait"] in late.body.decode()
        assert "guess number" not in site.logged()
        assert SECRET not in site.logged()


def test_attempts_are_counted_by_address_and_together_and_forgotten(monkeypatch):
    now = [0.0]
    monkeypatch.setattr("dashboard.middleware.sign_in.time.monotonic", lambda: now[0])
    attempts = Attempts(each=2, everybody=3, seconds=10)
    attempts.failed("a")
    attempts.failed("a")
    assert (attempts.exhausted("a"), attempts.exhausted("b")) == (True, False)
    attempts.failed("b")
    assert attempts.exhausted("c"), "three from different addresses"
    now[0] = 10.1
    assert not attempts.exhausted("a")
