"""The script that Streamlit runs for every visitor: the list of pages, and what stands round each."""

import streamlit as st

from dashboard import preferences
from dashboard.i18n import languages, say
from dashboard.views import header

PAGES = ("photo", "cover", "compare", "models", "learn")
"""A page is a file in ``views/`` and a section of the catalogue with a ``nav``, under this name."""

preferences.open_address(tuple(languages()))
page = st.navigation(
    [st.Page(f"views/{name}.py", title=say(f"{name}.nav"), url_path=name) for name in PAGES], position="top"
)
st.set_page_config(page_title=f"{page.title} · {say('app.title')}", layout="wide")
st.logo(header.LOGO, size="large")
with st.container(horizontal_alignment="center"), st.container(width=1180):
    header.show()
    page.run()
