"""The page "Cover it yourself"."""

from collections.abc import Callable, Mapping

import streamlit as st

from dashboard import session
from dashboard.i18n import from_library, say
from dashboard.views import cover_choice, cover_paint, cover_slide, cover_smallest, cover_swap
from dashboard.views.cover_choice import Chosen

WAYS: Mapping[str, Callable[[Chosen], None]] = {
    "paint": cover_paint.show,
    "slide": cover_slide.show,
    "smallest": cover_smallest.show,
    "swap": cover_swap.show,
}
"""What can be tried -> what it shows. Its words stand in the section ``cover_try``."""

st.title(say("cover.title"), anchor=False)
st.markdown(say("cover.lead"))

cards = session.catalogue().cards
for problem in session.catalogue().problems:
    st.warning(from_library(problem))
if not cards:
    st.error(say("photo.no_model"))
    st.stop()

chosen = cover_choice.choose([card.name for card in cards])
words = {name: say(f"cover_try.{name}") for name in WAYS}
way = cover_choice.one_of("try", words, say("cover.try"), collapsed=True)
if chosen:
    WAYS[way](chosen)
