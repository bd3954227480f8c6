"""One model on one face: its answer, its maps, and their region shares."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import session
from dashboard.charts.cached import kept_figure
from dashboard.charts.predictions import class_bars, region_bars
from dashboard.i18n import class_title, t, translate_notice
from dashboard.text import map_units
from dashboard.text.model_names import display_name
from dashboard.text.predictions import alt_answer, alt_map, alt_shares, becomes_parts, finding, mask_reason
from dashboard.worker.jobs import FaceExplanation
from xai.attribution.methods import METHODS
from xai.classes import class_info
from xai.photo.images import encode_jpeg
from xai.render import (
    colour_bar,
    dim_outside,
    display_scale,
    display_values,
    outline_regions,
    overlay,
    paint_classes,
)
from xai.types import REGIONS, Explanation, Prediction

__all__ = [
    "FIRST_OPACITY",
    "OPACITY",
    "STATIC_CHART",
    "MapStyle",
    "answer",
    "bar",
    "crop",
    "draw",
    "fold",
    "legend",
    "opacity",
    "row",
    "scales",
    "show",
    "slot",
]

STATIC_CHART = {"staticPlot": True, "displayModeBar": False}
"""Plotly's settings for a static chart."""

OPACITY = "opacity"
"""Key of the slider for the overlay opacity."""

FIRST_OPACITY = 0.7

_CROP = 150
_BESIDE_CROP = 180


@dataclass(frozen=True)
class MapStyle:
    """Display settings of maps.

    Attributes:
        scales: method -> value that gets the full colour, the same for all models.
        opacity: of the strongest colour, 0..1.
        share_limit: where the axes of the region bars end, the same for all models.
    """

    scales: Mapping[str, float]
    opacity: float
    share_limit: float


def show(
    explanation: Explanation, look: MapStyle, key: str, failed: Mapping[str, str]
) -> dict[str, DeltaGenerator]:
    """The panel of one model: its maps and the finding of the first one; the rest on request.

    Args:
        explanation: what was measured.
        look: display settings.
        key: makes the charts' keys unique on the page.
        failed: method -> why its map failed its checks.

    Returns:
        Method -> placeholder of its map, to ``fold`` it later.
    """
    model = display_name(explanation.provenance.model)
    target = explanation.target
    st.markdown(f"**{model}**")
    st.caption(t("map.target", target=class_title(target), probability=explanation.prediction.of(target)))
    places: dict[str, DeltaGenerator] = {}
    with row(len(explanation.heatmaps), key):
        for method in explanation.heatmaps:
            place = places[method] = slot()
            if method in failed:
                fold(place, explanation, method, look, failed[method])
            else:
                with place.container(gap="xxsmall"):
                    draw(explanation, method, look)
    for method, reason in explanation.refusals.items():
        st.caption(t("map.refused", method=map_units.method_title(method), reason=translate_notice(reason)))
    first, *others = explanation.heatmaps
    st.markdown(finding(explanation, first))
    with st.expander(t("map.more")):
        for method in others:
            st.markdown(finding(explanation, method))
        _answers(explanation, key)
        _becomes(explanation)
        _regions(explanation, look.share_limit, key)
    return places


def slot() -> DeltaGenerator:
    """The placeholder of one map in a ``row``; previews use it too, so that nothing of them is left."""
    return st.container(width="stretch").empty()


def fold(place: DeltaGenerator, explanation: Explanation, method: str, look: MapStyle, reason: str) -> None:
    """Fold a map that failed its checks, with the reason."""
    with place.container(gap="xxsmall"):
        st.caption(t("map.withheld", method=map_units.method_title(method), reason=reason))
        with st.expander(t("map.show_anyway"), type="compact"):
            draw(explanation, method, look)


def row(maps: int, key: str) -> DeltaGenerator:
    """The row in which the maps of one model are side by side.

    Args:
        maps: how many; the first of two never takes the space of both.
        key: unique on the page.
    """
    return st.container(horizontal=True, gap="small", key=f"maps-{maps}-{key}")


def crop(explained: FaceExplanation) -> None:
    """The face crop, small, with the outlines of its regions."""
    face, regions = explained.explanation.face, explained.regions
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if regions is None:
            st.image(encode_jpeg(dim_outside(face.crop, face)), width=_CROP, alt=t("map.crop_plain_alt"))
            st.caption(t("regions.unknown"), width=_BESIDE_CROP)
            return
        masks = {name: regions == index for index, name in enumerate(REGIONS)}
        key = (face.photo_sha256, tuple(face.crop_box.as_list()), "outlines")
        drawn = session.cached(
            "picture", key, lambda: encode_jpeg(outline_regions(dim_outside(face.crop, face), masks))
        )
        st.image(drawn, width=_CROP, alt=t("map.crop_alt"))
        st.caption(t("map.crop"), width=_BESIDE_CROP)


