"""The page "Cover it yourself"."""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard import session, url_state
from dashboard.i18n import t
from dashboard.views.counterfactuals import mask_height, paint, selection, smallest_cover, substitutions
from dashboard.views.counterfactuals.selection import HIDDEN, Chosen
from dashboard.widgets import header

WAYS: Mapping[str, Callable[[Chosen], None]] = {
    "slide": mask_height.show,
    "paint": paint.show,
    "smallest": smallest_cover.show,
    "swap": substitutions.show,
}
"""Tool -> function that shows it. Its text is in the section ``cover_try``."""

st.title(t("cover.title"), anchor=False)
st.markdown(t("cover.lead"))

cards = header.installed_models()

chosen = selection.choose([card.name for card in cards])
words = {name: t(f"cover_try.{name}") for name in WAYS}
if session.get_state("try") is None and HIDDEN in st.query_params and "try" not in st.query_params:
    session.set_state("try", "paint")  # an address that says what is hidden shows it
way = selection.one_of("try", words, t("cover.try"), collapsed=True)
if way != "paint":
    url_state.write_params({HIDDEN: None})
if chosen:
    WAYS[way](chosen)
