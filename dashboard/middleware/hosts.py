"""Which requests are answered at all: those that name this server, from its own pages."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from streamlit.web.server.starlette.starlette_websocket import is_host_allowed

from dashboard.middleware.requests import reject

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

__all__ = ["Hosts"]

_CLOSED = ("/_stcore/metrics", "/_stcore/agent", "/_stcore/script-health-check")
"""What tells strangers how the server is doing, or lets programs use it."""


class Hosts:
    """Middleware: 403 for a foreign ``Host`` or ``Origin``, 404 for Streamlit's diagnostics.

    A page of another site that had its own name resolve to this computer (DNS rebinding) would otherwise be
    of the same origin. Every browser sends ``Origin`` when it opens a websocket: one without is refused.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        host, origin = headers.get("host"), headers.get("origin")
        own = urlsplit(origin).netloc == host if origin else scope["type"] == "http"
        if not is_host_allowed(host) or not own:
            await reject(scope, receive, send, PlainTextResponse("Forbidden", 403))
        elif any(part in scope["path"] for part in _CLOSED):
            await reject(scope, receive, send, PlainTextResponse("Not found", 404))
        else:
            await self._app(scope, receive, send)
