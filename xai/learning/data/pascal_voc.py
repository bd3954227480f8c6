"""PASCAL VOC annotations: ``annotations/*.xml`` beside ``images/``, the layout of the published sets."""

from __future__ import annotations

import math
import xml.etree.ElementTree as Xml
from collections.abc import Callable, Iterator
from pathlib import Path, PureWindowsPath
from typing import NamedTuple

from xai.errors import DataRejected
from xai.learning.data.pictures import Pictures

__all__ = ["AnnotatedFace", "annotations_in", "read_voc"]

_LARGEST = 1 << 20
"""Largest annotation in bytes; one of a photo takes a few thousand."""

_PHOTO_FOLDERS = ("images", "JPEGImages")
"""Where the photos are; the second is the original challenge's name."""


class AnnotatedFace(NamedTuple):
    """One box of an annotation, in pixels of a photo of the annotation's size."""

    photo: Path
    annotation: Path
    name: str
    left: float
    top: float
    right: float
    bottom: float
    size: tuple[int, int] | None


def annotations_in(folder: Path) -> list[Path]:
    """The annotations of a set by name; none where it is no such set."""
    inside = (folder / "annotations", folder / "Annotations")
    return sorted({p.resolve(): p for each in inside for p in each.glob("*.xml") if p.is_file()}.values())


def read_voc(folder: Path, pictures: Pictures, skip: Callable[[str], None]) -> Iterator[AnnotatedFace]:
    """Every box of every annotation under ``folder``, by file name.

    An annotation that cannot be read, whose photo is missing or that has no box, and a box without an area,
    is left out: ``skip`` is called with one sentence that names the file. What ``skip`` raises ends the
    reading.

    Args:
        folder: the set.
        pictures: of the set.
        skip: see above.
    """
    for path in annotations_in(folder):
        try:
            root = _parse(path)
            photo, size = _photo(folder, path, root, pictures), _size(root)
        except DataRejected as error:
            skip(str(error))
            continue
        things = list(root.iter("object"))
        if not things:
            skip(f"The annotation {path} has no object.")
        for thing in things:
            try:
                name = (thing.findtext("name") or "").strip()
                yield AnnotatedFace(photo, path, name, *_box(path, thing), size)
            except DataRejected as error:
                skip(str(error))


def _photo(folder: Path, path: Path, root: Xml.Element, pictures: Pictures) -> Path:
    name = PureWindowsPath((root.findtext("filename") or "").strip()).name  # it splits at both slashes
    places = [pictures.named(f"{inside}/{name}") for inside in _PHOTO_FOLDERS] if name else []
    found = next((photo for photo in places if photo.is_file()), None)
    if found is None:
        raise DataRejected(
            f"The annotation {path} names {name}, which is not in {folder / _PHOTO_FOLDERS[0]}."
        )
    return found


def _size(root: Xml.Element) -> tuple[int, int] | None:
    """Width and height of the photo as the annotation says; None where it does not."""
    try:
        width, height = (int(float(root.findtext(f"size/{key}") or 0)) for key in ("width", "height"))
    except (ValueError, OverflowError):
        return None
    return (width, height) if width > 0 and height > 0 else None


def _box(path: Path, thing: Xml.Element) -> tuple[float, float, float, float]:
    try:
        corners = [(thing.findtext(f"bndbox/{k}") or "").replace(",", ".") for k in _CORNERS]
        left, top, right, bottom = map(float, corners)
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
    except (Xml.ParseError, ValueError, LookupError) as error:
        raise DataRejected(f"The annotation {path} is not readable XML ({error}).") from error
