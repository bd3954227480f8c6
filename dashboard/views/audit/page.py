"""The page "Audit a set"."""

import streamlit as st

from dashboard.i18n import t
from dashboard.views.audit import result, run, start, state
from dashboard.widgets import header

st.title(t("audit.title"), anchor=False)
st.markdown(t("audit.lead"))

cards = header.installed_models()

audit = state.audit()
with st.container(key="audit-step"):
    if audit is None:
        start.show([card.name for card in cards])
    elif audit.finished is None:
        run.show(audit)
    else:
        result.show(audit, audit.finished)
