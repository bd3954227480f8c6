"""A session belongs to the browser that opened it.

Streamlit takes a session's id, which is in the addresses of its uploads and so in the logs of proxies, for
the right to upload to the session and to take it over.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Container
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from dashboard.middleware.requests import reject, set_cookie, upload_session, visitor_of, wants_page

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["OWNERS", "Owners", "Visitors"]

_PROTOCOL = "sec-websocket-protocol"


class Owners:
    """Session -> the cookie of the browser that opened it."""

    def __init__(self) -> None:
        self._cookies: dict[str, str] = {}

    def add(self, session_id: str, cookie: str) -> None:
        """A browser has opened a session, or opened its own again."""
        self._cookies.setdefault(session_id, cookie)

    def owns(self, session_id: str, cookie: str) -> bool:
        """Whether the session is this browser's."""
        return bool(cookie) and hmac.compare_digest(
            self._cookies.get(session_id, "").encode(), cookie.encode()
        )

    def keep(self, sessions: Container[str]) -> None:
        """Forget all other sessions: they have ended."""
        self._cookies = {name: cookie for name, cookie in self._cookies.items() if name in sessions}


OWNERS = Owners()
"""The sessions of this server."""


class Visitors:
    """Middleware: every browser has a cookie, and uses its own sessions alone.

    Another browser's upload is refused; its attempt to take over a session gives it a new one, as an id that
    does not exist would.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on in its own browser's name, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        known = visitor_of(scope)
        cookie = known or secrets.token_urlsafe(32)
        session_id = upload_session(scope)
        if session_id is not None and not OWNERS.owns(session_id, known):
            await reject(scope, receive, send, PlainTextResponse("Forbidden", 403))
        elif scope["type"] == "websocket":
            stream = _Stream(cookie, send, _cookies(scope, cookie, known))
            await self._app(_own_session_alone(scope, known), receive, stream.send)
        elif wants_page(scope) and not known:

            async def with_cookie(message: Message) -> None:
                if message["type"] == "http.response.start":
                    MutableHeaders(scope=message).append("Set-Cookie", set_cookie(scope, cookie))
                await send(message)

            await self._app(scope, receive, with_cookie)
        else:
            await self._app(scope, receive, send)


_FOLDER = str(Path(__file__).parents[1]).encode()
"""Where the program lies; Streamlit tells every browser."""


class _Stream:
    """The answers of a websocket: one that names its session says whose that is, and not where a file lies.

    Args:
        cookie: of the browser.
        send: where the answers go.
        headers: of the one that opens the websocket.
    """

    def __init__(self, cookie: str, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        self._cookie, self._send, self._headers = cookie, send, headers

    async def send(self, message: Message) -> None:
        """Pass an answer on."""
        if message["type"] == "websocket.accept":
            message = {**message, "headers": [*message.get("headers", ()), *self._headers]}
        elif message["type"] == "websocket.send" and _FOLDER in (message.get("bytes") or b""):
            message = {**message, "bytes": self._learn(message["bytes"])}
        await self._send(message)

    def _learn(self, data: bytes) -> bytes:
        """Note whose session begins a run; its message without the path of the script."""
        said = ForwardMsg.FromString(data)
        if not said.HasField("new_session"):
            return data
        OWNERS.add(said.new_session.initialize.session_id, self._cookie)
        said.new_session.main_script_path = Path(said.new_session.main_script_path).name
        return bytes(said.SerializeToString())


def _cookies(scope: Scope, cookie: str, known: str) -> list[tuple[bytes, bytes]]:
    return [] if known else [(b"set-cookie", set_cookie(scope, cookie).encode())]


def _own_session_alone(scope: Scope, cookie: str) -> Scope:
    """The request without the session that it asks for, unless that is its browser's.

    The third entry of the sub-protocols names it; Streamlit's own page sends it after a lost connection.
    """
    entries = [each.strip() for each in Headers(scope=scope).get(_PROTOCOL, "").split(",")]
    if len(entries) < 3 or OWNERS.owns(entries[2], cookie):
        return scope
    kept = ", ".join(entries[:2]).encode()
    others = [(name, value) for name, value in scope["headers"] if name != _PROTOCOL.encode()]
    return {**scope, "headers": [*others, (_PROTOCOL.encode(), kept)], "subprotocols": entries[:2]}
