"""The widget to choose a face: of a sample, or of an uploaded photo kept from *Check a photo*.

The URL holds the sample; of an uploaded photo it holds nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from streamlit.delta_generator import DeltaGenerator

from dashboard import session, url_state
from dashboard.i18n import t
from dashboard.prefetch.scheduler import PREFETCHED
from dashboard.session_cache import cache_of
from dashboard.text.predictions import sample_title
from dashboard.widgets import ground_truth
from dashboard.worker.jobs import AnalyzeSample, JobProgress, PhotoAnalysis
from xai.photo.samples import SAMPLES
from xai.types import Face

__all__ = ["FACE", "FaceOption", "choose", "field", "find", "known_face", "listed", "own_photo"]

FACE = "face"
"""Key of the widget, and its URL parameter."""

_OWN = "own"
"""Prefix of the ids of faces of uploaded photos."""


@dataclass(frozen=True)
class FaceOption:
    """A face that can be chosen.

    Attributes:
        id: safe for a URL; reveals nothing about an uploaded photo.
        title: display name.
        sample: id of its sample; None for a face of an uploaded photo.
        index: among the faces of its picture, from 0.
        truth: the true class where it is known, of an uploaded photo by what the visitor said.
    """

    id: str
    title: str
    sample: str | None
    index: int
    truth: str | None = None


def listed() -> dict[str, FaceOption]:
    """All available faces, by id; those of the picture on *Check a photo* come first."""
    own = [_of_own(number, seen) for number, seen in session.uploaded_photos().items()]
    groups = [*own[::-1], *(_of_sample(name) for name in SAMPLES)]
    shown = session.get_state("sample")
    if shown:
        groups.sort(key=lambda group: group[0].sample != shown)
    return {each.id: each for group in groups for each in group}


def choose(
    place: DeltaGenerator,
    key: str,
    named: Mapping[str, str],
    label: str,
    usual: str | None = None,
    first: str | None = None,
) -> str:
    """A widget synchronised with the URL; returns the choice.

    Streamlit's own binding would write the displayed labels to the URL, in the reader's language.

    Args:
        place: where it is drawn.
        key: of the widget; its URL parameter.
        named: choice -> its label, in the order of the list.
        label: above it.
        usual: what is left out of the URL; the default where None. Uploaded photos always are.
        first: the default; the first in the list where None.
    """
    names = list(named)
    default = names[0] if first is None else first
    url_state.select_from_url(key, [default, *names])
    chosen = place.selectbox(label, names, format_func=named.__getitem__, key=key, persist_state="session")
    silent = chosen == (default if usual is None else usual) or chosen.startswith(_OWN)
    url_state.set_url_param(key, chosen, chosen if silent else "")
    return chosen


def field(place: DeltaGenerator, key: str, known: Mapping[str, FaceOption], label: str) -> FaceOption:
    """The widget for a face among ``known``; see ``choose``."""
    titles = {name: each.title for name, each in known.items()}
    return known[choose(place, key, titles, label, usual=next(iter(SAMPLES)))]


def find(chosen: FaceOption, model: str, show: Callable[[JobProgress], None]) -> Face | None:
    """The face itself; None where its picture has fewer faces, or is no longer kept.

    Args:
        chosen: one of ``listed``.
        model: run on the picture as well, as *Check a photo* does.
        show: called with the stages while the job runs.

    Raises:
        JobError: the sample could not be drawn.
    """
    if chosen.sample is None:
        return _face(own_photo(chosen), chosen)
    return _face(session.analyze_photo(AnalyzeSample(chosen.sample, (model,)), chosen.sample, show), chosen)


def known_face(chosen: FaceOption, model: str) -> Face | None:
    """As ``find``, without running anything; None also where the picture was not analysed yet."""
    if chosen.sample is None:
        return _face(own_photo(chosen), chosen)
    kept = (seen for key, seen in cache_of("photo").items() if cast(Sequence[str], key)[0] == chosen.sample)
    return _face(next(kept, None) or PREFETCHED.seen(AnalyzeSample(chosen.sample, (model,))), chosen)


def own_photo(chosen: FaceOption) -> PhotoAnalysis | None:
    """The uploaded photo of a face; None for a face of a sample, and where it is no longer kept."""
    if chosen.sample:
        return None
    return session.uploaded_photos().get(int(chosen.id.removeprefix(_OWN).partition(".")[0]))


def _face(seen: PhotoAnalysis | None, chosen: FaceOption) -> Face | None:
    return seen.faces[chosen.index] if seen and chosen.index < len(seen.faces) else None


def _of_own(number: int, seen: PhotoAnalysis) -> list[FaceOption]:
    return [
        FaceOption(
            f"{_OWN}{number}.{index + 1}",
            t("face.own", number=number, face=index + 1),
            None,
            index,
            ground_truth.told(face, None),
        )
        for index, face in enumerate(seen.faces)
    ]


def _of_sample(name: str) -> list[FaceOption]:
    sample = SAMPLES[name]
    title = sample_title(sample)
    if len(sample.truth) == 1:
        return [FaceOption(name, title, name, 0, sample.truth[0])]
    return [
        FaceOption(
            f"{name}.{index + 1}", t("face.of_sample", title=title, face=index + 1), name, index, truth
        )
        for index, truth in enumerate(sample.truth)
    ]
