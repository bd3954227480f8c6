"""Masks that left their place: pulled to one side, or hanging from one ear."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xai.photo.mask_frame import FaceFrame
from xai.photo.mask_ways import Fit

__all__ = ["dangle", "dangling_loops", "pull_aside"]

Points = NDArray[np.float32]

_PULLED = 0.36  # face widths to the side
_PULLED_TURN = 0.28  # radians
_HUNG_WIDE, _HUNG_LONG = 0.36, 0.72  # of the face's width and height: seen from its edge, half folded
_HUNG_OUT, _HUNG_RISE = 0.47, 0.12  # its upper edge: out from the mouth in face widths, up in face heights
_EARS = {-1: (127, 234), 1: (356, 454)}


def pull_aside(placed: Points, frame: FaceFrame, fit: Fit) -> Points:
    """Places of the knots ``(N, 2)`` after a pull to ``fit.side``: moved and turned, photo pixels."""
    angle = -fit.side * _PULLED_TURN
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    moved = (placed - frame.centre) @ turn + frame.centre
    return np.asarray(moved + fit.side * _PULLED * frame.width * frame.right, np.float32)


def dangle(sheet: Points, frame: FaceFrame, fit: Fit) -> Points:
    """Places ``(N, 2)`` of sheet coordinates ``(N, 2)`` on a mask that hangs beside the jaw, photo pixels."""
    aside = fit.side * _HUNG_OUT * frame.width * frame.right
    top = frame.centre + aside - _HUNG_RISE * frame.height * frame.down
    across = 0.5 * _HUNG_WIDE * fit.wide * frame.width * frame.right
    along = _HUNG_LONG * fit.long * frame.height * (frame.down + 0.12 * fit.side * frame.right)
    # A hanging sheet is narrower where the loop holds it together.
    narrow = 0.55 + 0.45 * np.clip(sheet[:, 1:] / 0.6, 0, 1)
    return np.asarray(top + sheet[:, :1] * narrow * across + sheet[:, 1:] * along, np.float32)


def dangling_loops(landmarks: Points, frame: FaceFrame, corners: Points, fit: Fit) -> tuple[Points, ...]:
    """The loop from the upper ``corners`` ``(2, 2)`` to the ear on ``fit.side``: two lines ``(40, 2)``."""
    ear = landmarks[list(_EARS[fit.side])].mean(axis=0) + fit.side * 0.04 * frame.width * frame.right
    t = np.linspace(0, 1, 40)[:, None]
    return tuple(np.asarray(corner + t * (ear - corner), np.float32) for corner in corners)
