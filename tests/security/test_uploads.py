"""How much may be uploaded: the real server, and the middleware alone where a test would have to wait."""

import asyncio
import contextlib
import socket
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from dashboard.middleware import uploads
from dashboard.middleware.uploads import ALL_MEGABYTES, PHOTOS, SET, SILENT_SECONDS, Uploads
from dashboard.own_photos import MEGABYTES, PHOTO_MEGABYTES
from dashboard.views.audit import state
from tests.security.client import BOUNDARY, Visit, form

MEGA = 2**20


def resident(server):
    """Memory of the server's process, bytes."""
    pages = int(Path(f"/proc/{server.process.pid}/statm").read_text().split()[1])
    return pages * 4096


@pytest.mark.slow
def test_a_session_is_stopped_at_its_quota_and_others_go_on(site):
    visit, other = Visit(site).open().named(), Visit(site).open().named()
    before = resident(site)
    statuses = [visit.upload(bytes(MEGA), file_id=str(number)) for number in range(63)]
    assert statuses == [204] * MEGABYTES + [429] * 3
    assert resident(site) - before < (MEGABYTES + 25) * MEGA
    assert other.upload(bytes(MEGA)) == 204
    path = f"/_stcore/upload_file/{visit.session_id}/0"
    token = {"X-Xsrftoken": visit.cookies["_streamlit_xsrf"]}
    assert other.ask(path, "DELETE", b"", token).status == 403
    assert visit.ask(path, "DELETE", b"", token).status == 204
    assert visit.upload(bytes(MEGA), file_id="again") == 204
    for each in (visit, other):
        each.socket.close()


@pytest.mark.slow
def test_a_file_that_is_too_large_is_refused_before_it_is_read_or_while_it_arrives(site):
    visit = Visit(site).open().named()
    before = resident(site)
    assert visit.upload(bytes(PHOTO_MEGABYTES * MEGA - 1)) == 204
    assert visit.upload(bytes((PHOTO_MEGABYTES + 1) * MEGA), file_id="2") == 413
    with socket.create_connection(("127.0.0.1", site.port), timeout=30) as raw:
        raw.sendall(head(visit, "Transfer-Encoding: chunked"))
        part = chunk(bytes(65_536))
        sent, answer = 0, b""
        with contextlib.suppress(OSError):  # the server hangs up on what is still being sent
            for _ in range(200 * 16):
                raw.sendall(part)
                sent += 65_536
        with contextlib.suppress(OSError):
            answer = raw.recv(100)
    assert not answer or b" 413 " in answer
    assert sent < (PHOTO_MEGABYTES + 8) * MEGA
    assert resident(site) - before < 90 * MEGA
    visit.socket.close()


@pytest.mark.slow
def test_a_set_to_audit_has_a_quota_of_its_own(site):
    visit = Visit(site).open("audit").named()
    list(visit.messages())
    assert visit.upload(bytes(30 * MEGA), file_id="large") == 204
    statuses = [visit.upload(b"x", file_id=str(number)) for number in range(SET.files)]
    assert statuses == [204] * (SET.files - 1) + [429]
    visit.socket.close()


def test_the_quotas_are_what_the_pages_take():
    assert (SET.files, SET.megabytes) == (state.FILES, state.MEGABYTES)
    assert PHOTOS.megabytes == MEGABYTES
    assert PHOTOS.file_megabytes == PHOTO_MEGABYTES
    assert ALL_MEGABYTES >= state._MEGABYTES_OF_ALL
    assert SILENT_SECONDS <= 30


def head(visit, length):
    path = f"/_stcore/upload_file/{visit.session_id}/9"
    cookies = visit.headers()["Cookie"]
    lines = [
        f"PUT {path} HTTP/1.1", f"Host: {visit.server.host}", f"Cookie: {cookies}", length,
        f"X-Xsrftoken: {visit.cookies['_streamlit_xsrf']}",
        f"Content-Type: multipart/form-data; boundary={BOUNDARY}",
    ]  # fmt: skip
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + chunk(form(b"", "x").split(b"\r\n--")[0])


def chunk(data):
    return f"{len(data):x}\r\n".encode() + data + b"\r\n"


STALLS = object()
"""Instead of a part of a body: nothing comes any more."""


