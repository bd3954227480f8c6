"""Named regions of a face as masks in crop pixels, and the shares of a map in them.

The outlines come from the 468-point mesh, which ``face_shape`` estimates where only five points are known.
Above and below are in the face's own axes, so a tilted or turned head is divided correctly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.photo.face_shape import mesh_of
from xai.photo.mesh import five_of, has_mesh
from xai.types import REGIONS, Face, RegionShares

__all__ = ["counted_regions", "region_masks", "region_shares"]

Masks = Mapping[str, NDArray[np.bool_]]
Points = NDArray[np.float64]

_RIGHT_SIDE = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377)
_LEFT_SIDE = (152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)

_OUTLINES = {
    "oval": _RIGHT_SIDE + _LEFT_SIDE,
    "left_eye": (33, 7, 163, 144, 145, 153, 154, 155, 133, 55, 107, 66, 105, 63, 70, 46),
    "right_eye": (362, 382, 381, 380, 374, 373, 390, 249, 263, 276, 300, 293, 334, 296, 336, 285),
    "nose": (168, 193, 188, 198, 129, 64, 98, 2, 327, 294, 358, 420, 412, 417),
    "mouth": (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 327, 2, 98),
}
"""Mesh vertices round each part. An eye includes its brow; the mouth is the lips and the upper lip's skin up
to the nose, so that nose and mouth meet."""

GROWTH = 0.06
"""Eyes and mouth are taken this much larger than their outlines, in eye distances."""


@dataclass(frozen=True, eq=False)
class _Layout:
    """Outlines of the parts of one face and its axes, all in crop pixels.

    Attributes:
        outlines: part -> polygon, float64 ``(N, 2)``.
        five: eye centres, nose tip and mouth corners, float64 ``(5, 2)``.
    """

    outlines: Mapping[str, Points]
    five: Points

    @property
    def eyes(self) -> Points:
        return np.asarray(self.five[:2].mean(axis=0))

    @property
    def down(self) -> Points:
        """From the middle of the eyes to the middle of the mouth."""
        return np.asarray(self.five[3:].mean(axis=0) - self.eyes)

    @property
    def across(self) -> Points:
        """From eye to eye; near profile, where that is mostly noise, at a right angle to ``down``."""
        seen = self.five[1] - self.five[0]
        x, y = self.down
        return seen if np.hypot(*seen) > 0.3 * np.hypot(x, y) else np.array([y, -x])

    def depth(self, places: Points) -> Points:
        """How far down the face places ``(..., 2)`` lie: 0 on the line of the eyes, 1 on the mouth's."""
        level = np.array([-self.across[1], self.across[0]])
        length = float(self.down @ level)
        # Landmarks that coincide define no direction; any number will do.
        return np.asarray((places - self.eyes) @ level / (length if length else 1.0))


def region_masks(face: Face) -> Masks | None:
    """The regions of a face.

    Returns:
        One bool ``(S, S)`` per name of ``REGIONS``, in crop pixels: disjoint, and covering the crop.
        Eyes include the brows, the nose its wings, the mouth the skin between lips and nose. Inside the
        face's outline the chin is what lies below the mouth, the cheeks the rest below the eyes, the
        forehead the rest above; ``elsewhere`` is all beyond. None where the face has no landmarks.
    """
    if not len(face.landmarks):
        return None
    layout = _layout(face)
    drawn = _drawn(layout, face.crop.shape[0])
    return {name: drawn == number for number, name in enumerate(REGIONS)}


def counted_regions(face: Face) -> Masks | None:
    """The regions by which the values of a map are counted, as ``region_masks`` gives them.

    None unless the mesh was accepted: five points alone may lie beside the face, on the back of a head or on
    a fence, and so would everything that is counted by them.
    """
    return region_masks(face) if has_mesh(face) else None


def region_shares(values: NDArray[np.float32], masks: Masks) -> RegionShares | None:
    """Shares of the positive part of a map in the regions.

    Args:
        values: float32 ``(H, W)``, any sign; only positive values count.
        masks: region -> bool ``(H, W)``, disjoint and covering, as ``region_masks`` gives them.

    Returns:
        Shares and areas, each summing to 1; None where no value is positive.

    Raises:
        ValueError: the masks have another size than the map.
    """
    if any(mask.shape != values.shape for mask in masks.values()):
        raise ValueError(f"the masks must be {values.shape} as the map is; make both for one crop")
    positive = values.clip(min=0).astype(np.float64)
    total = positive.sum()
    if total == 0:
        return None
    share = {name: float(positive[mask].sum() / total) for name, mask in masks.items()}
    return RegionShares(share, {name: float(mask.mean()) for name, mask in masks.items()})


def _layout(face: Face) -> _Layout:
    mesh = mesh_of(face)
    outlines = {name: mesh[list(vertices)].astype(np.float64) for name, vertices in _OUTLINES.items()}
    return _Layout(outlines, five_of(mesh).astype(np.float64))


def _drawn(layout: _Layout, side: int) -> NDArray[np.int64]:
    """Index into ``REGIONS`` for every pixel; later regions overwrite earlier ones."""
    # On a turned head the nose and mouth project past the mesh's rim, which lies behind them.
    rim = np.concatenate([layout.outlines[part] for part in ("oval", "nose", "mouth")])
    inside = _filled(_grown(rim, 0.0), side)
    rows, columns = np.mgrid[:side, :side] + 0.5
    depth = layout.depth(np.stack([columns, rows], axis=-1))
    chin_line = layout.depth(layout.outlines["mouth"]).max()
    drawn = np.full((side, side), REGIONS.index("elsewhere"))
    drawn[inside & (depth < 0)] = REGIONS.index("forehead")
    drawn[inside & (depth >= 0)] = REGIONS.index("cheeks")
    drawn[inside & (depth >= chin_line)] = REGIONS.index("chin")
    growth = GROWTH * max(np.hypot(*layout.across), np.hypot(*layout.down))
    for part in ("left_eye", "right_eye"):
        drawn[_filled(_grown(layout.outlines[part], growth), side) & inside] = REGIONS.index("eyes")
    drawn[_filled(_grown(layout.outlines["mouth"], growth), side)] = REGIONS.index("mouth")
    drawn[_filled(layout.outlines["nose"], side)] = REGIONS.index("nose")
    return drawn


def _grown(outline: Points, by: float) -> Points:
    """The outline's hull with every corner moved outwards by ``by`` pixels."""
    hull = cv2.convexHull(outline.astype(np.float32))[:, 0].astype(np.float64)
    away = hull - hull.mean(axis=0)
    return np.asarray(hull + by * away / np.linalg.norm(away, axis=1, keepdims=True).clip(min=1e-6))


def _filled(outline: Points, side: int) -> NDArray[np.bool_]:
    """The pixels whose centre lies in the outline, bool ``(side, side)``."""
    canvas = np.zeros((side, side), np.uint8)
    # OpenCV counts from the centre of the first pixel, and in sixteenths here.
    corners = np.rint((outline - 0.5) * 16).astype(np.int32)
    cv2.fillPoly(canvas, [corners], 1, shift=4)
    return canvas.astype(bool)
