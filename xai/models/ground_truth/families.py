"""The kinds of model whose right answer is known, and what the verdict ought to be on each."""

from __future__ import annotations

from dataclasses import dataclass

from xai.models.ground_truth import designs
from xai.models.ground_truth.designs import Designer, aperture, mixture

__all__ = ["CAM_LAYERS", "INSTANCES", "KINDS", "Kind"]

INSTANCES = 10
"""Of every kind."""

CAM_LAYERS = {
    "known_window": "placed",
    "known_whole": "features.5",
    "known_mark": "features",
    "known_colour": "features",
    "known_constant": "features",
    "known_mixture": "features",
}
"""Architecture on a card -> module whose output a class activation map explains. Kept apart from
``ARCHITECTURES``: these networks are not offered to visitors or to training from the command line."""

_YES, _NO, _OPEN = ("supported",), ("not supported",), ("cannot tell",)
_PARTLY = ("mixed", "not supported")


@dataclass(frozen=True)
class Kind:
    """One kind of model with a known answer.

    Attributes:
        says: what its models look at, in a few words.
        expected: verdicts that are right where nose and mouth are the region under test.
        expected_wide: the same where the whole lower face is.
        by_construction: True: the answer follows from how the network is built. False: it was learnt, and
            holds as far as ``xai.learning.ground_truth.metrics`` says.
        design: instance number -> how it is put together.
    """

    says: str
    expected: tuple[str, ...]
    expected_wide: tuple[str, ...]
    by_construction: bool
    design: Designer


KINDS: dict[str, Kind] = {
    "aperture_nose": Kind("the nose alone", _YES, _YES, True, aperture("nose", "aperture_nose")),
    "aperture_mouth": Kind("the mouth alone", _YES, _YES, True, aperture("mouth", "aperture_mouth")),
    "aperture_nose_and_mouth": Kind(
        "nose and mouth alone", _YES, _YES, True, aperture("nose_and_mouth", "aperture_nose_and_mouth")
    ),
    "aperture_chin": Kind("the chin alone", _NO, _YES, True, aperture("chin", "aperture_chin")),
    "aperture_cheeks": Kind("the cheeks alone", _NO, _YES, True, aperture("cheeks", "aperture_cheeks")),
    "aperture_eyes": Kind("the eyes alone", _NO, _NO, True, aperture("eyes", "aperture_eyes")),
    "aperture_forehead": Kind(
        "the forehead alone", _NO, _NO, True, aperture("forehead", "aperture_forehead")
    ),
    "aperture_corner": Kind("a corner of the background", _NO, _NO, True, designs.corner),
    "upper_face": Kind("all above the nose", _NO, _NO, True, aperture("upper_face", "upper_face")),
    "corner_mark": Kind("a planted mark", _NO, _NO, True, designs.corner_mark),
    "tint": Kind("a planted cast of colour", _NO, _NO, True, designs.tint),
    "colour": Kind("mean colour or hues of the whole picture", _NO, _NO, True, designs.colour),
    "randomised": Kind("nothing it was taught", (*_NO, *_OPEN), (*_NO, *_OPEN), True, designs.randomised),
    "constant": Kind("nothing", _OPEN, _OPEN, True, designs.constant),
    "mixture_000": Kind("nose and mouth, mark planted but unread", _YES, _YES, True, mixture(0.0)),
    "mixture_025": Kind("nose and mouth, a quarter mark", _PARTLY, _PARTLY, True, mixture(0.25)),
    "mixture_050": Kind("nose and mouth, half mark", _PARTLY, _PARTLY, True, mixture(0.5)),
    "mixture_075": Kind("nose and mouth, three quarters mark", _PARTLY, _PARTLY, True, mixture(0.75)),
    "mixture_100": Kind("a mark alone", _NO, _NO, True, mixture(1.0)),
    "trained_mark": Kind("a mark, as it learnt to", _NO, _NO, False, designs.trained_mark),
    "lower_hidden": Kind("above the nose, as it learnt to", _NO, _NO, False, designs.lower_hidden),
}
"""Kind -> the right answers. A colour model is a departure from certainty worth knowing: nose and mouth are
part of its picture, a twentieth of the area, so a verdict of "mixed" on it is an error by little."""
