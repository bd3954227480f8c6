"""A dot plot with its text alternative."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.charts.metrics import DotRow, dots
from dashboard.i18n import t
from dashboard.widgets.map_panel import STATIC_CHART

__all__ = ["alt_text", "dot_plot"]


def dot_plot(title: str, rows: Sequence[DotRow], key: str) -> None:
    """Draw shares as dots with intervals.

    Args:
        title: what they are about, for the text alternative.
        rows: the dots.
        key: unique on the page.
    """
    st.plotly_chart(dots(rows), config=STATIC_CHART, key=key, alt=alt_text(title, rows))


def alt_text(title: str, rows: Sequence[DotRow]) -> str:
    """The plot in words; arguments as of ``dot_plot``."""
    return t("dots.alt", title=title, rows="; ".join(map(_row, rows)))


def _row(row: DotRow) -> str:
    said = [row.label]
    if row.measured:
        found = row.measured
        said.append(
            t("dots.alt_alone", value=found.value)
            if found.low is None
            else t("dots.alt_measured", value=found.value, low=found.low, high=found.high)
        )
    if row.published is not None:
        said.append(t("dots.alt_published", value=row.published))
    return " ".join(said)
