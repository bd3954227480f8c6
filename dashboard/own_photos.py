"""A visitor's own photos: kept in the session until the visitor removes them, whatever page is shown."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from dashboard.session_cache import forget, get_state, set_state

__all__ = [
    "MEGABYTES",
    "PHOTOS",
    "PHOTO_MEGABYTES",
    "OwnPhoto",
    "add",
    "choose_face",
    "face_key",
    "photos",
    "remove",
]

PHOTOS = 10
MEGABYTES = 60
"""Limits of what a session keeps; further photos are left out."""

PHOTO_MEGABYTES = 20
"""Limit of one photo, as ``read_image`` takes it."""

_KEPT, _NUMBERED = "own photos", "photos so far"


@dataclass(frozen=True)
class OwnPhoto:
    """An uploaded photo.

    Attributes:
        number: counts this session's photos from 1; never given twice, so an address may name it.
        name: the file's name, safe to show; used for nothing else.
        sha256: digest of the bytes.
        data: the bytes.
    """

    number: int
    name: str
    sha256: str
    data: bytes = field(repr=False)


def photos() -> tuple[OwnPhoto, ...]:
    """The photos kept, in the order of their numbers."""
    return cast(tuple[OwnPhoto, ...], get_state(_KEPT) or ())


def add(files: Sequence[tuple[str, bytes]]) -> tuple[tuple[OwnPhoto, ...], tuple[str, ...]]:
    """Keep further photos; the same bytes are kept once.

    Args:
        files: name, safe to show, and bytes of each.

    Returns:
        The photos of these files, and the names of the files beyond the limits, which were left out.
    """
    kept = list(photos())
    taken: list[OwnPhoto] = []
    left_out: list[str] = []
    for name, data in files:
        digest = hashlib.sha256(data).hexdigest()
        known = next((each for each in kept if each.sha256 == digest), None)
        full = len(kept) >= PHOTOS or sum(len(each.data) for each in kept) + len(data) > MEGABYTES * 2**20
        if known is None and full:
            left_out.append(name)
            continue
        if known is None:
            known = OwnPhoto(_next_number(), name, digest, data)
            kept.append(known)
        taken.append(known)
    set_state(_KEPT, tuple(kept))
    return tuple(taken), tuple(left_out)


def face_key(sha256: str) -> str:
    """State: index of the face that is chosen of a photo, by the photo's digest."""
    return f"face {sha256}"


def choose_face(photo: OwnPhoto, face: int) -> None:
    """Have a photo open with this face."""
    set_state(face_key(photo.sha256), face)


def remove(photo: OwnPhoto) -> None:
    """Forget a photo and everything that was computed from it."""
    set_state(_KEPT, tuple(each for each in photos() if each.sha256 != photo.sha256))
    forget(photo.sha256)


def _next_number() -> int:
    number = cast(int, get_state(_NUMBERED) or 0) + 1
    set_state(_NUMBERED, number)
    return number
