"""The choices of a page in its URL, so that a link opens as seen and the browser's *Back* undoes a choice.

A choice is in the URL only where it differs from the default.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import cast

import streamlit as st

__all__ = [
    "ADDRESS",
    "bind",
    "follow_history",
    "multiselect_from_url",
    "names_to_address",
    "select_from_url",
    "set_url_param",
    "slider_from_url",
    "write_params",
]

ADDRESS = "address"
"""State: what this session knows of the address."""

_SETTLED = 1.0
"""Seconds after a write in which the browser may still send the URL from before it."""


@dataclass
class _Address:
    """What this session knows of the address.

    Attributes:
        page: the page shown.
        written: parameters as the program left them.
        at: when they were written, seconds of the monotonic clock.
        bound: page -> parameter -> the state keys that are read from it.
    """

    page: str = ""
    written: dict[str, list[str]] = field(default_factory=dict)
    at: float = 0.0
    bound: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)


def follow_history(page: str) -> None:
    """Where the visitor went back or forward, let the URL win over the session's choices.

    Called before anything is drawn. A URL that differs from what was written last comes from the browser's
    history: what is bound to the parameters that differ is dropped, and read from the URL again.

    Args:
        page: URL path of the page.
    """
    known, now = _address(), _now()
    if known.page == page and time.monotonic() - known.at > _SETTLED:
        changed = {
            name for name in now.keys() | known.written.keys() if now.get(name) != known.written.get(name)
        }
    else:
        changed = set(now) if known.page != page else set()  # a menu link opens a page without parameters
    for name in changed:
        for key in known.bound.get(page, {}).get(name, ()):
            if key in st.session_state:
                del st.session_state[key]
    known.page, known.written = page, now


def bind(name: str, *keys: str) -> None:
    """Say which state keys are read from the parameter ``name`` of the current page when they are missing."""
    known = _address()
    known.bound.setdefault(known.page, {})[name] = keys


def select_from_url(name: str, known: Sequence[str]) -> None:
    """Before a widget with the key ``name`` is drawn: set it from the URL, else to the first of ``known``."""
    bind(name, name)
    if st.session_state.get(name) not in known:
        asked = st.query_params.get(name)
        st.session_state[name] = asked if asked in known else known[0]


def multiselect_from_url(name: str, known: Sequence[str], first: Sequence[str]) -> None:
    """As ``select_from_url`` for a multiselect; ``first`` where the URL names none."""
    bind(name, name)
    if not set(st.session_state.get(name, ("",))) <= set(known):
        asked = [one for one in st.query_params.get_all(name) if one in known]
        st.session_state[name] = asked or list(first)


def slider_from_url(name: str, bounds: tuple[float, float], first: float, key: str | None = None) -> None:
    """Before a slider with this key is drawn: set it from the URL within ``bounds``, else to ``first``.

    Args:
        name: in the URL.
        bounds: smallest and largest value.
        first: the default; the value has its type.
        key: of the widget; the same as ``name`` without it.
    """
    key = key or name
    bind(name, key)
    if key in st.session_state:
        return
    try:
        asked = type(first)(st.query_params.get(name, ""))
    except ValueError:
        asked = first
    low, high = bounds
    st.session_state[key] = asked if low <= asked <= high else first


def names_to_address(name: str, chosen: Sequence[str], first: Sequence[str]) -> None:
    """As ``set_url_param`` for several choices."""
    _write({name: [] if list(chosen) == list(first) else list(chosen)})


def set_url_param(name: str, value: str, first: str) -> None:
    """Keep a choice of one page in the URL, unless it is the default ``first``."""
    write_params({name: None if value == first else value})


def write_params(said: Mapping[str, str | None]) -> None:
    """Write values to the URL by name, in one step of the browser's history; None removes one."""
    _write({name: [] if value is None else [value] for name, value in said.items()})


def _write(said: Mapping[str, Sequence[str]]) -> None:
    now = _now()
    wanted = {name: list(values) for name, values in (now | dict(said)).items() if values}
    if wanted != now:
        st.query_params.from_dict(wanted)
        known = _address()
        known.written, known.at = wanted, time.monotonic()


def _now() -> dict[str, list[str]]:
    return {name: st.query_params.get_all(name) for name in st.query_params}


def _address() -> _Address:
    return cast(_Address, st.session_state.setdefault(ADDRESS, _Address()))
