"""Which edits are asked for: what is in the plan by name, what it costs, and how strong the controls are."""

import numpy as np
import pytest
import torch
from torch import nn

from tests.support.models import make_classifier
from xai.evidence.interventions.areas import OUTSIDE
from xai.evidence.interventions.face_edits import FACE, FaceEdits, Layer
from xai.evidence.verdict.region_detail import detail_of, forwards_of_detail
from xai.evidence.verdict.region_plan import (
    DIRECTIONS,
    control_edits,
    deciding_area,
    families,
    plan,
    shifted_plan,
)
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample

TARGETS = ("covered", "incorrect", "uncovered", "with_mask", "without_mask", "hat")
DONORS = {"bare": 4, "masked": 3}
BLANKS = ("grey", "mean", "blur", "hue", "grain", "clouds")


@pytest.fixture(scope="module")
def edits():
    return FaceEdits(find_faces(load_sample("astronaut-red"))[0])


class Level(nn.Module):
    """Answers by the mean level, for any number of classes."""

    def __init__(self, classes):
        super().__init__()
        self.slopes = torch.linspace(5, -5, classes)

    def forward(self, x):
        return x.mean(dim=(1, 2, 3))[:, None] * self.slopes


def classifier_with(target):
    classes = ("with_mask", "without_mask") if "mask" in target else ("covered", "incorrect", "uncovered")
    classes = ("hat", "no_hat") if target == "hat" else classes
    return make_classifier(Level(len(classes)), 12, classes=classes)


@pytest.mark.parametrize("target", TARGETS)
def test_the_price_is_what_is_really_run(target, edits):
    classifier, asked = classifier_with(target), []
    handle = classifier.network.register_forward_hook(lambda _, x, __: asked.append(len(x[0])))
    detail = detail_of(edits, classifier, target)
    handle.remove()
    assert sum(asked) == detail.forwards == forwards_of_detail(target) <= 1_500


def test_which_area_decides():
    assert {target: deciding_area(target) for target in TARGETS} == {
        "covered": "strict",
        "incorrect": "wide",
        "uncovered": "strict",
        "with_mask": "wide",
        "without_mask": "wide",
        "hat": "wide",
    }
    spelt = {"Mask weared incorrect": "wide", "Covered": "strict", "No-Mask": "wide"}
    assert {name: deciding_area(name) for name in spelt} == spelt
    assert families("Without Mask") == families("uncovered") == ("masked",)


@pytest.mark.parametrize("target", TARGETS)
def test_the_plan_by_hand(target):
    found = plan(target)
    expected = {("face",): ()}
    contents = [(f, f"{f}{seed}") for f in families(target) for seed in range(DONORS[f])]
    for place in ("strict", "wide", "nose", "mouth", "cheeks", "chin", "rest_of_lower_face"):
        for family, content in contents:
            expected["turn", place, family, content] = (Layer(place, content),)
    for place in {*OUTSIDE["strict"], *OUTSIDE["wide"]}:
        for blank in BLANKS:
            expected["blank", place, blank] = (Layer(place, blank),)
    for family, content in contents:
        for blank in ("grey", "mean", "hue"):
            other = (Layer("wide", content), Layer("outside_wide", blank))
            expected["every", family, content, blank] = other
            expected["keep", "strict", family, content, blank] = (*other, Layer("strict", FACE))
            expected["keep", "wide", family, content, blank] = (*other, Layer("wide", FACE))
    shams = {name: edit for name, edit in found.items() if name[0] == "sham"}
    assert {name: edit for name, edit in found.items() if name not in shams} == expected
    assert all(edit == (Layer(name[1], name[2]),) for name, edit in shams.items())


@pytest.mark.parametrize("target", TARGETS)
def test_shams_leave_the_class_alone(target):
    """Never bare skin on a covered face nor a mask on a bare one; where the class is open the face itself."""
    own = {"covered": "alike", "with_mask": "alike", "uncovered": "bare", "without_mask": "bare"}.get(target)
    for area in ("strict", "wide"):
        stems = {name[2].rstrip("0123456789") for name in plan(target) if name[:2] == ("sham", area)}
        assert stems == {"moved", *([own] if own else [])}


@pytest.mark.parametrize("target", TARGETS)
@pytest.mark.parametrize("area", ["strict", "wide"])
def test_a_shift_asks_a_part_of_the_plan_elsewhere(target, area):
    whole = plan(target)
    for direction in range(DIRECTIONS):
        small = shifted_plan(target, area, direction)
        assert set(small) < set(whole)
        for name, edit in small.items():
            assert edit == tuple(Layer(f"{la.place}@{direction}", la.content) for la in whole[name])
    purposes = {name[0] for name in small}
    assert purposes == {"turn", "blank", "every", "keep"}
    assert {name[1] for name in small if name[0] == "blank"} == {f"outside_{area}"}
    assert {name[1] for name in small if name[0] == "keep"} == {area}


@pytest.mark.parametrize("target", TARGETS)
def test_every_place_and_content_exists(target, edits):
    wanted = [*plan(target).values(), *shifted_plan(target, "strict", 5).values()]
    wanted += shifted_plan(target, "wide", 2).values()
    side = len(edits.face.crop)
    for layer in {layer for edit in wanted for layer in edit}:
        place, content = edits.place(layer.place), edits.content(layer.content)
        assert place.shape == (side, side)
        assert 0 <= place.min() < place.max() <= 1 + 1e-6, layer.place
        assert content.shape == (side, side, 3)
        assert 0 <= content.min() <= content.max() <= 255, layer.content


@pytest.mark.parametrize("area", ["strict", "wide"])
@pytest.mark.parametrize(("contents", "within_reach"), [(("bare0", "bare1"), 0), (("moved0",), 8)])
def test_controls_change_as_much_as_the_reference(area, contents, within_reach, edits):
    """Bare skin over a red mask is more than any square can be changed by; a sham most squares can match."""
    reference = [Layer("strict", content) for content in contents]
    goal = np.mean([edits.change(layer) for layer in reference])
    controls = control_edits(edits, area, reference)
    assert list(controls) == [("control", str(number)) for number in range(64)]
    matched = 0
    for number, ((layer,), name) in enumerate(zip(controls.values(), controls, strict=True)):
        assert layer == Layer(f"control{name[1]}", BLANKS[number // 4 % 6])
        place = edits.place(layer.place)
        difference = np.abs(edits.content(layer.content) - edits.content(FACE)).mean(axis=2)
        changed = (place * difference).mean()
        assert edits.change(layer) == pytest.approx(changed, rel=1e-4)
        assert changed <= goal * 1.001
        assert (place[edits.place(area) == 1] == 0).all()
        if changed < goal * 0.999:
            assert place.max() == pytest.approx(1, abs=1e-6), "blank altogether, and still too little"
        else:
            matched += 1
    assert matched >= within_reach


def test_controls_of_one_face_do_not_depend_on_who_asked_before(edits):
    reference = [Layer("strict", "bare0")]
    first = [edits.place(layer.place).copy() for (layer,) in control_edits(edits, "wide", reference).values()]
    control_edits(edits, "strict", [Layer("strict", "masked0")])
    again = [edits.place(layer.place) for (layer,) in control_edits(edits, "wide", reference).values()]
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
