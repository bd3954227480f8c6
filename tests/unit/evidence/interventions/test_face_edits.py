"""Edits put together in batches, against pictures painted one at a time."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import nn

from tests.support.models import OneWindow, make_classifier, make_face
from xai.errors import Cancelled, UnknownName
from xai.evidence.counterfactuals.synthetic import reveal
from xai.evidence.interventions.areas import area_under_test
from xai.evidence.interventions.face_edits import CANVAS, CLIP, FACE, FaceEdits, Layer, log_odds
from xai.evidence.verdict.run import turned_face
from xai.models.inference import runtimes
from xai.photo.face_shape import mesh_of
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample

FIVE = np.array([[27, 30], [57, 30], [42, 47], [30, 60], [54, 60]], np.float32)

WANTED = (
    (),
    (Layer("strict", "bare0"),),
    (Layer("wide", "bare1"), Layer("outside_wide", "grey")),
    (Layer("wide", "masked0"), Layer("outside_wide", "hue"), Layer("strict", FACE)),
    (Layer("strict@3", "moved1"),),
    (Layer("rest_of_lower_face", "alike0"),),
    (Layer("eyes", "blur"), Layer("eyes", "mean")),
)


@pytest.fixture(scope="module")
def masked_face():
    return find_faces(load_sample("astronaut-red"))[0]


@pytest.fixture(scope="module")
def edits(masked_face):
    return FaceEdits(masked_face)


@pytest.fixture
def sketch():
    """A face of 84 px that is noise with five points."""
    noise = np.random.default_rng(4).integers(0, 256, (84, 84, 3), dtype=np.uint8)
    return make_face(noise, FIVE)


def shrinking(size, side):
    """Weights ``(side, size)`` of a triangle as wide as a new pixel: bilinear with antialiasing."""
    step = size / side
    weights = np.zeros((side, size))
    for i in range(side):
        for j in range(size):
            away = abs((j + 0.5) - (i + 0.5) * step) / max(step, 1.0)
            weights[i, j] = max(0.0, 1 - away)
        weights[i] /= weights[i].sum()
    return weights


def sized(plane, side):
    across = shrinking(len(plane), side)
    return np.clip(across @ plane.astype(np.float64) @ across.T, 0, 1)


def contrast_by_loop(classifier, edits, edit, target):
    """One picture, one layer after the other at the network's size, one forward, log-odds in float64."""
    side = classifier.card.input_size
    face = np.stack([sized(edits.original.crop[..., c] / 255, side) for c in range(3)])
    picture = face.copy()
    for layer in edit:
        weight = sized(edits.place(layer.place), side)
        content = edits.content(layer.content) / 255
        for c in range(3):
            under = face[c] if layer.content == FACE else sized(content[..., c], side)
            picture[c] = (1 - weight) * picture[c] + weight * under
    for c, (mean, std) in enumerate(zip(classifier.card.mean, classifier.card.std, strict=True)):
        picture[c] = (picture[c] - mean) / std
    with torch.no_grad():
        logits = classifier.network(torch.from_numpy(picture[None]).float())[0].numpy().astype(np.float64)
    logits = logits / classifier.card.temperature
    others = [np.exp(value - logits.max()) for i, value in enumerate(logits) if i != target]
    found = (logits[target] - logits.max()) - np.log(sum(others))
    return min(max(found, -CLIP), CLIP)


def test_equals_one_picture_at_a_time(small_cnn, edits):
    cool = replace(small_cnn, card=replace(small_cnn.card, temperature=1.7))
    for target in range(3):
        found = log_odds(cool, edits, WANTED, target)
        expected = [contrast_by_loop(cool, edits, edit, target) for edit in WANTED]
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, expected, atol=1e-5)
    assert len({round(float(value), 6) for value in found}) == len(WANTED)


def test_a_crop_smaller_than_the_network_is_enlarged_alike(small_cnn, sketch):
    edits = FaceEdits(replace(sketch, crop=sketch.crop[:20, :20], landmarks=FIVE / 4.2))
    wanted = ((), (Layer("eyes", "hue"),), (Layer("strict", "grey"), Layer("corner_top_left", "blur")))
    expected = [contrast_by_loop(small_cnn, edits, edit, 1) for edit in wanted]
    np.testing.assert_allclose(log_odds(small_cnn, edits, wanted, 1), expected, atol=1e-5)


@pytest.mark.parametrize("pictures", [1, 3])
def test_batch_size_does_not_change_the_answer(small_cnn, edits, monkeypatch, pictures):
    together = log_odds(small_cnn, edits, WANTED, 2)
    monkeypatch.setattr(runtimes, "_CPU_PIXELS", pictures * 35 * 35)
    np.testing.assert_allclose(log_odds(small_cnn, edits, WANTED, 2), together, atol=1e-5)
    backwards = log_odds(small_cnn, edits, WANTED[::-1], 2)
    np.testing.assert_allclose(backwards[::-1], together, atol=1e-5)


class Loud(nn.Module):
    """Sure beyond what single precision holds."""

    def forward(self, x):
        return torch.tensor([[900.0, -900.0, 0.0]]).expand(len(x), 3)


def test_contrasts_end_where_single_precision_does(sketch):
    loud = make_classifier(Loud(), 8)
    found = [float(log_odds(loud, FaceEdits(sketch), [()], target)[0]) for target in range(3)]
    assert found == [CLIP, -CLIP, -CLIP]
    at_the_end = 1 / (1 + np.exp(-np.float64(CLIP)))
    assert np.float32(at_the_end) < 1
    assert np.float32(1 / (1 + np.exp(-np.float64(CLIP) - 1))) == 1


