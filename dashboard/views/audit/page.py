"""The page "Audit a set"."""

import streamlit as st

from dashboard import session
from dashboard.i18n import t, translate_notice
from dashboard.views.audit import result, run, start, state

st.title(t("audit.title"), anchor=False)
st.markdown(t("audit.lead"))

cards = session.catalogue().cards
for problem in session.catalogue().problems:
    st.warning(translate_notice(problem))
if not cards:
    st.error(t("photo.no_model"))
    st.stop()

audit = state.audit()
with st.container(key="audit-step"):
    if audit is None:
        start.show([card.name for card in cards])
    elif audit.finished is None:
        run.show(audit)
    else:
        result.show(audit, audit.finished)
