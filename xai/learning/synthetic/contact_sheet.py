"""Contact sheet: every mask in every way of wearing, and every occluder, on the portraits, with captions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from xai.errors import ThirdPartyMissing
from xai.learning.synthetic.sampling import ways_of
from xai.photo.faces import find_faces
from xai.photo.images import encode_png
from xai.photo.mesh import MESH_POINTS
from xai.photo.occluders.renderer import OCCLUDERS, draw_occluder
from xai.photo.sample_rendering import load_sample
from xai.photo.samples import SAMPLES
from xai.photo.synthetic_masks.catalog import MASK_CATALOG
from xai.photo.synthetic_masks.renderer import WORN, MaskSpec, render_mask
from xai.photo.synthetic_masks.wear_styles import Fit

__all__ = ["ContactSheet", "contact_sheet"]

Pixels = NDArray[np.uint8]
Points = NDArray[np.float32]

_TILE = 132  # pixels a side
_DRAWN_AT = 2 * _TILE  # the size of the portraits, reduced after drawing
_CAPTION = 15  # pixels
_BESIDE = 2  # looks per row of tiles


@dataclass(frozen=True)
class ContactSheet:
    """The sheet and what is on it.

    Attributes:
        png: the file.
        captions: of every picture, in reading order: look and way, or the occluder.
    """

    png: bytes
    captions: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Portrait:
    crop: Pixels
    mesh: Points


def contact_sheet(seed: int) -> ContactSheet:
    """Draw the sheet: the occluders, then a row of ways for each look; the portraits alternate.

    Args:
        seed: of tilt, folds, patterns and shapes; the same seed gives the same bytes.

    Raises:
        ThirdPartyMissing: a portrait, or a network that finds the face on it, is not installed.
    """
    tiles = list(_tiles(seed))
    columns = _BESIDE * len(WORN)
    blank = np.full_like(tiles[0][1], 255)
    pictures = [picture for _, picture in tiles]
    pictures += [blank] * (-len(pictures) % columns)
    lines = [np.hstack(pictures[at : at + columns]) for at in range(0, len(pictures), columns)]
    return ContactSheet(encode_png(np.vstack(lines)), tuple(caption for caption, _ in tiles if caption))


def _tiles(seed: int) -> Iterator[tuple[str, Pixels]]:
    """Caption and picture of every tile of the sheet; an empty tile has no caption."""
    portraits = [_portrait(s.id) for s in SAMPLES.values() if s.truth == ("uncovered",) and not s.traps]
    for number in range(_BESIDE * len(WORN)):
        one = portraits[number % len(portraits)]
        if number < len(OCCLUDERS):
            name = OCCLUDERS[number]
            yield name, _tile(draw_occluder(one.crop, one.mesh, name, seed + number, _TILE), name)
        else:
            yield "", np.full((_TILE + _CAPTION, _TILE, 3), 255, np.uint8)
    for number, (name, look) in enumerate(MASK_CATALOG.items()):
        one = portraits[number % len(portraits)]
        for way in WORN:
            if way not in ways_of(look.style):
                yield "", np.full((_TILE + _CAPTION, _TILE, 3), 255, np.uint8)
                continue
            outfit = MaskSpec(
                look, way, seed + number, Fit(side=1 - 2 * (number // 2 % 2), drawn_width=_TILE)
            )
            yield f"{name} {way}", _tile(render_mask(one.crop, one.mesh, outfit), name, way)


def _portrait(sample: str) -> _Portrait:
    faces = [face for face in find_faces(load_sample(sample)) if len(face.landmarks) == MESH_POINTS]
    if not faces:
        raise ThirdPartyMissing(f"No face mesh was found on the portrait {sample!r}; run `make setup`.")
    face = max(faces, key=lambda one: one.box.width)
    scale = _DRAWN_AT / len(face.crop)
    crop = cv2.resize(face.crop, (_DRAWN_AT, _DRAWN_AT), interpolation=cv2.INTER_AREA)
    return _Portrait(np.asarray(crop, np.uint8), (face.landmarks + 0.5) * np.float32(scale) - np.float32(0.5))


def _tile(drawn: Pixels, *words: str) -> Pixels:
    """The picture at tile size with one line of text below it."""
    small = cv2.resize(drawn, (_TILE, _TILE), interpolation=cv2.INTER_AREA)
    strip = np.full((_CAPTION, _TILE, 3), 255, np.uint8)
    text = ", ".join(word.replace("_", " ") for word in words)
    wide = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.3, 1)[0][0]
    size = 0.3 * min(1.0, (_TILE - 4) / wide)
    cv2.putText(strip, text, (2, 10), cv2.FONT_HERSHEY_SIMPLEX, size, (30, 30, 30), 1, cv2.LINE_AA)
    return np.asarray(np.vstack([small, strip]), np.uint8)
