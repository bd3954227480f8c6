"""The page "Check a photo"."""

from pathlib import Path

import streamlit as st

from dashboard import session
from dashboard.i18n import t, translate_notice
from dashboard.views.photo import permalink, photo_view, upload
from dashboard.widgets import progress

st.html(Path(__file__).with_name("style.css"))
picture = permalink.shown()
with st.container(key="first-visit" if permalink.is_first_visit() else "photo-title", gap="xxsmall"):
    st.title(t("photo.title"), anchor=False)
    st.markdown(t("photo.lead"))

cards = session.catalogue().cards
for problem in session.catalogue().problems:
    st.warning(translate_notice(problem))
if not cards:
    st.error(t("photo.no_model"))
    st.stop()

menu, line = upload.bar(picture)
area = st.empty()
if upload.is_new(picture):
    progress.reserve_height(area, 480)  # no results of the previous photo may remain under this one
with area.container():
    photo_view.show(picture, tuple(card.name for card in cards), menu, line)
