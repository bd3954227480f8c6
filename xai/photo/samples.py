"""The gallery: public-domain portraits with masks drawn on them, so that the true class is known.

The portraits come with packages that are installed anyway; nothing of theirs is imported or copied. A sample
is made when it is first asked for and enters by the same door as a visitor's photo.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import metadata
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.errors import ThirdPartyMissing, UnknownName
from xai.photo.faces import find_faces
from xai.photo.images import encode_png, read_image
from xai.photo.mask_geometry import MESH_POINTS
from xai.photo.wearing import LOOKS, class_of, draw_mask
from xai.types import Face, Image

__all__ = ["PORTRAITS", "SAMPLES", "Portrait", "Sample", "Wearer", "load_sample", "sample_png"]

_SIDE_BY_SIDE_HEIGHT = 512


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


@dataclass(frozen=True)
class Wearer:
    """One portrait in a sample and what it wears.

    Attributes:
        portrait: key of ``PORTRAITS``.
        look: key of ``LOOKS``; None for a bare face.
        worn: one of ``WORN``; None for a bare face.
        seed: chance in how the mask sits.
    """

    portrait: str
    look: str | None = None
    worn: str | None = None
    seed: int = 0

    @property
    def truth(self) -> str:
        """The true class of this face."""
        return "uncovered" if self.worn is None else class_of(self.worn)


@dataclass(frozen=True)
class Sample:
    """A picture of the gallery.

    Attributes:
        id: its key in ``SAMPLES``; short and fit for an address.
        title: what is seen, in words that do not give the true class away.
        wearers: who is in it, left to right.
    """

    id: str
    title: str
    wearers: tuple[Wearer, ...]

    @property
    def truth(self) -> tuple[str, ...]:
        """The true class of each face, left to right."""
        return tuple(wearer.truth for wearer in self.wearers)

    @property
    def credit(self) -> str:
        """Where the portraits come from, in one line."""
        return "; ".join(dict.fromkeys(PORTRAITS[wearer.portrait].credit for wearer in self.wearers))


PORTRAITS = {
    "admiral": Portrait(
        package="matplotlib",
        file="matplotlib/mpl-data/sample_data/grace_hopper.jpg",
        sha256="a8ca6d734765703b09728ab47fe59f473d93ae3967fc24c7c0288c3c7adb7130",
        credit="Grace Hopper, US Navy portrait, public domain, from matplotlib; any mask is drawn",
    ),
    "astronaut": Portrait(
        package="scikit-image",
        file="skimage/data/astronaut.png",
        sha256="88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
        credit="Eileen Collins, NASA portrait, public domain, from scikit-image; any mask is drawn",
    ),
}
"""The portraits by name."""

_GALLERY = (
    Sample("astronaut-grey", "Astronaut, grey mask", (Wearer("astronaut", "cloth_grey", "nose_out", 2),)),
    Sample("admiral-blue", "Admiral, blue mask", (Wearer("admiral", "surgical_blue", "correct", 1),)),
    Sample("admiral-plain", "Admiral", (Wearer("admiral"),)),
    Sample(
        "both",
        "Admiral and astronaut",
        (
            Wearer("admiral", "cloth_black", "correct", 3),
            Wearer("astronaut", "surgical_white", "nose_out", 4),
        ),
    ),
    Sample("astronaut-red", "Astronaut, red mask", (Wearer("astronaut", "cloth_red", "correct", 5),)),
    Sample("admiral-navy", "Admiral, navy mask", (Wearer("admiral", "cloth_navy", "below_chin", 6),)),
    Sample("astronaut-plain", "Astronaut", (Wearer("astronaut"),)),
    Sample(
        "astronaut-white", "Astronaut, white mask", (Wearer("astronaut", "surgical_white", "correct", 7),)
    ),
    Sample("admiral-green", "Admiral, green mask", (Wearer("admiral", "surgical_green", "nose_out", 8),)),
    Sample(
        "astronaut-blue", "Astronaut, blue mask", (Wearer("astronaut", "surgical_blue", "below_chin", 9),)
    ),
)

SAMPLES = {sample.id: sample for sample in _GALLERY}
"""The gallery by id, in the order in which it is shown."""


def load_sample(name: str) -> Image:
    """The sample ``name`` of ``SAMPLES`` as a photo; its sha256 is that of ``sample_png(name)``.

    Raises:
        UnknownName: there is no such sample.
        ThirdPartyMissing: the package with the portrait is not installed, or its file is another one.
    """
    return read_image(sample_png(name))


@cache
def sample_png(name: str) -> bytes:
    """The sample ``name`` of ``SAMPLES`` as a PNG file; the same bytes every time.

    Raises:
        UnknownName: there is no such sample.
        ThirdPartyMissing: the package with the portrait is not installed, or its file is another one.
    """
    if name not in SAMPLES:
        raise UnknownName("sample", name, SAMPLES)
    return encode_png(_side_by_side([_dress(wearer) for wearer in SAMPLES[name].wearers]))


def _dress(wearer: Wearer) -> NDArray[np.uint8]:
    pixels = _portrait(wearer.portrait).pixels
    if wearer.look is None or wearer.worn is None:
        return pixels
    return draw_mask(pixels, _mesh(wearer.portrait), LOOKS[wearer.look], wearer.worn, wearer.seed)


def _side_by_side(pictures: list[NDArray[np.uint8]]) -> NDArray[np.uint8]:
    if len(pictures) == 1:
        return pictures[0]
    scaled = [
        cv2.resize(
            picture,
            (round(picture.shape[1] * _SIDE_BY_SIDE_HEIGHT / picture.shape[0]), _SIDE_BY_SIDE_HEIGHT),
            interpolation=cv2.INTER_AREA,
        )
        for picture in pictures
    ]
    return np.hstack(scaled)


@cache
def _portrait(name: str) -> Image:
    portrait = PORTRAITS[name]
    data = _locate(portrait).read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != portrait.sha256:
        raise ThirdPartyMissing(
            f"The portrait {portrait.file} of {portrait.package} should have sha256 "
            f"{portrait.sha256[:12]}… but has {found[:12]}…; run `make setup` to install the pinned version."
        )
    return read_image(data)


def _locate(portrait: Portrait) -> Path:
    try:
        files = metadata.files(portrait.package) or []
    except metadata.PackageNotFoundError:
        files = []
    for file in files:
        path = Path(str(file.locate()))
        if file.as_posix() == portrait.file and path.is_file():
            return path
    raise ThirdPartyMissing(
        f"The portrait {portrait.file} of the package {portrait.package} is not installed; run `make setup`."
    )


@cache
def _mesh(name: str) -> NDArray[np.float32]:
    """The face mesh of a portrait in its own pixels, float32 ``(468, 2)``."""
    faces = [face for face in find_faces(_portrait(name)) if len(face.landmarks) == MESH_POINTS]
    if not faces:
        raise ThirdPartyMissing(f"No face mesh was found on the portrait {name!r}; run `make setup`.")
    return _in_photo(max(faces, key=lambda face: face.box.width))


def _in_photo(face: Face) -> NDArray[np.float32]:
    size = face.crop.shape[0] / face.crop_box.height
    corner = np.array([face.crop_box.left, face.crop_box.top], np.float32)
    return np.asarray((face.landmarks + 0.5) / size - 0.5 + corner, np.float32)
