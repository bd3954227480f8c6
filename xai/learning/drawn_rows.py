"""The table and the pictures of a drawn set, as ``labels.csv`` sets have them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["DrawnRow", "write_picture", "write_table"]

_JPEG_QUALITY = 90


@dataclass(frozen=True)
class DrawnRow:
    """One line of the drawn set's ``labels.csv``; the names of the fields are its columns.

    Attributes:
        file: picture, relative to the set.
        class_: class name; the column is called ``class``.
        source_image: set and file that the face comes from.
        x0, y0, x1, y1: the face's tight box in the picture, pixels.
        box_w, box_h: its size in the photo that the source was cut from, pixels; empty where unknown.
        split, group: of the source.
        reason: what is wrong with a mask worn incorrectly, of ``REASONS``, or empty.
        look, way, occluder: what was drawn; see ``Dress``.
    """

    file: str
    class_: str
    source_image: str
    x0: float
    y0: float
    x1: float
    y1: float
    box_w: float | str
    box_h: float | str
    split: str
    group: str
    reason: str
    look: str
    way: str
    occluder: str


def write_picture(path: Path, pixels: NDArray[np.uint8]) -> None:
    """Write RGB uint8 ``(H, W, 3)`` as a JPEG file; its folder is made."""
    path.parent.mkdir(parents=True, exist_ok=True)
    options = [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY]
    _, data = cv2.imencode(".jpg", cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR), options)
    path.write_bytes(data.tobytes())


def write_table(path: Path, rows: Sequence[DrawnRow]) -> None:
    """Write ``labels.csv``: a line of column names, then one line per row."""
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file)
        table.writerow(name.rstrip("_") for name in DrawnRow.__dataclass_fields__)
        table.writerows(asdict(row).values() for row in rows)
