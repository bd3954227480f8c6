"""Nothing but a sign-in page for those who have not signed in: with a passphrase, or with a provider."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from starlette.requests import HTTPConnection, Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from streamlit import auth_util, config
from streamlit.user_info import generate_login_redirect_url
from streamlit.web.server.server_util import AUTH_COOKIE_NAME
from streamlit.web.server.starlette.starlette_websocket import _get_signed_cookie_with_chunks

from dashboard.middleware.access import Access
from dashboard.middleware.requests import reject, set_cookie, visitor_of, wants_page
from dashboard.middleware.sign_in_page import FIELD, PROVIDER, sign_in_page

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Attempts", "SignIn"]

_HOURS = 12
"""How long a sign-in with the passphrase holds; it also ends with the browser and with the server."""

_OPEN = ("auth/login", "auth/logout", "oauth2callback")
"""Streamlit's own addresses for the sign-in with a provider."""

_LONGEST = 4096
"""Bytes of what the sign-in page sends."""

_SECONDS = 10.0
"""Longest time for these."""


class Attempts:
    """Wrong passphrases of the last minutes, which end further attempts.

    Args:
        each: how many one address may send.
        everybody: how many may come together, as from someone who has many addresses.
        seconds: within so long.
    """

    def __init__(self, each: int = 10, everybody: int = 300, seconds: float = 300.0) -> None:
        self._each, self._everybody, self._seconds = each, everybody, seconds
        self._wrong: deque[tuple[float, str]] = deque()

    def exhausted(self, client: str) -> bool:
        """Whether ``client``, an IP address, may not try now."""
        since = time.monotonic() - self._seconds
        while self._wrong and self._wrong[0][0] < since:
            self._wrong.popleft()
        own = sum(each == client for _, each in self._wrong)
        return own >= self._each or len(self._wrong) >= self._everybody

    def failed(self, client: str) -> None:
        """Note a wrong passphrase."""
        self._wrong.append((time.monotonic(), client))


class SignIn:
    """Middleware: without a sign-in every request is answered by the sign-in page or with 401.

    Args:
        app: what follows.
        access: how visitors sign in.
    """

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self._app, self._access = app, access
        self._attempts = Attempts()
        self._until: dict[str, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or ask for a sign-in."""
        if scope["type"] not in ("http", "websocket") or self._is_open(scope):
            await self._app(scope, receive, send)
        elif scope["type"] == "http" and scope["method"] == "POST" and self._access.passphrase:
            await (await self._enter(Request(scope, receive)))(scope, receive, send)
        else:
            await reject(scope, receive, send, self._ask(scope))

    def _is_open(self, scope: Scope) -> bool:
        if not self._access.required:
            return True
        if self._access.passphrase:
            return self._until.get(visitor_of(scope), 0.0) > time.monotonic()
        base = str(config.get_option("server.baseUrlPath") or "").strip("/")
        path = scope["path"].strip("/").removeprefix(base).strip("/")
        return (scope["type"] == "http" and path in _OPEN) or _is_known(scope, self._access.allowed)

    async def _enter(self, request: Request) -> Response:
        """Compare the passphrase; a browser that knows it gets a new cookie, and what it asked for."""
        client = request.client.host if request.client else ""
        if self._attempts.exhausted(client):
            return sign_in_page(request.scope, (), "wait")
        try:
            said = await _passphrase(request)
        except TimeoutError:
            return PlainTextResponse("Too slow", 408)
        if not hmac.compare_digest(_digest(said), _digest(self._access.passphrase)):
            self._attempts.failed(client)
            return sign_in_page(request.scope, (), "wrong")
        now, cookie = time.monotonic(), secrets.token_urlsafe(32)
        self._until = {name: until for name, until in self._until.items() if until > now}
        self._until[cookie] = now + _HOURS * 3600
        query = request.url.query
        there = "/" + request.url.path.lstrip("/") + (f"?{query}" if query else "")
        return RedirectResponse(there, 303, {"Set-Cookie": set_cookie(request.scope, cookie)})

    def _ask(self, scope: Scope) -> Response:
        if not wants_page(scope):
            return PlainTextResponse("Sign in first", 401)
        chosen = Request(scope).query_params.get(PROVIDER)
        if chosen in self._access.providers:
            return RedirectResponse(generate_login_redirect_url(str(chosen)), 303)
        return sign_in_page(scope, self._access.providers)


async def _passphrase(request: Request) -> str:
    """What the form holds; empty where that is none, or longer than one."""
    body = bytearray()
    async with asyncio.timeout(_SECONDS):
        async for part in request.stream():
            body.extend(part)
            if len(body) > _LONGEST:
                return ""
    return parse_qs(body.decode("ascii", "replace")).get(FIELD, [""])[0]


def _digest(said: str) -> bytes:
    """As long whatever was said, so that comparing takes as long."""
    return hashlib.sha256(said.encode()).digest()


def _is_known(scope: Scope, allowed: tuple[str, ...]) -> bool:
    """Whether a provider has vouched for the visitor: Streamlit's signed cookie says so, for this server."""
    found = _get_signed_cookie_with_chunks(HTTPConnection(scope).cookies, AUTH_COOKIE_NAME)
    user = json.loads(found or b"{}")
    if not user.get("is_logged_in") or user.get("origin") != auth_util.get_origin_from_redirect_uri():
        return False
    mail = str(user.get("email", "")).lower() if user.get("email_verified") is True else ""
    return not allowed or mail in allowed or any(each[0] == "@" and mail.endswith(each) for each in allowed)
