"""The knots of a mask that is worn wrongly, where they are the same whatever it is made of."""

from __future__ import annotations

from xai.photo.mask_knot import Knot

__all__ = ["LOOSE_KNOTS"]

_UNDER_THE_TIP = (
    Knot(0, 0, (1, 2)),
    Knot(0.25, 0, (129, 165)),
    Knot(0.5, 0, (203, 205)),
    Knot(1, 0, (147, 187)),
    Knot(0, 0.33, (0,)),
    Knot(0.3, 0.33, (92,)),
    Knot(0.65, 0.36, (207, 214)),
    Knot(1, 0.33, (213,)),
    Knot(0, 0.66, (17,)),
    Knot(0.3, 0.66, (32, 43)),
    Knot(0.65, 0.66, (169, 214)),
    Knot(1, 0.66, (58,)),
    Knot(0, 1, (152,), drop=0.09),
    Knot(0.35, 1, (148, 176), drop=0.07),
    Knot(0.7, 1, (150, 149), drop=0.05),
    Knot(1, 1, (172, 136), drop=0.01),
)

_UNDER_THE_LIP = (
    Knot(0, 0, (17, 200)),
    Knot(0.3, 0, (32,)),
    Knot(0.65, 0, (210, 214)),
    Knot(1, 0, (215,)),
    Knot(0, 0.33, (199,)),
    Knot(0.3, 0.33, (140,)),
    Knot(0.65, 0.33, (169, 210)),
    Knot(1, 0.33, (58,)),
    Knot(0, 0.66, (152,), drop=0.02),
    Knot(0.3, 0.66, (176,), drop=0.03),
    Knot(0.65, 0.66, (150,), drop=0.02),
    Knot(1, 0.66, (172, 58)),
    Knot(0, 1, (152,), drop=0.2),
    Knot(0.3, 1, (148, 176), drop=0.18),
    Knot(0.65, 1, (150, 149), drop=0.11),
    Knot(1, 1, (172, 136), drop=0.02),
)

_OVER_THE_CHIN = (
    Knot(0, 0, (6,)),
    Knot(0.25, 0, (126,), drop=-0.06),
    Knot(0.5, 0, (101,), drop=-0.03),
    Knot(0.8, 0, (117,), drop=0.03),
    Knot(1, 0, (123,), drop=-0.02),
    Knot(0, 0.4, (1,)),
    Knot(0.3, 0.4, (129, 203)),
    Knot(0, 0.75, (0, 13)),
    Knot(0.3, 0.75, (61,)),
    Knot(0.65, 0.75, (207,)),
    Knot(0, 1, (17,)),
    Knot(0.35, 1, (43,), drop=0.06),
    Knot(0.7, 1, (214,)),
    Knot(1, 1, (213,)),
)

_OVER_THE_EYES = (
    Knot(0, 0, (9, 151)),
    Knot(0.5, 0, (69, 104)),
    Knot(1, 0, (127,), drop=-0.12),
    Knot(0, 0.5, (6, 168)),
    Knot(0.5, 0.5, (33, 133)),
    Knot(1, 0.5, (127, 234)),
    Knot(0, 1, (5,)),
    Knot(0.5, 1, (36,)),
    Knot(1, 1, (93, 234)),
)

_OVER_THE_BROWS = (
    Knot(0, 0, (151,), drop=-0.32),
    Knot(0.5, 0, (69,), drop=-0.25),
    Knot(1, 0, (127,), drop=-0.4),
    Knot(0, 1, (9, 151)),
    Knot(0.5, 1, (104,), drop=0.06),
    Knot(1, 1, (127,), drop=-0.1),
)

_UNDER_THE_CHIN = (
    Knot(0, 0, (199, 175)),
    Knot(0.35, 0, (140, 176)),
    Knot(0.7, 0, (150, 136)),
    Knot(1, 0, (172, 58)),
    Knot(0, 0.5, (152,), drop=0.09),
    Knot(0.35, 0.5, (176,), drop=0.1),
    Knot(0.7, 0.5, (136,), drop=0.08),
    Knot(1, 0.5, (172,), drop=0.02),
    Knot(0, 1, (152,), drop=0.25),
    Knot(0.35, 1, (149, 176), drop=0.22),
    Knot(0.7, 1, (150, 136), drop=0.14),
    Knot(1, 1, (172, 136), drop=0.03),
)

LOOSE_KNOTS = {
    "nose_tip_out": _UNDER_THE_TIP,
    "mouth_out": _UNDER_THE_LIP,
    "chin_out": _OVER_THE_CHIN,
    "over_eyes": _OVER_THE_EYES,
    "forehead": _OVER_THE_BROWS,
    "below_chin": _UNDER_THE_CHIN,
}
"""Way of wearing -> the knots that tie a mask of any style."""
