"""The page "The models"."""

import streamlit as st

from dashboard import session
from dashboard.i18n import t, translate_notice
from dashboard.text.model_names import model_names, purpose
from dashboard.views.models import add_model, cards, classes, model_card

st.title(t("models.title"), anchor=False)

catalogue, records = session.catalogue(), session.records()
for problem in (*catalogue.problems, *records.problems):
    st.warning(translate_notice(problem))

known = (*catalogue.cards, *records.measured)
names = model_names(known)
if known:
    cards.show(known[:2], names)
    with st.container(horizontal=True, vertical_alignment="center"):
        classes.show()
        studied = sum(purpose(card) == "studies" for card in known)
        st.page_link("views/studies/page.py", label=t("models.to_studies", count=studied))
    chosen = model_card.choose(known, names)
    model_card.show(chosen, installed=chosen in catalogue.cards)
add_model.show()
