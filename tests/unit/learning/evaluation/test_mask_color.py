"""The rule for the colour of a mask, on masks whose colour is known because they were painted so."""

from itertools import cycle

import cv2
import numpy as np
import pytest

from xai.learning.data.splits import Extent
from xai.learning.evaluation.mask_color import mask_colour
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.photo.samples import SAMPLES
from xai.photo.synthetic_masks.catalog import MASK_CATALOG
from xai.photo.synthetic_masks.renderer import MaskSpec, render_mask
from xai.photo.synthetic_masks.wear_styles import Fit

pytestmark = pytest.mark.slow

SKINS = ((226, 188, 164), (178, 128, 100), (96, 64, 48))
PAINTS = {
    "white_grey": ((236, 238, 240), (170, 172, 174)),
    "blue": ((158, 204, 228), (74, 128, 190)),
    "dark": ((34, 34, 38), (30, 38, 70)),
    "other": ((171, 43, 50), (46, 112, 78), (228, 190, 70)),
}
BOX = Extent(30, 20, 90, 100)

COLOUR_OF = {
    "white_grey": "white snow valve grey",
    "blue": "blue sky royal",
    "dark": "black navy dark charcoal",
}
"""Colour -> the last words of the looks that have it; all others have another."""


def painted(skin, paint, light=1.0):
    """An oval face with eyes and hair, the lower half under one colour, with noise, in more or less light."""
    picture = np.full((120, 120, 3), (110, 120, 112), np.float32)
    cv2.ellipse(picture, (60, 60), (30, 40), 0, 0, 360, skin, -1)
    cv2.rectangle(picture, (34, 12), (86, 26), (40, 34, 30), -1)
    for x in (48, 72):
        cv2.circle(picture, (x, 50), 4, (60, 40, 30), -1)
    cv2.ellipse(picture, (60, 78), (27, 24), 0, 0, 360, paint, -1)
    noise = np.random.default_rng(1).normal(0, 4, picture.shape)
    return np.clip(picture * light + noise, 0, 255).astype(np.uint8)


@pytest.mark.parametrize("light", [0.75, 1.0])
@pytest.mark.parametrize("skin", SKINS)
@pytest.mark.parametrize("colour", PAINTS)
def test_a_painted_mask_has_the_colour_it_was_painted_with(colour, skin, light):
    for paint in PAINTS[colour]:
        assert mask_colour(painted(skin, paint, light), BOX) == colour


def test_a_photo_without_colours_and_a_box_outside_say_nothing():
    grey = cv2.cvtColor(painted(SKINS[0], (158, 204, 228)), cv2.COLOR_RGB2GRAY)
    assert mask_colour(np.repeat(grey[..., None], 3, axis=2), BOX) == "unknown"
    assert mask_colour(painted(SKINS[0], (158, 204, 228)), Extent(300, 300, 360, 380)) == "unknown"


def test_how_often_it_is_right_on_drawn_masks():
    """On every plain look, worn rightly and below the nose; the portraits take turns."""
    right = {colour: [] for colour in PAINTS}
    turns = cycle(portraits())
    for name, look in MASK_CATALOG.items():
        if look.pattern != "plain":
            continue
        true = next((c for c, words in COLOUR_OF.items() if name.split("_")[-1] in words.split()), "other")
        face = next(turns)
        for way in ("correct", "nose_out"):
            drawn = render_mask(face.crop, face.landmarks, MaskSpec(look, way, 5, Fit(drawn_width=140)))
            right[true].append(mask_colour(drawn, extent_of(face)) == true)
    every = [hit for hits in right.values() for hit in hits]
    assert len(every) >= 80
    assert sum(every) / len(every) >= 0.75
    assert min(sum(hits) / len(hits) for hits in right.values()) >= 0.6


def portraits():
    return [
        max(find_faces(load_sample(s.id)), key=lambda face: face.box.width)
        for s in SAMPLES.values()
        if s.truth == ("uncovered",)
    ]


def extent_of(face):
    """The face's box in pixels of its crop."""
    scale = face.crop.shape[0] / face.crop_box.width
    left, top = face.crop_box.left, face.crop_box.top
    edges = (face.box.left - left, face.box.top - top, face.box.right - left, face.box.bottom - top)
    return Extent(*(edge * scale for edge in edges))
