"""PASCAL VOC annotations: ``annotations/*.xml`` beside ``images/``, the layout of the published sets."""

from __future__ import annotations

import math
import xml.etree.ElementTree as Xml
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from xai.errors import DataRejected

__all__ = ["AnnotatedFace", "read_voc"]

_LARGEST = 1 << 20
"""Largest annotation in bytes; one of a photo takes a few thousand."""


class AnnotatedFace(NamedTuple):
    """One box of an annotation, in photo pixels as in the file."""

    photo: Path
    annotation: Path
    name: str
    left: float
    top: float
    right: float
    bottom: float


def read_voc(folder: Path, skip: Callable[[str], None]) -> Iterator[AnnotatedFace]:
    """Every box of every annotation under ``folder``, by file name.

    An annotation that cannot be read or whose photo is missing, and a box without an area, is left out:
    ``skip`` is called with one sentence that names the file. What ``skip`` raises ends the reading.
    """
    for path in sorted(p for p in (folder / "annotations").glob("*.xml") if p.is_file()):
        try:
            root = _parse(path)
            photo = _photo(folder, path, root)
        except DataRejected as error:
            skip(str(error))
            continue
        for thing in root.iter("object"):
            try:
                yield AnnotatedFace(photo, path, thing.findtext("name") or "", *_box(path, thing))
            except DataRejected as error:
                skip(str(error))


def _photo(folder: Path, path: Path, root: Xml.Element) -> Path:
    photo = folder / "images" / Path(root.findtext("filename") or "").name
    if not photo.is_file():
        raise DataRejected(f"The annotation {path} names {photo.name}, which is not in {photo.parent}.")
    return photo


def _box(path: Path, thing: Xml.Element) -> tuple[float, float, float, float]:
    try:
        left, top, right, bottom = (float(thing.findtext(f"bndbox/{k}") or "") for k in _CORNERS)
    except ValueError as error:
        raise DataRejected(f"The annotation {path} has a box without four numbers.") from error
    if not all(map(math.isfinite, (left, top, right, bottom))) or right <= left or bottom <= top:
        raise DataRejected(
            f"The annotation {path} has an empty or endless box ({left}, {top}, {right}, {bottom})."
        )
    return left, top, right, bottom


_CORNERS = ("xmin", "ymin", "xmax", "ymax")


def _parse(path: Path) -> Xml.Element:
    try:
        text = path.read_bytes()
    except OSError as error:
        raise DataRejected(f"The annotation {path} cannot be read: {error.strerror}.") from error
    if len(text) > _LARGEST or b"<!ENTITY" in text:
        raise DataRejected(f"The annotation {path} is not a plain PASCAL VOC file.")
    try:
        return Xml.fromstring(text)  # noqa: S314 - size and entities are checked above
    except Xml.ParseError as error:
        raise DataRejected(f"The annotation {path} is not readable XML ({error}).") from error
