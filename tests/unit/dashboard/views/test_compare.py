"""What is compared and said, against loops and against maps whose difference is known by construction."""

import base64
import io

import numpy as np
import pytest
from PIL import Image as Pictures

from dashboard.components.map_comparison import GRID, Panel, payload
from dashboard.views.compare import text
from dashboard.views.compare.aligned_maps import (
    DENSITY,
    difference,
    drawn_difference,
    layer,
    render_map,
    shared_scale,
)
from dashboard.views.compare.class_mapping import answer_relation
from dashboard.views.compare.grid import DEFAULT_ROWS, grid_jobs
from dashboard.views.compare.text import (
    MapPair,
    alt_difference,
    alt_layer,
    answers_right,
    basis,
    class_notes,
    heading,
    verdict_relation,
)
from dashboard.worker.jobs import FaceExplanation
from tests.support import evidences
from xai.attribution.method_reliability import failures
from xai.attribution.methods import DEFAULT_METHODS
from xai.classes import nearest_class
from xai.evidence.map_similarity import agreement
from xai.render import overlay
from xai.types import CLASSES, REGIONS, Box, Explanation, Face, Heatmap, Prediction, Provenance, RegionShares

SIDE = 40
BINARY = ("with_mask", "without_mask")
EVEN = RegionShares(dict.fromkeys(REGIONS, 1 / 7), dict.fromkeys(REGIONS, 1 / 7))
NOSE = RegionShares({name: float(name == "nose") for name in REGIONS}, dict.fromkeys(REGIONS, 1 / 7))


def face(shade=120, landmarks=()):
    crop = np.full((SIDE, SIDE, 3), shade, np.uint8)
    points = np.asarray(landmarks, np.float32).reshape(-1, 2)
    return Face(f"{shade:064d}", Box(0, 0, 9, 9), Box(0, 0, SIDE, SIDE), crop, points, 0.9)


def explained(drop, shares=EVEN, classes=CLASSES, answer=0, on=None, activation=None):
    """A model that is sure by .9 of one class, and loses ``drop`` ``(SIDE, SIDE)`` of it."""
    probabilities = np.full(len(classes), 0.1 / (len(classes) - 1), np.float32)
    probabilities[answer] = 0.9
    target = classes[answer]
    drop = np.asarray(drop, np.float32)
    maps = {"occlusion": Heatmap(drop, "probability", "occlusion", {}, target)}
    if activation is not None:
        maps["gradcam"] = Heatmap(np.asarray(activation, np.float32), "activation", "gradcam", {}, target)
    explanation = Explanation(
        face=on or face(),
        prediction=Prediction(classes, probabilities),
        target=target,
        heatmaps=maps,
        shares=dict.fromkeys(maps, shares),
        probability=np.float32(0.9) - drop,
        becomes=None,
        provenance=Provenance("m", "0" * 64, "cpu", {}),
    )
    return FaceExplanation(explanation, np.zeros((SIDE, SIDE), np.int8), 1, 1)


def spot(row, column, value=0.4):
    drop = np.zeros((SIDE, SIDE))
    drop[row : row + 4, column : column + 4] = value
    return drop


def pair(one, two, evidence=(None, None), **more):
    frame = one.explanation.face
    first, second = (
        layer(each, "occlusion", "probability", t, frame) for each, t in ((one, "A"), (two, "B"))
    )
    found = agreement((first.values, second.values), (first.shares, second.shares))
    return MapPair(first, second, found, found, "A and B", evidence=evidence, **more)


def test_log_odds_follow_the_definition_and_end_where_float32_does():
    drop = spot(0, 0)
    drop[9, 9] = 0.9  # to nothing
    values = layer(explained(drop), "occlusion", "contrast", "A", face()).values
    before = np.log(0.9) - np.log(0.1)
    assert values[0, 0] == pytest.approx(before - (np.log(0.5) - np.log(0.5)), abs=1e-5)
    assert values[9, 9] == pytest.approx(before + 24 * np.log(2), abs=1e-3)
    assert values[20, 20] == 0


