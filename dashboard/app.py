"""The script that Streamlit runs for every visitor: the list of pages, and the frame around each."""

from urllib.parse import urlsplit

import streamlit as st

from dashboard import preferences, session, session_cache, url_state
from dashboard.i18n import languages, t
from dashboard.widgets import header

PAGES = {
    "photo": "photo",
    "cover": "counterfactuals",
    "compare": "compare",
    "models": "models",
    "audit": "audit",
    "studies": "studies",
    "learn": "learn",
}
"""URL path of a page, and section of the messages with its ``nav`` -> the page's folder in ``views/``."""

session.begin_run()
url_state.follow_history(urlsplit(st.context.url or "").path.strip("/"))
preferences.load_preferences_from_url(tuple(languages()))
page = st.navigation(
    [
        st.Page(f"views/{folder}/page.py", title=t(f"{name}.nav"), url_path=name)
        for name, folder in PAGES.items()
    ],
    position="top",
)
st.set_page_config(page_title=f"{page.title} · {t('app.title')}", layout="wide")
st.logo(header.LOGO, size="large")
with st.container(horizontal_alignment="center"), st.container(width=1180):
    header.show()
    page.run()
session_cache.forget_widgets()
