"""The public-domain portraits of the gallery as photos, and the faces on them.

Nothing of the packages that contain them is imported or copied: a portrait is read in place, if it is the
pinned file.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from xai.errors import ThirdPartyMissing
from xai.packaged_files import packaged_file
from xai.photo.faces import find_faces
from xai.photo.images import read_image
from xai.photo.samples import PORTRAITS
from xai.photo.synthetic_masks.layout import MESH_POINTS
from xai.types import Face, Image

__all__ = ["load_portrait", "portrait_face", "portrait_mesh"]


@cache
def load_portrait(name: str) -> Image:
    """The portrait ``name`` of ``PORTRAITS`` as a photo.

    Raises:
        ThirdPartyMissing: the package with the portrait is not installed, or its file is not the pinned one.
    """
    portrait = PORTRAITS[name]
    return read_image(packaged_file(portrait.package, portrait.file, portrait.sha256).read_bytes())


def portrait_mesh(name: str) -> NDArray[np.float32]:
    """The face mesh of a portrait in its own pixels, float32 ``(468, 2)``; errors as of ``portrait_face``."""
    return _in_photo(portrait_face(name))


@cache
def portrait_face(name: str) -> Face:
    """The largest face of a portrait that has a mesh.

    Raises:
        ThirdPartyMissing: as of ``load_portrait``; or no mesh was found, as its network is not installed.
    """
    faces = [face for face in find_faces(load_portrait(name)) if len(face.landmarks) == MESH_POINTS]
    if not faces:
        raise ThirdPartyMissing(f"No face mesh was found on the portrait {name!r}; run `make setup`.")
    return max(faces, key=lambda face: face.box.width)


def _in_photo(face: Face) -> NDArray[np.float32]:
    size = face.crop.shape[0] / face.crop_box.height
    corner = np.array([face.crop_box.left, face.crop_box.top], np.float32)
    return np.asarray((face.landmarks + 0.5) / size - 0.5 + corner, np.float32)
