"""The page "Check a photo"."""

import streamlit as st

from dashboard import session
from dashboard.i18n import t, translate_notice
from dashboard.views.photo import photo_view, upload
from dashboard.widgets import progress

st.title(t("photo.title"), anchor=False)
st.markdown(t("photo.lead"))

cards = session.catalogue().cards
for problem in session.catalogue().problems:
    st.warning(translate_notice(problem))
if not cards:
    st.error(t("photo.no_model"))
    st.stop()

source = upload.choose()
area = st.empty()
if upload.is_new(source):
    progress.reserve_height(area, 480)  # no results of the previous photo may remain under this one
with area.container():
    photo_view.show(source, tuple(card.name for card in cards))
