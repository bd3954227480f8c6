"""What chance puts on a face: the mixture, the shares of styles, and what the label says of it."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from tests.support.faces import face, picture
from xai.learning.synthetic.sampling import BARE, MIXTURE, RandomEdit, apply_edit, choose_dress, ways_of
from xai.photo.occluders.renderer import OCCLUDERS
from xai.photo.synthetic_masks.catalog import MASK_CATALOG
from xai.photo.synthetic_masks.materials import LOOKS
from xai.photo.synthetic_masks.renderer import WORN, MaskSpec, render_mask

DRESSES = [choose_dress(seed) for seed in range(3000)]


def test_ways_come_as_often_as_the_mixture_says():
    assert sum(MIXTURE.values()) == pytest.approx(1)
    assert set(MIXTURE) == {BARE, *WORN}
    seen = Counter(dress.way for dress in DRESSES)
    for way, share in MIXTURE.items():
        assert abs(seen[way] - share * len(DRESSES)) < 4 * np.sqrt(share * len(DRESSES))


def test_labels_follow_from_what_is_drawn():
    assert {d.label for d in DRESSES if d.way == BARE} == {"uncovered"}
    assert {d.label for d in DRESSES if d.way == "correct"} == {"covered"}
    assert {d.label for d in DRESSES if d.way not in (BARE, "correct")} == {"incorrect"}
    assert all(bool(d.reason) == (d.label == "incorrect") for d in DRESSES)
    assert {d.occluder for d in DRESSES if d.way == BARE} == set(OCCLUDERS)
    assert {d.occluder for d in DRESSES if d.way != BARE} == {"", "beard", "hair", "microphone"}


def test_every_look_is_worn_and_a_scarf_only_over_the_mouth():
    assert {d.look for d in DRESSES} - {""} == set(MASK_CATALOG)
    assert {d.way for d in DRESSES if d.outfit and d.outfit.look.style == "scarf"} == set(ways_of("scarf"))
    styles = Counter(d.outfit.look.style for d in DRESSES if d.outfit)
    assert styles["surgical"] > styles["cloth"] > styles["respirator"] > styles["scarf"] > 60


def dress(way="correct", occluder="", look="surgical_blue"):
    return RandomEdit(way, look, MaskSpec(LOOKS[look], way, 1), occluder, 7)


def test_a_mask_alone_is_what_wear_draws():
    worn = apply_edit(picture(), face(), dress())
    expected = render_mask(picture(), face(), dress().outfit)
    assert np.array_equal(worn.pixels, expected)
    changed = (expected != picture()).any(axis=2).sum()
    box = np.ptp(face(), axis=0)
    assert worn.shown == pytest.approx(changed / (box[0] * box[1]))


def test_a_beard_grows_under_the_mask_and_a_microphone_is_before_it():
    plain = apply_edit(picture(), face(), dress()).pixels.astype(int)
    bearded = apply_edit(picture(), face(), dress(occluder="beard")).pixels
    spoken = apply_edit(picture(), face(), dress(occluder="microphone")).pixels
    on_the_mask = (slice(170, 195), slice(135, 165))
    assert np.abs(bearded[on_the_mask] - plain[on_the_mask]).mean() < 12
    assert np.abs(spoken[on_the_mask] - plain[on_the_mask]).mean() > 25


def test_a_mask_outside_the_picture_does_not_show():
    cut = picture()[:200]
    assert apply_edit(cut, face(), dress("below_chin")).shown < 0.14
    assert apply_edit(picture(), face(), dress("below_chin")).shown > 0.14


def test_a_photo_without_colours_gets_none():
    grey = np.repeat(picture().mean(axis=2, keepdims=True), 3, axis=2).astype(np.uint8)
    drawn = apply_edit(grey, face(), dress(look="cloth_red")).pixels
    assert (np.ptp(drawn, axis=2) == 0).all()
    assert not np.array_equal(drawn, grey)


def test_another_seed_is_another_dress_and_the_same_seed_the_same():
    assert choose_dress(11) == choose_dress(11)
    assert len({(d.way, d.look, d.seed) for d in DRESSES}) > 0.99 * len(DRESSES)
    assert replace(DRESSES[0], seed=0) != DRESSES[0]
