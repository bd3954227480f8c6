"""What outlives one run of a page: the one model process, and what each visitor has seen.

The only module that touches ``st.session_state`` and Streamlit's caches. What comes from a visitor's photo is
kept in that visitor's own session alone, under the digest of the photo's bytes, and is bounded.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import TypeVar, cast

import streamlit as st

from dashboard.jobs import Explain, Explained, Look, SampleLook, Seen, Stage, Thumbnail
from dashboard.tickets import JobError, Ticket
from dashboard.worker import Worker
from xai.models.cards import Catalogue, read_cards

__all__ = ["KEPT", "catalogue", "explain", "gallery", "kept", "look", "recall", "remember", "worker"]

T = TypeVar("T")

KEPT = {"photo": 12, "explanation": 48, "picture": 96, "digest": 64}
"""How many of each kind a visitor's session holds; the one not used for longest goes first."""

THUMBNAIL_SIDE = 176
"""Side in pixels of the gallery's pictures: twice what is shown, for dense screens."""

_TICK = 0.25


@st.cache_resource(show_spinner=False, on_release=Worker.close)
def worker() -> Worker:
    """The model process of this server, started by the first call."""
    return Worker()


@st.cache_resource(show_spinner=False, ttl=30)
def catalogue() -> Catalogue:
    """The models there are; a pair of files dropped in shows up within half a minute."""
    return read_cards()


def gallery(samples: Iterable[str]) -> Mapping[str, bytes]:
    """Sample id -> small PNG, of those that are drawn so far; the first call has them drawn.

    Samples are nobody's, so all visitors share them. A sample that could not be drawn is empty.
    """
    drawn: dict[str, bytes] = {}
    for sample in samples:
        ticket = _thumbnail(sample)
        if ticket.done:
            try:
                drawn[sample] = cast(bytes, ticket.result())
            except JobError:
                drawn[sample] = b""
    return drawn


def look(job: Look | SampleLook, key: Hashable, show: Callable[[Stage], None]) -> Seen:
    """What is in a photo, from this session or from the model process.

    Args:
        job: what to look at.
        key: identifies the photo: the digest of its bytes, or the id of a sample.
        show: called about four times a second while it is waited for.

    Raises:
        JobError: it was refused or could not be done.
    """
    return kept("photo", (key, job.models, job.whole), lambda: cast(Seen, _ask(job, show)))


def explain(job: Explain, show: Callable[[Stage], None]) -> Explained:
    """Where a model looks on a face, from this session or from the model process. As ``look``."""
    options = tuple((method, *sorted(values.items())) for method, values in sorted(job.options.items()))
    face = (job.face.photo_sha256, tuple(job.face.crop_box.as_list()))
    key = (face, job.model, job.methods, job.target, options)
    return kept("explanation", key, lambda: cast(Explained, _ask(job, show)))


def kept(kind: str, key: Hashable, make: Callable[[], T]) -> T:
    """What this session holds of ``kind`` under ``key``, made now if it does not. Bounded by ``KEPT``."""
    shelf = st.session_state.setdefault(f"kept {kind}", OrderedDict())
    if key not in shelf:
        shelf[key] = make()
        while len(shelf) > KEPT[kind]:
            shelf.popitem(last=False)
    shelf.move_to_end(key)
    return cast(T, shelf[key])


def remember(name: str, value: object) -> None:
    """Keep a choice of this visitor's until the session ends."""
    st.session_state[name] = value


def recall(name: str) -> object:
    """A choice of this visitor's, or None."""
    return st.session_state.get(name)


def _ask(job: Look | SampleLook | Explain, show: Callable[[Stage], None]) -> object:
    ticket = worker().submit(_visitor(), job)
    try:
        while not ticket.wait(_TICK):
            show(ticket.stage)  # Streamlit raises in here when the visitor has clicked on or gone
        return ticket.result()
    finally:
        ticket.cancel()


def _visitor() -> str:
    return cast(str, st.session_state.setdefault("visitor", secrets.token_hex(8)))


@st.cache_resource(show_spinner=False)
def _thumbnail(sample: str) -> Ticket:
    return worker().submit(f"gallery {sample}", Thumbnail(sample, THUMBNAIL_SIDE), background=True)
