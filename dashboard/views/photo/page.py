"""The page "Check a photo"."""

import streamlit as st

from dashboard.i18n import t
from dashboard.views.photo import permalink, photo_view, upload
from dashboard.widgets import header, progress

picture = permalink.shown()
with st.container(horizontal=True, vertical_alignment="center", key="photo-title"):
    st.title(t("photo.title"), anchor=False)
    st.markdown(t("photo.lead"))

cards = header.installed_models()

menu, line = upload.bar(picture)
if upload.is_new(picture):
    area = st.empty()
    progress.reserve_height(area, 480)  # no results of the previous photo may remain under this one
    area = area.container()
else:
    area = st.container()
with area:
    photo_view.show(picture, tuple(card.name for card in cards), menu, line)
