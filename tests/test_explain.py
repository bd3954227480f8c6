import numpy as np
import pytest
import torch
from toys import OneWindow, make_classifier, make_face

from xai.errors import Cancelled, UnknownName
from xai.explain import explain

FIVE = np.array([[45, 50], [95, 50], [70, 78], [50, 100], [90, 100]], np.float32)


@pytest.fixture
def bright():
    return np.full((140, 140, 3), 245, np.uint8)


def test_a_model_that_reads_the_corner_is_caught_by_its_map(bright):
    """Window of 8 of 56 px in the top left corner: all positive evidence lies elsewhere."""
    classifier = make_classifier(OneWindow(0, 0, 8), 56)
    found = explain(make_face(bright, FIVE), classifier, ("occlusion",))
    shares = found.shares["occlusion"]
    assert found.prediction.label == "covered"
    assert shares.share["elsewhere"] > 0.95
    assert shares.of("nose", "mouth")[0] < 0.01


def test_a_model_that_reads_the_nose_is_seen_to(bright):
    nose = int(78 / 140 * 56) - 3
    middle = int(70 / 140 * 56) - 3
    classifier = make_classifier(OneWindow(nose, middle, 6), 56)
    found = explain(make_face(bright, FIVE), classifier, ("occlusion",))
    shares = found.shares["occlusion"]
    assert shares.lift("nose", "mouth") > 3
    peak = np.unravel_index(found.heatmaps["occlusion"].values.argmax(), (140, 140))
    assert abs(peak[0] - 78) < 18
    assert abs(peak[1] - 70) < 18


def test_maps_have_the_crops_size_and_say_what_they_explain(small_cnn, bright):
    found = explain(make_face(bright, FIVE), small_cnn, target="incorrect")
    for name, heatmap in found.heatmaps.items():
        assert heatmap.values.shape == (140, 140)
        assert heatmap.target == found.target == "incorrect"
        assert heatmap.method == name
    assert found.heatmaps["occlusion"].params == {"patch": 1 / 7, "stride": 1 / 14, "fill": "grey"}
    assert set(found.provenance.seconds) == {"occlusion", "gradcam"}
    assert found.provenance.versions["torch"] == torch.__version__.split("+")[0]


def test_probability_and_drop_are_two_views_of_one_measurement(small_cnn, noise_crop):
    found = explain(make_face(noise_crop), small_cnn, ("occlusion",))
    original = found.prediction.of(found.target)
    total = found.heatmaps["occlusion"].values + found.probability
    assert np.abs(total - original).max() < 1e-5
    assert found.becomes.shape == noise_crop.shape[:2]


def test_without_landmarks_there_are_maps_but_no_shares(small_cnn, noise_crop):
    found = explain(make_face(noise_crop), small_cnn)
    assert found.shares == {"occlusion": None, "gradcam": None}


def test_progress_runs_once_to_its_end_over_all_methods(small_cnn, noise_crop):
    seen = []
    explain(make_face(noise_crop), small_cnn, ("gradcam", "occlusion"), progress=lambda *p: seen.append(p))
    done, totals = zip(*seen, strict=True)
    assert len(set(totals)) == 1
    assert list(done) == sorted(done)
    assert done[-1] == totals[0]


def test_it_can_be_stopped(small_cnn, noise_crop):
    def stop(done, total):
        if done:
            raise Cancelled("the visitor left")

    with pytest.raises(Cancelled):
        explain(make_face(noise_crop), small_cnn, progress=stop)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ({"target": "hat"}, "covered, incorrect, uncovered"),
        ({"methods": ("xray",)}, "occlusion, gradcam"),
        ({"options": {"occlusion": {"shape": 3}}}, "patch, stride, fill"),
        ({"options": {"occlusion": {"fill": "pink"}}}, "grey, mean, blur"),
    ],
)
def test_unknown_names_list_those_that_exist(small_cnn, noise_crop, arguments, says):
    with pytest.raises(UnknownName, match=says):
        explain(make_face(noise_crop), small_cnn, **arguments)
