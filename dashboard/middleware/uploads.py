"""How much may be uploaded: of one file, by one session, by all; and how long a body may take."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from starlette.datastructures import Headers
from starlette.formparsers import MultiPartParser
from starlette.responses import PlainTextResponse
from streamlit.runtime import get_instance
from streamlit.util import calc_hash

from dashboard.middleware.requests import reject, upload_session
from dashboard.own_photos import MEGABYTES, PHOTO_MEGABYTES

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["ALL_MEGABYTES", "PHOTOS", "SET", "SILENT_SECONDS", "Quota", "Uploads"]


@dataclass(frozen=True)
class Quota:
    """What a session may have uploaded and not used yet.

    Attributes:
        files: how many.
        megabytes: of all together.
        file_megabytes: of one.
    """

    files: int
    megabytes: int
    file_megabytes: int


PHOTOS = Quota(files=60, megabytes=MEGABYTES, file_megabytes=PHOTO_MEGABYTES)
"""On every page but *Audit a set*. More files than are kept, because the page says which it leaves out."""

SET = Quota(files=1_000, megabytes=200, file_megabytes=200)
"""On *Audit a set*."""

ALL_MEGABYTES = 1_000
"""Of all sessions together, uploads that are on their way included."""

SILENT_SECONDS = 20.0
"""Longest wait for the next part of a body."""

_BODY_SECONDS = 600.0
"""Longest time for a whole body; a set has it twice over on a connection of 5 Mbit/s."""

_WINDOW_SECONDS = 600.0
_WINDOW = Quota(files=2 * SET.files, megabytes=2 * SET.megabytes, file_megabytes=SET.file_megabytes)
"""What a session may upload in so many seconds, whatever it has removed again."""

_MEGA = 2**20
_FRAME = 2**16
"""Bytes of a body around its file, at most."""

_AUDIT = calc_hash("audit")
"""Streamlit's name of the page *Audit a set*."""


MultiPartParser.spool_max_size = ALL_MEGABYTES * _MEGA
"""Uploads stay in memory; Starlette would write what exceeds 1 MiB of one to a temporary file."""


class _Cut(Exception):
    """A body is longer than it may be, or does not arrive; with the status of the answer."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class _Uploaded:
    """What a session has sent.

    Attributes:
        arriving: bytes of each body that is on its way, as announced.
        recent: time and bytes of each body within the window.
    """

    arriving: list[int] = field(default_factory=list)
    recent: deque[tuple[float, int]] = field(default_factory=deque)


class Uploads:
    """Middleware: 413 for a file that is too large, 429 beyond a session's quota, 503 beyond everybody's,
    408 for a body that does not arrive.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._sessions: dict[str, _Uploaded] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or cut it off."""
        if scope["type"] != "http" or scope["method"] in ("GET", "HEAD", "OPTIONS"):
            await self._app(scope, receive, send)
            return
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            session_id = upload_session(scope) if scope["method"] == "PUT" else None
            if session_id is None:
                await self._app(scope, _Body(receive, PHOTOS.file_megabytes * _MEGA).receive, noted)
            else:
                await self._upload(session_id, scope, receive, noted)
        except _Cut as cut:
            if not begun:
                answer = PlainTextResponse("The upload was not accepted.", cut.status)
                await reject(scope, receive, send, answer)

    async def _upload(self, session_id: str, scope: Scope, receive: Receive, send: Send) -> None:
        quota = _quota(session_id)
        most = quota.file_megabytes * _MEGA + _FRAME
        announced = Headers(scope=scope).get("content-length", "")
        size = int(announced) if announced.isdecimal() else most
        self._forget_the_old()
        self._check(session_id, quota, size, most)
        uploaded = self._sessions.setdefault(session_id, _Uploaded())
        uploaded.arriving.append(size)
        uploaded.recent.append((time.monotonic(), size))
        try:
            await self._app(scope, _Body(receive, most).receive, send)
        finally:
            uploaded.arriving.remove(size)

    def _check(self, session_id: str, quota: Quota, size: int, most: int) -> None:
        """Raise ``_Cut`` if a session may not upload ``size`` bytes more."""
        held = get_instance().uploaded_file_mgr.file_storage  # type: ignore[attr-defined]  # the one in memory
        own = [len(file.data) for file in held.get(session_id, {}).values()]
        uploaded = self._sessions.get(session_id, _Uploaded())
        own += uploaded.arriving
        recent = [each for _, each in uploaded.recent]
        arriving = sum(sum(each.arriving) for each in self._sessions.values())
        if size > most:
            raise _Cut(413)
        if _bytes_of_all(held) + arriving + size > ALL_MEGABYTES * _MEGA:
            raise _Cut(503)
        for used, limit in ((own, quota), (recent, _WINDOW)):
            if len(used) >= limit.files or sum(used) + size > limit.megabytes * _MEGA + _FRAME:
                raise _Cut(429)

    def _forget_the_old(self) -> None:
        since = time.monotonic() - _WINDOW_SECONDS
        for name, uploaded in list(self._sessions.items()):
            while uploaded.recent and uploaded.recent[0][0] < since:
                uploaded.recent.popleft()
            if not uploaded.recent and not uploaded.arriving:
                del self._sessions[name]


class _Body:
    """The body of a request, as long as it is neither too long nor too slow.

    Args:
        receive: where it comes from.
        most: bytes that it may have.
    """

    def __init__(self, receive: Receive, most: int) -> None:
        self._receive, self._room = receive, most
        self._ends = time.monotonic() + _BODY_SECONDS
        self._complete = False

    async def receive(self) -> Message:
        """The next part; raises ``_Cut``."""
        if self._complete:  # what still comes is that the visitor has gone, and may take as long as it likes
            return await self._receive()
        left = self._ends - time.monotonic()
        if left < 0:
            raise _Cut(408)
        try:
            async with asyncio.timeout(min(SILENT_SECONDS, left)):
                message = await self._receive()
        except TimeoutError:
            raise _Cut(408) from None
        self._room -= len(message.get("body", b""))
        self._complete = not message.get("more_body", False)
        if self._room < 0:
            raise _Cut(413)
        return message


def _quota(session_id: str) -> Quota:
    """What the session may upload, by the page that it is on."""
    info = get_instance()._session_mgr.get_session_info(session_id)
    return SET if info and info.session.page_script_hash == _AUDIT else PHOTOS


def _bytes_of_all(held: dict[str, dict[str, Any]]) -> int:
    return sum(len(file.data) for files in list(held.values()) for file in list(files.values()))
