"""Renders the gallery's samples, each on first use; they are decoded as a visitor's photo is."""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.errors import UnknownName
from xai.photo.images import encode_png, read_image
from xai.photo.occluders.renderer import draw_occluder
from xai.photo.portraits import load_portrait, portrait_face, portrait_mesh
from xai.photo.samples import SAMPLES, STICKER, SampleSubject
from xai.photo.synthetic_masks.renderer import LOOKS, draw_mask
from xai.types import Image

__all__ = ["load_sample", "sample_png"]

_STICKER_SHARE = 1 / 8  # of the side of the crop
_STICKER_COLOUR = (255, 0, 0)

_SIDE_BY_SIDE_HEIGHT = 512


def load_sample(name: str) -> Image:
    """The sample ``name`` of ``SAMPLES`` as a photo; its sha256 is that of ``sample_png(name)``.

    Raises:
        UnknownName: there is no such sample.
        ThirdPartyMissing: the package with the portrait is not installed, or its file is not the pinned one.
    """
    return read_image(sample_png(name))


@cache
def sample_png(name: str) -> bytes:
    """The sample ``name`` of ``SAMPLES`` as a PNG file; the same bytes every time.

    Raises:
        UnknownName: there is no such sample.
        ThirdPartyMissing: the package with the portrait is not installed, or its file is not the pinned one.
    """
    if name not in SAMPLES:
        raise UnknownName("sample", name, SAMPLES)
    return encode_png(_side_by_side([_dress(wearer) for wearer in SAMPLES[name].wearers]))


def _dress(wearer: SampleSubject) -> NDArray[np.uint8]:
    pixels = load_portrait(wearer.portrait).pixels
    if wearer.held == STICKER:
        return _with_sticker(wearer.portrait)
    if wearer.held:
        return draw_occluder(pixels, portrait_mesh(wearer.portrait), wearer.held, wearer.seed)
    if wearer.look is None or wearer.worn is None:
        return pixels
    return draw_mask(pixels, portrait_mesh(wearer.portrait), LOOKS[wearer.look], wearer.worn, wearer.seed)


def _with_sticker(name: str) -> NDArray[np.uint8]:
    """As far from the face as the crop reaches: it affects only a model that does not look at the face."""
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
