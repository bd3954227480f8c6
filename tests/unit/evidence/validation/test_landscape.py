"""The picture of what models go by: which points are shown, and where."""

import io
from types import SimpleNamespace

import numpy as np
from PIL import Image

from xai.evidence.validation.landscape import KINDS, Point, draw, points


def cell(dose, followed=0.5, part=0.4):
    return {"dose": dose, "set": {"followed": followed, "part": part}}


FOUND = {
    "corner_mark": {"faces": 3},
    "honest_plain": {
        "honest": True,
        "classes": {"covered": cell(0.0, 0.9, -0.1), "uncovered": {"dose": 0, "set": None}},
    },
    "stamp_full": {"honest": False, "classes": {"covered": cell(0.9, 0.1, 4.0), "uncovered": cell(0.1)}},
    "stamp_half": {"honest": False, "classes": {"covered": cell(0.5, 0.3, None)}},
}


def judged(followed, parts):
    families = {name: {"part": {"value": part}} for name, part in parts.items()}
    return {"followed": {"value": followed}, "families": families}


def card(name, **classes):
    rows = {label: judged(*found) for label, found in classes.items()}
    return SimpleNamespace(name=name, verdicts={"ilc donors=set": rows})


def test_a_point_for_every_class_whose_truth_is_known():
    cards = [card("m", covered=(0.9, {"outside": 0.1, "light": 0.2, "grain": 0.7}), uncovered=(None, {}))]
    assert list(points(FOUND, cards, "ilc donors=set")) == [
        Point("honest", "honest_plain", "covered", 0.9, 0.0),
        Point("cue carries most", "stamp_full", "covered", 0.1, 1.0),
        Point("cue carries half", "stamp_half", "covered", 0.3, 1.0),
        Point("comes with this project", "m", "covered", 0.9, 0.2),
    ]
    assert len(list(points({}, cards, "fmd donors=set"))) == 0


def test_each_kind_has_a_shape_of_its_own():
    assert len({marker for marker, _ in KINDS.values()}) == len({c for _, c in KINDS.values()}) == len(KINDS)


def test_the_picture_shows_its_points_and_is_the_same_every_time():
    one = [Point("honest", "h", "covered", 0.9, 0.1)]
    data = draw(one)
    picture = np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)
    assert picture.shape == (640, 1000, 3)
    assert draw(one) == data
    green = (np.abs(picture - (27, 127, 77)).sum(axis=2) < 30).sum()
    assert green > 50
    assert draw([Point("cue carries most", "c", "covered", 0.2, 0.9)]) != data
