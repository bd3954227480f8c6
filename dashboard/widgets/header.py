"""The header of every page: language and detail level."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import preferences
from dashboard.i18n import languages, t

__all__ = ["LOGO", "show"]

LOGO = Path(__file__).parents[1] / "logo.svg"
"""Logo: a face behind a frame that marks nose and mouth."""


def show() -> None:
    """Draw the switches, and write their values to the URL."""
    known = languages()
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key="site-switches"):
        st.segmented_control(
            t("header.language"),
            list(known),
            format_func=lambda code: known[code],
            required=True,
            key=preferences.LANGUAGE,
            label_visibility="collapsed",
            width="content",
        )
        st.toggle(t("header.expert"), key=preferences.EXPERT, help=t("header.expert_help"), width="content")
    preferences.save_preferences_to_url()
