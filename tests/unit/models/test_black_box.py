"""A function of pictures as a model: known functions, and the same network given natively."""

import numpy as np
import pytest
import torch

from tests.support.models import OneWindow, make_classifier, make_face
from xai import black_box, explain, find_faces
from xai.attribution.methods import METHODS
from xai.errors import MapRefused
from xai.evidence.faithfulness.suite import faithfulness
from xai.models.classifiers import load_classifier
from xai.models.incorrect_reason import pooled_features
from xai.photo.sample_rendering import load_sample
from xai.pipeline import explain_maps

CLASSES = ("covered", "incorrect", "uncovered")


@pytest.fixture(scope="module")
def portrait():
    return find_faces(load_sample("astronaut-red"))[0]


@pytest.fixture(scope="module")
def native():
    return load_classifier("custom_cnn_relu_bn")


@pytest.fixture(scope="module")
def boxed(native):
    """The same network as a function of pictures that knows nothing of torch."""

    def answer(pictures):
        batch = native.normalise(torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous())
        return native.probabilities(batch).numpy()

    return black_box(answer, native.card.classes, native.card.input_size)


def corner(pictures):
    """Brightness of the top left quarter, and nothing else."""
    half = pictures.shape[1] // 2
    level = pictures[:, :half, :half].mean(axis=(1, 2, 3))
    return np.stack([level, np.zeros_like(level), 1 - level], axis=1)


def test_occlusion_of_a_known_function():
    """A grey patch takes 0.5 of its share of the window from a white face, and nothing elsewhere."""
    face = make_face(np.full((80, 80, 3), 255, np.uint8))
    options = {"occlusion": {"patch": 0.25, "stride": 0.25, "fill": "grey"}}
    found = explain_maps(face, black_box(corner, CLASSES, 40), ["occlusion"], options=options)
    values = found.heatmaps["occlusion"].values
    assert found.prediction.label == "covered"
    assert np.allclose(values[:36, :36], 0.5 / 4, atol=1e-5)
    assert np.abs(values[48:, 48:]).max() < 1e-6
    assert found.provenance.computed["occlusion"].runtime == "function on cpu"


def test_rise_of_a_known_function():
    face = make_face(np.full((80, 80, 3), 255, np.uint8))
    values = explain_maps(face, black_box(corner, CLASSES, 40), ["rise"]).heatmaps["rise"].values
    assert values[10:30, 10:30].mean() > 0.02
    assert abs(values[50:, 50:].mean()) < 0.01


def test_every_method_that_needs_outputs_alone_is_that_of_the_network(portrait, native, boxed):
    names = [name for name, method in METHODS.items() if method.outputs_only and name != "rise"]
    assert names == ["occlusion", "smooth_occlusion", "region_ablation", "region_shapley"]
    ours, theirs = (explain_maps(portrait, each, names) for each in (boxed, native))
    assert np.abs(ours.prediction.probabilities - theirs.prediction.probabilities).max() < 1e-5
    for name in names:
        assert np.abs(ours.heatmaps[name].values - theirs.heatmaps[name].values).max() < 1e-4, name
        assert np.ptp(theirs.heatmaps[name].values) > 0.01, name


@pytest.mark.parametrize("sample", ["astronaut-red", "astronaut-grey"])
def test_the_verdict_is_that_of_the_network(sample, native, boxed):
    face = find_faces(load_sample(sample))[0]
    ours, theirs = (explain(face, each, ["occlusion"]).evidence for each in (boxed, native))
    assert ours.verdict == theirs.verdict
    found = [[(each.family, each.tally, each.holds) for each in e.families] for e in (ours, theirs)]
    assert found[0] == found[1]
    assert found[0]


def test_methods_that_look_inside_are_refused_by_name(portrait, boxed):
    inside = [name for name, method in METHODS.items() if not method.outputs_only]
    found = explain_maps(portrait, boxed, ["occlusion", *inside])
    assert list(found.heatmaps) == ["occlusion"]
    assert list(found.refusals) == inside
    assert found.refusals["gradcam"] == (
        "Grad-CAM needs gradients or layers, and black box gives outputs alone; choose one of: occlusion, "
        "smooth_occlusion, region_ablation, region_shapley, rise."
    )


def test_a_black_box_beside_a_network(portrait, native, boxed):
    """Of a batch method the network's map is made, and the black box's is refused."""
    from xai.evidence.interventions.face_edits import FaceEdits
    from xai.pipeline import Pair, Wanted, maps_of_all

    edits = FaceEdits(portrait)
    first, second = maps_of_all([Pair(edits, boxed), Pair(edits, native)], Wanted(("gradcam",)))
    alone = explain_maps(edits, native, ["gradcam"])
    assert "gradcam" in first.refusals
    assert np.array_equal(second.heatmaps["gradcam"].values, alone.heatmaps["gradcam"].values)


