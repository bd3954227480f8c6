"""Probes that draw on the face: a mask pulled down, a mask in other colours, occluders that are not masks;
and the underlying edits, which hide, reveal, or sham.

An edit replaces an area of the crop, blended with a soft seam. *Reveal* paints bare skin over it, *hide* an
uninformative fill, and a *sham*, the control edit, content that leaves the class unchanged, with the same
seam. Everything is determined by the face, the area and a seed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from xai.classes import class_info
from xai.errors import UnknownName, XaiError
from xai.evidence.counterfactuals.probes import Probed, Subject
from xai.evidence.interventions.areas import area_under_test, blended, feather_mask
from xai.evidence.interventions.feasibility import check_feasibility
from xai.evidence.interventions.fills import bare, masked, neutral_fill, recolored_mask, shifted_crop
from xai.photo.face_shape import mesh_of, with_mesh
from xai.photo.occluders.renderer import draw_occluder
from xai.photo.synthetic_masks.layout import fit_layout
from xai.photo.synthetic_masks.renderer import LOOKS, MaskSpec, render_mask
from xai.photo.synthetic_masks.wear_styles import Fit
from xai.types import Face, Prediction

__all__ = [
    "COLOURS",
    "FILLS",
    "HEIGHTS",
    "SHAMS",
    "beard",
    "hand",
    "hide",
    "paper",
    "pull_down",
    "recolour",
    "reveal",
    "scarf",
    "sham",
]

Pixels = NDArray[np.uint8]
Points = NDArray[np.float32]

HEIGHTS = tuple(step / 16 for step in range(16, -1, -1))
"""Heights of the mask that is pulled down, in order: position of its top edge on the midline of the face, 1
as in a mask worn correctly, 0 under the chin."""

COLOURS: Mapping[str, str] = {
    "blue": "surgical_blue",
    "white": "surgical_white",
    "green": "surgical_green",
    "black": "surgical_black",
    "grey": "cloth_grey",
    "red": "cloth_red",
    "navy": "cloth_navy",
}
"""Colour -> key of ``LOOKS``."""

_LOOK = LOOKS["surgical_blue"]
_STILL = Fit(loose=0.0)
"""No random tilt, height or size: consecutive steps differ only in the step itself."""

_STATIONS = ("correct", "nose_tip_out", "nose_out", "mouth_out", "below_chin")
"""Ways of wearing a mask from the highest to the lowest; in between, the nearest one is shifted."""

_MIDDLE = 0.1
"""Half the width of the strip round the midline in which a top edge is located, in face widths."""

_DRAWINGS = 4
Area = NDArray[np.bool_]

FILLS = ("grey", "mean", "blur", "masked")
"""Fills that hide: middle grey; the crop's mean colour; the crop, heavily blurred; a drawn mask."""

SHAMS = ("moved", "masked", "bare")
"""Content that leaves the class unchanged: the crop itself, slightly shifted; on a covered face another mask
of the visible colour; on an uncovered one another bare face."""


def pull_down(subject: Subject) -> Probed:
    """A drawn mask, pulled down from over the nose to under the chin; the values are ``HEIGHTS``.

    Where the classifier sees a mask on the original face, bare skin is painted over the lower face first, so
    that there is one mask and not two. ``Probed.start`` is the answer with the mask all the way up.
    """
    face = _ready(subject)
    slope = _slope(face.landmarks)
    pictures = [_worn_at(face, height, slope) for height in HEIGHTS]
    points = (slope.origin + slope.top(height) * slope.down for height in HEIGHTS)
    edges = tuple((float(x), float(y)) for x, y in points)
    return replace(_of_drawn(subject, HEIGHTS, pictures), edges=edges)


def recolour(subject: Subject) -> Probed:
    """One drawn mask in each of ``COLOURS``: the same style, folds and fit.

    It is worn as the classifier predicts: nose out for ``incorrect``, else correctly. The start is the answer
    for the first colour; a mask on the face is painted over as by ``pull_down``.
    """
    face = _ready(subject)
    worn = "nose_out" if "incorrect" in class_info(_seen(subject)).wearings else "correct"
    looks = [replace(_LOOK, colour=LOOKS[name].colour) for name in COLOURS.values()]
    outfits = [MaskSpec(look, worn, fit=_STILL) for look in looks]
    return _of_drawn(subject, COLOURS, [render_mask(face.crop, face.landmarks, outfit) for outfit in outfits])


def hand(subject: Subject) -> Probed:
    """A hand in front of the mouth, in some drawings; their numbers are the values."""
    return _before_the_face(subject, "hand")


def paper(subject: Subject) -> Probed:
    """A sheet of paper in front of the lower face, likewise."""
    return _before_the_face(subject, "paper")


def beard(subject: Subject) -> Probed:
    """A full beard, likewise."""
    return _before_the_face(subject, "beard")


def scarf(subject: Subject) -> Probed:
    """A scarf round the neck, mouth and nose bare, likewise."""
    return _before_the_face(subject, "scarf")


@dataclass(frozen=True)
class _Station:
    """A way of wearing, and how far down the face the top edge of the mask then is, in crop pixels."""

    worn: str
    top: float


@dataclass(frozen=True, eq=False)
class _Slope:
    """The way of a mask down a face.

    Attributes:
        origin: float32 ``(2,)``, middle of the face, in crop pixels.
        down: float32 ``(2,)``, unit vector down the face.
        stations: from the highest to the lowest.
    """

    origin: Points
    down: Points
    stations: tuple[_Station, ...]

    def top(self, height: float) -> float:
        """How far down from ``origin`` the top edge is at a height of 0..1."""
        high, low = self.stations[0].top, self.stations[-1].top
        return low + height * (high - low)