def answer(prediction: Prediction, model: str) -> None:
    """The answer in colour and in words, with the reason for *worn incorrectly* where the model gives one."""
    words = t("answer.heading", answer=class_title(prediction.label), probability=prediction.confidence)
    with st.container(gap="xxsmall"):
        st.markdown(f"**{model}**")
        st.badge(words, color=class_info(prediction.label).hue)
        if prediction.reason:
            st.caption(mask_reason(prediction.reason))


def opacity() -> float:
    """The overlay opacity that the visitor set, 0..1."""
    chosen = session.get_state(OPACITY)
    return FIRST_OPACITY if chosen is None else float(str(chosen))


def scales(explanations: Sequence[Explanation]) -> dict[str, float]:
    """Method -> scale of its maps, shared by all models.

    Args:
        explanations: at least one; of a method that was refused for one of them the others' maps count.
    """
    maps = [each.heatmaps for each in explanations]
    methods = dict.fromkeys(method for made in maps for method in made)
    return {
        method: display_scale([made[method] for made in maps if method in made], METHODS[method].display)
        for method in methods
    }


def legend(method: str, scale: float) -> None:
    """What the colours of a method's maps mean, as a colour bar and in words; ``scale`` as of ``scales``."""
    alt, words = map_units.legend(method, scale)
    bar(alt, signed=METHODS[method].signed)
    st.caption(words)


def bar(alt: str, *, signed: bool) -> None:
    """The colour bar of a scale."""
    st.image(encode_jpeg(colour_bar(480, 14, signed=signed)), width="stretch", alt=alt)


def draw(explanation: Explanation, method: str, look: MapStyle) -> None:
    """One map with its title."""
    key = (_map_key(explanation, method), look.scales[method], look.opacity)
    drawn = session.cached("picture", key, lambda: _painted(explanation, method, look))
    model = display_name(explanation.provenance.model)
    st.image(drawn, width="stretch", alt=alt_map(explanation, method, model))
    st.caption(map_units.method_title(method))


def _painted(explanation: Explanation, method: str, look: MapStyle) -> bytes:
    values = display_values(explanation.heatmaps[method], METHODS[method].display)
    scale = look.scales[method]
    drawn = overlay(explanation.face.crop, values, scale=scale, opacity=look.opacity)
    return encode_jpeg(dim_outside(drawn, explanation.face))


def _map_key(explanation: Explanation, method: str) -> Hashable:
    """Cache key of a map: face, model, class and settings."""
    face, heatmap, made = explanation.face, explanation.heatmaps[method], explanation.provenance
    where = (face.photo_sha256, tuple(face.crop_box.as_list()))
    return (*where, made.model, made.weights_sha256, heatmap.target, method, *sorted(heatmap.params.items()))


def _answers(explanation: Explanation, key: str) -> None:
    said = explanation.prediction
    what = ("answer", said.classes, said.probabilities.tobytes())
    st.plotly_chart(
        kept_figure(what, lambda: class_bars(said)),
        config=STATIC_CHART,
        key=f"answer {key}",
        alt=alt_answer(display_name(explanation.provenance.model), said),
    )


def _becomes(explanation: Explanation) -> None:
    becomes, classes = explanation.becomes, explanation.prediction.classes
    if becomes is None:
        return
    shares = becomes_parts(explanation)
    each = [t("map.becomes_part", answer=class_title(name), part=part) for name, part in shares.items()]
    left, right = st.columns(2)
    with left:
        drawn = paint_classes(explanation.face.crop, becomes, classes, 0.5)
        drawn = dim_outside(drawn, explanation.face)
        st.image(encode_jpeg(drawn), width="stretch", alt=t("map.becomes_alt", parts="; ".join(each)))
    with right:
        st.markdown(t("map.becomes"))
        if len(shares) == 1:
            st.markdown(t("map.becomes_never", answer=class_title(next(iter(shares)))))
        else:
            st.markdown(t("map.becomes_changes", parts="; ".join(each)))


def _regions(explanation: Explanation, limit: float, key: str) -> None:
    st.markdown(t("regions.title"))
    shares = {method: counted for method, counted in explanation.shares.items() if counted}
    if not shares:
        maps = explanation.heatmaps.values()
        evidence = any((heatmap.values > 0).any() for heatmap in maps)
        st.caption(t("regions.unknown" if evidence else "regions.none"))
        return
    alt = " ".join(alt_shares(counted) for counted in shares.values())
    counts = tuple((m, tuple(c.share.items()), tuple(c.area.items())) for m, c in shares.items())
    drawn = kept_figure(("regions", counts, limit), lambda: region_bars(shares, limit))
    st.plotly_chart(drawn, config=STATIC_CHART, key=f"regions {key}", alt=alt)