def test_what_needs_weights_or_features_is_refused(portrait, boxed):
    found = explain_maps(portrait, boxed, ["occlusion"])
    with pytest.raises(MapRefused, match="weights that can be randomised"):
        faithfulness(portrait, boxed, found)
    with pytest.raises(Exception, match="Reasons need the features"):
        pooled_features(boxed, [portrait.crop])


def test_pictures_are_rgb_in_0_1_and_the_functions_own():
    seen = []

    def answer(pictures):
        seen.append((pictures.shape, pictures.dtype, pictures[0, 0, 0].tolist(), pictures.flags.writeable))
        pictures[:] = 9
        return [[1.0, 0.0, 0.0]] * len(pictures)

    model = black_box(answer, CLASSES, 16)
    crop = np.zeros((30, 20, 3), np.uint8)
    crop[..., 0] = 255
    assert model.predict([crop, crop])[1].probabilities.tolist() == pytest.approx([1, 0, 0], abs=1e-6)
    assert seen[-1] == ((2, 16, 16, 3), np.float32, pytest.approx([1, 0, 0], abs=1e-6), True)


def test_tensors_are_accepted_with_their_gradient():
    weights = torch.zeros(3, requires_grad=True)
    model = black_box(lambda x: (torch.ones(len(x), 3) + weights).softmax(1), CLASSES, 16)
    assert model.predict([np.zeros((9, 9, 3), np.uint8)])[0].of("covered") == pytest.approx(1 / 3)


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda x: np.ones(len(x)), r"of shape \(2, 3\) for 2 pictures .* not \(2,\)"),
        (lambda x: np.full((len(x), 2), 0.5), r"not \(2, 2\)"),
        (lambda x: np.full((1, 3), 1 / 3), r"not \(1, 3\)"),
        (lambda x: "covered", "array of probabilities, not str"),
        (lambda x: None, "array of probabilities|not"),
        (lambda x: np.tile([np.nan, 0.5, 0.5], (len(x), 1)), "NaN or infinity"),
        (lambda x: np.tile([2.5, -1.0, -0.5], (len(x), 1)), r"is -1; apply a softmax"),
        (lambda x: np.tile([0.5, 0.5, 0.5], (len(x), 1)), r"adds up to 1.5 .* softmax"),
        (lambda x: np.tile([0.2, 0.2, 0.2], (len(x), 1)), r"adds up to 0.6"),
    ],
)
def test_answers_that_are_no_probabilities_are_refused_at_once(answer, said):
    with pytest.raises(ValueError, match=said):
        black_box(answer, CLASSES, 32)


def test_an_answer_that_goes_wrong_later_is_refused_then():
    answers = [np.full((2, 3), 1 / 3), np.full((1, 3), np.inf)]
    model = black_box(lambda _: answers.pop(0), CLASSES, 32)
    with pytest.raises(ValueError, match="NaN or infinity"):
        model.predict([np.zeros((9, 9, 3), np.uint8)])


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"classes": ["covered"]}, "two or more classes"),
        ({"classes": ["covered", "Covered"]}, "same class"),
        ({"input_size": 4}, "from 8 to 1024"),
        ({"input_size": 32.0}, "whole number"),
        ({"name": " "}, "one line of text"),
    ],
)
def test_what_no_model_may_have_is_refused(given, said):
    with pytest.raises(ValueError, match=said):
        black_box(**{"function": corner, "classes": CLASSES, "input_size": 32, **given})
    with pytest.raises(TypeError, match="not int"):
        black_box(3, CLASSES, 32)


def test_a_black_box_is_no_trained_network_of_its_name(portrait):
    """Named like a shipped model with reasons, it takes none of them."""
    model = black_box(lambda x: np.tile([0.1, 0.8, 0.1], (len(x), 1)), CLASSES, 32, name="mobilenet_v2")
    found = explain_maps(portrait, model, ["occlusion"])
    assert found.prediction.label == "incorrect"
    assert found.prediction.reason is None
    assert not found.provenance.weights_sha256


def test_the_control_network_as_a_function(portrait):
    """The window that decides is where the map of the function peaks."""
    native = make_classifier(OneWindow(4, 8, 8), 56)

    def answer(pictures):
        return native.probabilities(native.normalise(torch.from_numpy(pictures).permute(0, 3, 1, 2)))

    face = make_face(np.full((56, 56, 3), 230, np.uint8))
    values = explain_maps(face, black_box(answer, CLASSES, 56), ["occlusion"]).heatmaps["occlusion"].values
    down, across = np.unravel_index(values.argmax(), values.shape)
    assert 2 <= down < 14
    assert 6 <= across < 18
