"""The ways of wearing a mask that can be drawn, and what each of them is called."""

from __future__ import annotations

from dataclasses import dataclass

from xai.errors import UnknownName

__all__ = ["REASONS", "USUAL", "WAYS", "Fit", "WearStyle", "class_of", "find_way", "reason_of"]

REASONS = ("nose", "nose and mouth", "chin", "elsewhere")
"""What is wrong with a mask worn incorrectly: what it leaves bare, or that it is not on the lower face."""


@dataclass(frozen=True)
class WearStyle:
    """One way of wearing a mask.

    Attributes:
        label: the true class of a face that wears it so.
        reason: one of ``REASONS``; empty where it is worn correctly.
        drape: how the sheet falls, by the way it falls like: ``"correct"`` (over the nose), ``"nose_out"``
            (pushed down), ``"below_chin"`` (bunched).
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
    """The true class of a face that wears a mask this way; raises ``UnknownName`` for any other word.

    >>> class_of("nose_out")
    'incorrect'
    """
    return find_way(worn).label


def reason_of(worn: str) -> str:
    """What is wrong with a mask worn this way, of ``REASONS``, or ``""``; raises ``UnknownName``.

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
    """How a mask sits on one face, beyond what the way of wearing it says.

    Attributes:
        loose: factor on the chance in tilt, height and size; 1 is what the gallery has.
        wide, long: factors on the sheet's size across and along the face.
        side: -1 or 1, the side of the picture to which a mask is pulled or on which it hangs.
        drawn_width: pixels of face width from which on a face is drawn at its own size; a smaller one is
            drawn enlarged and reduced. Less is quicker and coarser.
    """

    loose: float = 1.0
    wide: float = 1.0
    long: float = 1.0
    side: int = 1
    drawn_width: int = 280


USUAL = Fit()
"""As the masks of the gallery and of the verdict sit."""
