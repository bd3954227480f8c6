"""What ties a mask to a face: one knot, and which vertices of the mesh mirror each other."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["MIRROR", "Knot"]


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
    33: 263, 69: 299, 104: 333, 117: 346, 118: 347, 127: 356, 133: 362,
    32: 262, 36: 266, 43: 273, 50: 280, 58: 288, 61: 291, 92: 322, 93: 323, 101: 330, 123: 352, 126: 355,
    129: 358, 132: 361, 135: 364, 136: 365, 137: 366, 138: 367, 140: 369, 142: 371, 147: 376, 148: 377,
    149: 378, 150: 379, 165: 391, 169: 394, 172: 397, 176: 400, 177: 401, 186: 410, 187: 411, 192: 416,
    198: 420, 203: 423, 205: 425, 207: 427, 210: 430, 213: 433, 214: 434, 215: 435, 216: 436, 234: 454,
}  # fmt: skip
"""Vertex on the left of the picture -> its twin on the right. Vertices of the middle line have none."""
