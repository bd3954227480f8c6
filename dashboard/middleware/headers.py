"""What browsers may do with the answers, and the page's HTML."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import streamlit as st
from starlette.datastructures import MutableHeaders

from dashboard.i18n import DEFAULT, languages, t
from dashboard.middleware.requests import wants_page
from dashboard.preferences import use_language
from dashboard.styles import stylesheet

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Headers", "PageShell", "language_of"]

_ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}

_POLICY = "; ".join(
    (
        "default-src 'none'",
        # blob: - Streamlit loads the scripts of components from addresses that it makes itself.
        # wasm-unsafe-eval: its protocol counts in 64 bits by WebAssembly, which is code of its own scripts.
        "script-src 'self' 'nonce-{nonce}' blob: 'wasm-unsafe-eval'",
        # Streamlit, Plotly and st.html style elements as they draw them; a style can send nothing anywhere.
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        # data: - the camera's picture is read so; nothing is sent anywhere.
        "connect-src 'self' data:",
        "worker-src 'self' blob:",
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
"""Nothing of another origin; no ``eval``, and no inline script but those of the page's own HTML."""

_FOREVER = "/static/"
"""Streamlit's own scripts and fonts: their names contain a digest, and they hold no personal data."""

_NONCE = "csp nonce"


class Headers:
    """Middleware: nothing foreign, no caching, no MIME sniffing, no framing, no referrer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and set the headers on the answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update({**_ALWAYS, "Content-Security-Policy": _POLICY.format(nonce=nonce)})
                if not scope["path"].startswith(_FOREVER):
                    headers["Cache-Control"] = "no-store"
            await send(message)

        await self._app({**scope, _NONCE: nonce}, receive, with_headers)


class PageShell:
    """Middleware: the HTML that loads Streamlit says where its server is, its language and its style.

    Without the first, Streamlit's script takes the path of a page for the server's and tries that first: the
    browser reports two errors for every address that names a page.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and complete an HTML page."""
        if not wants_page(scope):
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
                    html = _complete(bytes(body), scope)
                    MutableHeaders(scope=begun[0])["Content-Length"] = str(len(html))
                    await send(begun[0])
                    await send({"type": "http.response.body", "body": html})

        await self._app({**scope, "headers": plain}, receive, completed)


def language_of(scope: Scope) -> str:
    """The language that the address asks for, else the default."""
    asked = parse_qs(scope["query_string"].decode("ascii", "replace")).get("lang", [""])[-1]
    return asked if asked in languages() else DEFAULT


def _is_html(start: Message) -> bool:
    headers = MutableHeaders(scope=start)
    return start["status"] == 200 and headers.get("content-type", "").startswith("text/html")


def _complete(html: bytes, scope: Scope) -> bytes:
    """The page with the server's address, its language, its name and its style; its scripts may run."""
    lang = language_of(scope)
    base = str(st.get_option("server.baseUrlPath") or "").strip("/")
    script = f"<head><script>window.__streamlit = {{BACKEND_BASE_URL: location.origin + '/{base}'}}</script>"
    with use_language(lang):
        title = f"<title>{t('app.title')}</title>"
        style = f"<style>{stylesheet()}</style></body>"
    return (
        html.replace(b'<html lang="en">', f'<html lang="{lang}">'.encode())
        .replace(b"<head>", script.encode(), 1)
        .replace(b"<script", f'<script nonce="{scope[_NONCE]}"'.encode())
        .replace(b"<title>Streamlit</title>", title.encode())
        .replace(b"</body>", style.encode())  # after Streamlit's own style, which is in the head
    )