def test_other_maps_are_densities_and_paint_only_what_exceeds_an_even_spread():
    activation = np.ones((SIDE, SIDE))
    activation[:, : SIDE // 2] = 3.0
    one = layer(explained(spot(0, 0), activation=activation), "gradcam", "probability", "A", face())
    assert one.unit == DENSITY
    assert one.values[0, 0] == pytest.approx(1.5)
    assert one.values[0, -1] == pytest.approx(0.5)
    assert one.painted[0, 0] == pytest.approx(0.5)
    assert one.painted[0, -1] == 0
    assert shared_scale([one]) == 1.0  # faint, not bold


def test_one_scale_serves_all_maps_and_the_difference():
    both = pair(explained(spot(0, 0, 0.2)), explained(spot(20, 20, 0.8)))
    full = shared_scale([both.first, both.second])
    assert full == pytest.approx(0.8)
    apart = difference(both.first, both.second)
    assert apart[1, 1] == pytest.approx(0.2)
    assert apart[21, 21] == pytest.approx(-0.8)
    crop = both.first.crop
    expected = overlay(crop, spot(0, 0, 0.2).astype(np.float32), scale=full, opacity=0.7)
    assert np.array_equal(render_map(both.first, full, 0.7), expected)
    shown = drawn_difference(both.first, both.second, full, 0.7)
    assert np.array_equal(shown[:10], expected[:10])
    assert np.array_equal(shown[30:], crop[30:])
    assert shown[21, 21].tolist() != render_map(both.second, full, 0.7)[21, 21].tolist()


@pytest.mark.parametrize(
    ("one", "two", "alike"),
    [
        (("covered", CLASSES), ("covered", CLASSES), "same"),
        (("covered", CLASSES), ("with_mask", BINARY), "same"),
        (("incorrect", CLASSES), ("with_mask", BINARY), "same"),
        (("uncovered", CLASSES), ("with_mask", BINARY), "different"),
        (("covered", CLASSES), ("incorrect", CLASSES), "different"),
    ],
)
def test_answers_are_compared_by_what_they_can_mean(one, two, alike):
    def said(label, classes):
        return Prediction(classes, np.array([name == label for name in classes], np.float32))

    assert answer_relation(said(*one), said(*two)) == answer_relation(said(*two), said(*one)) == alike


def test_only_the_nearest_class_stands_for_another():
    assert [nearest_class(name, BINARY) for name in CLASSES] == ["with_mask", None, "without_mask"]
    assert [nearest_class(name, CLASSES) for name in CLASSES] == list(CLASSES)


def verdict(found, family="background"):
    """A verdict; a mixed one by what the answer depends on besides."""
    if found != "mixed":
        return evidences.evidence(found)
    return evidences.evidence("mixed", (evidences.mover(family), evidences.FOLLOWS))


UNKNOWN = evidences.evidence("cannot tell")


@pytest.mark.parametrize(
    ("shares", "evidence", "reasons"),
    [
        ((EVEN, EVEN), (None, None), "same"),
        ((EVEN, NOSE), (None, None), "different"),
        ((None, EVEN), (None, None), "unknown"),
        ((EVEN, EVEN), (verdict("supported"), verdict("not supported")), "different"),
        ((EVEN, EVEN), (verdict("mixed"), verdict("mixed", "light")), "partly"),
        ((EVEN, EVEN), (verdict("mixed"), verdict("mixed")), "same"),
        ((EVEN, NOSE), (verdict("supported"), verdict("supported")), "different"),
        ((None, None), (verdict("supported"), verdict("supported")), "same"),
        ((None, None), (UNKNOWN, verdict("supported")), "unknown"),
        ((EVEN, NOSE), (UNKNOWN, verdict("supported")), "unknown"),
        ((EVEN, EVEN), (UNKNOWN, UNKNOWN), "unknown"),
        ((EVEN, NOSE), (None, verdict("supported")), "different"),
    ],
)
def test_reasons_agree_only_where_verdicts_and_shares_do(shares, evidence, reasons):
    one, two = (explained(spot(0, 0), shares=each) for each in shares)
    assert pair(one, two, evidence).reasons == reasons


@pytest.mark.parametrize(
    ("one", "two", "relation"),
    [
        (None, verdict("supported"), None),
        (UNKNOWN, verdict("supported"), "unknown"),
        (verdict("supported"), verdict("supported"), "same"),
        (verdict("supported"), verdict("mixed"), "different"),
        (verdict("mixed"), verdict("mixed", "light"), "partly"),
    ],
)
def test_verdicts_are_compared_by_word_and_by_what_else_the_answer_depends_on(one, two, relation):
    assert verdict_relation(one, two) == verdict_relation(two, one) == relation


def test_the_shares_of_a_map_that_hardly_moves_say_nothing():
    both = pair(explained(spot(0, 0)), explained(spot(0, 0, 0.01), shares=NOSE), over=True)
    assert both.reasons == "unknown"
    assert basis(both) == text.t("compare.weak")


def test_the_heading_names_its_pair_and_says_what_agrees():
    both = pair(explained(spot(0, 0), shares=NOSE), explained(spot(9, 9)))
    assert heading(both) == "A and B: same answer, different reasons."
    other = pair(explained(spot(0, 0)), explained(spot(0, 0), answer=2))
    assert heading(other) == "A and B: different answers, same reasons as far as tested."
    untold = pair(explained(spot(0, 0)), explained(spot(0, 0)), (UNKNOWN, verdict("supported")))
    assert heading(untold) == "A and B: same answer, reasons cannot be compared."


def test_the_line_below_the_heading_waits_for_the_verdicts_and_then_holds_the_figures():
    maps = (explained(spot(0, 0), shares=NOSE), explained(spot(9, 9)))
    assert basis(pair(*maps)) == basis(pair(*maps, (None, verdict("mixed")))) == text.t("compare.waits")
    line = basis(pair(*maps, (verdict("mixed"), verdict("mixed"))))
    assert "86% lies in different regions" in line  # all but the seventh that the nose has anyway
    assert "nose: 100% for A, 14% for B" in line
    assert basis(pair(*maps, over=True)) == line
    assert basis(pair(*maps, (UNKNOWN, verdict("mixed")))) == text.t("compare.untold")
    unknown = pair(maps[0], explained(spot(9, 9), shares=None), over=True)
    assert basis(unknown) == text.t("verdict.not_right")


@pytest.mark.parametrize(
    ("answers", "truths", "faces", "said"),
    [
        ((0, 0), ("covered", "covered"), False, "both right"),
        ((2, 2), ("covered", "covered"), False, "both wrong"),
        ((0, 2), ("covered", "covered"), False, "only Model A right"),
        ((2, 0), ("covered", "covered"), False, "only Model B right"),
        ((0, 0), ("covered", "incorrect"), True, "right on the first face only"),
        ((0, 1), ("uncovered", "incorrect"), True, "right on the second face only"),
        ((0, 0), (None, None), False, ""),
        ((0, 0), ("covered", None), True, ""),
    ],
)
def test_who_is_right_is_said_where_the_truth_is_known(answers, truths, faces, said):
    one, two = (explained(spot(0, 0), answer=answer) for answer in answers)
    both = pair(one, two, truths=truths, faces=faces)
    assert answers_right(both) == said
    assert heading(both).count(said) == 1 if said else ", same" in heading(both)


def test_who_is_right_is_left_out_where_a_model_has_no_class_for_the_truth():
    three, two = explained(spot(0, 0)), explained(spot(0, 0), classes=("covered", "uncovered"))
    assert answers_right(pair(three, two, truths=("incorrect", "incorrect"))) == ""
    assert answers_right(pair(three, two, truths=("covered", "covered"))) == "both right"


def test_pictures_are_told_from_their_numbers():
    both = pair(explained(spot(10, 30), shares=NOSE), explained(spot(20, 20, 0.25)))
    told = alt_layer(both.first)
    assert "+40 percentage points, 76% from the left and 26% from the top" in told
    assert "Nose and mouth hold 100%" in told
    assert "Largest value: +40 percentage points; smallest: −25 percentage points" in alt_difference(both)


def test_mapped_and_different_targets_are_said():
    three, two = explained(spot(0, 0)), explained(spot(0, 0), classes=BINARY)
    (note,) = class_notes(pair(three, two))
    assert note.startswith("The models know different answers. “mask worn correctly” of A")
    (note,) = class_notes(pair(three, explained(spot(0, 0), answer=2)))
    assert note.startswith("The maps explain different answers")
    assert class_notes(pair(three, three)) == []


def test_the_component_receives_what_was_measured_at_the_middles_of_its_squares():
    rows, columns = np.mgrid[0:100, 0:100]
    values = (rows * 100 + columns).astype(np.float32)
    values[:, 99] = np.nan
    picture = np.full((100, 100, 3), 90, np.uint8)
    regions = np.full((100, 100), REGIONS.index("nose"), np.int8)
    sent = payload(
        [Panel("A", picture, "a", values, signed=True), Panel("B", picture, "b", values, signed=False)],
        regions,
        "probability",
        "es",
    )
    for row in range(GRID):
        for column in range(GRID):
            y, x = int((row + 0.5) * 100 / GRID), int((column + 0.5) * 100 / GRID)
            expected = None if x == 99 else float(values[y, x])
            assert sent["layers"][0]["values"][row][column] == expected
    assert sent["words"]["places"][sent["places"][3][3]] == "nose"
    assert (sent["factor"], sent["digits"]) == (100.0, 0)
    assert [each["signed"] for each in sent["layers"]] == [True, False]
    source = sent["layers"][1]["src"].partition("base64,")[2]
    assert Pictures.open(io.BytesIO(base64.b64decode(source))).size == (100, 100)


def test_the_grid_asks_for_the_cheapest_maps_first_and_shares_passes_where_classes_can():
    methods = ("rise", "smoothgrad", "occlusion", "gradcam")
    wanted = [(method, model, target) for method in methods for model in "ab" for target in (None, "covered")]
    found = grid_jobs(face(), wanted)
    both = (None, "covered")
    assert [(job.method, job.model, job.targets) for job in found] == [
        *(("gradcam", model, both) for model in "ab"),
        *(("smoothgrad", model, (target,)) for model in "ab" for target in both),
        *(("occlusion", model, both) for model in "ab"),
        *(("rise", model, both) for model in "ab"),
    ]


def test_the_grid_opens_with_the_default_methods_and_others_that_passed_their_tests():
    assert len(set(DEFAULT_ROWS)) == len(DEFAULT_ROWS) == 8
    assert DEFAULT_ROWS[:2] == DEFAULT_METHODS
    assert not [name for name in DEFAULT_ROWS if failures(name)]
