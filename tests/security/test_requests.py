"""An attacker's walk: foreign names and origins, somebody else's session, what a stranger may read."""

import pytest
from websockets.exceptions import InvalidStatus

from tests.security.client import Visit, ask, form
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow

PATHS = (
    "/", "/models", "/ready", "/_stcore/health", "/_stcore/host-config", "/media/0.jpg", "/favicon.png",
    "/_stcore/bidi-components/x/y.js", "/component/x/y.js", "/static/js/nothing.js", "/auth/login",
    "/oauth2callback",
)  # fmt: skip
FOREIGN = ("evil.example", "127.0.0.1.evil.example", "evil.example:{port}", "user@127.0.0.1", "[::1", "")


@pytest.mark.parametrize("path", PATHS)
def test_a_foreign_name_is_refused_on_every_path(site, path):
    for host in FOREIGN:
        assert ask(site, path, headers={"Host": host.format(port=site.port)}).status in (400, 403), host
    assert ask(site, path).status != 403


@pytest.mark.parametrize("origin", ["http://evil.example", "https://127.0.0.1", "http://localhost:1", "null"])
def test_a_foreign_origin_is_refused_on_every_path_and_on_the_websocket(site, origin):
    for path in PATHS:
        assert ask(site, path, headers={"Origin": origin}).status == 403, path
    with pytest.raises(InvalidStatus) as refused:
        Visit(site).open(origin=origin)
    assert refused.value.response.status_code == 403


def socket_status(site, headers, origin=None):
    """The status of a websocket's handshake, from a raw request."""
    given = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        **headers,
    }
    return ask(site, "/_stcore/stream", headers=given).status


def test_the_websocket_needs_its_own_name_and_its_own_origin(site):
    rebound = {"Host": f"evil.example:{site.port}", "Origin": f"http://evil.example:{site.port}"}
    assert socket_status(site, rebound) == 403, "a name that resolves to this computer"
    assert socket_status(site, {}) == 403, "no browser leaves Origin out"
    assert socket_status(site, {"Origin": "http://evil.example"}) == 403


@pytest.mark.parametrize(
    "path",
    ["/_stcore/metrics", "/_stcore/script-health-check", "/_stcore/agent", "/_stcore/agent/openapi.json"],
)
def test_diagnostics_are_not_for_strangers(site, path):
    answer = ask(site, path, headers={"Accept": "application/json"})
    assert answer.status == 404
    assert answer.body == b"Not found"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../../../README.md", "/static/%2e%2e/%2e%2e/README.md", "/media/../../README.md",
        "/_stcore/bidi-components/mask_evidence.box_editor/../../../README.md", "/component/x//etc/passwd",
        "/_stcore/bidi-components/mask_evidence.box_editor/..%2f__init__.py",
    ],
)  # fmt: skip
def test_no_path_leads_to_a_file_of_this_computer(site, path):
    secret = (ROOT / "README.md").read_bytes()[:60], b"root:", b"import"
    answer = ask(site, path)
    assert not any(each in answer.body for each in secret)


def test_every_answer_has_the_headers_refusals_included(site):
    for path, headers in (
        ("/", {}),
        ("/", {"Host": "evil.example"}),
        ("/media/0.jpg", {}),
        ("/_stcore/health", {}),
    ):
        got = ask(site, path, headers={"Accept": "text/html", **headers}).headers
        assert got["X-Content-Type-Options"] == "nosniff"
        assert "default-src 'none'" in got["Content-Security-Policy"]
        assert " 'unsafe-eval'" not in got["Content-Security-Policy"]
        assert got["Cross-Origin-Resource-Policy"] == "same-origin"
        assert got["Cache-Control"] == "no-store"


def test_a_session_is_not_entered_with_its_id_alone(site):
    own = Visit(site).open().named()
    assert own.upload(b"x" * 100) == 204
    stranger = Visit(site).open().named()
    assert stranger.session_id != own.session_id
    assert stranger.upload(b"x" * 100, session_id=own.session_id) == 403
    without = Visit(site)
    assert without.upload(b"x" * 100, session_id=own.session_id) == 403
    own.socket.close()
    thief = Visit(site, dict(stranger.cookies)).open(reconnect=own.session_id).named()
    assert thief.session_id not in (own.session_id, stranger.session_id), (
        "a new session, as for an unknown id"
    )
    again = Visit(site, dict(own.cookies)).open(reconnect=own.session_id).named()
    assert again.session_id == own.session_id, "the visitor's own browser finds its session again"
    for visit in (stranger, thief, again):
        visit.socket.close()


def test_an_upload_needs_the_token_of_its_page(site):
    """Another page could send the cookies along, but cannot read them (double submit)."""
    own = Visit(site).open().named()
    for token in ("", "2|00000000|" + "0" * 32 + "|1700000000"):
        assert own.upload(b"x", headers={"X-Xsrftoken": token}) == 403
    assert own.upload(b"x", session_id="nobody") == 403
    own.socket.close()


def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(site):
    (cookie,) = (
        each for each in ask(site, "/", headers={"Accept": "text/html"}).headers.get_all("Set-Cookie")
        if each.startswith("visitor=")
    )  # fmt: skip
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert len(cookie.partition("=")[2].partition(";")[0]) >= 40
    assert (
        ask(site, "/", headers={"Accept": "text/html", "Cookie": "visitor=me"}).headers["Set-Cookie"] is None
    )


def test_a_chosen_cookie_does_not_open_anything(site):
    own = Visit(site).open().named()
    path = f"/_stcore/upload_file/{own.session_id}/1"
    for cookie in ("visitor=", "visitor=0", "visitor=" + own.cookies["visitor"][:-1]):
        assert ask(site, path, "PUT", form(b"x", "x"), {"Cookie": cookie}).status == 403
    own.socket.close()
