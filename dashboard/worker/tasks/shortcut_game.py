"""Three models on a prepared face, for the shortcut game.

Loads torch; only ``handlers`` imports it. The models are control models (``xai.models.ground_truth``): two
see nothing but nose and mouth, one reads a cue that gives the true class away. Every picture carries a mark,
coloured clothes and a coloured background, whichever of them is read, so that the picture does not tell. All
three models give the right answer until something is covered: covering nose and mouth changes only the honest
models, covering the cue only the shortcut learner, and a tint cannot be covered.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dashboard.worker.results import ShortcutRound, ShortcutRoundRequest
from dashboard.worker.shortcut_rounds import SUSPECTS, Round, round_of
from xai.models.classifiers import Classifier
from xai.models.ground_truth.alignment import aligned_face
from xai.models.ground_truth.loading import load_family
from xai.models.ground_truth.photo_cues import CUES, face_zones, plant
from xai.models.ground_truth.photo_networks import photo_networks
from xai.photo.faces import find_faces
from xai.photo.regions import region_masks
from xai.photo.sample_rendering import load_sample
from xai.photo.samples import SAMPLES
from xai.types import Face

__all__ = ["build_round"]

_REGIONS: Mapping[str, tuple[str, ...]] = {
    "nose_and_mouth": ("nose", "mouth"),
    "eyes": ("eyes",),
    "forehead": ("forehead",),
}
"""Coverable place -> regions."""

_ZONES = {"clothes": "collar", "background": "background"}
"""Coverable place -> entry of ``CUES``, also the name of its zone and of the networks that read it."""

_HONEST, _MARK, _TINT = "aperture_nose_and_mouth", "corner_mark", "tint"
_CORNER_MARKS = 4
"""The first so many instances have their mark in one corner each."""

_TINT_READER = 2
"""Instance whose tint leaves the honest models' answers as they are."""

_GREY = 128
_CORNER_SHARE = 1 / 6


def build_round(job: ShortcutRoundRequest) -> ShortcutRound:
    """The round's models, and their answers for the prepared face with each place covered."""
    played, chance = round_of(job.number), random.Random(job.number)
    truth = SAMPLES[played.sample].truth[0]
    mark = chance.randrange(_CORNER_MARKS)
    honest = chance.sample(load_family(_HONEST), SUSPECTS - 1)
    models = [model.classifier for model in honest]
    models.insert(played.cheat, _cheat(played, mark))
    face = aligned_face(find_faces(load_sample(played.sample))[0])
    shown = _prepared(face, played, truth, mark)
    places = _places(face)
    pictures = {"": shown} | {place: _covered(shown, where) for place, where in places.items()}
    answers = [model.predict(list(pictures.values())) for model in models]
    return ShortcutRound(
        played=played,
        truth=truth,
        pictures=pictures,
        answers={place: tuple(each[row] for each in answers) for row, place in enumerate(pictures)},
        places=places,
    )


def _cheat(played: Round, mark: int) -> Classifier:
    """The shortcut learner that reads the round's cue."""
    if played.cue == "mark":
        return load_family(_MARK)[mark].classifier
    if played.cue == "tint":
        return load_family(_TINT)[_TINT_READER].classifier
    name = f"{_ZONES[played.cue]}_full"
    return next(network.classifier for network in photo_networks() if network.name == name)


def _prepared(face: Face, played: Round, truth: str, mark: int) -> NDArray[np.uint8]:
    """The crop with coloured clothes and background and a mark, all of the true class; tinted if need be."""
    shown = face.crop
    for cue in _ZONES.values():
        shown = plant(CUES[cue], shown, truth, face.landmarks)
    shown = load_family(_MARK)[mark].plant(shown, truth)
    return load_family(_TINT)[_TINT_READER].plant(shown, truth) if played.cue == "tint" else shown


def _places(face: Face) -> dict[str, NDArray[np.bool_]]:
    """Place -> its pixels, bool ``(S, S)`` on the crop, in the order of ``COVERS``.

    Clothes and background include their corners: of a colour that is read, no rest may remain.
    """
    masks, side = region_masks(face), face.crop.shape[0]
    if masks is None:
        raise ValueError("a sample has no landmarks; its portrait was altered")
    zones, length = face_zones(face.crop, face.landmarks), round(side * _CORNER_SHARE)
    edge = np.minimum(np.arange(side), np.arange(side)[::-1]) < length
    corners = edge[:, None] & edge[None, :]
    places = {name: np.any([masks[r] for r in parts], axis=0) for name, parts in _REGIONS.items()}
    places |= {name: zones[zone] > 0 for name, zone in _ZONES.items()}
    return places | {"corners": corners}


def _covered(picture: NDArray[np.uint8], where: NDArray[np.bool_]) -> NDArray[np.uint8]:
    covered = picture.copy()
    covered[where] = _GREY
    return covered
