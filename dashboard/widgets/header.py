"""The header of every page: language and detail level."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from dashboard import preferences, session
from dashboard.i18n import languages, t, translate_notice
from xai.models.cards import Card

__all__ = ["LOGO", "installed_models", "show"]

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


def installed_models(*, problems: bool = True) -> tuple[Card, ...]:
    """The installed models, the default first; a page that has none ends here, with a sentence.

    Args:
        problems: whether models that cannot be used are named.
    """
    found = session.catalogue()
    for problem in found.problems if problems else ():
        st.warning(translate_notice(problem))
    if not found.cards:
        st.error(t("photo.no_model"))
        st.stop()
    return tuple(found.cards)
