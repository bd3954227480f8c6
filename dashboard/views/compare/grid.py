"""Maps of several methods for one face: by class or by model, on one colour scale for each unit."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import combinations

import numpy as np
import streamlit as st
from PIL import Image as Pictures
from streamlit.delta_generator import DeltaGenerator

from dashboard import face_explanations, session, url_state
from dashboard.i18n import class_title, t, translate_notice
from dashboard.text.faithfulness import failed_check, method_options
from dashboard.text.map_units import DENSITY, bar_alt, display_unit, method_title, value_text
from dashboard.text.model_names import display_name
from dashboard.text.predictions import failed
from dashboard.views.compare.selection import Choice
from dashboard.widgets import face_picker
from dashboard.widgets.map_panel import bar
from dashboard.widgets.progress import Progress
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import ExplainClasses, JobProgress, Refusal
from dashboard.worker.results import MapCheck
from xai.attribution.method_reliability import best_first, failures
from xai.attribution.methods import DEFAULT_METHODS, METHODS
from xai.evidence.map_similarity import STRONGEST, strongest_overlap
from xai.photo.images import encode_jpeg
from xai.render import density, dim_outside, display_scale, display_values, overlay
from xai.types import Face, Heatmap

__all__ = ["DEFAULT_ROWS", "grid_jobs", "show"]

_ACROSS, _ROWS = "across", "rows"
"""Keys of the widgets, and their URL parameters."""

_SIDE = 224
"""Side of a picture in pixels: twice the displayed size on a phone, for high-density screens."""

_WIDTH = 520
"""Of a row in pixels, so that two are side by side where there is room."""

_OPACITY = 0.7

_ROW = '<section class="map-grid" aria-label="{title}">{head}{maps}</section>'
_HEAD = "<p><strong>{title}</strong> <span>{notes}</span></p>"
_MAPS = '<ul style="--columns:{columns}">{maps}</ul>'
_MAP = (
    '<li><figure><img src="data:image/jpeg;base64,{data}" alt="{alt}">'
    "<figcaption>{title}<span>{note}</span></figcaption></figure></li>"
)
_NO_MAP = '<li><p class="no-map"><span>{title}</span> {reason}</p></li>'


def _default_rows(most: int = 8) -> tuple[str, ...]:
    passed = [name for name in best_first() if not failures(name)]
    cheapest = sorted(passed, key=lambda name: (not METHODS[name].shares_passes, _price(name)))
    shown = tuple(dict.fromkeys((*DEFAULT_METHODS, *cheapest)))[:most]
    return tuple(dict.fromkeys((*DEFAULT_METHODS, *(name for name in best_first() if name in shown))))


def _price(method: str) -> int:
    """Passes of one map, for an input of usual size."""
    entry = METHODS[method]
    return entry.forwards(entry.complete({}), _SIDE)


DEFAULT_ROWS = _default_rows()
"""The methods that are shown first: the default ones, and the cheapest of those that passed their tests, of
which those whose classes share their passes come first."""


@dataclass(frozen=True)
class _Column:
    """What the maps of one column explain.

    Attributes:
        model: its name.
        target: a class of the model; None: its own answer.
        title: above each map.
    """

    model: str
    target: str | None
    title: str


@st.fragment
def show(face: Face, choice: Choice, label: str) -> None:
    """The choice of methods, a button to make the maps that are missing, and the grid as it comes.

    Args:
        face: the first of the faces that are compared.
        choice: what is compared.
        label: the first model's answer about the face.
    """
    session.begin_fragment()
    st.subheader(t("grid.title"), anchor=False)
    st.caption(t("grid.what"))
    columns, methods = _columns(choice), _methods()
    wish = f"grid {face.photo_sha256} {face.crop_box.as_list()}"
    with st.container(horizontal=True, vertical_alignment="bottom"):
        progress, button = st.empty(), st.empty()
    grid = _Grid(face, columns, methods)
    if missing := grid.missing():
        if not session.get_state(wish):
            count = sum(len(job.targets) for job in missing)
            _switch(button, t("grid.draw", count=count), "draw grid", (wish, True))
            return
        _switch(button, t("grid.stop"), "stop grid", (wish, False))
        _make(missing, grid, progress)
        session.set_state(wish, value=False)
        button.empty()
    if not grid.missing():
        grid.compare()
        own = next((each for each in columns if each.target in (None, label)), columns[0])
        _checks(grid, own, face)


def _switch(place: DeltaGenerator, words: str, key: str, state: tuple[str, bool]) -> None:
    place.button(words, key=key, on_click=session.set_state, args=state)


def _columns(choice: Choice) -> list[_Column]:
    """The classes of the first model, or the own answers of both, as the visitor chose."""
    first = choice.models[0]
    across = {"classes": t("grid.across_classes", model=display_name(first))}
    if len(choice.models) > 1:
        across["models"] = t("grid.across_models")
    if face_picker.choose(st.container(), _ACROSS, across, t("grid.across")) == "models":
        return [_Column(model, None, display_name(model)) for model in choice.models]
    classes = next(card.classes for card in session.catalogue().cards if card.name == first)
    return [_Column(first, name, class_title(name)) for name in classes]


def _methods() -> list[str]:
    named = method_options()
    url_state.multiselect_from_url(_ROWS, list(named), DEFAULT_ROWS)
    chosen = st.multiselect(t("grid.methods"), list(named), format_func=named.__getitem__, key=_ROWS)
    url_state.names_to_address(_ROWS, chosen, DEFAULT_ROWS)
    return chosen


def grid_jobs(face: Face, wanted: Iterable[tuple[str, str, str | None]]) -> list[ExplainClasses]:
    """Jobs for maps of a face by (method, model, class), the cheapest method first.

    One job makes all maps of a model where they share their passes; else each map has its own, so that it is
    shown as soon as it is made.
    """
    shared: dict[tuple[str, str, str | None], list[str | None]] = {}
    for method, model, target in wanted:
        apart = None if METHODS[method].shares_passes else target
        shared.setdefault((method, model, apart), []).append(target)
    ordered = sorted(shared.items(), key=lambda item: _price(item[0][0]))
    return [ExplainClasses(face, model, method, tuple(left)) for (method, model, _), left in ordered]


class _Grid:
    """The maps that are there, each row in a placeholder of its own.

    Args:
        face: what is explained.
        columns: what the maps of each column explain.
        methods: one for each row.
    """

    def __init__(self, face: Face, columns: Sequence[_Column], methods: Sequence[str]) -> None:
        self.face, self.columns = face, columns
        with st.container(horizontal=True, gap="medium"):
            self._rows = {method: st.container(width=_WIDTH).empty() for method in methods}
        self._legends = {unit: st.empty() for unit in dict.fromkeys(map(display_unit, methods))}
        self._maps: dict[tuple[str, _Column], Heatmap | Refusal] = {}
        self._overlaps: dict[tuple[str, _Column], float] = {}
        self._checked: dict[str, str] = {}
        self._scales: dict[str, float] = {}
        self.update(*methods)

    def missing(self) -> list[ExplainClasses]:
        """Jobs for the maps that are not there."""
        keys = ((method, column) for method in self._rows for column in self.columns)
        left = [
            (method, column.model, column.target)
            for method, column in keys
            if (method, column) not in self._maps
        ]
        return grid_jobs(self.face, left)

    def update(self, *methods: str) -> None:
        """Take the cached maps of these methods, and draw what has changed: where one of them raises the
        scale of its unit, all rows in that unit.
        """
        for method in methods:
            for column in self.columns:
                job = ExplainClasses(self.face, column.model, method, (column.target,))
                found = face_explanations.known_class_map(job, column.target)
                if found is not None:
                    self._maps[method, column] = found
        raised = {unit for unit in self._legends if self._raise_scale(unit)}
        for method in self._rows:
            if method in methods or display_unit(method) in raised:
                self._draw(method)

    def compare(self) -> None:
        """Under each map how far its strongest areas overlap with those of the other methods, on average."""
        for column in self.columns:
            pairs = _overlaps(self.of(column))
            for method in self._rows:
                own = [overlap for pair, overlap in pairs.items() if method in pair]
                if own:
                    self._overlaps[method, column] = float(np.mean(own))
        for method in self._rows:
            self._draw(method)
        if self._overlaps:
            st.caption(t("grid.overlap_note", strongest=STRONGEST))

    def of(self, column: _Column) -> dict[str, Heatmap]:
        """Method -> map, of one column."""
        made = ((method, self._maps.get((method, column))) for method in self._rows)
        return {method: each for method, each in made if isinstance(each, Heatmap)}

    def mark(self, method: str, words: str) -> None:
        """Say beside a method how its map did in the checks on this face."""
        self._checked[method] = words
        self._draw(method)

    def _raise_scale(self, unit: str) -> bool:
        """Fit the scale of a unit to its maps and draw its legend; whether the scale has changed."""
        maps = [
            each for (method, _), each in self._maps.items()
            if display_unit(method) == unit and isinstance(each, Heatmap)
        ]  # fmt: skip
        if not maps:
            return False
        method = maps[0].method
        before, now = self._scales.get(unit), display_scale(maps, METHODS[method].display)
        self._scales[unit] = now
        if before != now:
            end = now + 1 if unit == DENSITY else now
            with self._legends[unit].container(gap="xxsmall"):
                bar(bar_alt(method, end), signed=METHODS[method].signed)
                st.caption(t(f"grid_legend.{unit}", full=value_text(end, unit, signed=False)))
        return before != now

    def _draw(self, method: str) -> None:
        shown = [self._cell(method, column) for column in self.columns if (method, column) in self._maps]
        if shown:
            notes = [t(f"grid_result.{_result(method)}"), self._checked.get(method, "")]
            title = escape(method_title(method))
            head = _HEAD.format(title=title, notes=escape(" ".join(filter(None, notes))))
            maps = _MAPS.format(columns=len(self.columns), maps="".join(shown))
            self._rows[method].html(_ROW.format(title=title, head=head, maps=maps))

    def _cell(self, method: str, column: _Column) -> str:
        found = self._maps[method, column]
        if isinstance(found, Refusal):
            reason = t("grid.refused", reason=translate_notice(found.sentence))
            return _NO_MAP.format(title=escape(column.title), reason=escape(reason))
        overlap = self._overlaps.get((method, column))
        note = "" if overlap is None else t("grid.overlap", overlap=overlap)
        return _MAP.format(
            data=b64encode(_picture(self.face, found, self._scales[display_unit(method)])).decode(),
            alt=escape(_alt(found, column), quote=True),
            title=escape(column.title),
            note=escape(note if _supports(found) else t("grid.nothing")),
        )


def _make(jobs: Sequence[ExplainClasses], grid: _Grid, place: DeltaGenerator) -> None:
    """Run the jobs one by one, so that those of other visitors have their turn in between."""
    done, total = 0, sum(len(job.targets) for job in jobs)
    for job in jobs:

        def draw(stage: JobProgress | None = None, done: int = done, count: int = len(job.targets)) -> None:
            part = stage.done / stage.total if stage and stage.total else 0.0
            place.progress((done + count * part) / total, t("grid.progress", done=done, total=total))

        draw()
        try:
            face_explanations.explain_classes(job, draw)
        except JobError as failure:
            place.error(failed(failure))
            return
        done += len(job.targets)
        grid.update(job.method)
    place.empty()


def _checks(grid: _Grid, column: _Column, face: Face) -> None:
    """Checks of the maps of one column: those of the default methods now, those of the others on a tap."""
    maps = {method: each for method, each in grid.of(column).items() if not METHODS[method].by_region}
    left = []
    for method, heatmap in maps.items():
        if check := face_explanations.known_check(face, column.model, heatmap):
            grid.mark(method, _check_words(check))
        else:
            left.append(method)
    wish = f"check grid {face.photo_sha256} {face.crop_box.as_list()} {column}"
    now = left if session.get_state(wish) else [method for method in left if method in DEFAULT_METHODS]
    bar, offer = Progress(place := st.empty()), st.empty()
    if len(now) < len(left):
        words = t("grid.check", count=len(left) - len(now), column=column.title)
        _switch(offer, words, "check grid", (wish, True))
    for method in now:
        try:
            check = face_explanations.check_map(face, column.model, maps[method], bar.of(column.model))
        except JobError as failure:
            grid.mark(method, failed(failure))
            continue
        grid.mark(method, _check_words(check))
    place.empty()
    st.caption(t("grid.check_note", column=column.title))


def _check_words(check: MapCheck) -> str:
    reason = failed_check(check)
    return t("grid.check_failed", reason=reason) if reason else t("grid.check_passed")


def _result(method: str) -> str:
    """How a method did on networks of which it is known where they look."""
    codes = {failure.code for failure in failures(method)}
    return "untested" if "untested" in codes else "failed" if codes else "passed"


def _overlaps(maps: Mapping[str, Heatmap]) -> dict[tuple[str, str], float]:
    """Pair of methods -> overlap of the strongest areas of their maps; none where nothing is positive."""
    values = {method: each.values.astype(np.float64) for method, each in maps.items()}
    found = {pair: strongest_overlap(values[pair[0]], values[pair[1]]) for pair in combinations(values, 2)}
    return {pair: overlap for pair, overlap in found.items() if overlap is not None}


def _picture(face: Face, heatmap: Heatmap, scale: float) -> bytes:
    values = display_values(heatmap, METHODS[heatmap.method].display)
    drawn = dim_outside(overlay(face.crop, values, scale=scale, opacity=_OPACITY), face)
    small = Pictures.fromarray(drawn)
    small.thumbnail((_SIDE, _SIDE))
    return encode_jpeg(np.asarray(small))


def _supports(heatmap: Heatmap) -> bool:
    """Whether anything in the map supports its class."""
    return bool((heatmap.values > 0).any())


def _alt(heatmap: Heatmap, column: _Column) -> str:
    method, name = method_title(heatmap.method), display_name(column.model)
    target = class_title(heatmap.target)
    if not _supports(heatmap):
        return t("grid.alt_nothing", method=method, name=name, target=target)
    row, column_at = np.unravel_index(int(heatmap.values.argmax()), heatmap.values.shape)
    side = heatmap.values.shape[0]
    unit = display_unit(heatmap.method)
    values = density(heatmap.values) if unit == DENSITY else heatmap.values
    return t(
        "compare.alt",
        method=method,
        name=name,
        asked=t("compare.alt_target", target=target),
        value=value_text(float(values.max()), unit, signed=METHODS[heatmap.method].signed),
        x=(float(column_at) + 0.5) / side,
        y=(float(row) + 0.5) / side,
        shares="",
    ).rstrip()
