"""How well edited faces pass for real ones: one number per family, by a classifier two-sample test.

A discriminator (logistic regression on frozen ImageNet features of MobileNetV2 at 112 pixels, five folds by
photo) separates edited faces from real faces of the resulting class. The real faces go through the same seam:
each is composited onto itself, in the same place, so that neither the warp, the blending nor the compression
gives an edit away. An area under the ROC curve of .5 means that they are indistinguishable; above ``DECIDES``
the edits are recognisable, and their family should not decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression  # type: ignore[import-untyped]
from sklearn.metrics import roc_auc_score  # type: ignore[import-untyped]
from sklearn.model_selection import GroupKFold  # type: ignore[import-untyped]
from sklearn.pipeline import make_pipeline  # type: ignore[import-untyped]
from sklearn.preprocessing import StandardScaler  # type: ignore[import-untyped]
from torch import nn
from torchvision.models import mobilenet_v2

from xai.errors import DataRejected
from xai.evidence.interventions.cue_conflict import plan
from xai.evidence.interventions.donors import Donor, matched
from xai.evidence.interventions.face_edits import Edit, FaceEdits, Layer
from xai.evidence.interventions.families import FAMILIES
from xai.evidence.validation.labelled_faces import LabelledFace
from xai.evidence.validation.verdict_rates import donors_of
from xai.packaged_files import model_file
from xai.photo.face_shape import TURNED, fit_of
from xai.types import CLASSES

__all__ = ["DECIDES", "SIDE", "Shown", "auc_by_family", "believability", "shown_faces"]

DECIDES = 0.9
"""Area under the curve from which a family should not decide."""

SIDE = 112
"""Side in pixels at which faces are judged."""

SIZES = {"small": (0.0, 96.0), "large": (96.0, np.inf)}
"""Size bins by the shorter side of the crop, pixels: at least, and below."""

TURNS = {"frontal": (0.0, TURNED), "turned": (TURNED, 90.0)}
"""Bins by how far the head is turned to a side, degrees: at least, and below."""

_PER_FACE = 2  # edits of a family that are taken of one face
_FOLDS = 5
_PENALTY = 0.003  # inverse regularisation strength; less of it overfits the few photos
_QUALITY = 90
_BATCH = 64
_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@dataclass(frozen=True, eq=False)
class Shown:
    """One picture for the discriminator.

    Attributes:
        family: of the edit; for a real face, that of the edits it is compared with.
        edited: whether it is edited.
        group: photo of the face.
        size: shorter side of the crop before it was reduced, pixels.
        turn: degrees by which the head is turned to a side, 0 or more.
        picture: RGB uint8 ``(SIDE, SIDE, 3)``, compressed as all others.
    """

    family: str
    edited: bool
    group: str
    size: float
    turn: float
    picture: NDArray[np.uint8]


def believability(
    faces: Sequence[LabelledFace], report: Callable[[str], None], device: str = "cpu"
) -> dict[str, dict[str, Any]]:
    """Family -> ``auc``, ``edited`` and ``real`` (how many), ``decides``, and the same by size under
    ``sizes`` and by turn under ``turns``.

    Args:
        faces: labelled faces, of one or several sets; donors are other faces of them.
        report: called with a sentence every 50 faces.
        device: where the features are computed.

    Raises:
        DataRejected: too few photos, or no faces of two classes.
        ThirdPartyMissing: the package with the ImageNet weights is not installed.
    """
    shown = list(shown_faces(faces, report))
    photos, edited = {each.group for each in shown}, sum(each.edited for each in shown)
    if len(photos) < _FOLDS or not edited:
        raise DataRejected(
            f"Of {len(faces)} faces those of {len(photos)} photos can be judged, with {edited} edits; name "
            f"sets with faces of two classes in {_FOLDS} photos and more."
        )
    features = _features([each.picture for each in shown], device)
    return auc_by_family(shown, features)


def shown_faces(faces: Sequence[LabelledFace], report: Callable[[str], None]) -> Iterator[Shown]:
    """The edited faces of every composited or drawn family, and as many real ones with the same seam."""
    donors = donors_of(faces)
    usable = [face for face in faces if FaceEdits(face.face).feasibility(reveal=False).holds]
    for number, face in enumerate(usable):
        if number % 50 == 0:
            report(f"judging edits: face {number} of {len(usable)}")
        edits = FaceEdits(face.face, matched(face.face, donors, face.group))
        own = FaceEdits(face.face, (Donor(edits.face, face.label, "", "itself"),))
        taken: dict[str, int] = {}
        for edit in plan(edits, (face.label,), CLASSES):
            family = FAMILIES[edit.family]
            laid = family.level != "appearance" and family.asks in ("follow", "stay")
            taken[edit.family] = taken.get(edit.family, 0) + 1
            if laid and taken[edit.family] <= _PER_FACE:
                yield _shown(edit.family, edits, edit.layers, face, edited=True)
        for name, place in _real_places(face.label):
            yield _shown(name, own, (Layer(place, "donor0"),), face, edited=False)


def auc_by_family(shown: Sequence[Shown], features: NDArray[np.float32]) -> dict[str, dict[str, Any]]:
    """The discriminator's result on the features ``(N, D)`` of the pictures, by family, size and turn."""
    found = {}
    for name in FAMILIES:
        own = np.array([i for i, each in enumerate(shown) if each.family == name], int)
        known = {shown[i].edited for i in own}, {shown[i].group for i in own}
        if all(len(each) > 1 for each in known):
            edited = np.array([shown[i].edited for i in own])
            scores = _scores(features[own], edited, [shown[i].group for i in own])
            found[name] = {
                **_row(edited, scores, np.ones(len(own), bool)),
                "sizes": _by_bin(edited, scores, [shown[i].size for i in own], SIZES),
                "turns": _by_bin(edited, scores, [shown[i].turn for i in own], TURNS),
            }
    return found


