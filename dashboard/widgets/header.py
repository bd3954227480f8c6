"""The header of every page: language, detail level, and what becomes of a visitor's photos."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from dashboard import own_photos, preferences, session
from dashboard.i18n import languages, t, translate_notice
from xai.models.cards import Card

__all__ = ["LOGO", "installed_models", "show"]

LOGO = Path(__file__).parents[1] / "logo.svg"
"""Logo: a face behind a frame that marks nose and mouth."""

_CONTACT = "XAI_CONTACT"
"""Environment: whom visitors may ask about their photos, as text or Markdown."""


def show() -> None:
    """Draw the switches and the privacy notice, and write the switches' values to the URL."""
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
        _privacy()
    preferences.save_preferences_to_url()


def _privacy() -> None:
    """A menu with the notice, and where photos are kept a button that deletes them all."""
    with st.popover(t("privacy.title"), icon=":material/shield:", type="tertiary", key="privacy"):
        if own_photos.any_kept():
            st.button(
                t("privacy.delete"),
                key="delete photos",
                icon=":material/delete_forever:",
                type="primary",
                on_click=_delete_photos,
            )
        st.markdown(t("privacy.notice"))
        contact = os.environ.get(_CONTACT, "").strip() or t("privacy.no_contact")
        st.markdown(t("privacy.contact", contact=contact))


def _delete_photos() -> None:
    own_photos.remove_all()
    st.toast(t("privacy.deleted"), icon=":material/check:")


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
