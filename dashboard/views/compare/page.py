"""The page "Compare models"."""

import streamlit as st

from dashboard import session
from dashboard.i18n import t, translate_notice
from dashboard.views.compare import result, selection

st.title(t("compare.title"), anchor=False)
st.markdown(t("compare.lead"))

cards = session.catalogue().cards
for problem in session.catalogue().problems:
    st.warning(translate_notice(problem))
if not cards:
    st.error(t("photo.no_model"))
    st.stop()

choice = selection.choose([card.name for card in cards])
if len(choice.faces) * len(choice.models) < 2:
    st.info(t("compare.too_few"))
    st.stop()
result.show(choice)
