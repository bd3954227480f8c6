"""One visitor's session: bounded caches of results, and the choices that outlive a page."""

from __future__ import annotations

import secrets
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import replace
from typing import Any, TypeVar, cast

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

__all__ = [
    "CACHE_LIMITS",
    "VISITOR",
    "cache_of",
    "cached",
    "forget",
    "forget_callbacks",
    "forget_results",
    "forget_widgets",
    "get_state",
    "session_id",
    "set_state",
]

T = TypeVar("T")

VISITOR = "visitor"
"""State: the id by which the model process knows the session."""

CACHE_LIMITS = {
    "photo": 12,
    "own": 10,
    "answers": 300,
    "shortcut rounds": 8,
    "quiz": 8,
    "explanation": 48,
    "class map": 160,
    "picture": 96,
    "figure": 192,
    "digest": 64,
    "evidence": 96,
    "check": 48,
    "references": 12,
    "ground": 12,
    "covered": 300,
    "probe": 24,
}
"""Entries of each kind that a session caches; the least recently used is evicted first."""


def cached(kind: str, key: Hashable, make: Callable[[], T]) -> T:
    """The cached value of ``kind`` under ``key``, made now if missing; bounded by ``CACHE_LIMITS``."""
    held = cache_of(kind)
    if key not in held:
        held[key] = make()
        while len(held) > CACHE_LIMITS[kind]:
            held.popitem(last=False)
    held.move_to_end(key)
    return cast(T, held[key])


def set_state(name: str, value: object) -> None:
    """Keep a choice of this visitor's until the session ends."""
    st.session_state[name] = value


def get_state(name: str) -> object:
    """A choice of this visitor's, or None."""
    return st.session_state.get(name)


def cache_of(kind: str) -> OrderedDict[Hashable, Any]:
    """The cache of ``kind`` by key, least recently used first."""
    return cast(OrderedDict[Hashable, Any], st.session_state.setdefault(f"kept {kind}", OrderedDict()))


def forget(digest: str) -> None:
    """Drop everything that is kept under a photo's digest: results, pictures, and choices about it."""
    for kind in CACHE_LIMITS:
        held = cache_of(kind)
        for key in [key for key in held if digest in str(key)]:
            del held[key]
    for name in [name for name in st.session_state if digest in str(name)]:
        del st.session_state[name]


def forget_widgets() -> None:
    """Drop what Streamlit keeps of widgets that this run, to its end, has not drawn.

    It keeps their callbacks and options for as long as the session lasts, and with them photos that were
    removed. Widgets of a run that ended early stay: they are on the page until the next. What a component
    sends as an event goes by an id that contains the component's own, and is never drawn itself.
    """
    if context := get_script_run_ctx():
        kept = context.session_state._state._new_widget_state.widget_metadata
        drawn = context.shared.widget_ids_this_run.snapshot()
        for name in kept.keys() - drawn:
            if not any(one in name for one in drawn):
                del kept[name]


def forget_callbacks() -> None:
    """Drop what all widgets of this session would do, and the photos that their callbacks hold, at once."""
    if context := get_script_run_ctx():
        kept = context.session_state._state._new_widget_state.widget_metadata
        for name, widget in kept.items():
            kept[name] = replace(widget, callback=None, callback_args=None, callback_kwargs=None)


def forget_results() -> None:
    """Drop all results but the visitor's own photos: a model was added or removed."""
    for kind in CACHE_LIMITS:
        if kind != "own":
            cache_of(kind).clear()


def session_id() -> str:
    """The id by which the model process knows this session."""
    return cast(str, st.session_state.setdefault(VISITOR, secrets.token_hex(8)))
