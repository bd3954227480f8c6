"""Who is reading: the language and the kind of words, kept in the address so that a link opens as seen.

A choice stands in the address only where it is not the first one: ``?lang=es&level=technical``. It outlives a
change of page, because the widgets stand in the header, which is drawn with every page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

__all__ = [
    "EXPERT",
    "LANGUAGE",
    "LEVELS",
    "PROJECTOR",
    "from_address",
    "language",
    "level",
    "names_from_address",
    "names_to_address",
    "number_from_address",
    "open_address",
    "projector",
    "spoken_to",
    "to_address",
    "write_address",
]

LEVELS = ("plain", "technical")
"""Kinds of reader: without technical words, and with them."""

LANGUAGE, EXPERT, PROJECTOR = "reader language", "reader expert", "reader projector"
"""Keys of the header's widgets."""

_FIRST = "en"

_SPOKEN_TO: ContextVar[str | None] = ContextVar("spoken_to", default=None)


def language() -> str:
    """The language of the page that is being drawn, or of ``spoken_to``; English where there is neither."""
    return _SPOKEN_TO.get() or str(_chosen(LANGUAGE) or _FIRST)


@contextmanager
def spoken_to(spoken: str) -> Iterator[None]:
    """Say everything in this language: for what is made after the page, in a thread that knows no reader."""
    token = _SPOKEN_TO.set(spoken)
    try:
        yield
    finally:
        _SPOKEN_TO.reset(token)


def level() -> str:
    """The kind of words that this reader asked for: one of ``LEVELS``."""
    return LEVELS[bool(_chosen(EXPERT))]


def projector() -> bool:
    """Whether the page is shown to a room: large type, one thing at a time."""
    return bool(_chosen(PROJECTOR))


def open_address(languages: Sequence[str]) -> None:
    """Take the choices from the address, once per visit; what is not known there is ignored."""
    if LANGUAGE in st.session_state:
        return
    asked = st.query_params.get("lang")
    st.session_state[LANGUAGE] = asked if asked in languages else _FIRST
    st.session_state[EXPERT] = st.query_params.get("level") == LEVELS[1]
    st.session_state[PROJECTOR] = st.query_params.get("view") == "projector"


def write_address() -> None:
    """Put the choices into the address."""
    _write(
        {
            "lang": language() if language() != _FIRST else None,
            "level": level() if level() != LEVELS[0] else None,
            "view": "projector" if projector() else None,
        }
    )


def from_address(name: str, known: Sequence[str]) -> None:
    """Before a widget with the key ``name`` is drawn: let the address choose, else the first of ``known``."""
    if st.session_state.get(name) not in known:
        asked = st.query_params.get(name)
        st.session_state[name] = asked if asked in known else known[0]


def names_from_address(name: str, known: Sequence[str], first: Sequence[str]) -> None:
    """As ``from_address`` for a widget of several choices; ``first`` where the address names none of them."""
    if not set(st.session_state.get(name, ("",))) <= set(known):
        asked = [one for one in st.query_params.get_all(name) if one in known]
        st.session_state[name] = asked or list(first)


def number_from_address(name: str, bounds: tuple[float, float], first: float, key: str | None = None) -> None:
    """Before a slider with this key is drawn: let the address choose within ``bounds``, else ``first``.

    Args:
        name: in the address.
        bounds: the least and the greatest value.
        first: what is chosen otherwise; the value is of its type.
        key: of the widget; the same as ``name`` without it.
    """
    key = key or name
    if key in st.session_state:
        return
    try:
        asked = type(first)(st.query_params.get(name, ""))
    except ValueError:
        asked = first
    low, high = bounds
    st.session_state[key] = asked if low <= asked <= high else first


def names_to_address(name: str, chosen: Sequence[str], first: Sequence[str]) -> None:
    """As ``to_address`` for several choices."""
    if list(chosen) == list(first):
        st.query_params.pop(name, None)
    elif st.query_params.get_all(name) != list(chosen):
        st.query_params[name] = list(chosen)


def to_address(name: str, value: str, first: str) -> None:
    """Keep a choice of one page in the address, unless it is the ``first`` one."""
    _write({name: None if value == first else value})


def _write(said: Mapping[str, str | None]) -> None:
    for name, value in said.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value


def _chosen(key: str) -> object:
    """A choice of the reader whose page this thread draws; None in any other thread."""
    return st.session_state.get(key) if get_script_run_ctx(suppress_warning=True) else None
