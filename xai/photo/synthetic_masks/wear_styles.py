"""The ways of wearing a mask that can be drawn, with their class and reason."""

from __future__ import annotations

from dataclasses import dataclass

from xai.errors import UnknownName

__all__ = ["REASONS", "USUAL", "WAYS", "Fit", "WearStyle", "class_of", "find_way", "reason_of"]

REASONS = ("nose", "nose and mouth", "chin", "elsewhere")
"""Reasons for *worn incorrectly*: what is left bare, or that the mask is not on the lower face."""


@dataclass(frozen=True)
class WearStyle:
    """One way of wearing a mask.

    Attributes:
        label: the true class of a face with a mask worn this way.
        reason: one of ``REASONS``; empty where it is worn correctly.
        drape: how the sheet drapes: ``"correct"`` (over the nose), ``"nose_out"`` (pushed down),
            ``"below_chin"`` (bunched).
    """

    label: str
    reason: str
    drape: str


WAYS = {
    "correct": WearStyle("covered", "", "correct"),
    "nose_out": WearStyle("incorrect", "nose", "nose_out"),
    "below_chin": WearStyle("incorrect", "nose and mouth", "below_chin"),
    "nose_tip_out": WearStyle("incorrect", "nose", "nose_out"),
    "mouth_out": WearStyle("incorrect", "nose and mouth", "below_chin"),
    "chin_out": WearStyle("incorrect", "chin", "correct"),
    "aside": WearStyle("incorrect", "elsewhere", "nose_out"),
    "hanging": WearStyle("incorrect", "elsewhere", "below_chin"),
    "over_eyes": WearStyle("incorrect", "elsewhere", "below_chin"),
    "forehead": WearStyle("incorrect", "elsewhere", "below_chin"),
}
"""The ways by name."""


def class_of(worn: str) -> str:
    """The true class of a face with a mask worn this way; raises ``UnknownName`` for any other word.

    >>> class_of("nose_out")
    'incorrect'
    """
    return find_way(worn).label


def reason_of(worn: str) -> str:
    """The reason of ``REASONS`` for a mask worn this way, or ``""``; raises ``UnknownName``.

    >>> reason_of("below_chin")
    'nose and mouth'
    """
    return find_way(worn).reason


def find_way(worn: str) -> WearStyle:
    """The way called ``worn``; raises ``UnknownName`` for any other word."""
    if worn not in WAYS:
        raise UnknownName("way of wearing", worn, tuple(WAYS))
    return WAYS[worn]


@dataclass(frozen=True)
class Fit:
    """Fit of a mask on one face, beyond the way of wearing it.

    Attributes:
        loose: factor on the random variation of tilt, height and size; 1 as in the gallery.
        wide, long: factors on the sheet's size across and along the face.
        side: -1 or 1, the side of the picture to which a mask is pulled or on which it hangs.
        drawn_width: face width in pixels from which a face is drawn at its own size; a smaller one is drawn
            enlarged and reduced. Less is faster and coarser.
    """

    loose: float = 1.0
    wide: float = 1.0
    long: float = 1.0
    side: int = 1
    drawn_width: int = 280


USUAL = Fit()
"""The fit of masks in the gallery and the verdict."""
