"""A mask pulled down: a drawn mask at every height, and what each model says there."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from dashboard.charts.curves import height_curve
from dashboard.components import mask_slider
from dashboard.components.answer_bars import Answer
from dashboard.components.mask_slider import Step
from dashboard.i18n import class_title, t
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.views.counterfactuals import paint
from dashboard.views.counterfactuals.selection import Chosen
from dashboard.views.counterfactuals.text import alt_curve, pulled_sentence
from dashboard.widgets import map_panel
from dashboard.worker.counterfactual_jobs import ProbeResult
from dashboard.worker.job_handle import JobError
from xai.classes import class_info

__all__ = ["show"]

_PROBE = "pull_down"


def show(chosen: Chosen) -> None:
    """The face with a mask that is pulled by its edge; where none can be drawn, why, and a brush instead."""
    try:
        found = [chosen.found(chosen.probe(model, _PROBE)) for model in chosen.models]
        seen = chosen.ask(chosen.models[0], chosen.face.crop).label
    except JobError as failure:
        st.info(failed(failure))
        paint.show(chosen)
        return
    names = [display_name(model) for model in chosen.models]
    answers = [
        Answer(name, pulled_sentence(each), each.flips_at is not None, each.start, each.start)
        for name, each in zip(names, found, strict=True)
    ]
    steps = [_step(at, names, found, len(chosen.face.crop)) for at in range(len(found[0].values))]
    mask_slider.pull(steps, answers, _start(found), " ".join((_PROBE, *chosen.key, *chosen.models)))
    masked = "uncovered" not in class_info(seen).wearings
    st.caption(t("cover_slide.drawn_over" if masked else "cover_slide.drawn"))
    with st.expander(t("cover_slide.more")):
        for name, each in zip(names, found, strict=True):
            st.markdown(f"**{name}**")
            st.plotly_chart(
                height_curve(each),
                config=map_panel.STATIC_CHART,
                key=f"pulled curve {name}",
                alt=alt_curve(each),
            )
        last = len(steps) - 1
        st.caption(t("cover_slide.scale", steps=last, step=1 / last))


def _start(found: Sequence[ProbeResult]) -> int:
    """Where the mask is at first: where the first answer has just flipped; in the middle where none does."""
    flipped = [each.values.index(each.flips_at) for each in found if each.flips_at is not None]
    return flipped[0] if flipped else len(found[0].values) // 2


def _step(at: int, names: Sequence[str], found: Sequence[ProbeResult], side: int) -> Step:
    height = float(found[0].values[at])
    answers = [each.answers[at] for each in found]
    said = [
        t("cover_slide.alt_one", model=name, answer=class_title(answer.label), probability=answer.confidence)
        for name, answer in zip(names, answers, strict=True)
    ]
    alt = t("cover_slide.picture_alt", height=height, answers=" ".join(said))
    return Step(height, found[0].edges[at][1] / side, found[0].pictures[at], answers, alt)
