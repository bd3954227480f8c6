import json

import numpy as np
import pytest
import torch

from tests.support.models import OneWindow, make_classifier, make_face
from tests.support.oracles import occlusion_by_loop
from xai.attribution.occlusion.patch import Patch
from xai.errors import Cancelled, UnknownName, XaiError
from xai.evidence.interventions.face_edits import FaceEdits
from xai.evidence.verdict.run import forwards_of
from xai.export import face_record
from xai.models.classifiers import to_input
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.pipeline import explain, explain_maps

FIVE = np.array([[45, 50], [95, 50], [70, 78], [50, 100], [90, 100]], np.float32)


@pytest.fixture(scope="module")
def portrait():
    return find_faces(load_sample("astronaut-red"))[0]


@pytest.fixture
def bright():
    return np.full((140, 140, 3), 245, np.uint8)


@pytest.fixture
def bright_face(portrait, bright):
    """No face to be seen, and the portrait's mesh laid on it."""
    return make_face(bright, portrait.landmarks * np.float32(140 / len(portrait.crop)))


def test_a_model_that_reads_the_corner_is_caught_by_its_map(bright_face):
    """Window of 8 of 56 px in the top left corner: all positive evidence lies elsewhere."""
    classifier = make_classifier(OneWindow(0, 0, 8), 56)
    found = explain(bright_face, classifier, ("occlusion",))
    shares = found.shares["occlusion"]
    assert found.prediction.label == "covered"
    assert shares.share["elsewhere"] > 0.95
    assert shares.of("nose", "mouth")[0] < 0.01


def test_a_model_that_reads_the_nose_is_seen_to(bright_face):
    across, down = bright_face.landmarks[1]
    nose, middle = int(down / 140 * 56) - 3, int(across / 140 * 56) - 3
    classifier = make_classifier(OneWindow(nose, middle, 6), 56)
    found = explain(bright_face, classifier, ("occlusion",))
    shares = found.shares["occlusion"]
    assert shares.lift("nose", "mouth") > 3
    peak = np.unravel_index(found.heatmaps["occlusion"].values.argmax(), (140, 140))
    assert abs(peak[0] - down) < 18
    assert abs(peak[1] - across) < 18


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


@pytest.mark.parametrize("points", [None, FIVE])
def test_without_an_accepted_mesh_there_are_maps_but_no_shares(small_cnn, bright, points):
    """Five points alone may lie on the back of a head: nothing is counted by what is estimated from them."""
    found = explain(make_face(bright, points), small_cnn)
    assert found.shares == {"occlusion": None, "gradcam": None}
    assert (found.evidence.reasons[0].code == "no_mesh") == (points is None)
    record = json.loads(json.dumps(face_record(found)))
    assert record["heatmaps"]["occlusion"]["shares"] is None
    assert record["regions"]["nose_and_mouth"]["share"] is None


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


@pytest.mark.parametrize("fill", ["bare", "masked"])
def test_fills_that_are_drawn_on_the_face(small_cnn, portrait, fill):
    """The patch shows that place of the bare or masked face: one forward per position, spread as ever."""
    patch = Patch(0.25, 0.2, fill)
    options = {"occlusion": {"patch": 0.25, "stride": 0.2, "fill": fill}}
    edits = FaceEdits(portrait)
    found = explain_maps(edits, small_cnn, ("occlusion",), "incorrect", options=options)
    painted = np.rint(edits.content(f"{fill}0")).clip(0, 255).astype(np.uint8)
    values = to_input(portrait.crop, 35)
    expected, _ = occlusion_by_loop(small_cnn, values, patch.windows(35), to_input(painted, 35))
    drop = found.prediction.of("incorrect") - expected[1]
    heatmap = found.heatmaps["occlusion"]
    assert heatmap.params["fill"] == fill
    on_crop = torch.nn.functional.interpolate(
        torch.from_numpy(drop).float()[None, None], portrait.crop.shape[:2], mode="bilinear"
    )
    assert np.abs(heatmap.values - on_crop[0, 0].numpy()).max() < 1e-5
    grey = explain_maps(edits, small_cnn, ("occlusion",), "incorrect").heatmaps["occlusion"]
    assert np.abs(heatmap.values - grey.values).max() > 1e-3


@pytest.mark.parametrize("fill", ["bare", "masked"])
def test_a_face_without_mesh_refuses_what_would_be_drawn_on_it(small_cnn, bright, fill):
    for landmarks in (None, FIVE[[3, 1, 0, 4, 2]]):
        with pytest.raises(XaiError, match=f"fill {fill} cannot be drawn.*Use grey, mean or blur") as refused:
            explain(make_face(bright, landmarks), small_cnn, options={"occlusion": {"fill": fill}})
        assert "\n" not in str(refused.value)


def test_the_evidence_travels_with_the_maps(small_cnn, portrait):
    seen, edits = [], FaceEdits(portrait)
    found = explain(edits, small_cnn, ("gradcam",), progress=lambda *p: seen.append(p))
    evidence = found.evidence
    assert evidence.target == found.target == found.prediction.label
    assert 1 < evidence.forwards <= 2 * forwards_of(found.target)
    done, totals = zip(*seen, strict=True)
    assert len(set(totals)) == 1
    assert list(done) == sorted(done)
    assert done[-1] == totals[0] >= forwards_of(found.target)
    assert explain_maps(edits, small_cnn, ("gradcam",)).evidence is None


def test_a_face_without_mesh_has_maps_and_no_verdict(small_cnn, noise_crop):
    found = explain(make_face(noise_crop), small_cnn, ("gradcam",))
    assert set(found.heatmaps) == {"gradcam"}
    assert (found.evidence.verdict, found.evidence.reasons[0].code) == ("cannot tell", "no_mesh")
    assert found.evidence.flags == ()
    p = float(found.prediction.confidence)
    assert found.evidence.contrast == pytest.approx(np.log(p / (1 - p)), abs=1e-3)
