"""A photo in the model process: which way up it is, and which of its faces can be tested."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image as Pictures

from dashboard.worker import handlers
from dashboard.worker.jobs import AnalyzePhoto, AnalyzeSample, ManualBox, PhotoAnalysis
from dashboard.worker.model_pool import ModelPool
from tests.support.answers import face, seen
from tests.support.faces import turned_mesh
from xai.photo.images import encode_png
from xai.photo.mesh import five_of
from xai.photo.orientation import find_faces_upright
from xai.photo.sample_rendering import load_sample
from xai.types import Box, Faces


def analyze(job):
    return handlers.handle(job, ModelPool(lambda _: None), lambda _: None)


def photo_of(turn):
    """The bytes of a sample that lies so many quarter turns clockwise."""
    return encode_png(np.ascontiguousarray(np.rot90(load_sample("both").pixels, -turn)))


def shape(analysis):
    with Pictures.open(io.BytesIO(analysis.picture)) as picture:
        return picture.size


def test_a_photo_on_its_side_is_turned_and_says_so():
    plain, turned = (analyze(AnalyzePhoto(photo_of(turn), ())) for turn in (0, 1))
    assert (plain.turn, turned.turn) == (0, 3)
    assert shape(plain) == shape(turned)
    assert [each.box for each in turned.faces] == [each.box for each in plain.faces]
    assert plain.notices == ()
    assert turned.notices == ("The photo lay on its side and was turned by a quarter to the left.",)


@pytest.mark.parametrize("turn", [1, 2, 3, 4])
def test_a_turn_that_the_visitor_asked_for_is_made_and_no_other(turn):
    asked = analyze(AnalyzePhoto(photo_of(1), (), turn=turn))
    assert asked.turn == turn % 4
    width, height = shape(analyze(AnalyzePhoto(photo_of(0), ())))
    assert shape(asked) == ((width, height) if turn in (1, 3) else (height, width))
    assert not any("was turned" in notice for notice in asked.notices)


def test_the_whole_photo_and_boxes_by_hand_are_of_the_turned_photo():
    whole = analyze(AnalyzeSample("both", (), whole=True, turn=1))
    assert whole.turn == 1
    assert whole.testable == (False,)
    height, width = load_sample("both").pixels.shape[:2]
    assert whole.faces[0].box == Box(0, 0, height, width)
    assert whole.faces[0].turn == 1
    box = Box(5, 5, 60, 60)
    moved = analyze(AnalyzePhoto(photo_of(1), (), boxes=(ManualBox(0, box),)))
    assert (moved.turn, moved.faces[0].box, moved.faces[0].turn) == (3, box, 3)


def test_a_face_can_be_tested_that_is_located_large_enough_and_not_turned_away(monkeypatch):
    image = load_sample("admiral-plain")
    (one,) = find_faces_upright(image)[1]
    faces = Faces(
        [
            one,
            replace(one, landmarks=five_of(one.landmarks)),
            replace(one, landmarks=np.zeros((0, 2), np.float32)),
            replace(one, landmarks=one.landmarks * np.float32(0.1)),
            replace(one, landmarks=turned_mesh(one, 65)),
        ]
    )
    monkeypatch.setattr("xai.photo.orientation.find_faces_upright", lambda *_: (image, faces))
    assert analyze(AnalyzeSample("admiral-plain", ())).testable == (True, True, False, False, False)


@pytest.mark.parametrize(
    ("sides", "testable", "best"),
    [
        ((9, 30, 20), (True, False, True), 2),
        ((9, 30, 20), (False, False, False), 1),
        ((9, 30, 20), (), 1),
        ((20, 20), (True, True), 0),
        ((), (), 0),
    ],
)
def test_the_best_face_is_the_largest_that_can_be_tested(sides, testable, best):
    faces = [replace(face(), box=Box(0, 0, side, side)) for side in sides]
    analysis: PhotoAnalysis = replace(seen(*faces), testable=testable)
    assert analysis.best == best
