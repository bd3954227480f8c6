import io
import json
import zipfile

import numpy as np
import pytest

from dashboard.charts.predictions import class_bars, region_bars
from dashboard.i18n import messages
from dashboard.reports.exports import face_zip
from dashboard.text import predictions
from xai.photo.samples import SAMPLES
from xai.types import REGIONS, Box, Explanation, Face, Heatmap, Prediction, Provenance, RegionShares

CLASSES = ("covered", "incorrect", "uncovered")


def shares(**given):
    """Shares by hand: every region has a tenth of the picture, elsewhere has four tenths."""
    area = dict.fromkeys(REGIONS, 0.1) | {"elsewhere": 0.4}
    return RegionShares({name: given.get(name, 0.0) for name in REGIONS}, area)


def explanation(values=None, counted=None, probabilities=(0.9, 0.06, 0.04), becomes=None, model="m"):
    values = np.zeros((10, 10), np.float32) if values is None else values
    crop = np.full((10, 10, 3), 120, np.uint8)
    face = Face("ab" * 32, Box(1, 2, 11, 12), Box(0, 0, 20, 20), crop, np.zeros((0, 2), np.float32), 0.9)
    maps = {
        name: Heatmap(values, unit, name, {"patch": 0.2}, "covered")
        for name, unit in (("occlusion", "probability"), ("gradcam", "activation"))
    }
    return Explanation(
        face=face,
        prediction=Prediction(CLASSES, np.array(probabilities, np.float32)),
        target="covered",
        heatmaps=maps,
        shares={"occlusion": counted, "gradcam": counted},
        probability=None,
        becomes=becomes,
        provenance=Provenance(model, "cd" * 32, "cpu", {"torch": "2"}, {"occlusion": 1.5, "gradcam": 0.25}),
    )


def peak(x, y, value=0.4):
    values = np.zeros((10, 10), np.float32)
    values[y, x] = value
    return values


def test_nose_and_mouth_are_named_when_they_hold_most():
    said = predictions.finding(
        explanation(peak(5, 5), shares(nose=0.4, mouth=0.22, elsewhere=0.38)), "occlusion"
    )
    assert "nose and mouth" in said
    assert "62%" in said  # .40 + .22
    assert "20%" in said  # two regions of a tenth each
    assert "3.1 times" in said  # .62 / .20
    assert "mask worn correctly" in said


def test_another_place_is_named_when_it_holds_most_and_nose_and_mouth_beside_it():
    said = predictions.finding(explanation(peak(5, 5), shares(elsewhere=0.72, mouth=0.05)), "occlusion")
    assert "background" in said.split(".")[0]
    assert "72%" in said
    assert "1.8 times" in said  # .72 / .4
    assert "Nose and mouth hold 5% on 20% (0.2 times)" in said  # .05 / .20 = .25 -> "0.2"


def test_the_largest_drop_of_one_patch_is_said():
    said = predictions.finding(explanation(peak(5, 5, 0.37), shares(nose=1.0)), "occlusion")
    assert "37 percentage points at most" in said


def test_shares_of_next_to_nothing_are_not_told_like_a_finding():
    said = predictions.finding(explanation(peak(5, 5, 0.013), shares(nose=1.0)), "occlusion")
    assert "1.3 percentage points at most" in said
    assert "nose" not in said
    assert "100%" not in said


def test_a_large_place_with_little_for_its_size_is_not_named_first():
    counted = shares(elsewhere=0.6, forehead=0.31, eyes=0.09)  # lifts 1.5, 3.1 and .9
    assert "Covering the forehead" in predictions.finding(explanation(peak(5, 5), counted), "occlusion")


def test_a_speck_of_evidence_is_not_named_first():
    tiny = RegionShares(
        shares(elsewhere=0.92, eyes=0.08).share, shares().area | {"eyes": 0.01, "elsewhere": 0.49}
    )  # the eyes have eight times their size and still next to nothing
    assert "Covering hair" in predictions.finding(explanation(peak(5, 5), tiny), "occlusion")


def test_nothing_positive_is_said_to_be_nothing():
    said = predictions.finding(explanation(-peak(5, 5), None), "occlusion")
    assert said == "No covered patch made the answer “mask worn correctly” less likely."


def test_without_regions_the_strongest_place_is_named():
    said = predictions.finding(explanation(peak(2, 7), None), "occlusion")
    assert "25% from the left and 75% from the top" in said  # centres of pixels 2 and 7 of 10
    assert "lost 40 percentage points" in said


@pytest.mark.parametrize(
    ("classes", "label", "truth", "words"),
    [
        (CLASSES, "covered", "covered", "The model is right: “mask worn correctly”."),
        (CLASSES, "incorrect", "covered", "The model is wrong: it is"),
        (CLASSES, "covered", None, "You have not told us the correct answer"),
        (("with_mask", "without_mask"), "with_mask", "incorrect", "Right as far as this model goes"),
        (("with_mask", "without_mask"), "with_mask", "covered", "Right as far as this model goes"),
        (("with_mask", "without_mask"), "with_mask", "uncovered", "The model is wrong"),
        (("Mask", "No-Mask"), "Mask", "incorrect", "Right as far as this model goes"),
        (("Mask", "No-Mask"), "No-Mask", "uncovered", "The model is right"),
        (("with_mask", "without_mask", "mask_weared_incorrect"), "with_mask", "incorrect", "is wrong: "),
        (("with_mask", "without_mask", "mask_weared_incorrect"), "with_mask", "covered", "is right: "),
        (("happy", "sad"), "happy", "covered", "has no answer for"),
        (("covered", "uncovered"), "covered", "incorrect", "has no answer for"),
    ],
)
def test_right_or_wrong(classes, label, truth, words):
    row = np.array([1.0 if name == label else 0.0 for name in classes], np.float32)
    assert words in predictions.right_or_wrong(Prediction(classes, row), truth)


