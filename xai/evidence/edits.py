"""What is done to a face to test what a decision depends on: hide, reveal, and the sham of each.

An edit replaces an area of the crop and blends it in with a soft seam. *Reveal* paints bare skin over
whatever is there, *hide* paints over it what shows nothing, and a *sham* leaves as it is what the classes
are about, with the same seam. Everything is decided by the face, the area and a seed.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from xai.errors import UnknownName
from xai.evidence.areas import blended, seam
from xai.evidence.contents import bare, masked, masked_alike, moved, neutral
from xai.types import Face

__all__ = ["FILLS", "SHAMS", "hide", "reveal", "sham"]

Pixels = NDArray[np.uint8]
Area = NDArray[np.bool_]

FILLS = ("grey", "mean", "blur", "masked")
"""What hides: middle grey; the crop's mean colour; the crop, heavily blurred; a drawn mask."""

SHAMS = ("moved", "masked", "bare")
"""Content that leaves the class alone: what is there, moved a little; on a covered face another mask of the
visible colour; on an uncovered one another bare face."""


def reveal(face: Face, area: Area, seeds: Sequence[int] = (0,)) -> Pixels:
    """The face with bare skin painted over the area, whatever was there.

    Args:
        face: a crop with the 468-point mesh. Ask ``believable`` first.
        area: bool ``(S, S)``. Beyond the reach of the model (hair, background) nothing is painted.
        seeds: one donor each; another seed is another lower face that goes with the visible upper one.

    Returns:
        RGB uint8 ``(N, S, S, 3)``. Pixels beyond the seam are those of the crop.

    Raises:
        ValueError: the face has no mesh, or the area another size than the crop.
        WeightsUnavailable: the model's file is missing or altered.
    """
    weight = seam(face, area)
    return blended(face.crop, bare(face, seeds), weight)


def hide(face: Face, area: Area, fill: str, seed: int = 0) -> Pixels:
    """The face with the area painted over by something that shows nothing of it.

    Args:
        face: a crop; ``masked`` needs the 468-point mesh.
        area: bool ``(S, S)``.
        fill: one of ``FILLS``.
        seed: look and folds of a drawn mask; the other fills know no chance.

    Returns:
        RGB uint8 ``(S, S, 3)``.

    Raises:
        UnknownName: there is no such fill.
        ValueError: ``masked`` without a mesh, or the area has another size than the crop.
    """
    if fill not in FILLS:
        raise UnknownName("fill", fill, FILLS)
    weight = seam(face, area)
    content = masked(face, seed) if fill == "masked" else neutral(face, fill)
    return np.asarray(blended(face.crop, content[None], weight)[0])


def sham(face: Face, area: Area, kind: str, seeds: Sequence[int] = (0,)) -> Pixels:
    """The face with the area replaced by content that leaves its class alone, with the same seam.

    Args:
        face: a crop; ``masked`` and ``bare`` need the 468-point mesh.
        area: bool ``(S, S)``.
        kind: one of ``SHAMS``; ``masked`` is for covered faces, ``bare`` for uncovered ones.
        seeds: chance in where it is moved to, how the mask folds, which bare face.

    Returns:
        RGB uint8 ``(N, S, S, 3)``.

    Raises:
        UnknownName: there is no such kind.
        ValueError: no mesh where one is needed, or the area has another size than the crop.
    """
    if kind not in SHAMS:
        raise UnknownName("sham", kind, SHAMS)
    if kind == "bare":
        return reveal(face, area, seeds)
    weight = seam(face, area)
    drawn = [moved(face, s) if kind == "moved" else masked_alike(face, s, area) for s in seeds]
    return blended(face.crop, np.stack(drawn), weight)
