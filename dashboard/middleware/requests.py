"""What the middleware needs of a request: the visitor's cookie, the session that it is about, a refusal."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

__all__ = ["VISITOR", "reject", "set_cookie", "upload_session", "visitor_of", "wants_page"]

VISITOR = "visitor"
"""Name of the cookie that tells browsers apart: a random number, and nothing about its visitor."""

_UPLOAD = re.compile(r"/_stcore/upload_file/([^/]+)/[^/]+$")


def visitor_of(scope: Scope) -> str:
    """The visitor's cookie; empty where there is none."""
    return HTTPConnection(scope).cookies.get(VISITOR, "")


def set_cookie(scope: Scope, value: str) -> str:
    """The header ``Set-Cookie`` that gives the visitor this cookie until the browser is closed."""
    secure = "; Secure" if scope["scheme"] in ("https", "wss") else ""
    return f"{VISITOR}={value}; Path=/; HttpOnly; SameSite=Lax{secure}"


def upload_session(scope: Scope) -> str | None:
    """The session whose files the request adds or removes; None of any other request."""
    if scope["type"] != "http" or scope["method"] not in ("PUT", "DELETE"):
        return None
    found = _UPLOAD.search(scope["path"])
    return found[1] if found else None


def wants_page(scope: Scope) -> bool:
    """Whether a browser asks for a page, and not for a file of one."""
    if scope["type"] != "http" or scope["method"] not in ("GET", "HEAD"):
        return False
    return "text/html" in HTTPConnection(scope).headers.get("accept", "")


async def reject(scope: Scope, receive: Receive, send: Send, response: Response) -> None:
    """Answer with ``response``; a websocket is refused with status 403 before it opens."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
    else:
        response.headers["Connection"] = "close"  # what is left of the body is not read
        await response(scope, receive, send)
