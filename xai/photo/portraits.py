"""Public-domain portraits that come with packages which are installed anyway, and the faces on them.

Nothing of those packages is imported or copied: a portrait is read where it lies, if it is the pinned file.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from xai.errors import ThirdPartyMissing
from xai.packaged_files import packaged_file
from xai.photo.faces import find_faces
from xai.photo.images import read_image
from xai.photo.synthetic_masks.layout import MESH_POINTS
from xai.types import Face, Image

__all__ = ["PORTRAITS", "Portrait", "load_portrait", "portrait_face", "portrait_mesh"]


@dataclass(frozen=True)
class Portrait:
    """A public-domain portrait inside an installed package.

    Attributes:
        package: distribution name.
        file: path inside the package.
        sha256: hex digest of that file.
        credit: who is seen, who took it, and where it comes from.
    """

    package: str
    file: str
    sha256: str
    credit: str


PORTRAITS = {
    "admiral": Portrait(
        package="matplotlib",
        file="matplotlib/mpl-data/sample_data/grace_hopper.jpg",
        sha256="a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130",
        credit="Grace Hopper, US Navy portrait, public domain, from matplotlib; whatever was added is drawn",
    ),
    "astronaut": Portrait(
        package="scikit-image",
        file="skimage/data/astronaut.png",
        sha256="88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        credit="Eileen Collins, NASA portrait, public domain, from scikit-image; whatever was added is drawn",
    ),
}
"""The portraits by name."""


@cache
def load_portrait(name: str) -> Image:
    """The portrait ``name`` of ``PORTRAITS`` as a photo.

    Raises:
        ThirdPartyMissing: the package with the portrait is not installed, or its file is another one.
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
