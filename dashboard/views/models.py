"""The page "The models"."""

import streamlit as st

from dashboard import session
from dashboard.views import models_card, models_experiments, models_overview, models_own
from dashboard.words import from_library, say

st.title(say("models.title"), anchor=False)
st.markdown(say("models.lead"))

records = session.records()
for problem in (*session.catalogue().problems, *records.problems):
    st.warning(from_library(problem))

known = (*records.installed, *records.measured)
if known:
    models_overview.show(known)
    models_card.show(models_card.choose(known))
if records.experiments:
    models_experiments.show(records.experiments)
models_own.show()
