"""For experts: the occlusion maps at the finest step, coarse places first, with a way to stop."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import session
from dashboard.i18n import say
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.widgets.map_preview import Previews
from dashboard.widgets.progress import Progress
from dashboard.worker.jobs import Explain, Explained
from dashboard.worker.ticket import JobError
from xai.attribution.methods import METHODS
from xai.types import Explanation, Params

__all__ = ["show"]

_STRIDE = 1 / 56
"""Step of the patch as a share of the side."""


@st.fragment
def show(explained: Mapping[str, Explained], name: str) -> None:
    """The offer to measure fine maps, the maps on their way, or the maps.

    Args:
        explained: model -> its maps of the face, at least one; patch, fill and class are theirs.
        name: makes the widgets' keys unique to the face.
    """
    wish = f"fine {name}"
    with st.expander(say("fine.title")):
        st.caption(say("fine.what"))
        button = st.empty()
        if session.recall(wish):
            button.button(say("fine.stop"), key=f"stop {wish}", on_click=session.remember, args=(wish, False))
            _measure(explained)
            button.empty()
        else:
            places = {model: _places(model, each) for model, each in explained.items()}
            seconds = sum(places[model] * _pass_seconds(each) for model, each in explained.items())
            button.button(
                say("fine.button", places=sum(places.values()), seconds=max(1.0, seconds)),
                key=f"measure {wish}",
                on_click=session.remember,
                args=(wish, True),
            )


def _measure(explained: Mapping[str, Explained]) -> None:
    face = next(iter(explained.values())).explanation.face
    place = st.empty()
    progress = Progress(place)
    previews = Previews(place, face, list(explained), progress)
    made: dict[str, Explanation] = {}
    for model, each in explained.items():
        options = {"occlusion": _params(each)}
        job = Explain(face, model, ("occlusion",), each.explanation.target, options, glimpse=True)
        try:
            made[model] = session.explain(job, progress.of(model), previews.of(model)).explanation
        except JobError as failure:
            st.error(say("map.failed", model=display_name(model), sentence=failed(failure)))
        else:
            previews.done(model, made[model])
    finished = Previews(place, face, list(made), progress)
    for model, explanation in made.items():
        finished.done(model, explanation)
    finished.draw()


def _params(explained: Explained) -> Params:
    return {**explained.explanation.heatmaps["occlusion"].params, "stride": _STRIDE}


def _places(model: str, explained: Explained) -> int:
    side = next(card.input_size for card in session.catalogue().cards if card.name == model)
    return METHODS["occlusion"].forwards(_params(explained), side)


def _pass_seconds(explained: Explained) -> float:
    return sum(explained.explanation.provenance.seconds.values()) / explained.passes
