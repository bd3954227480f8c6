"""Boxes of photos that a camera stored turned: from the frame they were drawn in to the upright photo.

Some annotation tools show a photo as it is stored and some as its EXIF says. The size that is noted beside
the boxes tells which; where both frames have that size, the faces that are found in the photo do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from xai.errors import DataRejected
from xai.learning.data.formats import Extent

__all__ = ["FoundFaces", "upright_extent"]

FoundFaces = Callable[[], Sequence[Extent]]
"""Returns the boxes of the faces that the detector finds in the upright photo."""

_MATCHES = 0.3
"""From this intersection over union on, a box is round a face that was found."""

_Point = tuple[float, float]

_UPRIGHT: Mapping[int, Callable[[float, float, float, float], _Point]] = {
    2: lambda x, y, width, height: (width - x, y),
    3: lambda x, y, width, height: (width - x, height - y),
    4: lambda x, y, width, height: (x, height - y),
    5: lambda x, y, width, height: (y, x),
    6: lambda x, y, width, height: (height - y, x),
    7: lambda x, y, width, height: (height - y, width - x),
    8: lambda x, y, width, height: (y, width - x),
}
"""EXIF orientation -> a point of the stored photo of this size, in the upright one (Exif, tag 0x0112)."""

_SIDEWAYS = (5, 6, 7, 8)


def upright_extent(
    path: Path, extent: Extent, size: tuple[int, int] | None, photo: tuple[int, int, int], found: FoundFaces
) -> Extent:
    """A box in pixels of the upright photo.

    Args:
        path: the photo, for the sentence.
        extent: the box as it was noted.
        size: width and height that were noted with it; None where they were not.
        photo: width and height of the upright photo, and the EXIF orientation that was applied.
        found: called where the sizes do not tell the frame.

    Raises:
        DataRejected: the size is that of neither frame, or the frame cannot be told.
    """
    width, height, orientation = photo
    stored = (height, width) if orientation in _SIDEWAYS else (width, height)
    if size not in (None, (width, height), stored):
        raise DataRejected(
            f"The boxes of {path} were drawn in a photo of {size[0]} × {size[1]} pixels and it has "
            f"{width} × {height}; correct the size or the boxes."
        )
    if orientation == 1:
        return extent
    turned = _turned(extent, stored, orientation)
    as_upright = size == (width, height) if size else _fits(extent, (width, height))
    as_stored = size == stored if size else _fits(extent, stored)
    if as_upright and as_stored:
        return _by_faces(path, extent, turned, found())
    return turned if as_stored else extent


def _turned(extent: Extent, stored: tuple[int, int], orientation: int) -> Extent:
    turn = _UPRIGHT[orientation]
    x0, y0 = turn(extent.left, extent.top, *stored)
    x1, y1 = turn(extent.right, extent.bottom, *stored)
    return Extent(min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1))


def _fits(extent: Extent, frame: tuple[int, int]) -> bool:
    """Whether the box lies in a frame, but for a pixel."""
    return extent.right <= frame[0] + 1 and extent.bottom <= frame[1] + 1


def _by_faces(path: Path, upright: Extent, turned: Extent, faces: Sequence[Extent]) -> Extent:
    near = [max((_overlap(each, face) for face in faces), default=0.0) for each in (upright, turned)]
    if max(near) < _MATCHES or near[0] == near[1]:
        raise DataRejected(
            f"It cannot be told whether the box {tuple(upright)} of {path} was drawn in the photo as stored "
            "or as its camera noted; store the photo upright."
        )
    return upright if near[0] > near[1] else turned


def _overlap(a: Extent, b: Extent) -> float:
    """Intersection over union."""
    width = min(a.right, b.right) - max(a.left, b.left)
    height = min(a.bottom, b.bottom) - max(a.top, b.top)
    shared = max(0.0, width) * max(0.0, height)
    areas = sum((each.right - each.left) * (each.bottom - each.top) for each in (a, b))
    return shared / (areas - shared)
