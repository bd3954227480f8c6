"""What the model process sends, made by hand: small, without any model, and different each time."""

from dataclasses import fields, is_dataclass

import numpy as np

from dashboard.worker.jobs import PhotoAnalysis
from xai.photo.images import encode_jpeg
from xai.types import (
    Box,
    ComputeInfo,
    Explanation,
    Face,
    Faces,
    Heatmap,
    IncorrectReason,
    Prediction,
    Provenance,
    RegionShares,
)

_CHANCE = np.random.default_rng(4)


def face(digest="a" * 64):
    crop = _CHANCE.integers(0, 256, (8, 8, 3), dtype=np.uint8)
    points = np.ones((5, 2), np.float32)
    return Face(digest, Box(2, 3, 7, 9), Box(-1, 0, 9, 10), crop, points, 0.75, turn=3, photo_size=(12, 11))


def prediction():
    said = IncorrectReason("nose", 0.5, 0.8)
    return Prediction(("covered", "uncovered"), np.array([0.25, 0.75], np.float32), said)


def maps_of(one, model):
    values = _CHANCE.normal(size=(8, 8)).astype(np.float32)
    heatmap = Heatmap(values, "probability", "occlusion", {"patch": 0.125, "fill": "grey"}, "uncovered")
    shares = RegionShares({"nose": 1.0}, {"nose": 0.125})
    made = Provenance(
        model,
        "b" * 64,
        "cpu",
        {"torch": "2"},
        {"occlusion": 1.5},
        {"occlusion": ComputeInfo("torch", 3, 0.1)},
    )
    return Explanation(
        face=one,
        prediction=prediction(),
        target="uncovered",
        heatmaps={"occlusion": heatmap},
        shares={"occlusion": shares, "gradcam": None},
        probability=values,
        becomes=np.zeros((8, 8), np.int8),
        provenance=made,
    )


def seen(*faces, model="m"):
    answers = {model: tuple(prediction() for _ in faces)}
    picture = encode_jpeg(np.zeros((4, 5, 3), np.uint8))
    about = {"turn": 3, "testable": tuple(number % 2 == 1 for number in range(len(faces)))}
    return PhotoAnalysis("a" * 64, picture, 0.5, Faces(faces, ["one"]), ("two",), answers, **about)


def same(one, other):
    """Equal to the last bit, with the same classes all the way down."""
    assert type(one) is type(other)
    if isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)
    elif is_dataclass(one):
        for field in fields(one):
            same(getattr(one, field.name), getattr(other, field.name))
    elif isinstance(one, dict):
        assert list(one) == list(other)
        for name in one:
            same(one[name], other[name])
    elif isinstance(one, tuple):
        assert len(one) == len(other)
        for pair in zip(one, other, strict=True):
            same(*pair)
        if isinstance(one, Faces):
            assert one.notices == other.notices
    else:
        assert one == other
