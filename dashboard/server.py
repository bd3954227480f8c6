"""The web server: ``python -m streamlit run dashboard/server.py`` from the root of the repository.

Streamlit finds ``app`` in this file. Around the pages it starts the model process before the first visitor
arrives, sets the response headers that Streamlit omits, completes the HTML of its page, and collects garbage
on a timer, because Streamlit's own collection after every script run is switched off in
``.streamlit/config.toml`` (it costs more than everything else together).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import secrets
import time
import traceback
from collections.abc import AsyncIterator, Mapping
from functools import partial
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import streamlit as st
from starlette.datastructures import Headers as RequestHeaders
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.runtime import get_instance

from dashboard import session
from dashboard.i18n import DEFAULT, languages, t
from dashboard.preferences import use_language
from dashboard.prefetch.scheduler import PREFETCHED
from dashboard.styles import stylesheet
from xai.photo.samples import SAMPLES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Headers", "PageShell", "app"]

COLLECT_SECONDS = 10.0
"""How often abandoned sessions are closed and garbage is collected."""

GONE_SECONDS = 25.0
"""How long a session is kept for a page that was closed or lost its connection, and its photo with it."""

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "frame-ancestors 'none'",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}
_FOREVER = "/static/"
"""Streamlit's own scripts and fonts: their names contain a digest, and they hold no personal data."""

_LOG = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def _models(_app: st.App) -> AsyncIterator[None]:
    """Start the model process with the server, and stop it with the server."""
    worker = await asyncio.to_thread(session.worker)
    await asyncio.to_thread(session.sample_thumbnails, SAMPLES)
    submit = partial(worker.submit, "samples", background=True)
    PREFETCHED.start(submit, tuple(SAMPLES))
    gc.collect()
    gc.freeze()
    collecting = asyncio.create_task(_collect())
    try:
        yield
    finally:
        collecting.cancel()
        await asyncio.to_thread(worker.close)


async def _collect() -> None:
    left_at: dict[str, float] = {}
    while True:
        await asyncio.sleep(COLLECT_SECONDS)
        left_at = _close_the_gone(left_at)
        await asyncio.to_thread(gc.collect)


def _close_the_gone(left_at: Mapping[str, float]) -> dict[str, float]:
    """Close the sessions whose page has been gone for ``GONE_SECONDS``, with their photos.

    Streamlit keeps such sessions for a reconnection and checks their age only when another visitor leaves: on
    a quiet server a photo would stay for days. There is no public list of them.

    Args:
        left_at: session -> when it was first seen without a page, seconds of the monotonic clock.

    Returns:
        The same for the sessions that are kept.
    """
    runtime, now = get_instance(), time.monotonic()
    stored = runtime._session_mgr._session_storage.list()  # type: ignore[attr-defined]
    kept = {info.session.id: left_at.get(info.session.id, now) for info in stored}
    for session_id in [name for name, since in kept.items() if now - since >= GONE_SECONDS]:
        runtime.close_session(session_id)
        del kept[session_id]
    return kept


def _apologise(fault: Exception) -> bool:
    """Log where a page failed, without its content, and give the visitor an incident number."""
    incident = secrets.token_hex(4)
    frames = reversed(traceback.extract_tb(fault.__traceback__))
    where = " < ".join(f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in frames)
    _LOG.error("incident %s: %s in %s", incident, type(fault).__name__, where)
    st.error(t("app.fault", incident=incident))
    return True


async def _ready(_request: Request) -> JSONResponse:
    """Which models are in memory, and why others are not; status 503 until all are loaded, then 200."""
    status, catalogue = session.worker().status, await asyncio.to_thread(session.catalogue)
    problems = list(catalogue.problems)
    loaded = {"ready": list(status.ready), "loading": status.loading, "problems": problems}
    return JSONResponse(loaded, status_code=503 if status.loading else 200)


class Headers:
    """Middleware: no caching, no MIME sniffing, no framing, no referrer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and set the headers on the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_ALWAYS)
                if not scope["path"].startswith(_FOREVER):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app(scope, receive, with_headers)


class PageShell:
    """Middleware: the HTML that loads Streamlit says where its server is, its language and its style.

    Without the first, Streamlit's script takes the path of a page for the server's and tries that first: the
    browser reports two errors for every address that names a page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and complete an HTML page."""
        if scope["type"] != "http" or "text/html" not in RequestHeaders(scope=scope).get("accept", ""):
            await self._app(scope, receive, send)
            return
        plain = [(name, value) for name, value in scope["headers"] if name != b"accept-encoding"]
        begun: list[Message] = []
        body = bytearray()

        async def completed(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_html(message):
                begun.append(message)
            elif not begun:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    html = _complete(bytes(body), scope["query_string"])
                    MutableHeaders(scope=begun[0])["Content-Length"] = str(len(html))
                    await send(begun[0])
                    await send({"type": "http.response.body", "body": html})

        await self._app({**scope, "headers": plain}, receive, completed)


def _is_html(start: Message) -> bool:
    headers = MutableHeaders(scope=start)
    return start["status"] == 200 and headers.get("content-type", "").startswith("text/html")


def _complete(html: bytes, query: bytes) -> bytes:
    """The page with the server's address, its language, its name and its style."""
    asked = parse_qs(query.decode("ascii", "replace")).get("lang", [""])[-1]
    lang = asked if asked in languages() else DEFAULT
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    script = f"<head><script>window.__streamlit = {{BACKEND_BASE_URL: location.origin + '/{base}'}}</script>"
    with use_language(lang):
        title = f"<title>{t('app.title')}</title>"
        style = f"<style>{stylesheet()}</style></body>"
    return (
        html.replace(b'<html lang="en">', f'<html lang="{lang}">'.encode())
        .replace(b"<head>", script.encode(), 1)
        .replace(b"<title>Streamlit</title>", title.encode())
        .replace(b"</body>", style.encode())  # after Streamlit's own style, which is in the head
    )


app = st.App(
    "app.py",
    lifespan=_models,
    routes=[Route("/ready", _ready)],
    middleware=[Middleware(Headers), Middleware(PageShell)],
    on_script_error=_apologise,
)
