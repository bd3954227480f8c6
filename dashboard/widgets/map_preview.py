"""The maps of a face in progress: first a preview of each, then the map itself, in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import session
from dashboard.i18n import class_title, t
from dashboard.text.map_units import method_title
from dashboard.text.model_names import display_name
from dashboard.widgets import map_panel
from dashboard.widgets.progress import Progress
from xai.attribution.methods import METHODS
from xai.partial_results import Preview
from xai.photo.images import encode_jpeg
from xai.render import common_scale, dim_outside, overlay
from xai.types import Explanation, Face, Heatmap, Prediction

__all__ = ["Previews"]

_METHOD = next(name for name, method in METHODS.items() if method.run_in_steps_at)
"""The method whose maps have previews."""

_DRAWN = count()
"""Counter for keys: a preview is drawn several times in one run, and Streamlit accepts a key only once."""


@dataclass(frozen=True, eq=False)
class _Shown:
    """The current state of one model's occlusion map."""

    prediction: Prediction
    heatmap: Heatmap
    preview: bool


class Previews:
    """Occlusion maps of one face, drawn exactly where and how the finished maps will be.

    Nothing is drawn before the first preview, so cached results are not drawn twice.

    Args:
        place: placeholder of the maps; this class alone fills it.
        face: the face.
        models: names of the models, from left to right.
        progress: its bar fills the same placeholder first, and moves under the maps.
        others: methods whose maps are beside these and have no previews.
    """

    def __init__(
        self,
        place: DeltaGenerator,
        face: Face,
        models: Sequence[str],
        progress: Progress,
        others: Sequence[str] = (),
    ) -> None:
        self._place, self._face, self._models, self._progress = place, face, models, progress
        self._others = others
        self._shown: dict[str, _Shown] = {}

    def of(self, model: str) -> Callable[[Preview], None]:
        """A function that draws a preview of ``model``'s map."""

        def draw(preview: Preview) -> None:
            self._shown[model] = _Shown(preview.prediction, preview.heatmap, preview=True)
            self.draw()

        return draw

    def done(self, model: str, explanation: Explanation) -> None:
        """The map of ``model`` is finished: it is drawn with the next update."""
        self._shown[model] = _Shown(explanation.prediction, explanation.heatmaps[_METHOD], preview=False)

    def draw(self) -> None:
        """Draw what has arrived, on one scale; an empty placeholder without any model."""
        if not self._models:
            self._place.empty()
            return
        self._progress.hold()
        scale = common_scale([each.heatmap for each in self._shown.values()])
        # The maps are drawn by a fragment, which has a container of its own: on the same paths everything is
        # replaced in place, and nothing of a preview is left.
        with self._place.container(), st.container():
            with st.columns(3)[0]:
                map_panel.legend(_METHOD, scale)
            columns = st.columns(len(self._models), border=True)
            for model, column in zip(self._models, columns, strict=True):
                with column:
                    self._card(model, scale)
            below = st.empty()
        self._progress.move(below)

    def _card(self, model: str, scale: float) -> None:
        shown = self._shown.get(model)
        st.markdown(f"**{display_name(model)}**")
        if shown:
            target = shown.heatmap.target
            probability = shown.prediction.of(target)
            st.caption(t("map.target", target=class_title(target), probability=probability))
        else:
            st.caption(t("preview.not_yet"))
        with map_panel.row(1 + len(self._others), f"preview-{next(_DRAWN)}"):
            with map_panel.slot().container(gap="xxsmall"):
                self._map(model, shown, scale)
            for method in self._others:
                with map_panel.slot().container(gap="xxsmall"):
                    self._unmarked(method)
        note = st.empty()
        if shown and shown.preview:
            note.markdown(t("preview.note"))

    def _map(self, model: str, shown: _Shown | None, scale: float) -> None:
        if shown is None:
            self._unmarked(_METHOD)
            return
        drawn = overlay(self._face.crop, shown.heatmap.values, scale=scale, opacity=map_panel.opacity())
        alt = t("preview.alt" if shown.preview else "preview.alt_done", model=display_name(model))
        st.image(encode_jpeg(dim_outside(drawn, self._face)), width="stretch", alt=alt)
        title = method_title(_METHOD)
        st.caption(t("preview.title", method=title) if shown.preview else title)

    def _unmarked(self, method: str) -> None:
        """The face without a map, so that the arriving map shifts nothing."""
        key = (self._face.photo_sha256, tuple(self._face.crop_box.as_list()), "plain")
        plain = session.cached("picture", key, lambda: encode_jpeg(dim_outside(self._face.crop, self._face)))
        title = t("preview.coming", method=method_title(method))
        st.image(plain, width="stretch", alt=title)
        st.caption(title)
