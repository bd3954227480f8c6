"""The script that Streamlit runs for every visitor: page settings and the list of pages."""

import streamlit as st

from dashboard.words import say

page = st.navigation([st.Page("views/photo.py", title=say("photo.nav"))], position="top")
st.set_page_config(page_title=say("app.title"), layout="wide")
with st.container(horizontal_alignment="center"), st.container(width=1180):
    page.run()
