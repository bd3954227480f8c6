"""The gallery: public-domain portraits with masks or other things drawn on them; the true class is known.

Most are easy. Some are there because classifiers fall for them: a thing before the face that is no mask, or a
sticker that says nothing about the face.

A sample is made when it is first asked for and enters by the same door as a visitor's photo.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.errors import UnknownName
from xai.photo.images import encode_png, read_image
from xai.photo.occluders.renderer import draw_occluder
from xai.photo.portraits import PORTRAITS, load_portrait, portrait_face, portrait_mesh
from xai.photo.synthetic_masks.renderer import LOOKS, class_of, draw_mask
from xai.types import Image

__all__ = ["SAMPLES", "STICKER", "Sample", "Wearer", "load_sample", "sample_png"]

STICKER = "sticker"
"""What else can be held: a square in the upper left corner of what a classifier gets to see of the face."""

_STICKER_SHARE = 1 / 8  # of the side of the crop
_STICKER_COLOUR = (255, 0, 0)

_SIDE_BY_SIDE_HEIGHT = 512


@dataclass(frozen=True)
class Wearer:
    """One portrait in a sample and what it wears.

    Attributes:
        portrait: key of ``PORTRAITS``.
        look: key of ``LOOKS``; None for a bare face.
        worn: one of ``WORN``; None for a bare face.
        seed: chance in how the mask sits, or in the shape of what is held.
        held: a thing that is no mask, of ``OCCLUDERS`` or ``STICKER``, on a bare face; or None.
    """

    portrait: str
    look: str | None = None
    worn: str | None = None
    seed: int = 0
    held: str | None = None

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
    def traps(self) -> tuple[str, ...]:
        """What classifiers may fall for, of ``OCCLUDERS`` and ``STICKER``; empty for an easy sample."""
        return tuple(wearer.held for wearer in self.wearers if wearer.held)

    @property
    def credit(self) -> str:
        """Where the portraits come from, in one line."""
        return "; ".join(dict.fromkeys(PORTRAITS[wearer.portrait].credit for wearer in self.wearers))


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
    Sample("admiral-hand", "Admiral, hand", (Wearer("admiral", seed=0, held="hand"),)),
    Sample("astronaut-paper", "Astronaut, sheet of paper", (Wearer("astronaut", seed=3, held="paper"),)),
    Sample("admiral-scarf", "Admiral, scarf", (Wearer("admiral", seed=20, held="scarf"),)),
    Sample("astronaut-beard", "Astronaut, beard", (Wearer("astronaut", seed=1, held="beard"),)),
    Sample("astronaut-phone", "Astronaut, phone", (Wearer("astronaut", seed=0, held="phone"),)),
    Sample("astronaut-sticker", "Astronaut, sticker", (Wearer("astronaut", held=STICKER),)),
)

SAMPLES = {sample.id: sample for sample in _GALLERY}
"""The gallery by id, in the order in which it is shown: first the easy ones."""


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
    pixels = load_portrait(wearer.portrait).pixels
    if wearer.held == STICKER:
        return _with_sticker(wearer.portrait)
    if wearer.held:
        return draw_occluder(pixels, portrait_mesh(wearer.portrait), wearer.held, wearer.seed)
    if wearer.look is None or wearer.worn is None:
        return pixels
    return draw_mask(pixels, portrait_mesh(wearer.portrait), LOOKS[wearer.look], wearer.worn, wearer.seed)


def _with_sticker(name: str) -> NDArray[np.uint8]:
    """As far from the face as a crop reaches, so that only a model that does not look at the face minds."""
    pixels, seen = load_portrait(name).pixels.copy(), portrait_face(name).crop_box
    left, top, side = max(0, seen.left), max(0, seen.top), round(_STICKER_SHARE * seen.width)
    pixels[top : top + side, left : left + side] = _STICKER_COLOUR
    return pixels


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
