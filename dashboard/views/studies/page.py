"""The page "The studies"."""

import streamlit as st

from dashboard import session
from dashboard.i18n import t, translate_notice
from dashboard.text.model_names import model_names, purpose
from dashboard.views.studies import experiments, overview
from dashboard.views.studies.text import figures_that_hold

st.title(t("studies.title"), anchor=False)
st.markdown(t("studies.lead"))

catalogue, records = session.catalogue(), session.records()
for problem in records.problems:
    st.warning(translate_notice(problem))

known = (*catalogue.cards, *records.measured)
studies = [card for card in known if purpose(card) == "studies"]
repeated = ((row.measured, row.published) for each in records.experiments for row in each.rows)
if answer := figures_that_hold((*overview.figures(studies), *repeated)):
    st.markdown(answer)
if known:
    overview.show(studies)
    overview.table(known, model_names(known), {card.name for card in catalogue.cards})
if records.experiments:
    experiments.show(records.experiments)
