"""The page "Compare models"."""

import streamlit as st

from dashboard import session
from dashboard.i18n import t, translate_notice
from dashboard.views.compare import result, selection

st.title(t("compare.title"), anchor=False)

cards = session.catalogue().cards
for problem in session.catalogue().problems:
    st.warning(translate_notice(problem))
if not cards:
    st.error(t("photo.no_model"))
    st.stop()

result.show(selection.choose(cards))