@pytest.mark.parametrize(
    ("classes", "label", "truth", "right", "wrong"),
    [
        (CLASSES, "covered", "covered", True, False),
        (CLASSES, "covered", "uncovered", False, True),
        (CLASSES, "covered", None, False, False),
        (("with_mask", "without_mask"), "with_mask", "incorrect", True, False),
        (("with_mask", "without_mask"), "without_mask", "incorrect", False, True),
        (("covered", "uncovered"), "covered", "incorrect", False, False),
    ],
)
def test_an_answer_is_right_wrong_or_neither(classes, label, truth, right, wrong):
    one = Prediction(classes, np.array([float(name == label) for name in classes], np.float32))
    assert (predictions.is_right(one, truth), predictions.is_wrong(one, truth)) == (right, wrong)


def test_every_hard_sample_has_its_reason_why_models_fall_for_it():
    kinds = {held for sample in SAMPLES.values() for held in sample.traps}
    assert {f"trap_why.{kind}" for kind in kinds} == {k for k in messages() if k.startswith("trap_why.")}
    for kind in kinds:
        assert kind in predictions.why_wrong(kind)


def test_the_answers_under_the_patch_are_counted():
    becomes = np.zeros((10, 10), np.int8)
    becomes[:2] = 2  # a fifth of the places
    parts = predictions.becomes_parts(explanation(becomes=becomes))
    assert parts == {"covered": 0.8, "uncovered": 0.2}


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("me.jpg", "`me.jpg`"),
        ("a`b**c**.png", "`a'b**c**.png`"),
        ("x\n\r\x00y.png", "`xy.png`"),
        ("gpj\u202e.exe", "`gpj.exe`"),
        ("a" * 300, "`" + "a" * 79 + "…`"),
        ("", "`?`"),
    ],
)
def test_file_names_are_made_harmless(name, shown):
    assert predictions.file_name(name) == shown


def test_alternative_texts_hold_the_numbers():
    counted = shares(nose=0.5, mouth=0.25, eyes=0.25)
    one = explanation(peak(5, 5), counted)
    assert "m says: mask worn correctly 90%" in predictions.alt_answer("m", one.prediction)
    assert "strongest place is 55% from the left" in predictions.alt_map(one, "occlusion", "m")
    assert "nose: 50% of the evidence on 10% of the picture" in predictions.alt_shares(counted)


def test_bars_show_the_numbers_in_words_and_one_colour_per_class():
    figure = class_bars(explanation().prediction)
    (bars,) = figure.data
    assert list(bars.y) == ["mask worn correctly", "mask worn incorrectly", "no mask"]
    assert list(bars.text) == ["90%", "6%", "4%"]
    assert len(set(bars.marker.color)) == 3


def test_region_bars_have_the_size_of_each_region_beside_its_share():
    counted = shares(nose=0.75, eyes=0.25)
    figure = region_bars({"occlusion": counted, "gradcam": shares(chin=1.0)})
    occlusion, gradcam, area = figure.data
    assert list(occlusion.x) == [counted.share[name] for name in REGIONS]
    assert list(gradcam.x) == [1.0 if name == "chin" else 0.0 for name in REGIONS]
    assert list(area.x) == [0.4 if name == "elsewhere" else 0.1 for name in REGIONS]


def test_the_zip_holds_the_raw_numbers_of_both_models():
    first = explanation(peak(5, 5, 0.4), shares(nose=1.0), model="one")
    second = explanation(-peak(1, 1, 0.8), None, model="two")
    archive = zipfile.ZipFile(io.BytesIO(face_zip([first, second])))
    assert set(archive.namelist()) == {
        "face.png", "numbers.json", "shares.csv",
        *(f"{m}/{method}.{kind}" for m in ("one", "two") for method in ("occlusion", "gradcam")
          for kind in ("png", "npy")),
    }  # fmt: skip
    numbers = json.loads(archive.read("numbers.json"))
    assert numbers["occlusion_scale"] == pytest.approx(0.8)
    assert numbers["models"]["one"]["heatmaps"]["occlusion"]["shares"]["nose"]["lift"] == pytest.approx(10)
    assert numbers["models"]["two"]["heatmaps"]["occlusion"]["shares"] is None
    kept = np.load(io.BytesIO(archive.read("two/occlusion.npy")), allow_pickle=False)
    np.testing.assert_array_equal(kept, second.heatmaps["occlusion"].values)
    table = archive.read("shares.csv").decode().splitlines()
    assert len(table) == 1 + 2 * len(REGIONS)  # the second model has no shares
    assert "one,covered,occlusion,nose,1.0,0.1,10.0" in table
