"""The page "The models"."""

import streamlit as st

from dashboard import session
from dashboard.i18n import from_library, say
from dashboard.model_names import model_names
from dashboard.views import models_card, models_experiments, models_overview, models_own

st.title(say("models.title"), anchor=False)
st.markdown(say("models.lead"))

records = session.records()
for problem in (*session.catalogue().problems, *records.problems):
    st.warning(from_library(problem))

known = (*records.installed, *records.measured)
names = model_names(known)
if known:
    models_overview.show(known, names)
    chosen = models_card.choose(known, names)
    models_card.show(chosen, names[chosen.name])
if records.experiments:
    models_experiments.show(records.experiments)
models_own.show()