def test_no_edit_is_the_plain_prediction(small_cnn, sketch):
    said = small_cnn.predict([sketch.crop])[0]
    for index, name in enumerate(said.classes):
        p = float(said.of(name))
        found = log_odds(small_cnn, FaceEdits(sketch), [()], index)[0]
        assert found == pytest.approx(np.log(p / (1 - p)), abs=1e-4)
    assert log_odds(small_cnn, FaceEdits(sketch), [(), (Layer("wide", FACE),)], 0) == pytest.approx(
        log_odds(small_cnn, FaceEdits(sketch), [()], 0)[[0, 0]], abs=1e-5
    )


def test_progress_counts_and_can_stop(small_cnn, sketch, monkeypatch):
    monkeypatch.setattr(runtimes, "_CPU_PIXELS", 2 * 35 * 35)
    edits, seen, asked = FaceEdits(sketch), [], []
    wanted = [(Layer("eyes", "grey"),)] * 7
    log_odds(small_cnn, edits, wanted, 0, lambda *p: seen.append(p))
    assert seen == [(0, 7), (2, 7), (4, 7), (6, 7), (7, 7)]

    def stop(done, total):
        if done >= 4:
            raise Cancelled("enough")

    handle = small_cnn.network.register_forward_hook(lambda _, x, __: asked.append(len(x[0])))
    with pytest.raises(Cancelled):
        log_odds(small_cnn, edits, wanted, 0, stop)
    handle.remove()
    assert sum(asked) == 4


def test_a_reader_of_one_window_answers_to_that_window_alone(sketch):
    """6 × 6 of 42 px in the top left corner, under the corner's own place and under no other."""
    reader = make_classifier(OneWindow(0, 0, 6), 42)
    edits = FaceEdits(sketch)
    plain, corner, opposite, eyes = log_odds(
        reader,
        edits,
        [(), *((Layer(p, "grey"),) for p in ("corner_top_left", "corner_bottom_right", "eyes"))],
        0,
    )
    assert corner != pytest.approx(plain, abs=0.01)
    assert (opposite, eyes) == (plain, plain)


def test_large_crops_are_painted_at_a_fixed_size(masked_face, sketch):
    doubled = np.repeat(np.repeat(masked_face.crop, 2, axis=0), 2, axis=1)
    large = replace(masked_face, crop=doubled, landmarks=masked_face.landmarks * 2)
    edits = FaceEdits(large)
    assert edits.original is large
    assert len(doubled) > CANVAS
    assert edits.face.crop.shape == (CANVAS, CANVAS, 3)
    np.testing.assert_allclose(edits.face.landmarks, large.landmarks * CANVAS / len(doubled), rtol=1e-6)
    middle = edits.face.crop[100:124, 100:124].mean(axis=(0, 1))
    step = len(doubled) / CANVAS
    same = doubled[round(100 * step) : round(124 * step), round(100 * step) : round(124 * step)]
    np.testing.assert_allclose(middle, same.mean(axis=(0, 1)), atol=1.5)
    laid = FaceEdits(sketch)
    assert laid.original is sketch
    assert laid.coarse == ("five_points",)
    np.testing.assert_array_equal(laid.face.landmarks, mesh_of(sketch))


def test_contents_by_name(edits, sketch):
    donors = [edits.content(f"bare{seed}") for seed in range(5)]
    assert all(np.abs(a - b).mean() > 0.1 for i, a in enumerate(donors) for b in donors[:i])
    alone = FaceEdits(edits.original).content("bare4")
    np.testing.assert_array_equal(alone, donors[4])
    assert edits.content("bare0") is donors[0]
    crop = sketch.crop.astype(np.float32)
    own = FaceEdits(sketch)
    np.testing.assert_array_equal(own.content(FACE), crop)
    np.testing.assert_array_equal(own.content("hue"), crop[..., [1, 2, 0]])
    assert (own.content("grey") == 127.5).all()
    np.testing.assert_allclose(own.content("mean")[3, 5], crop.reshape(-1, 3).mean(axis=0), rtol=1e-5)
    with pytest.raises(UnknownName, match="grey, mean, blur, hue"):
        own.content("pink")


def test_the_size_of_a_change_by_hand(sketch):
    edits = FaceEdits(sketch)
    place = edits.place("forehead")
    total = 0.0
    for y in range(84):
        for x in range(84):
            total += place[y, x] * sum(abs(127.5 - float(v)) for v in sketch.crop[y, x]) / 3
    assert edits.change(Layer("forehead", "grey")) == pytest.approx(total / 84**2, rel=1e-4)
    assert edits.change(Layer("forehead", FACE)) == 0


def test_a_place_of_ones_own(sketch, small_cnn):
    edits = FaceEdits(sketch)
    nothing, everything = np.zeros((84, 84), np.float32), np.ones((84, 84), np.float32)
    edits.add_place("mine", nothing)
    layer = [(Layer("mine", "grey"),)]
    assert log_odds(small_cnn, edits, layer, 0)[0] == log_odds(small_cnn, edits, [()], 0)[0]
    edits.add_place("mine", everything)
    grey = FaceEdits(replace(sketch, crop=np.full((84, 84, 3), 127, np.uint8)))
    assert log_odds(small_cnn, edits, layer, 0)[0] == pytest.approx(
        log_odds(small_cnn, grey, [()], 0)[0], abs=0.02
    )


def test_a_turned_face_is_the_revealed_one(masked_face):
    """The same picture as the edits make that are called by name."""
    edits = FaceEdits(masked_face)
    face = edits.face
    expected = reveal(face, area_under_test(face, "wide"), (0,))[0]
    assert np.abs(turned_face(edits, "covered").astype(int) - expected).max() <= 1
    assert turned_face(FaceEdits(replace(face, landmarks=np.zeros((0, 2), np.float32))), "covered") is None
