"""The masks that verdicts, calibration and gallery are made with stay as they are, pixel for pixel."""

import numpy as np
import pytest

from tests.support.faces import face, picture
from xai.photo.synthetic_masks.renderer import LOOKS, draw_mask

WAYS = ("correct", "nose_out", "below_chin")
PINNED = {
    "surgical_blue": (-8637, -5014, -662),
    "surgical_white": (-4428, -4137, 103),
    "surgical_green": (-7576, -6142, -1254),
    "surgical_black": (-3898, 5516, 10662),
    "cloth_black": (1052, 6020, 10522),
    "cloth_grey": (2646, 2445, 5633),
    "cloth_red": (9548, 11472, 11207),
    "cloth_navy": (778, 6932, 10837),
}
"""Look -> for each of these ways, what was drawn: every value added or taken away by a throw of coins."""

ROUNDING = 150
"""So much may come of single values rounded up instead of down on another processor."""


def thrown(look, worn):
    pixels = picture()
    drawn = draw_mask(pixels, face(), LOOKS[look], worn, 4).astype(int) - pixels
    coins = np.random.default_rng(77).integers(0, 2, drawn.shape) * 2 - 1
    return int((drawn * coins).sum())


@pytest.mark.parametrize("look", PINNED)
def test_drawn_as_ever(look):
    found = np.array([thrown(look, worn) for worn in WAYS])
    assert np.abs(found - PINNED[look]).max() <= ROUNDING


def test_another_seed_is_told_apart():
    pixels = picture()
    coins = np.random.default_rng(77).integers(0, 2, pixels.shape) * 2 - 1
    sums = [
        int(
            (
                (draw_mask(pixels, face(), LOOKS["cloth_grey"], "correct", seed).astype(int) - pixels) * coins
            ).sum()
        )
        for seed in range(4, 9)
    ]
    assert min(abs(a - sums[0]) for a in sums[1:]) > 2 * ROUNDING


def test_every_look_of_the_gallery_is_pinned():
    assert set(PINNED) == set(LOOKS)
