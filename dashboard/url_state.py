"""The choices of a page in its URL, so that a link opens as seen.

A choice is in the URL only where it differs from the default.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

__all__ = [
    "multiselect_from_url",
    "names_to_address",
    "select_from_url",
    "set_url_param",
    "slider_from_url",
    "write_params",
]


def select_from_url(name: str, known: Sequence[str]) -> None:
    """Before a widget with the key ``name`` is drawn: set it from the URL, else to the first of ``known``."""
    if st.session_state.get(name) not in known:
        asked = st.query_params.get(name)
        st.session_state[name] = asked if asked in known else known[0]


def multiselect_from_url(name: str, known: Sequence[str], first: Sequence[str]) -> None:
    """As ``select_from_url`` for a multiselect; ``first`` where the URL names none."""
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
    if list(chosen) == list(first):
        st.query_params.pop(name, None)
    elif st.query_params.get_all(name) != list(chosen):
        st.query_params[name] = list(chosen)


def set_url_param(name: str, value: str, first: str) -> None:
    """Keep a choice of one page in the URL, unless it is the default ``first``."""
    write_params({name: None if value == first else value})


def write_params(said: Mapping[str, str | None]) -> None:
    """Write values to the URL by name; None removes one."""
    for name, value in said.items():
        if value is None:
            st.query_params.pop(name, None)
        elif st.query_params.get(name) != value:
            st.query_params[name] = value
