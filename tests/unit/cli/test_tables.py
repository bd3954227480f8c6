"""Tables for people: what the record says, in columns; ``--json`` is left as it is."""

import json
import shutil
from importlib import metadata
from pathlib import Path

import pytest

from xai.cli import tables

SCORES = {
    "n": 1204,
    "accuracy": 0.9512,
    "aca": 0.9,
    "f1": None,
    "missed": 1,
    "skipped": 2,
    "unreadable": 3,
    "learnt": 4,
    "per_class": {"covered": 1.0, "uncovered": 0.8},
    "intervals": {"accuracy": [0.93, 0.97]},
}
REGIONS = {"nose_and_mouth": {"share": 0.25}, "lower_face": {"share": None}}
PROBE = {
    "values": [0.0, 0.5],
    "probabilities": {"covered": [0.75, 0.25], "uncovered": [0.25, 0.75]},
    "flips_at": 0.5,
    "start": {"covered": 0.875, "uncovered": 0.125},
    "cover": [],
    "error": None,
}


def told(*lines):
    return "\n".join(lines)


def test_answers_of_a_photo():
    model = {
        "label": "covered",
        "probabilities": {"covered": 0.9},
        "verdict": "supported",
        "regions": REGIONS,
        "refused": {"deeplift": "It does not add up."},
    }
    face = {"box": [1, 2, 3, 4], "models": {"net": model}}
    assert tables.explanation_table({"faces": [face, face]}) == told(
        "Face 1 at [1, 2, 3, 4]",
        "model  answer   probability  verdict    nose and mouth  lower face",
        "net    covered        90.0%  supported           25.0%           –",
        "net, deeplift: It does not add up.",
        "",
        "Face 2 at [1, 2, 3, 4]",
        "model  answer   probability  verdict    nose and mouth  lower face",
        "net    covered        90.0%  supported           25.0%           –",
        "net, deeplift: It does not add up.",
    )


def test_steps_of_probes():
    probes = {
        "pull_down": PROBE,
        "hide_nose": {**PROBE, "values": ["grey", "blur"], "flips_at": None},
        "hand": {"error": "The head is turned too far."},
    }
    face = {"box": [1, 2, 3, 4], "models": {"net": {"probes": probes}}}
    assert tables.whatif_table({"faces": [face]}) == told(
        "Face 1 at [1, 2, 3, 4], net, pull_down: the answer changes at 0.5",
        "step      covered  uncovered",
        "at first    87.5%      12.5%",
        "0           75.0%      25.0%",
        "0.5         25.0%      75.0%",
        "",
        "Face 1 at [1, 2, 3, 4], net, hide_nose: the answer does not change",
        "step      covered  uncovered",
        "at first    87.5%      12.5%",
        "grey        75.0%      25.0%",
        "blur        25.0%      75.0%",
        "",
        "Face 1 at [1, 2, 3, 4], net, hand: The head is turned too far.",
    )


def test_scores_of_models_and_of_subgroups():
    bins = [{"bin": "small", **SCORES, "n": 4, "per_class": {"covered": 0.5}, "intervals": {}}]
    record = {"one": {**SCORES, "by": {"size": bins}}, "two": {**SCORES, "f1": 0.5, "by": {"size": []}}}
    assert tables.evaluation_table(record) == told(
        "model  faces                accuracy  mean over classes  covered  uncovered     F1  left out",
        "one    1,204  0.951 (0.930 to 0.970)              0.900    1.000      0.800      –        10",
        "two    1,204  0.951 (0.930 to 0.970)              0.900    1.000      0.800  0.500        10",
        "",
        "model  size   faces  accuracy  mean over classes  covered  uncovered",
        "one    small      4     0.951              0.900    0.500          –",
    )


def test_verdicts_beside_the_right_ones():
    verdicts = {"supported": 9, "mixed": 1, "not supported": 0, "cannot tell": 2}
    known = {"faces": 12, "verdicts": verdicts, "expected": ["mixed"]}
    record = {
        "ideal": {**known, "right": 0.75, "interval": [0.5, 0.875]},
        "net": {**known, "expected": [], "right": None, "interval": None},
    }
    assert tables.calibration_table(record) == told(
        "model  faces  supported  mixed  not supported  cannot tell  expected                   right",
        "ideal     12          9      1              0            2  mixed     75.0% (50.0% to 87.5%)",
        "net       12          9      1              0            2  –                              –",
    )


def test_found_faces():
    found = {"24": {"recall": 0.75, "found": 3, "n": 4}, "48": {"recall": None, "found": 0, "n": 0}}
    assert tables.recall_table({"set": {"masked": found, "unmasked": found}}) == told(
        "photos  faces from     with a mask            bare  photos left out",
        "set          24 px  3 of 4 (75.0%)  3 of 4 (75.0%)                0",
        "set          48 px               –               –                0",
    )


def test_models_are_listed_in_columns_and_json_says_the_same(call):
    status, out, _ = call("models")
    assert status == 0
    header, *rows = out.splitlines()
    assert header.split() == ["model", "architecture", "parameters", "input", "source", "classes"]
    listed = json.loads(call("models", "--json")[1])
    assert [row.split()[0] for row in rows] == [model["name"] for model in listed]
    assert "2,227,715" in rows[0]
    assert rows[0].endswith("covered, incorrect, uncovered")


@pytest.mark.slow
def test_commands_print_tables_for_people(call, tmp_path):
    """Whole photos with boxes.csv, which both commands read."""
    (portrait,) = [
        Path(f.locate()) for f in metadata.files("scikit-image") if str(f).endswith("data/astronaut.png")
    ]
    shutil.copy(portrait, tmp_path / "a.png")
    (tmp_path / "boxes.csv").write_text(
        "file,class,x0,y0,x1,y1\na.png,uncovered,182,58,270,177\na.png,hat,1,2,3,4\na.png,covered,9,9,9,9\n"
    )
    status, out, err = call("evaluate", "--data", tmp_path, "--model", "custom_cnn_relu_bn")
    assert status == 0
    assert out.splitlines()[0].startswith("model")
    assert out.splitlines()[1].split()[:2] == ["custom_cnn_relu_bn", "1"]
    assert "Left out 2 entries of the sets, the first:" in err
    assert "boxes.csv has the class 'hat'" in err
    (tmp_path / "boxes.csv").write_text("file,class,x0,y0,x1,y1\na.png,uncovered,182,58,270,177\n")
    status, out, _ = call("recall", tmp_path)
    assert status == 0
    assert "1 of 1 (100.0%)" in out
    status, out, _ = call(
        "whatif", tmp_path / "a.png", "--probe", "hide_nose", "--model", "custom_cnn_relu_bn"
    )
    assert status == 0
    assert "custom_cnn_relu_bn, hide_nose: the answer" in out
    assert "at first" in out
