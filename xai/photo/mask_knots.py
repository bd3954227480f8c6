"""Which vertices of the face mesh tie a mask to a face, for each style and way of wearing it.

The mesh is the 468-vertex canonical face of Kartynnik et al., "Real-time Facial Surface Geometry from
Monocular Video on Mobile GPUs" (2019). Only vertices of the left half of the picture are named.
"""

from __future__ import annotations

from xai.photo.mask_knot import Knot
from xai.photo.mask_knots_loose import LOOSE_KNOTS

__all__ = ["CORES", "KNOTS"]


_OVER_THE_NOSE = (
    Knot(0, 0, (195, 197)),
    Knot(0.2, 0, (126, 198)),
    Knot(0.5, 0, (36, 101)),
    Knot(0, 0.33, (4,)),
    Knot(0.3, 0.33, (129, 203)),
    Knot(0.65, 0.36, (205, 207)),
    Knot(0, 0.66, (13, 14)),
    Knot(0.3, 0.66, (61, 43)),
    Knot(0.65, 0.66, (214,)),
)

_UNDER_THE_NOSE = (
    Knot(0, 0, (164, 164, 164, 0)),
    Knot(0.3, 0, (92, 186)),
    Knot(0, 0.33, (17,)),
    Knot(0.3, 0.33, (43,)),
    Knot(0, 0.66, (199,)),
    Knot(0.3, 0.66, (32,)),
    Knot(0, 1, (152,), drop=0.15),
    Knot(0.3, 1, (148, 176), drop=0.13),
)

_SCARF = (
    Knot(0, 0, (195, 197)),
    Knot(0.2, 0, (126, 198)),
    Knot(0.5, 0, (36, 50)),
    Knot(1, 0, (93, 234)),
    Knot(0, 0.15, (4,)),
    Knot(0.3, 0.16, (129, 203)),
    Knot(0, 0.35, (13, 14)),
    Knot(0.3, 0.35, (61, 43)),
    Knot(1, 0.35, (58,), out=0.05),
    Knot(0, 0.7, (152,), drop=0.03),
    Knot(0.4, 0.68, (149,), out=0.08),
    Knot(0.8, 0.62, (136,), out=0.1),
    Knot(1, 0.65, (172,), out=0.12, drop=0.05),
    Knot(0, 1, (152,), drop=0.38),
    Knot(0.5, 1, (149,), drop=0.4),
    Knot(1, 1, (172,), out=0.05, drop=0.45),
)

_SCARF_UNDER_THE_NOSE = (
    Knot(0, 0, (164, 164, 164, 0)),
    Knot(0.3, 0, (92, 186)),
    Knot(0.65, 0, (214,)),
    Knot(1, 0, (58, 215)),
    Knot(0, 0.2, (17,)),
    Knot(0.3, 0.2, (32, 43)),
    Knot(0, 0.5, (152,), drop=0.03),
    Knot(0.4, 0.5, (149,), out=0.08),
    Knot(1, 0.5, (172,), out=0.1, drop=0.06),
    Knot(0, 1, (152,), drop=0.38),
    Knot(0.5, 1, (149,), drop=0.4),
    Knot(1, 1, (172,), out=0.05, drop=0.45),
)

_SCARF_ROUND_THE_NECK = (
    Knot(0, 0, (152,), drop=0.1),
    Knot(0.5, 0, (149,), out=0.05, drop=0.12),
    Knot(1, 0, (172,), out=0.12, drop=0.05),
    Knot(0, 0.5, (152,), drop=0.32),
    Knot(1, 0.5, (172,), out=0.2, drop=0.3),
    Knot(0, 1, (152,), drop=0.6),
    Knot(1, 1, (172,), out=0.2, drop=0.6),
)

_FITTED: dict[tuple[str, str], tuple[Knot, ...]] = {
    ("surgical", "correct"): (
        *_OVER_THE_NOSE,
        Knot(0.8, 0, (50, 205)),
        Knot(1, 0, (123, 147, 147)),
        Knot(1, 0.33, (187, 213)),
        Knot(1, 0.66, (192, 138)),
        Knot(0, 1, (152,), drop=0.04),
        Knot(0.35, 1, (148, 176), out=0.1),
        Knot(0.7, 1, (150, 149), out=0.1),
        Knot(1, 1, (172, 136, 136), out=0.05),
    ),
    ("surgical", "nose_out"): (
        *_UNDER_THE_NOSE,
        Knot(0.65, 0, (216, 214)),
        Knot(1, 0, (213, 215)),
        Knot(0.65, 0.33, (214, 210)),
        Knot(1, 0.33, (58, 138)),
        Knot(0.65, 0.66, (169,)),
        Knot(1, 0.66, (172,)),
        Knot(0.65, 1, (150, 149), drop=0.08),
        Knot(1, 1, (172, 136), out=0.02, drop=0.02),
    ),
    ("cloth", "correct"): (
        *_OVER_THE_NOSE,
        Knot(0.8, 0, (50, 123)),
        Knot(1, 0, (137, 147)),
        Knot(1, 0.33, (177,)),
        Knot(1, 0.66, (177, 213)),
        Knot(0, 1, (152,), drop=0.03),
        Knot(0.3, 1, (148, 176), out=0.04),
        Knot(0.6, 1, (150, 136), out=0.04),
        Knot(0.85, 1, (172, 58), out=0.01),
        Knot(1, 1, (215, 213)),
    ),
    ("cloth", "nose_out"): (
        *_UNDER_THE_NOSE,
        Knot(0.65, 0, (216, 214)),
        Knot(1, 0, (213,)),
        Knot(0.65, 0.33, (214, 210)),
        Knot(1, 0.5, (215, 58)),
        Knot(0.65, 0.66, (210, 169)),
        Knot(0.6, 1, (150, 136), out=0.03, drop=0.08),
        Knot(0.85, 1, (172, 136), out=0.02, drop=0.03),
        Knot(1, 1, (58, 172)),
    ),
    ("scarf", "correct"): _SCARF,
    ("scarf", "nose_out"): _SCARF_UNDER_THE_NOSE,
    ("scarf", "below_chin"): _SCARF_ROUND_THE_NECK,
}


def _knots(style: str, worn: str) -> tuple[Knot, ...]:
    """A respirator is cut as a cloth mask is; what is pulled off the face starts from where it belongs."""
    cut = "cloth" if style == "respirator" else style
    place = "correct" if worn in ("aside", "hanging") else worn
    return _FITTED.get((cut, place)) or LOOSE_KNOTS[place]


KNOTS = {
    (style, worn): _knots(style, worn)
    for style in ("surgical", "cloth", "respirator", "scarf")
    for worn in ("correct", "nose_out", "aside", "hanging", *LOOSE_KNOTS)
}
"""(style, worn) -> the knots that tie the mask."""

CORES: dict[str, tuple[int, ...]] = {
    "correct": (5, 4, 1, 45, 275, 220, 440, 48, 278, 0, 61, 291, 17, 199, 175, 152),
    "nose_out": (0, 37, 267, 61, 291, 17, 199, 175, 152),
    "nose_tip_out": (2, 165, 391, 61, 291, 17, 199, 175, 152),
    "mouth_out": (17, 200, 32, 262, 199, 175, 152),
    "chin_out": (5, 4, 1, 45, 275, 220, 440, 48, 278, 0, 61, 291, 14),
}
"""Way of wearing -> vertices over which the fabric is stretched, so that it covers them at any turn."""
