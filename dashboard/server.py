"""The web server: ``python -m streamlit run dashboard/server.py`` from the root of the repository.

Streamlit finds ``app`` in this file. Around the pages it starts the model process before the first visitor
arrives, puts ``middleware`` before Streamlit, and collects garbage on a timer, because Streamlit's own
collection after every script run is switched off in ``.streamlit/config.toml`` (it costs more than everything
else together).
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

import streamlit as st
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from streamlit.runtime import get_instance

from dashboard import session
from dashboard.i18n import t
from dashboard.middleware.access import announce, open_access
from dashboard.middleware.headers import Headers, PageShell
from dashboard.middleware.hosts import Hosts
from dashboard.middleware.sign_in import SignIn
from dashboard.middleware.uploads import Uploads
from dashboard.middleware.visitors import OWNERS, Visitors
from dashboard.prefetch.scheduler import PREFETCHED
from xai.photo.samples import SAMPLES

__all__ = ["app"]

COLLECT_SECONDS = 10.0
"""How often abandoned sessions are closed and garbage is collected."""

GONE_SECONDS = 25.0
"""How long a session is kept for a page that was closed or lost its connection, and its photo with it."""

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
    announce()
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
    OWNERS.keep({*kept, *(info.session.id for info in runtime._session_mgr.list_active_sessions())})
    return kept


class _WithoutContent(logging.Filter):
    """Drops Streamlit's record of an exception: its message may quote a file. ``_apologise`` logs without."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether ``record`` is logged."""
        return not record.exc_info


logging.getLogger("streamlit.error_util").addFilter(_WithoutContent())


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


app = st.App(
    "app.py",
    lifespan=_models,
    routes=[Route("/ready", _ready)],
    middleware=[
        Middleware(Headers),
        Middleware(Hosts),
        Middleware(SignIn, access=open_access()),
        Middleware(Visitors),
        Middleware(Uploads),
        Middleware(PageShell),
    ],
    on_script_error=_apologise,
)