@pytest.fixture
def held(monkeypatch):
    """The files that sessions hold, in place of Streamlit's store; session ``set`` is on the audit's page."""
    stored = {}

    def info(name):
        return SimpleNamespace(
            session=SimpleNamespace(page_script_hash=uploads._AUDIT if name == "set" else "")
        )

    runtime = SimpleNamespace(
        uploaded_file_mgr=SimpleNamespace(file_storage=stored),
        _session_mgr=SimpleNamespace(get_session_info=info),
    )
    monkeypatch.setattr(uploads, "get_instance", lambda: runtime)
    return stored


async def swallow(_scope, receive, send):
    """An application that reads a body to its end."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 204, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def put(middleware, *parts, session="a", announced=None, method="PUT", path=""):
    """The status of an upload whose body arrives in ``parts``."""
    sent, waiting = [], list(parts)
    headers = [] if announced is None else [(b"content-length", str(announced).encode())]
    path = path or f"/_stcore/upload_file/{session}/1"
    scope = {"type": "http", "method": method, "path": path, "headers": headers, "query_string": b""}

    async def receive():
        part = waiting.pop(0)
        if part is STALLS:
            await asyncio.sleep(60)
        return {"type": "http.request", "body": part, "more_body": bool(waiting)}

    async def send(message):
        sent.append(message)

    await middleware(scope, receive, send)
    return sent[0]["status"]


def run(work):
    with ThreadPoolExecutor(1) as other:  # a browser's test may have left a running loop in this thread
        return other.submit(asyncio.run, work).result()


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", ""), ("POST", "/"), ("DELETE", "/_stcore/upload_file/a/1")]
)
def test_a_body_that_stalls_is_cut_off(monkeypatch, held, method, path):
    monkeypatch.setattr(uploads, "SILENT_SECONDS", 0.05)
    assert run(put(Uploads(swallow), b"x", STALLS, b"y", method=method, path=path)) == 408
    assert run(put(Uploads(swallow), b"x", b"y", method=method, path=path)) == 204


def test_a_body_that_trickles_is_cut_off(monkeypatch, held):
    monkeypatch.setattr(uploads, "_BODY_SECONDS", 0.2)

    async def trickle(_scope, receive, send):
        while (await receive()).get("more_body"):
            await asyncio.sleep(0.02)

    assert run(put(Uploads(trickle), *[b"x"] * 100)) == 408


def test_what_an_upload_announces_counts_while_it_is_on_its_way(held):
    """Sixty uploads that have begun at once are more than a session may have."""

    async def all_at_once():
        middleware, begun = Uploads(swallow), asyncio.Event()

        async def slow(scope, receive, send):
            await begun.wait()
            await swallow(scope, receive, send)

        middleware._app = slow
        size = 10 * MEGA
        waiting = [asyncio.create_task(put(middleware, b"x", announced=size)) for _ in range(8)]
        await asyncio.sleep(0.05)
        refused = [each.result() for each in waiting if each.done()]
        begun.set()
        return refused, [await each for each in waiting if await each != 429]

    refused, accepted = run(all_at_once())
    assert refused == [429, 429]
    assert accepted == [204] * 6


def test_everybody_together_has_a_limit(monkeypatch, held):
    monkeypatch.setattr(uploads, "ALL_MEGABYTES", 3)
    held["b"] = {"1": SimpleNamespace(data=bytes(2 * MEGA))}
    assert run(put(Uploads(swallow), b"x", announced=MEGA)) == 204
    assert run(put(Uploads(swallow), b"x", announced=MEGA + 1)) == 503


def test_what_was_removed_again_counts_for_ten_minutes(monkeypatch, held):
    now = [0.0]
    monkeypatch.setattr(uploads.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(uploads, "_WINDOW", uploads.Quota(3, 400, 200))
    middleware = Uploads(swallow)
    assert [run(put(middleware, b"x", announced=1)) for _ in range(4)] == [204] * 3 + [429]
    assert run(put(middleware, b"x", announced=1, session="b")) == 204
    now[0] = 601.0
    assert run(put(middleware, b"x", announced=1)) == 204


def test_a_length_that_is_a_lie_does_not_help(held):
    part = bytes(MEGA)
    assert run(put(Uploads(swallow), *[part] * 21, announced=1)) == 413
    assert run(put(Uploads(swallow), *[part] * 21, announced="many")) == 413
    assert run(put(Uploads(swallow), *[part] * 21, session="set")) == 204
