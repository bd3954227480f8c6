"""Which vertices of the face mesh tie a mask to a face, for each style and way of wearing it.

The mesh is the 468-vertex canonical face of Kartynnik et al., "Real-time Facial Surface Geometry from
Monocular Video on Mobile GPUs" (2019). Only vertices of the left half of the picture are named; ``MIRROR``
gives their twins.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CORES", "KNOTS", "MIRROR", "Knot"]


@dataclass(frozen=True)
class Knot:
    """One place where the sheet is tied to the face, and its mirror image.

    Attributes:
        u: distance from the sheet's middle line, 0..1; a knot at 0 has no twin.
        v: distance from the sheet's top edge, 0..1.
        vertices: mesh vertices whose mean it is tied to; a vertex named twice counts twice.
        out: further away from the mouth, as a share of the distance to it.
        drop: further down, as a share of the face height.
    """

    u: float
    v: float
    vertices: tuple[int, ...]
    out: float = 0.0
    drop: float = 0.0


MIRROR = {
    32: 262, 36: 266, 43: 273, 50: 280, 58: 288, 61: 291, 92: 322, 93: 323, 101: 330, 123: 352, 126: 355,
    129: 358, 132: 361, 135: 364, 136: 365, 137: 366, 138: 367, 140: 369, 142: 371, 147: 376, 148: 377,
    149: 378, 150: 379, 165: 391, 169: 394, 172: 397, 176: 400, 177: 401, 186: 410, 187: 411, 192: 416,
    198: 420, 203: 423, 205: 425, 207: 427, 210: 430, 213: 433, 214: 434, 215: 435, 216: 436, 234: 454,
}  # fmt: skip
"""Vertex on the left of the picture -> its twin on the right. Vertices of the middle line have none."""

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

KNOTS: dict[tuple[str, str], tuple[Knot, ...]] = {
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
    ("surgical", "below_chin"): _UNDER_THE_CHIN,
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
    ("cloth", "below_chin"): _UNDER_THE_CHIN,
}
"""(style, worn) -> the knots that tie the mask."""

CORES: dict[str, tuple[int, ...]] = {
    "correct": (5, 4, 1, 45, 275, 220, 440, 48, 278, 0, 61, 291, 17, 199, 175, 152),
    "nose_out": (0, 37, 267, 61, 291, 17, 199, 175, 152),
    "below_chin": (),
}
"""Way of wearing -> vertices over which the fabric is stretched, so that it covers them at any turn."""
