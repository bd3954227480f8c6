"""Widgets generated from the methods' declared parameters; no method is named here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import streamlit as st

from dashboard import url_state
from dashboard.i18n import has_key, t
from dashboard.worker.jobs import Options
from xai.attribution.methods import METHODS, Parameter

__all__ = ["main_button", "settings"]


def main_button() -> Literal["primary", "secondary"]:
    """Button type of a page's primary action.

    Streamlit writes white on the primary colour. In the dark theme that colour has to be pale, because it is
    also the colour of text; so no button is filled there.
    """
    return "secondary" if st.context.theme.type == "dark" else "primary"


def settings(methods: Sequence[str], key: str) -> Options:
    """A form with one widget per parameter of ``methods``; returns the applied values that differ from the
    defaults.

    Args:
        methods: names in ``METHODS``.
        key: makes the widgets' keys unique on the page.
    """
    chosen: dict[str, dict[str, float | int | str]] = {}
    with st.form(key, border=False):
        st.caption(t("ask.settings_note"))
        for method, column in zip(methods, st.columns(len(methods)), strict=True):
            with column:
                drawn = [each for each in METHODS[method].parameters if each.drawable]
                values = {parameter.name: _widget(parameter, method, key) for parameter in drawn}
            defaults = {parameter.name: parameter.default for parameter in drawn}
            chosen[method] = {name: value for name, value in values.items() if value != defaults[name]}
        st.form_submit_button(t("ask.apply"))
    return {method: values for method, values in chosen.items() if values}


def _widget(parameter: Parameter, method: str, form: str) -> float | int | str:
    """The widget of one parameter, synchronised with the URL (``occlusion.patch=0.2``)."""
    name, first = f"{method}.{parameter.name}", parameter.default
    value = _field(parameter, name, f"{form} {method} {parameter.name}")
    shown, usual = (each if isinstance(each, str) else f"{each:g}" for each in (value, first))
    url_state.set_url_param(name, shown, usual)
    return value


def _field(parameter: Parameter, name: str, key: str) -> float | int | str:
    label, help_text = _words(parameter)
    if parameter.choices:
        asked, first = st.query_params.get(name), str(parameter.default)
        st.session_state.setdefault(key, asked if asked in parameter.choices else first)
        return st.selectbox(label, parameter.choices, format_func=_choice, key=key, help=help_text)
    if parameter.low is None or parameter.high is None:
        raise ValueError(
            f"the parameter {parameter.name} has neither choices nor bounds to draw a widget from"
        )
    kind = int if isinstance(parameter.default, int) else float
    low, high = kind(parameter.low), kind(parameter.high)
    step = None if parameter.step is None else kind(parameter.step)
    url_state.slider_from_url(name, (low, high), kind(parameter.default), key)
    shares = "percent" if kind is float and high <= 1 else None  # no decimal point, which depends on language
    return st.slider(label, low, high, step=step, format=shares, key=key, help=help_text)


def _words(parameter: Parameter) -> tuple[str, str]:
    """Label and help; the method's own where the messages do not have the parameter."""
    name = parameter.name
    label = t(f"parameter.{name}") if has_key(f"parameter.{name}") else name.replace("_", " ")
    return label, t(f"parameter_help.{name}") if has_key(f"parameter_help.{name}") else parameter.help


def _choice(name: str) -> str:
    return t(f"fill.{name}") if has_key(f"fill.{name}") else name
