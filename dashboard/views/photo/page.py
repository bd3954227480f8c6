"""The page "Check a photo"."""

import streamlit as st

from dashboard import session
from dashboard.i18n import from_library, say
from dashboard.views.photo import detection, upload
from dashboard.widgets import progress

st.title(say("photo.title"), anchor=False)
st.markdown(say("photo.lead"))

cards = session.catalogue().cards
for problem in session.catalogue().problems:
    st.warning(from_library(problem))
if not cards:
    st.error(say("photo.no_model"))
    st.stop()

source = upload.choose()
area = st.empty()
if upload.is_new(source):
    progress.hold(area, 480)  # nothing of the photo before may stand under this one
with area.container():
    detection.show(source, tuple(card.name for card in cards))
