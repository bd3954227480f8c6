"""The ways of wearing a mask: what each covers and leaves bare, on a face whose points are known."""

from dataclasses import replace

import numpy as np
import pytest

from tests.support.faces import EYES, MOUTH, NOSE, at, face, is_blue, picture
from xai.errors import UnknownName
from xai.photo.synthetic_masks.materials import LOOKS
from xai.photo.synthetic_masks.renderer import MaskSpec, render_mask
from xai.photo.synthetic_masks.wear_styles import REASONS, WAYS, Fit, class_of, reason_of

BLUE = LOOKS["surgical_blue"]
LIPS, CHIN, TIP = (13, 14), (199, 175, 152), (4, 1)
COVERS = {
    "nose_tip_out": MOUTH,
    "mouth_out": (199, 152),
    "chin_out": (*TIP, *LIPS),
    "over_eyes": (133, 362, 168),
    "hanging": None,
    "forehead": None,
}
"""Way -> mesh points under the sheet; None where it lies on none."""
LEAVES = {
    "nose_tip_out": (4, 195, *EYES),
    "mouth_out": (*NOSE, *LIPS, *EYES),
    "chin_out": (*CHIN, *EYES),
    "over_eyes": (1, 2, *MOUTH),
    "hanging": (*NOSE, *MOUTH, *CHIN, *EYES),
    "forehead": (*NOSE, *MOUTH, *CHIN, *EYES),
}


def blue_columns(drawn):
    return np.nonzero(is_blue(drawn.astype(int)).any(axis=0))[0]


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("style", ["surgical", "cloth", "respirator"])
@pytest.mark.parametrize("worn", COVERS)
def test_what_is_covered_and_what_is_bare(worn, style, seed):
    pixels, mesh = picture(), face()
    outfit = MaskSpec(replace(BLUE, style=style), worn, seed, Fit(loose=1.5))
    drawn = render_mask(pixels, mesh, outfit)
    assert COVERS[worn] is None or is_blue(at(drawn, mesh, COVERS[worn], 0)).all()
    assert not is_blue(at(drawn, mesh, LEAVES[worn], 0)).any()
    assert is_blue(drawn.astype(int)).sum() > 800


def test_a_mask_on_the_forehead_lies_above_the_eyes():
    drawn = render_mask(picture(), face(), MaskSpec(BLUE, "forehead"))
    sheet = np.nonzero(is_blue(drawn.astype(int))[:, 130:170].any(axis=1))[0]
    assert sheet.max() < face()[EYES, 1].min() - 5


@pytest.mark.parametrize("side", [-1, 1])
def test_side_decides_where_a_mask_is_pulled_or_hangs(side):
    mesh = face()
    hung = blue_columns(render_mask(picture(), mesh, MaskSpec(BLUE, "hanging", fit=Fit(side=side))))
    assert ((hung - 150) * side > 0).mean() > 0.95
    pulled = render_mask(picture(), mesh, MaskSpec(BLUE, "aside", fit=Fit(side=side)))
    near, far = (291, 61) if side > 0 else (61, 291)
    assert is_blue(at(pulled, mesh, (near,))).all()
    assert not is_blue(at(pulled, mesh, (far,))).any()


def test_a_wider_and_a_longer_sheet_cover_more():
    def covered(fit):
        return is_blue(render_mask(picture(), face(), MaskSpec(BLUE, "nose_out", 0, fit)).astype(int))

    usual, wide, long = covered(Fit()), covered(Fit(wide=1.15)), covered(Fit(long=1.15))
    assert wide.any(axis=0).sum() > usual.any(axis=0).sum() + 5
    assert long.any(axis=1).sum() > usual.any(axis=1).sum() + 3


def test_drawn_coarser_is_the_same_mask():
    fine, coarse = (
        render_mask(picture(), face(), MaskSpec(BLUE, "correct", 1, Fit(drawn_width=w))) for w in (420, 140)
    )
    assert np.abs(fine.astype(int) - coarse).mean() < 1.5


def test_every_way_has_a_class_and_a_reason():
    for worn in WAYS:
        assert (class_of(worn) == "covered") == (reason_of(worn) == "")
    assert {reason_of(worn) for worn in WAYS} == {"", *REASONS}
    with pytest.raises(UnknownName, match="no way of wearing 'backwards'"):
        reason_of("backwards")


@pytest.mark.parametrize(
    "pattern", ["stripes", "checks", "dots", "camouflage", "flowers", "emblem", "paisley"]
)
def test_patterns_print_the_second_colour_and_nothing_else(pattern):
    look = replace(LOOKS["cloth_grey"], colour=(40, 60, 160), second=(200, 60, 40), pattern=pattern)
    drawn = (
        render_mask(picture(), face(), MaskSpec(look, "correct", 2))[165:200, 115:185]
        .reshape(-1, 3)
        .astype(int)
    )
    reddish = drawn[:, 0] > drawn[:, 2]
    assert 0.005 < reddish.mean() < 0.9
    mixed = np.abs(drawn[:, 1] - 0.5 * drawn.min(axis=1) - 30)
    assert mixed.mean() < 40
    plain = render_mask(picture(), face(), MaskSpec(replace(look, pattern="plain"), "correct", 2))[
        165:200, 115:185
    ]
    assert (plain[..., 2].astype(int) > plain[..., 0]).all()


def test_a_valve_sits_where_it_is_drawn_and_nowhere_else():
    look = replace(BLUE, style="respirator", second=(200, 40, 40))
    with_valve = render_mask(picture(), face(), MaskSpec(replace(look, valve=True), "correct", 1)).astype(int)
    without = render_mask(picture(), face(), MaskSpec(look, "correct", 1)).astype(int)
    red = np.argwhere(with_valve[..., 0] > with_valve[..., 2] + 40)
    red = red[(without[red[:, 0], red[:, 1], 2] > without[red[:, 0], red[:, 1], 0])]
    assert 40 < len(red) < 1500
    assert np.ptp(red, axis=0).max() < 45


def test_an_unknown_pattern_is_refused():
    with pytest.raises(UnknownName, match="no pattern 'tartan'"):
        render_mask(picture(), face(), MaskSpec(replace(BLUE, pattern="tartan"), "correct"))
