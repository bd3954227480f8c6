"""The page "Cover it yourself"."""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard import session
from dashboard.i18n import t, translate_notice
from dashboard.views.counterfactuals import mask_height, paint, selection, smallest_cover, substitutions
from dashboard.views.counterfactuals.selection import Chosen

WAYS: Mapping[str, Callable[[Chosen], None]] = {
    "paint": paint.show,
    "slide": mask_height.show,
    "smallest": smallest_cover.show,
    "swap": substitutions.show,
}
"""Tool -> function that shows it. Its text is in the section ``cover_try``."""

st.title(t("cover.title"), anchor=False)
st.markdown(t("cover.lead"))

cards = session.catalogue().cards
for problem in session.catalogue().problems:
    st.warning(translate_notice(problem))
if not cards:
    st.error(t("photo.no_model"))
    st.stop()

chosen = selection.choose([card.name for card in cards])
words = {name: t(f"cover_try.{name}") for name in WAYS}
way = selection.one_of("try", words, t("cover.try"), collapsed=True)
if chosen:
    WAYS[way](chosen)
