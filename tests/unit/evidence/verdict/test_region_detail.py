"""Effects of regions, on models of which it is known what they read."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.support.models import make_classifier, make_face
from xai.evidence.interventions.face_edits import FaceEdits, log_odds
from xai.evidence.verdict.region_detail import ask, conclude, detail_of, forwards_of_detail, small_effects
from xai.evidence.verdict.region_plan import DIRECTIONS, deciding_area, plan, shifted_plan
from xai.evidence_types import CONDITIONS
from xai.types import REGION_SUMS, REGIONS


class Places(nn.Module):
    """Linear in the mean of each window; the weights of the windows are the truth about it."""

    def __init__(self, windows):
        super().__init__()
        self.windows = windows

    def forward(self, x):
        level = sum(w * x[:, c, rows, columns].mean(dim=(1, 2)) for w, c, rows, columns in self.windows)
        return torch.stack([level, torch.zeros_like(level), torch.full_like(level, -30.0)], dim=1)


MOUTH = (slice(57, 62), slice(41, 55))
FOREHEAD = (slice(16, 24), slice(38, 58))


def reader(*windows):
    """A network of 96 px, red against green in windows of an aligned face."""
    signed = [
        (sign * weight, channel, *place) for weight, place in windows for sign, channel in ((1, 0), (-1, 1))
    ]
    return make_classifier(Places(signed), 96, mean=(0.0,) * 3, std=(1.0,) * 3)


def test_a_region_moves_what_reads_it_and_nothing_else(edits):
    """The mask of this face is red and its forehead skin: each reader answers to its own window alone."""
    own = edits["astronaut-red"]
    mouth = detail_of(own, reader((12, MOUTH)), "covered")
    forehead = detail_of(own, reader((60, FOREHEAD)), "covered")
    assert mouth.regions["mouth"].effect == pytest.approx(1, abs=0.1)
    assert mouth.regions["nose_and_mouth"].effect == pytest.approx(1, abs=0.1)
    assert mouth.regions["forehead"].effect == mouth.regions["eyes"].effect == 0
    assert mouth.regions["mouth"].rank == 1
    assert mouth.regions["forehead"].rank == 65
    assert forehead.regions["forehead"].effect > 0.5
    assert forehead.regions["nose_and_mouth"].effect == forehead.regions["lower_face"].effect == 0
    assert forehead.areas["strict"].strongest in ("forehead", "outside_strict")
    assert (mouth.deciding.verdict, forehead.deciding.verdict) == ("supported", "not supported")
    assert set(mouth.regions) == {*REGIONS, *REGION_SUMS}
    assert mouth.controls == 64


def test_the_lower_face_is_the_area_of_two_classes(edits):
    own = edits["astronaut-red"]
    both = reader((12, MOUTH))
    binary = replace(both, card=replace(both.card, classes=("with_mask", "without_mask", "other")))
    assert detail_of(own, binary, "with_mask").area == "wide"
    assert detail_of(own, both, "covered").area == "strict"


def test_where_nothing_can_be_painted_there_is_no_detail(faces):
    bare = make_face(faces["astronaut-red"].crop)
    assert detail_of(FaceEdits(bare), reader((12, MOUTH)), "covered") is None


def test_the_detail_follows_from_the_answers_alone(edits):
    own, classifier = edits["admiral-plain"], reader((-12, MOUTH))
    found = ask(own, classifier, "covered")
    assert len(found) == forwards_of_detail("covered")
    assert detail_of(own, classifier, "covered") == conclude(found, "covered")
    assert found["face",] == pytest.approx(log_odds(classifier, own, [()], 0)[0], abs=1e-5)


def some_answers(rng, verdict):
    """Answers to every question that make the verdict likely: what the area does, what the rest does."""
    area_does, rest_does = {"supported": (5.0, 0.1), "not supported": (0.2, 5.0), "mixed": (4.0, 3.0)}[
        verdict
    ]
    found = {}
    for name in asked_names("covered"):
        small = name[2:] if name[0] == "shift" else name
        lost = {
            "face": 0.0,
            "turn": area_does if small[1:2] in (("strict",), ("wide",)) else 0.1,
            "sham": 0.1,
            "blank": rest_does
            if small[1:2] in (("forehead",), ("outside_strict",), ("outside_wide",))
            else 0.05,
            "every": area_does + rest_does,
            "keep": rest_does,
            "control": 0.3,
        }[small[0]]
        found[name] = 4.0 - lost * float(rng.uniform(0.95, 1.05))
    return found


def asked_names(target):
    names = [*plan(target), *(("control", str(i)) for i in range(64))]
    for d in range(DIRECTIONS):
        names += [("shift", str(d), *name) for name in shifted_plan(target, deciding_area(target), d)]
    return names


@pytest.mark.parametrize("verdict", ["supported", "not supported", "mixed"])
def test_answers_made_up_give_the_verdict_they_were_made_for(verdict):
    found = some_answers(np.random.default_rng(3), verdict)
    evidence = conclude(found, "covered")
    assert evidence.deciding.verdict == verdict
    assert (evidence.steadiness.held, evidence.steadiness.of) == (8, 8)
    assert tuple(evidence.areas["strict"].conditions) == CONDITIONS
    assert evidence.forwards == len(found)


@pytest.mark.parametrize("spoilt", [1, 2])
def test_shifts_that_disagree_are_counted(spoilt):
    """In a spoilt shift the area does nothing, so the small plan says another thing there."""
    found = some_answers(np.random.default_rng(3), "supported")
    for name in found:
        if name[0] == "shift" and int(name[1]) < spoilt and name[2] == "turn":
            found[name] = 4.0
    evidence = conclude(found, "covered")
    assert evidence.steadiness.held == 8 - spoilt
    assert evidence.deciding.verdict == "supported"


def test_small_effects_are_those_of_the_shift():
    found = some_answers(np.random.default_rng(3), "supported")
    found["shift", "5", "turn", "strict", "bare", "bare0"] = 3.5
    evidence = conclude(found, "covered")
    small = small_effects(found, type("Plain", (), {"contrast": found["face",]})(), "covered")
    assert evidence.deciding.effect > 4
    effects = [effects.areas["strict"].effect for effects in small]
    assert effects[5] == pytest.approx(0.5)
    assert min(effects[:5] + effects[6:]) > 4


def test_ranks_count_the_controls_that_do_as_much():
    found = some_answers(np.random.default_rng(3), "mixed")
    for number in range(64):
        found["control", str(number)] = 4.0 - (-1) ** number * number / 10
    evidence = conclude(found, "covered")
    drops = {name: 4.0 - value for name, value in found.items()}
    blanks = ("grey", "mean", "blur", "hue", "grain", "clouds")
    second = {
        p: sorted(abs(drops["blank", p, c]) for c in blanks)[-2] for p in ("forehead", "eyes", "background")
    }
    for region, place in (("forehead", "forehead"), ("eyes", "eyes"), ("elsewhere", "background")):
        assert evidence.regions[region].rank == 1 + sum(n / 10 >= second[place] for n in range(64))
        share = evidence.regions[region].effect / evidence.regions["forehead"].effect
        assert share == pytest.approx(second[place] / second["forehead"])
