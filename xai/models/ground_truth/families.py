"""The kinds of control model, and the expected verdict on each."""

from __future__ import annotations

from dataclasses import dataclass

from xai.models.ground_truth import designs
from xai.models.ground_truth.designs import Designer, aperture, mixture

__all__ = ["CAM_LAYERS", "INSTANCES", "KINDS", "Kind"]

INSTANCES = 10
"""Instances per kind."""

CAM_LAYERS = {
    "known_window": "placed",
    "known_whole": "features.5",
    "known_mark": "features",
    "known_colour": "features",
    "known_constant": "features",
    "known_mixture": "features",
    "photo_plain": "features",
    "photo_residual": "features",
    "photo_separable": "features",
}
"""Architecture on a card -> module whose output a class activation map explains. Separate from
``ARCHITECTURES``: these networks are not offered to visitors or to training from the command line."""

_SEES_LITTLE = ("supported", "mixed", "cannot tell")
_RIM = ("mixed", "not supported", "cannot tell")
_NO, _OPEN = ("not supported", "cannot tell"), ("cannot tell",)
_PARTLY = ("mixed", "not supported")
_FAINT = ("mixed", "not supported", "cannot tell")


@dataclass(frozen=True)
class Kind:
    """One kind of control model.

    Attributes:
        says: what its models look at, in a few words.
        expected: verdicts that are right.
        by_construction: True: the answer follows from how the network is built. False: it was trained, and
            holds as far as ``xai.learning.ground_truth.metrics`` measures.
        design: instance number -> how it is built.
    """

    says: str
    expected: tuple[str, ...]
    by_construction: bool
    design: Designer
    models: int = INSTANCES


KINDS: dict[str, Kind] = {
    "aperture_nose": Kind("the nose alone", _SEES_LITTLE, True, aperture("nose", "aperture_nose")),
    "aperture_mouth": Kind("the mouth alone", _SEES_LITTLE, True, aperture("mouth", "aperture_mouth")),
    "aperture_nose_and_mouth": Kind(
        "nose and mouth alone", _SEES_LITTLE, True, aperture("nose_and_mouth", "aperture_nose_and_mouth")
    ),
    "aperture_chin": Kind("the chin alone", _RIM, True, aperture("chin", "aperture_chin")),
    "aperture_cheeks": Kind("the cheeks alone", _RIM, True, aperture("cheeks", "aperture_cheeks")),
    "aperture_eyes": Kind("the eyes alone", _NO, True, aperture("eyes", "aperture_eyes")),
    "aperture_forehead": Kind("the forehead alone", _NO, True, aperture("forehead", "aperture_forehead")),
    "aperture_corner": Kind("a corner of the background", _NO, True, designs.corner),
    "upper_face": Kind("all above the nose", _NO, True, aperture("upper_face", "upper_face")),
    "corner_mark": Kind("a planted mark", _NO, True, designs.corner_mark),
    "tint": Kind("a planted cast of colour", _NO, True, designs.tint),
    "colour": Kind("mean colour or hues of the whole picture", _FAINT, True, designs.colour),
    "randomised": Kind("nothing it was taught", _FAINT, True, designs.randomised),
    "constant": Kind("nothing", _OPEN, True, designs.constant),
    "mixture_000": Kind("nose and mouth, mark planted but unread", _SEES_LITTLE, True, mixture(0.0)),
    "mixture_025": Kind("nose and mouth, a quarter mark", _FAINT, True, mixture(0.25)),
    "mixture_050": Kind("nose and mouth, half mark", _FAINT, True, mixture(0.5)),
    "mixture_075": Kind("nose and mouth, three quarters mark", _PARTLY, True, mixture(0.75)),
    "mixture_100": Kind("a mark alone", _NO, True, mixture(1.0)),
    "trained_mark": Kind("a mark, as it learnt to", _PARTLY, False, designs.trained_mark),
    "lower_hidden": Kind("above the nose, as it learnt to", _FAINT, False, designs.lower_hidden),
}
"""Kind -> its description and expected verdicts.

A model that sees only the nose or the mouth cannot see how the rest of a mask is worn: where that is the
difference it may follow sometimes, or not, and *mixed* and *cannot tell* are right as well. One that sees
only the rim is never *supported*. A colour model has nose and mouth in its picture, a twentieth of the area,
so *mixed* is right for it too; and what an untrained network depends on is unknown, only that it is no reason
to call it *supported*.
"""
