"""The page "Compare models"."""

import streamlit as st

from dashboard.i18n import t
from dashboard.views.compare import result, selection
from dashboard.widgets import header

st.title(t("compare.title"), anchor=False)

cards = header.installed_models()

result.show(selection.choose(cards))
