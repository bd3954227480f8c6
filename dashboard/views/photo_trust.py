"""The tests of a model's maps, run when they are asked for; what they cost is said before."""

from __future__ import annotations

import streamlit as st

from dashboard import session
from dashboard.evidence_figures import curves
from dashboard.i18n import say
from dashboard.sentences import failed
from dashboard.trust_words import alt_curve, curve_line, shares_line, steady_line, weights_line
from dashboard.views import photo_card
from dashboard.views.photo_progress import Progress
from dashboard.worker.jobs import Explained
from dashboard.worker.results import MapCheck
from dashboard.worker.ticket import JobError

__all__ = ["show"]


@st.fragment
def show(explained: Explained, level: str, key: str) -> None:
    """The offer to test the maps, or what the tests found.

    Args:
        explained: the maps.
        level: one of ``LEVELS``.
        key: makes the widgets' keys unique on the page.
    """
    maps = explained.explanation
    st.caption(say("trust.what"))
    place = st.empty()
    if not session.checked(maps):
        cost = say("trust.button", passes=explained.check_passes, seconds=max(1.0, explained.check_seconds))
        if not place.button(cost, key=f"trust {key}"):
            return
    try:
        checks = session.check(maps, Progress(place).of(key))
    except JobError as failure:
        place.error(say("trust.failed", sentence=failed(failure)))
        return
    place.empty()
    for method, check in checks.items():
        _map(method, check, level, f"{key} {method}")
    st.caption(say("trust.curve_legend"))
    first = next(iter(checks.values()))
    st.caption(say("trust.taken_turned" if first.turned else "trust.taken_grey"))
    st.caption(say("trust.done", passes=explained.check_passes, seconds=first.seconds))


def _map(method: str, check: MapCheck, level: str, key: str) -> None:
    st.markdown(f"**{say(f'method_title.{method}')}**")
    for kind, curve, column in zip(
        ("deletion", "insertion"), (check.deletion, check.insertion), st.columns(2), strict=True
    ):
        with column:
            st.caption(say(f"tested.{kind}"))
            st.plotly_chart(
                curves(curve), config=photo_card.STILL, key=f"{kind} {key}", alt=alt_curve(kind, curve)
            )
            st.markdown(curve_line(kind, curve, level))
    for line in (weights_line(check, level), steady_line(check, level), shares_line(check, level)):
        st.markdown(line)
