"""The reader's preferences: language and detail level, kept in the URL so that a link opens as seen.

A choice is in the URL only where it differs from the default: ``?lang=es&level=technical``. It survives a
change of page, because the widgets are in the header, which every page draws.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from dashboard.url_state import bind, write_params

__all__ = [
    "EXPERT",
    "LANGUAGE",
    "LEVELS",
    "PROJECTOR",
    "language",
    "level",
    "load_preferences_from_url",
    "projector",
    "save_preferences_to_url",
    "use_language",
]

LEVELS = ("plain", "technical")
"""Detail levels: without technical terms, and with them."""

LANGUAGE, EXPERT, PROJECTOR = "reader language", "reader expert", "reader projector"
"""Keys of the header's widgets."""

_FIRST = "en"

_SPOKEN_TO: ContextVar[str | None] = ContextVar("spoken_to", default=None)


def language() -> str:
    """The language of the current page, or of ``use_language``; English where there is neither."""
    return _SPOKEN_TO.get() or str(_chosen(LANGUAGE) or _FIRST)


@contextmanager
def use_language(spoken: str) -> Iterator[None]:
    """Use this language: for work after the page is drawn, in a thread without a session."""
    token = _SPOKEN_TO.set(spoken)
    try:
        yield
    finally:
        _SPOKEN_TO.reset(token)


def level() -> str:
    """The detail level that this reader chose: one of ``LEVELS``."""
    return LEVELS[bool(_chosen(EXPERT))]


def projector() -> bool:
    """Whether projector mode is on: large type, one thing at a time."""
    return bool(_chosen(PROJECTOR))


def load_preferences_from_url(languages: Sequence[str]) -> None:
    """Read the choices that are not known yet from the URL; unknown values are ignored."""
    for name in ("lang", "level", "view"):
        bind(name, LANGUAGE, EXPERT, PROJECTOR)
    if LANGUAGE in st.session_state:
        return
    asked = st.query_params.get("lang")
    st.session_state[LANGUAGE] = asked if asked in languages else _FIRST
    st.session_state[EXPERT] = st.query_params.get("level") == LEVELS[1]
    st.session_state[PROJECTOR] = st.query_params.get("view") == "projector"


def save_preferences_to_url() -> None:
    """Write the choices to the URL."""
    write_params(
        {
            "lang": language() if language() != _FIRST else None,
            "level": level() if level() != LEVELS[0] else None,
            "view": "projector" if projector() else None,
        }
    )


def _chosen(key: str) -> object:
    """A choice of the reader whose page this thread draws; None in any other thread."""
    return st.session_state.get(key) if get_script_run_ctx(suppress_warning=True) else None