def _ready(subject: Subject) -> Face:
    """The face with bare skin where the classifier sees a mask; refused where that is not feasible."""
    masked = "uncovered" not in class_info(_seen(subject)).wearings
    _refuse(subject.face, reveal_too=masked)
    face = with_mesh(subject.face)
    area = area_under_test(face, "wide")
    if not masked or area is None:
        return face
    return replace(face, crop=np.asarray(reveal(face, area)[0]))


def _refuse(face: Face, *, reveal_too: bool) -> None:
    belief = check_feasibility(face, reveal=reveal_too)
    if not belief.holds:
        reason = belief.reason
        raise XaiError(f"Nothing can be drawn on this face: {reason[0].lower()}{reason[1:]}")


def _worn_at(face: Face, height: float, slope: _Slope) -> Pixels:
    """The face with the mask at a height: the nearest station, shifted along the face by the rest."""
    wanted = slope.top(height)
    nearest = min(slope.stations, key=lambda station: abs(station.top - wanted))
    moved = (face.landmarks + (wanted - nearest.top) * slope.down).astype(np.float32)
    return render_mask(face.crop, moved, MaskSpec(_LOOK, nearest.worn, fit=_STILL))


def _slope(landmarks: Points) -> _Slope:
    found = []
    for worn in _STATIONS:
        layout = fit_layout(landmarks, _LOOK.style, worn, _STILL, np.random.default_rng(0))
        frame = layout.frame
        across = (layout.outline - frame.centre) @ frame.right
        middle = layout.outline[np.abs(across) < _MIDDLE * frame.width]
        found.append(_Station(worn, float(((middle - frame.centre) @ frame.down).min())))
    return _Slope(frame.centre, frame.down, tuple(found))


def _before_the_face(subject: Subject, thing: str) -> Probed:
    _refuse(subject.face, reveal_too=False)
    draw = partial(draw_occluder, subject.face.crop, mesh_of(subject.face), thing)
    pictures = [draw(seed) for seed in range(_DRAWINGS)]
    found = _of_drawn(subject, range(1, _DRAWINGS + 1), pictures)
    return replace(found, start=_answer(subject))


def _of_drawn(subject: Subject, values: Iterable[float | str], pictures: list[Pixels]) -> Probed:
    answers = subject.classifier.predict(pictures)
    subject.progress(len(pictures), len(pictures))
    return Probed(answers[0], tuple(values), answers, tuple(pictures))


def _seen(subject: Subject) -> str:
    """The class that the face is drawn on as."""
    return subject.drawn_as or _answer(subject).label


def _answer(subject: Subject) -> Prediction:
    return subject.classifier.predict([subject.face.crop])[0]


def reveal(face: Face, area: Area, seeds: Sequence[int] = (0,)) -> Pixels:
    """The face with bare skin painted over the area, whatever was there.

    Args:
        face: a crop with the 468-point mesh. Call ``check_feasibility`` first.
        area: bool ``(S, S)``. Beyond the extent of the model (hair, background) nothing is painted.
        seeds: one donor each; another seed is another lower face that matches the visible upper one.

    Returns:
        RGB uint8 ``(N, S, S, 3)``. Pixels beyond the seam are those of the crop.

    Raises:
        ValueError: the face has no mesh, or the area another size than the crop.
        WeightsUnavailable: the model's file is missing or altered.
    """
    weight = feather_mask(face, area)
    return blended(face.crop, bare(face, seeds), weight)


def hide(face: Face, area: Area, fill: str, seed: int = 0) -> Pixels:
    """The face with the area replaced by an uninformative fill.

    Args:
        face: a crop; ``masked`` needs the 468-point mesh.
        area: bool ``(S, S)``.
        fill: one of ``FILLS``.
        seed: look and folds of a drawn mask; the other fills are deterministic.

    Returns:
        RGB uint8 ``(S, S, 3)``.

    Raises:
        UnknownName: there is no such fill.
        ValueError: ``masked`` without a mesh, or the area has another size than the crop.
    """
    if fill not in FILLS:
        raise UnknownName("fill", fill, FILLS)
    weight = feather_mask(face, area)
    content = masked(face, seed) if fill == "masked" else neutral_fill(face, fill)
    return np.asarray(blended(face.crop, content[None], weight)[0])


def sham(face: Face, area: Area, kind: str, seeds: Sequence[int] = (0,)) -> Pixels:
    """The face with the area replaced by content that leaves its class unchanged, with the same seam.

    Args:
        face: a crop; ``masked`` and ``bare`` need the 468-point mesh.
        area: bool ``(S, S)``.
        kind: one of ``SHAMS``; ``masked`` is for covered faces, ``bare`` for uncovered ones.
        seeds: of the shift, the mask's folds, the bare face.

    Returns:
        RGB uint8 ``(N, S, S, 3)``.

    Raises:
        UnknownName: there is no such kind.
        ValueError: no mesh where one is needed, or the area has another size than the crop.
    """
    if kind not in SHAMS:
        raise UnknownName("sham", kind, SHAMS)
    if kind == "bare":
        return reveal(face, area, seeds)
    weight = feather_mask(face, area)
    drawn = [shifted_crop(face, s) if kind == "moved" else recolored_mask(face, s, area) for s in seeds]
    return blended(face.crop, np.stack(drawn), weight)
