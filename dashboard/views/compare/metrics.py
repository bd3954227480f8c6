"""How far two maps agree, in a sentence and in numbers, and their region shares."""

from __future__ import annotations

import streamlit as st

from dashboard import preferences
from dashboard.i18n import format_number, t
from dashboard.text.map_units import method_title
from dashboard.text.regions import region_title
from dashboard.views.compare.text import MapPair, agreement_rows, agreement_sentence
from xai.types import REGIONS

__all__ = ["show"]


def show(pair: MapPair) -> None:
    """The sentence, the numbers for the maps as shown, and a table of the regions."""
    st.subheader(t("agree.title", first=pair.first.title, second=pair.second.title), anchor=False)
    st.markdown(agreement_sentence(pair))
    left, right = st.columns(2, gap="large")
    with left:
        rows = agreement_rows(pair, preferences.level())
        st.table(
            [{t("agree.column_figure"): name, t("agree.column_value"): value} for name, value in rows],
            hide_index=True,
        )
        st.caption(t("agree.note"))
    with right:
        _regions(pair)


def _regions(pair: MapPair) -> None:
    one, two, apart = pair.first.shares, pair.second.shares, pair.shown.regions
    if one is None or two is None or apart is None:
        st.caption(t("agree.no_shares"))
        return
    st.table(
        [
            {
                t("agree.column_region"): region_title(name),
                _breakable(pair.first.title): format_number(one.share[name], ".0%"),
                _breakable(pair.second.title): format_number(two.share[name], ".0%"),
                t("agree.column_difference"): format_number(100 * apart[name], "+.0f"),
            }
            for name in REGIONS
        ],
        hide_index=True,
    )
    st.caption(t("agree.regions_note", method=method_title(pair.first.method)))


def _breakable(name: str) -> str:
    """A model's name that may break after underscores: two must fit side by side on a phone."""
    return name.replace("_", "_\u200b")
