"""Anchor points: vertices of the face mesh that a mask is tied to, by style and way of wearing it.

The mesh is the 468-vertex canonical face of Kartynnik et al., "Real-time Facial Surface Geometry from
Monocular Video on Mobile GPUs" (2019). Only vertices of the left half of the picture are named.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CORES", "KNOTS", "LOOSE_KNOTS", "MIRROR", "AnchorPoint"]


@dataclass(frozen=True)
class AnchorPoint:
    """One point where the sheet is tied to the face, and its mirror image.

    Attributes:
        u: distance from the sheet's middle line, 0..1; a point at 0 has no mirror image.
        v: distance from the sheet's top edge, 0..1.
        vertices: mesh vertices whose mean it is tied to; a vertex named twice counts twice.
        out: offset away from the mouth, as a share of the distance to it.
        drop: offset downwards, as a share of the face height.
    """

    u: float
    v: float
    vertices: tuple[int, ...]
    out: float = 0.0
    drop: float = 0.0


MIRROR = {
    33: 263, 69: 299, 104: 333, 117: 346, 118: 347, 127: 356, 133: 362,
    32: 262, 36: 266, 43: 273, 50: 280, 58: 288, 61: 291, 92: 322, 93: 323, 101: 330, 123: 352, 126: 355,
    129: 358, 132: 361, 135: 364, 136: 365, 137: 366, 138: 367, 140: 369, 142: 371, 147: 376, 148: 377,
    149: 378, 150: 379, 165: 391, 169: 394, 172: 397, 176: 400, 177: 401, 186: 410, 187: 411, 192: 416,
    198: 420, 203: 423, 205: 425, 207: 427, 210: 430, 213: 433, 214: 434, 215: 435, 216: 436, 234: 454,
}  # fmt: skip
"""Vertex on the left of the picture -> its mirror image on the right. Vertices on the midline have none."""

_UNDER_THE_TIP = (
    AnchorPoint(0, 0, (1, 2)),
    AnchorPoint(0.25, 0, (129, 165)),
    AnchorPoint(0.5, 0, (203, 205)),
    AnchorPoint(1, 0, (147, 187)),
    AnchorPoint(0, 0.33, (0,)),
    AnchorPoint(0.3, 0.33, (92,)),
    AnchorPoint(0.65, 0.36, (207, 214)),
    AnchorPoint(1, 0.33, (213,)),
    AnchorPoint(0, 0.66, (17,)),
    AnchorPoint(0.3, 0.66, (32, 43)),
    AnchorPoint(0.65, 0.66, (169, 214)),
    AnchorPoint(1, 0.66, (58,)),
    AnchorPoint(0, 1, (152,), drop=0.09),
    AnchorPoint(0.35, 1, (148, 176), drop=0.07),
    AnchorPoint(0.7, 1, (150, 149), drop=0.05),
    AnchorPoint(1, 1, (172, 136), drop=0.01),
)

_UNDER_THE_LIP = (
    AnchorPoint(0, 0, (17, 200)),
    AnchorPoint(0.3, 0, (32,)),
    AnchorPoint(0.65, 0, (210, 214)),
    AnchorPoint(1, 0, (215,)),
    AnchorPoint(0, 0.33, (199,)),
    AnchorPoint(0.3, 0.33, (140,)),
    AnchorPoint(0.65, 0.33, (169, 210)),
    AnchorPoint(1, 0.33, (58,)),
    AnchorPoint(0, 0.66, (152,), drop=0.02),
    AnchorPoint(0.3, 0.66, (176,), drop=0.03),
    AnchorPoint(0.65, 0.66, (150,), drop=0.02),
    AnchorPoint(1, 0.66, (172, 58)),
    AnchorPoint(0, 1, (152,), drop=0.2),
    AnchorPoint(0.3, 1, (148, 176), drop=0.18),
    AnchorPoint(0.65, 1, (150, 149), drop=0.11),
    AnchorPoint(1, 1, (172, 136), drop=0.02),
)

_OVER_THE_CHIN = (
    AnchorPoint(0, 0, (6,)),
    AnchorPoint(0.25, 0, (126,), drop=-0.06),
    AnchorPoint(0.5, 0, (101,), drop=-0.03),
    AnchorPoint(0.8, 0, (117,), drop=0.03),
    AnchorPoint(1, 0, (123,), drop=-0.02),
    AnchorPoint(0, 0.4, (1,)),
    AnchorPoint(0.3, 0.4, (129, 203)),
    AnchorPoint(0, 0.75, (0, 13)),
    AnchorPoint(0.3, 0.75, (61,)),
    AnchorPoint(0.65, 0.75, (207,)),
    AnchorPoint(0, 1, (17,)),
    AnchorPoint(0.35, 1, (43,), drop=0.06),
    AnchorPoint(0.7, 1, (214,)),
    AnchorPoint(1, 1, (213,)),
)

_OVER_THE_EYES = (
    AnchorPoint(0, 0, (9, 151)),
    AnchorPoint(0.5, 0, (69, 104)),
    AnchorPoint(1, 0, (127,), drop=-0.12),
    AnchorPoint(0, 0.5, (6, 168)),
    AnchorPoint(0.5, 0.5, (33, 133)),
    AnchorPoint(1, 0.5, (127, 234)),
    AnchorPoint(0, 1, (5,)),
    AnchorPoint(0.5, 1, (36,)),
    AnchorPoint(1, 1, (93, 234)),
)

_OVER_THE_BROWS = (
    AnchorPoint(0, 0, (151,), drop=-0.32),
    AnchorPoint(0.5, 0, (69,), drop=-0.25),
    AnchorPoint(1, 0, (127,), drop=-0.4),
    AnchorPoint(0, 1, (9, 151)),
    AnchorPoint(0.5, 1, (104,), drop=0.06),
    AnchorPoint(1, 1, (127,), drop=-0.1),
)

_UNDER_THE_CHIN = (
    AnchorPoint(0, 0, (199, 175)),
    AnchorPoint(0.35, 0, (140, 176)),
    AnchorPoint(0.7, 0, (150, 136)),
    AnchorPoint(1, 0, (172, 58)),
    AnchorPoint(0, 0.5, (152,), drop=0.09),
    AnchorPoint(0.35, 0.5, (176,), drop=0.1),
    AnchorPoint(0.7, 0.5, (136,), drop=0.08),
    AnchorPoint(1, 0.5, (172,), drop=0.02),
    AnchorPoint(0, 1, (152,), drop=0.25),
    AnchorPoint(0.35, 1, (149, 176), drop=0.22),
    AnchorPoint(0.7, 1, (150, 136), drop=0.14),
    AnchorPoint(1, 1, (172, 136), drop=0.03),
)

LOOSE_KNOTS = {
    "nose_tip_out": _UNDER_THE_TIP,
    "mouth_out": _UNDER_THE_LIP,
    "chin_out": _OVER_THE_CHIN,
    "over_eyes": _OVER_THE_EYES,
    "forehead": _OVER_THE_BROWS,
    "below_chin": _UNDER_THE_CHIN,
}
"""Way of wearing -> the anchor points of a mask of any style."""


_OVER_THE_NOSE = (
    AnchorPoint(0, 0, (195, 197)),
    AnchorPoint(0.2, 0, (126, 198)),
    AnchorPoint(0.5, 0, (36, 101)),
    AnchorPoint(0, 0.33, (4,)),
    AnchorPoint(0.3, 0.33, (129, 203)),
    AnchorPoint(0.65, 0.36, (205, 207)),
    AnchorPoint(0, 0.66, (13, 14)),
    AnchorPoint(0.3, 0.66, (61, 43)),
    AnchorPoint(0.65, 0.66, (214,)),
)

_UNDER_THE_NOSE = (
    AnchorPoint(0, 0, (164, 164, 164, 0)),
    AnchorPoint(0.3, 0, (92, 186)),
    AnchorPoint(0, 0.33, (17,)),
    AnchorPoint(0.3, 0.33, (43,)),
    AnchorPoint(0, 0.66, (199,)),
    AnchorPoint(0.3, 0.66, (32,)),
    AnchorPoint(0, 1, (152,), drop=0.15),
    AnchorPoint(0.3, 1, (148, 176), drop=0.13),
)

_SCARF = (
    AnchorPoint(0, 0, (195, 197)),
    AnchorPoint(0.2, 0, (126, 198)),
    AnchorPoint(0.5, 0, (36, 50)),
    AnchorPoint(1, 0, (93, 234)),
    AnchorPoint(0, 0.15, (4,)),
    AnchorPoint(0.3, 0.16, (129, 203)),
    AnchorPoint(0, 0.35, (13, 14)),
    AnchorPoint(0.3, 0.35, (61, 43)),
    AnchorPoint(1, 0.35, (58,), out=0.05),
    AnchorPoint(0, 0.7, (152,), drop=0.03),
    AnchorPoint(0.4, 0.68, (149,), out=0.08),
    AnchorPoint(0.8, 0.62, (136,), out=0.1),
    AnchorPoint(1, 0.65, (172,), out=0.12, drop=0.05),
    AnchorPoint(0, 1, (152,), drop=0.38),
    AnchorPoint(0.5, 1, (149,), drop=0.4),
    AnchorPoint(1, 1, (172,), out=0.05, drop=0.45),
)

_SCARF_UNDER_THE_NOSE = (
    AnchorPoint(0, 0, (164, 164, 164, 0)),
    AnchorPoint(0.3, 0, (92, 186)),
    AnchorPoint(0.65, 0, (214,)),
    AnchorPoint(1, 0, (58, 215)),
    AnchorPoint(0, 0.2, (17,)),
    AnchorPoint(0.3, 0.2, (32, 43)),
    AnchorPoint(0, 0.5, (152,), drop=0.03),
    AnchorPoint(0.4, 0.5, (149,), out=0.08),
    AnchorPoint(1, 0.5, (172,), out=0.1, drop=0.06),
    AnchorPoint(0, 1, (152,), drop=0.38),
    AnchorPoint(0.5, 1, (149,), drop=0.4),
    AnchorPoint(1, 1, (172,), out=0.05, drop=0.45),
)

_SCARF_ROUND_THE_NECK = (
    AnchorPoint(0, 0, (152,), drop=0.1),
    AnchorPoint(0.5, 0, (149,), out=0.05, drop=0.12),
    AnchorPoint(1, 0, (172,), out=0.12, drop=0.05),
    AnchorPoint(0, 0.5, (152,), drop=0.32),
    AnchorPoint(1, 0.5, (172,), out=0.2, drop=0.3),
    AnchorPoint(0, 1, (152,), drop=0.6),
    AnchorPoint(1, 1, (172,), out=0.2, drop=0.6),
)

_FITTED: dict[tuple[str, str], tuple[AnchorPoint, ...]] = {
    ("surgical", "correct"): (
        *_OVER_THE_NOSE,
        AnchorPoint(0.8, 0, (50, 205)),
        AnchorPoint(1, 0, (123, 147, 147)),
        AnchorPoint(1, 0.33, (187, 213)),
        AnchorPoint(1, 0.66, (192, 138)),
        AnchorPoint(0, 1, (152,), drop=0.04),
        AnchorPoint(0.35, 1, (148, 176), out=0.1),
        AnchorPoint(0.7, 1, (150, 149), out=0.1),
        AnchorPoint(1, 1, (172, 136, 136), out=0.05),
    ),
    ("surgical", "nose_out"): (
        *_UNDER_THE_NOSE,
        AnchorPoint(0.65, 0, (216, 214)),
        AnchorPoint(1, 0, (213, 215)),
        AnchorPoint(0.65, 0.33, (214, 210)),
        AnchorPoint(1, 0.33, (58, 138)),
        AnchorPoint(0.65, 0.66, (169,)),
        AnchorPoint(1, 0.66, (172,)),
        AnchorPoint(0.65, 1, (150, 149), drop=0.08),
        AnchorPoint(1, 1, (172, 136), out=0.02, drop=0.02),
    ),
    ("cloth", "correct"): (
        *_OVER_THE_NOSE,
        AnchorPoint(0.8, 0, (50, 123)),
        AnchorPoint(1, 0, (137, 147)),
        AnchorPoint(1, 0.33, (177,)),
        AnchorPoint(1, 0.66, (177, 213)),
        AnchorPoint(0, 1, (152,), drop=0.03),
        AnchorPoint(0.3, 1, (148, 176), out=0.04),
        AnchorPoint(0.6, 1, (150, 136), out=0.04),
        AnchorPoint(0.85, 1, (172, 58), out=0.01),
        AnchorPoint(1, 1, (215, 213)),
    ),
    ("cloth", "nose_out"): (
        *_UNDER_THE_NOSE,
        AnchorPoint(0.65, 0, (216, 214)),
        AnchorPoint(1, 0, (213,)),
        AnchorPoint(0.65, 0.33, (214, 210)),
        AnchorPoint(1, 0.5, (215, 58)),
        AnchorPoint(0.65, 0.66, (210, 169)),
        AnchorPoint(0.6, 1, (150, 136), out=0.03, drop=0.08),
        AnchorPoint(0.85, 1, (172, 136), out=0.02, drop=0.03),
        AnchorPoint(1, 1, (58, 172)),
    ),
    ("scarf", "correct"): _SCARF,
    ("scarf", "nose_out"): _SCARF_UNDER_THE_NOSE,
    ("scarf", "below_chin"): _SCARF_ROUND_THE_NECK,
}


def _knots(style: str, worn: str) -> tuple[AnchorPoint, ...]:
    """A respirator is cut as a cloth mask is; what is pulled off the face starts from where it belongs."""
    cut = "cloth" if style == "respirator" else style
    place = "correct" if worn in ("aside", "hanging") else worn
    return _FITTED.get((cut, place)) or LOOSE_KNOTS[place]


KNOTS = {
    (style, worn): _knots(style, worn)
    for style in ("surgical", "cloth", "respirator", "scarf")
    for worn in ("correct", "nose_out", "aside", "hanging", *LOOSE_KNOTS)
}
"""(style, worn) -> the anchor points of the mask."""

CORES: dict[str, tuple[int, ...]] = {
    "correct": (5, 4, 1, 45, 275, 220, 440, 48, 278, 0, 61, 291, 17, 199, 175, 152),
    "nose_out": (0, 37, 267, 61, 291, 17, 199, 175, 152),
    "nose_tip_out": (2, 165, 391, 61, 291, 17, 199, 175, 152),
    "mouth_out": (17, 200, 32, 262, 199, 175, 152),
    "chin_out": (5, 4, 1, 45, 275, 220, 440, 48, 278, 0, 61, 291, 14),
}
"""Way of wearing -> vertices that the fabric covers in any head pose."""
