"""The page "Compare models"."""

import streamlit as st

from dashboard import session
from dashboard.i18n import from_library, say
from dashboard.views.compare import result, selection

st.title(say("compare.title"), anchor=False)
st.markdown(say("compare.lead"))

cards = session.catalogue().cards
for problem in session.catalogue().problems:
    st.warning(from_library(problem))
if not cards:
    st.error(say("photo.no_model"))
    st.stop()

choice = selection.choose([card.name for card in cards])
if len(choice.faces) * len(choice.models) < 2:
    st.info(say("compare.too_few"))
    st.stop()
result.show(choice)
