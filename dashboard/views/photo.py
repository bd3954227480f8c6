"""The page "Check a photo"."""

import streamlit as st

from dashboard import session
from dashboard.i18n import from_library, say
from dashboard.views import photo_input, photo_progress, photo_result

st.title(say("photo.title"), anchor=False)
st.markdown(say("photo.lead"))

cards = session.catalogue().cards
for problem in session.catalogue().problems:
    st.warning(from_library(problem))
if not cards:
    st.error(say("photo.no_model"))
    st.stop()

source = photo_input.choose()
area = st.empty()
if photo_input.is_new(source):
    photo_progress.hold(area, 480)  # nothing of the photo before may stand under this one
with area.container():
    photo_result.show(source, tuple(card.name for card in cards))
