"""Reads photos of an audit again: the bytes that were audited, and the faces as they were numbered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from xai.audit.ledger import Outcome
from xai.audit.sources.files import SourceFile
from xai.errors import DataRejected, XaiError
from xai.photo.images import read_image
from xai.photo.orientation import find_faces_upright
from xai.types import Face, Faces

__all__ = ["AuditedPhotos", "FindFaces", "crops_of", "faces_in"]

FindFaces = Callable[[bytes], Faces]
"""The bytes of a photo -> its faces, as the audit numbers them."""


def faces_in(data: bytes) -> Faces:
    """The faces of a photo, turned upright, as ``examine_photo`` finds them.

    Raises:
        ImageRejected: it is not accepted.
    """
    return find_faces_upright(read_image(data))[1]


class AuditedPhotos:
    """The photos of an audit, read again from the set.

    Args:
        files: of the set.
        outcomes: what became of them.
        find: how faces are found; ``faces_in`` where None.
    """

    def __init__(
        self, files: Sequence[SourceFile], outcomes: Iterable[Outcome], find: FindFaces | None = None
    ) -> None:
        self._files = {file.name: file for file in files}
        self._digests: Mapping[str, str] = {each.name: each.sha256 for each in outcomes}
        self._find = find or faces_in
        self._last: tuple[str, Faces] | None = None

    def read(self, name: str) -> bytes:
        """The bytes of a photo.

        Raises:
            DataRejected: it is not in the set, or its bytes are not those that were audited.
        """
        try:
            data = self._files[name].read() if name in self._files else b""
        except XaiError:
            data = b""
        if hashlib.sha256(data).hexdigest() != self._digests[name]:
            raise DataRejected(
                f"The photo {name} has changed since it was audited; put the earlier one back, or audit into "
                "a new folder."
            )
        return data

    def face(self, name: str, number: int) -> Face:
        """A face of a photo, which is decoded once for faces that are asked for one after the other.

        Raises:
            DataRejected: the photo's bytes are not those that were audited.
        """
        if self._last is None or self._last[0] != name:
            self._last = name, self._find(self.read(name))
        return self._last[1][number]


def crops_of(
    photos: AuditedPhotos, faces: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], NDArray[np.uint8]]:
    """The pictures of some faces, each photo read once: (photo, face) -> RGB uint8 ``(S, S, 3)``.

    Args:
        photos: of the audit.
        faces: photo's name and number of the face, from 0.

    Raises:
        DataRejected: a photo's bytes are not those that were audited.
    """
    return {key: photos.face(*key).crop for key in sorted(set(faces))}
