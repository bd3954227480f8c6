"""Three models on a marked face, for the shortcut game.

Loads torch; only ``handlers`` imports it. The models are control models (``xai.models.ground_truth``): two
see nothing but nose and mouth, one reads a mark in a corner. The mark gives the true class away, so all three
give the same answer until something is covered. Then every round distinguishes them: covering nose and mouth
changes only the honest models, covering the corner with the mark only the shortcut learner, and covering
anything else none.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from dashboard.worker.results import ShortcutRound, ShortcutRoundRequest
from xai.evidence.interventions.face_edits import FaceEdits
from xai.models.ground_truth.alignment import aligned_face
from xai.models.ground_truth.loading import load_family
from xai.photo.faces import find_faces
from xai.photo.regions import region_masks
from xai.photo.sample_rendering import load_sample
from xai.photo.samples import SAMPLES
from xai.pipeline import Pair, Wanted, maps_of_all
from xai.types import Face

__all__ = ["ROUND_SAMPLES", "build_round"]

ROUND_SAMPLES = (
    "astronaut-grey",
    "admiral-plain",
    "astronaut-beard",
    "admiral-green",
    "astronaut-plain",
    "admiral-scarf",
)
"""Samples on which every honest model is right and changes its answer when nose and mouth are covered. None
wears its mask correctly: with nose and mouth covered it would still be a covered face, and no answer would
change. A test runs them."""

_REGIONS: Mapping[str, tuple[str, ...]] = {
    "nose_and_mouth": ("nose", "mouth"),
    "eyes": ("eyes",),
    "forehead": ("forehead",),
    "chin": ("chin",),
}
"""Coverable place -> regions."""

_CORNERS = ("corner_top_left", "corner_top_right", "corner_bottom_left", "corner_bottom_right")

_HONEST, _CHEAT = "aperture_nose_and_mouth", "corner_mark"
_CORNER_MARKS = 4
"""The first so many instances have their mark in one corner each."""

_GREY = 128
_CORNER_SHARE = 1 / 6

_SUSPECTS = 3
_ROUNDS = 2 * _SUSPECTS
"""In each block of this many rounds the shortcut learner is equally often in each position."""


def build_round(job: ShortcutRoundRequest) -> ShortcutRound:
    """The round's models, and their answers for the marked face with each place covered."""
    chance = random.Random(job.number)
    sample = SAMPLES[ROUND_SAMPLES[job.number % len(ROUND_SAMPLES)]]
    truth = sample.truth[0]
    cheat = load_family(_CHEAT)[chance.randrange(_CORNER_MARKS)]
    models, at = chance.sample(load_family(_HONEST), _SUSPECTS - 1), _place_of_cheat(job.number)
    models.insert(at, cheat)
    face = aligned_face(find_faces(load_sample(sample.id))[0])
    marked = cheat.plant(face.crop, truth)
    pictures = {"": marked} | {place: _covered(marked, where) for place, where in _places(face).items()}
    answers = [model.classifier.predict(list(pictures.values())) for model in models]
    edits = FaceEdits(replace(face, crop=marked))
    return ShortcutRound(
        sample=sample.id,
        truth=truth,
        cheat=at,
        pictures=pictures,
        answers={place: tuple(each[row] for each in answers) for row, place in enumerate(pictures)},
        maps=maps_of_all([Pair(edits, each.classifier, truth) for each in models], Wanted(("occlusion",))),
    )


def _place_of_cheat(number: int) -> int:
    """Which of the three it is: random, but balanced so that no letter is a better guess than another."""
    block, at = divmod(number, _ROUNDS)
    places: list[int] = random.Random(f"places {block}").sample([*range(_SUSPECTS)] * 2, _ROUNDS)
    return places[at]


def _places(face: Face) -> dict[str, NDArray[np.bool_]]:
    """Place -> its pixels, bool ``(S, S)`` on the crop."""
    masks, side = region_masks(face), face.crop.shape[0]
    if masks is None:
        raise ValueError("a sample has no landmarks; its portrait was altered")
    places = {name: np.any([masks[r] for r in parts], axis=0) for name, parts in _REGIONS.items()}
    length = round(side * _CORNER_SHARE)
    for name in _CORNERS:
        where = np.zeros((side, side), np.bool_)
        rows = slice(0, length) if "top" in name else slice(side - length, side)
        where[rows, slice(0, length) if "left" in name else slice(side - length, side)] = True
        places[name] = where
    return places


def _covered(picture: NDArray[np.uint8], where: NDArray[np.bool_]) -> NDArray[np.uint8]:
    covered = picture.copy()
    covered[where] = _GREY
    return covered