def _by_bin(
    edited: NDArray[np.bool_],
    scores: NDArray[np.float64],
    values: Sequence[float],
    bins: Mapping[str, tuple[float, float]],
) -> dict[str, dict[str, Any]]:
    measured = np.array(values)
    return {n: _row(edited, scores, (measured >= a) & (measured < b)) for n, (a, b) in bins.items()}


def _row(edited: NDArray[np.bool_], scores: NDArray[np.float64], which: NDArray[np.bool_]) -> dict[str, Any]:
    own = edited[which]
    known = 0 < own.sum() < len(own)
    auc = float(roc_auc_score(own, scores[which])) if known else None
    decides = None if auc is None else auc <= DECIDES
    return {"auc": auc, "edited": int(own.sum()), "real": int((~own).sum()), "decides": decides}


def _scores(
    features: NDArray[np.float32], edited: NDArray[np.bool_], groups: Sequence[str]
) -> NDArray[np.float64]:
    """Cross-validated score that each picture is edited, from a discriminator that never saw its photo."""
    scores = np.full(len(features), np.nan)
    folds = GroupKFold(min(_FOLDS, len(set(groups))))
    for learn, judge in folds.split(features, edited, groups):
        model = make_pipeline(
            StandardScaler(), LogisticRegression(C=_PENALTY, max_iter=2000, class_weight="balanced")
        )
        model.fit(features[learn], edited[learn])
        scores[judge] = model.decision_function(features[judge])
    return scores


_PLACES: Mapping[str, str] = {
    "lower_face": "wide",
    "nose_and_mouth": "strict",
    "outside": "outside_wide",
    "upper_face": "upper_face",
    "background": "surroundings",
    "mask_look": "wide",
    "drawn_on": "wide",
    "drawn_down": "wide",
    "completed": "wide",
    "removed": "wide",
}

_TRUE_AFTER: Mapping[str, tuple[str, ...]] = {
    "drawn_on": ("covered",),
    "completed": ("covered",),
    "removed": ("uncovered",),
    "drawn_down": ("incorrect",),
    "mask_look": ("covered", "incorrect"),
}


def _real_places(label: str) -> list[tuple[str, str]]:
    """Families of which a real face of this class is a counterpart, and the place in which it is composited
    onto itself.
    """
    return [(name, place) for name, place in _PLACES.items() if label in _TRUE_AFTER.get(name, CLASSES)]


def _shown(family: str, edits: FaceEdits, layers: Edit, face: LabelledFace, *, edited: bool) -> Shown:
    picture = edits.render(layers, SIDE)
    if len(picture) != SIDE:
        picture = np.asarray(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_LINEAR), np.uint8)
    _, data = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _QUALITY])
    seen = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1].copy()
    side, turn = float(min(face.face.crop.shape[:2])), abs(fit_of(face.face).yaw)
    return Shown(family, edited, face.group, side, turn, seen)


@torch.inference_mode()
def _features(pictures: Sequence[NDArray[np.uint8]], device: str) -> NDArray[np.float32]:
    """Global average of the last convolution: float32 ``(N, 1280)``."""
    network = mobilenet_v2(weights=None)
    network.load_state_dict(torch.load(model_file("mobilenet_v2_imagenet"), weights_only=True))
    body: nn.Module = network.features.to(device).eval()
    mean, std = (torch.tensor(v, device=device).view(1, 3, 1, 1) for v in (_MEAN, _STD))
    found = []
    for start in range(0, len(pictures), _BATCH):
        batch = torch.from_numpy(np.stack(pictures[start : start + _BATCH])).to(device)
        values = (batch.permute(0, 3, 1, 2).float() / 255 - mean) / std
        found.append(body(values).mean(dim=(2, 3)).cpu())
    return np.asarray(torch.cat(found).numpy(), np.float32)
