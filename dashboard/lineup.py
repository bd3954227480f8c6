"""Three models before a marked face, for the game "spot the cheat".

Brings torch; only ``dashboard.work`` imports it. The models are those with a known answer
(``xai.models.known_answers``): two see nothing but nose and mouth, one reads a mark in a corner. The mark
gives the truth away, so all three are right until something is covered.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from dashboard.suspects import LineUp, Suspects
from xai.models.known_answers.alignment import aligned_face
from xai.models.known_answers.loading import instances
from xai.photo.faces import find_faces
from xai.photo.regions import region_masks
from xai.photo.samples import SAMPLES, load_sample
from xai.types import Face

__all__ = ["PLAYED", "line_up"]

PLAYED = (
    "astronaut-grey",
    "admiral-blue",
    "admiral-plain",
    "astronaut-plain",
    "astronaut-white",
    "admiral-green",
)
"""Samples on which the honest models are right, so that nothing but the mark sets the cheat apart; a test
asks them."""

_REGIONS: Mapping[str, tuple[str, ...]] = {
    "nose_and_mouth": ("nose", "mouth"),
    "eyes": ("eyes",),
    "forehead": ("forehead",),
    "chin": ("chin",),
}
"""Place that can be covered -> regions."""

_CORNERS = ("corner_top_left", "corner_top_right", "corner_bottom_left", "corner_bottom_right")

_HONEST, _CHEAT = "aperture_nose_and_mouth", "corner_mark"
_CORNER_MARKS = 4
"""The first so many instances have their mark in one corner each."""

_GREY = 128
_CORNER_SHARE = 1 / 6


def line_up(job: LineUp) -> Suspects:
    """The round's models, and what they say of the marked face with each place covered."""
    chance = random.Random(job.number)
    sample = SAMPLES[PLAYED[job.number % len(PLAYED)]]
    truth, number = sample.truth[0], chance.randrange(_CORNER_MARKS)
    cheat = instances(_CHEAT)[number]
    models = [*chance.sample(instances(_HONEST), 2), cheat]
    order = chance.sample(range(len(models)), len(models))
    face = aligned_face(find_faces(load_sample(sample.id))[0])
    marked = cheat.plant(face.crop, truth)
    pictures = {"": marked} | {place: _covered(marked, where) for place, where in _places(face).items()}
    answers = [models[index].classifier.predict(list(pictures.values())) for index in order]
    return Suspects(
        sample=sample.id,
        truth=truth,
        cheat=order.index(len(models) - 1),
        pictures=pictures,
        answers={place: tuple(each[row] for each in answers) for row, place in enumerate(pictures)},
    )


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
