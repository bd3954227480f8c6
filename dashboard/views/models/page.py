"""The page "The models"."""

import streamlit as st

from dashboard import session
from dashboard.i18n import t, translate_notice
from dashboard.text.model_names import model_names
from dashboard.views.models import add_model, model_card, overview, studies

st.title(t("models.title"), anchor=False)
st.markdown(t("models.lead"))

catalogue, records = session.catalogue(), session.records()
for problem in (*catalogue.problems, *records.problems):
    st.warning(translate_notice(problem))

known = (*catalogue.cards, *records.measured)
names = model_names(known)
installed = {card.name for card in catalogue.cards}
if known:
    overview.show(known, names, installed)
    chosen = model_card.choose(known, names)
    model_card.show(chosen, names[chosen.name], installed=chosen.name in installed)
if records.experiments:
    studies.show(records.experiments)
add_model.show()
