"""The web server: ``python -m streamlit run dashboard/server.py`` from the root of the repository.

Streamlit finds ``app`` in this file. Around the pages it starts the model process before the first visitor
comes, sets headers that Streamlit leaves out, and collects garbage on a timer, because the collection after
every script run that Streamlit would do is switched off in ``.streamlit/config.toml`` (it costs more than
everything else together).
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import secrets
import traceback
from collections.abc import AsyncIterator

import streamlit as st
from starlette.middleware import Middleware

from dashboard import session
from dashboard.headers import Headers
from dashboard.words import say
from xai.photo.samples import SAMPLES

__all__ = ["app"]

COLLECT_SECONDS = 20.0
"""How often garbage is collected. What a visitor left behind is freed by this."""

_LOG = logging.getLogger(__name__)


@contextlib.asynccontextmanager
async def _models(_app: st.App) -> AsyncIterator[None]:
    """Start the model process with the server, and stop it with the server."""
    worker = await asyncio.to_thread(session.worker)
    await asyncio.to_thread(session.gallery, SAMPLES)
    gc.collect()
    gc.freeze()
    collecting = asyncio.create_task(_collect())
    try:
        yield
    finally:
        collecting.cancel()
        await asyncio.to_thread(worker.close)


async def _collect() -> None:
    while True:
        await asyncio.sleep(COLLECT_SECONDS)
        await asyncio.to_thread(gc.collect)


def _apologise(fault: Exception) -> bool:
    """Log where a page failed, without what it was showing, and give the visitor a number to name."""
    incident = secrets.token_hex(4)
    frames = reversed(traceback.extract_tb(fault.__traceback__))
    where = " < ".join(f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in frames)
    _LOG.error("incident %s: %s in %s", incident, type(fault).__name__, where)
    st.error(say("app.fault", incident=incident))
    return True


app = st.App("app.py", lifespan=_models, middleware=[Middleware(Headers)], on_script_error=_apologise)
