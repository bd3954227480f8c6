"""Changes of the whole picture: what they do, and that they stay within what photos of faces differ by."""

import io
from itertools import chain

import numpy as np
import pytest
from PIL import Image

from xai.errors import UnknownName
from xai.evidence.interventions.appearance import APPEARANCE, appearance

EVERY = [(f, c) for f, rounds in APPEARANCE.items() for c in chain.from_iterable(rounds)]


@pytest.fixture(scope="module")
def crop():
    rng = np.random.default_rng(3)
    coarse = rng.integers(30, 220, (12, 12, 3)).astype(np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((96, 96), Image.Resampling.BICUBIC))


@pytest.mark.parametrize(("family", "change"), EVERY)
def test_each_changes_the_picture_a_little_and_always_alike(crop, family, change):
    found = appearance(crop, family, change)
    assert (found.shape, found.dtype) == (crop.shape, np.float32)
    assert found.min() >= 0
    assert found.max() <= 255
    np.testing.assert_array_equal(found, appearance(crop, family, change))
    moved = np.abs(found - crop).mean()
    assert moved > 0.1
    if family not in ("mirror", "scale"):
        assert moved < 50
        assert np.abs(np.log((found.mean(axis=(0, 1)) + 1) / (crop.mean(axis=(0, 1)) + 1))).max() < 0.4


def test_every_round_is_another_one():
    for rounds in APPEARANCE.values():
        names = list(chain.from_iterable(rounds))
        assert len(rounds) == 2
        assert len(names) == len(set(names))
        assert len(rounds[0]) >= 3


def test_light_and_cast_by_hand(crop):
    flat = np.full((8, 8, 3), 100, np.uint8)
    assert appearance(flat, "light", "darker")[0, 0, 0] == pytest.approx(104 * np.exp(-0.35) - 4, rel=1e-5)
    across = appearance(flat, "light", "from_the_left")
    assert across[0, 0, 0] == pytest.approx(104 * np.exp(0.35) - 4, rel=1e-5)
    assert across[0, -1, 0] == pytest.approx(104 * np.exp(-0.35) - 4, rel=1e-5)
    for change in chain.from_iterable(APPEARANCE["cast"]):
        gains = appearance(flat, "cast", change)[0, 0] / 100
        assert np.log(gains).sum() == pytest.approx(0, abs=1e-5), "a cast leaves the brightness"


def test_compression_is_what_another_library_makes_of_it(crop):
    data = io.BytesIO()
    Image.fromarray(crop).save(data, "JPEG", quality=40, subsampling="4:2:0")
    other = np.asarray(Image.open(data), np.float32)
    assert np.abs(appearance(crop, "compression", "quality_40") - other).mean() < 2


def test_mirror_and_scale_move_pixels(crop):
    np.testing.assert_array_equal(appearance(crop, "mirror", "mirrored"), crop[:, ::-1])
    closer = appearance(crop, "scale", "times_110")
    centre = slice(44, 52)
    assert np.abs(closer[centre, centre] - crop[centre, centre]).mean() < np.abs(closer - crop).mean()


def test_other_words_are_named(crop):
    with pytest.raises(UnknownName, match="light, cast"):
        appearance(crop, "weather", "rain")
    with pytest.raises(UnknownName, match="darker"):
        appearance(crop, "light", "rain")
