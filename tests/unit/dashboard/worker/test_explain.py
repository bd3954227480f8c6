"""Explaining in the model process: piece by piece, in order, and nothing of a face stays."""

import gc
import pickle
import subprocess
import sys
import weakref
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from dashboard.worker import handlers
from dashboard.worker.jobs import (
    METHODS_SHOWN,
    NO_CROP,
    CheckFaithfulness,
    ExplainClasses,
    ExplainFace,
    ExplainReferences,
    FaceExplanation,
    JobProgress,
    ModelRequest,
    Refusal,
    ResultPart,
)
from dashboard.worker.tasks import explain
from tests.support import evidences
from tests.support.models import make_face
from tests.support.oracles import occlusion_by_loop
from xai import pipeline
from xai.attribution.crop_maps import resize_to_crop
from xai.attribution.methods import METHODS
from xai.attribution.occlusion.engine import baseline
from xai.attribution.occlusion.patch import Patch
from xai.errors import Cancelled, WeightsUnavailable
from xai.evidence.faithfulness.suite import cost, faithfulness
from xai.evidence_types import Evidence
from xai.models.classifiers import to_input
from xai.partial_results import Preview
from xai.photo.faces import find_faces
from xai.photo.mesh import five_of
from xai.photo.sample_rendering import load_sample
from xai.pipeline import explain_maps
from xai.types import Prediction

NOTHING = evidences.evidence("supported", forwards=7)


class Models:
    """The classifiers of a model process."""

    def __init__(self, **loaded):
        self.loaded = loaded

    def has(self, name):
        return name in self.loaded

    def get(self, name):
        if name not in self.loaded:
            raise WeightsUnavailable(f"The weights of {name} are missing.")
        return self.loaded[name]


def job_of(crop, *, previews, test=False):
    request = ModelRequest("small", "incorrect", test=test)
    return ExplainFace(make_face(crop), (request,), ("gradcam", "occlusion"), previews=previews)


def run(job, **models):
    news = []
    explain.explain(job, Models(**models), news.append)
    return news


def pieces(news, kind):
    return [each.value for each in news if isinstance(each, ResultPart) and isinstance(each.value, kind)]


@pytest.fixture
def told(small_cnn, noise_crop):
    news = run(job_of(noise_crop, previews=True), small=small_cnn)
    (found,) = pieces(news, FaceExplanation)
    return found, news


@pytest.fixture
def tested(monkeypatch):
    """Which cases were tested."""
    cases = []

    def run_causal_tests(asked, *, detail, progress):
        cases.extend(asked)
        progress(3, 7)
        return (NOTHING,)

    monkeypatch.setattr(pipeline, "run_causal_tests", run_causal_tests)
    return cases


def test_one_preview_comes_before_the_map_and_the_map_is_the_one_without_it(told, small_cnn, noise_crop):
    found, news = told
    kinds = [type(each.value) for each in news if isinstance(each, ResultPart)]
    assert kinds == [Prediction, Preview, FaceExplanation]
    assert {each.name for each in news if isinstance(each, ResultPart)} == {"small"}
    at = next(
        i for i, each in enumerate(news) if isinstance(each, ResultPart) and isinstance(each.value, Preview)
    )
    assert any(isinstance(each, JobProgress) and each.done > 20 for each in news[at:])
    plain = run(job_of(noise_crop, previews=False), small=small_cnn)
    assert not pieces(plain, Preview)
    (alone,) = pieces(plain, FaceExplanation)
    ulp = np.finfo(np.float32).eps  # an occlusion map is exact to the rounding of its probabilities
    for method, heatmap in alone.explanation.heatmaps.items():
        np.testing.assert_allclose(
            found.explanation.heatmaps[method].values,
            heatmap.values,
            atol=max(2 * ulp, 1e-5 * np.abs(heatmap.values).max()),
        )
    np.testing.assert_array_equal(found.explanation.becomes, alone.explanation.becomes)
    assert (found.passes, found.check_passes) == (alone.passes, alone.check_passes)


def test_regions_are_drawn_only_on_an_accepted_mesh(small_cnn):
    """An outline drawn from five points alone may lie over a fence."""
    face = find_faces(load_sample("admiral-plain"))[0]
    for points, known in ((face.landmarks, True), (five_of(face.landmarks), False)):
        job = ExplainFace(replace(face, landmarks=points), (ModelRequest("small", test=False),), ("gradcam",))
        (found,) = pieces(run(job, small=small_cnn), FaceExplanation)
        assert (found.regions is not None) is known
        assert (found.explanation.shares["gradcam"] is not None) is known


def test_the_preview_is_drawn_from_every_fourth_place(told, small_cnn, noise_crop):
    """Each place's answer from four measured ones by hand, then the mean over the patches on each pixel."""
    _, news = told
    (preview,) = pieces(news, Preview)
    values, patch = to_input(noise_crop, 35), Patch()
    windows = patch.windows(35)
    knots = sorted({*range(0, len(windows), 4), len(windows) - 1})
    with np.errstate(invalid="ignore"):  # a mean over no patch, which is not used
        places = [windows[k] for k in knots]
        _, answers = occlusion_by_loop(small_cnn, values, places, baseline(values, "grey"))
    total, count = np.zeros((35, 35)), np.zeros((35, 35))
    for row, (top, bottom) in enumerate(windows):
        for column, (left, right) in enumerate(windows):
            (a, b, v), (c, d, w) = between(knots, row), between(knots, column)
            corner = {(y, x): answers[windows[y][0], windows[x][0]][1] for y in (a, b) for x in (c, d)}
            estimate = (1 - v) * ((1 - w) * corner[a, c] + w * corner[a, d])
            estimate += v * ((1 - w) * corner[b, c] + w * corner[b, d])
            total[top:bottom, left:right] += estimate
            count[top:bottom, left:right] += 1
    expected = preview.prediction.of("incorrect") - total / count
    face = make_face(noise_crop)
    assert np.abs(preview.heatmap.values - resize_to_crop(expected.astype(np.float32), face)).max() < 1e-5
    assert (preview.heatmap.method, preview.heatmap.target) == ("occlusion", "incorrect")


def between(knots, place):
    """The knots round a place, and how far it is from the first to the second."""
    above = next(k for k in knots if k >= place)
    below = max(k for k in knots if k <= place)
    return below, above, 0.0 if above == below else (place - below) / (above - below)


def test_a_job_can_be_stopped_after_its_preview(small_cnn, noise_crop):
    seen = []

    def tell(news):
        if seen and isinstance(news, JobProgress):
            raise Cancelled("the visitor has seen enough")
        if isinstance(news, ResultPart) and isinstance(news.value, Preview):
            seen.append(news)

    with pytest.raises(Cancelled):
        explain.explain(job_of(noise_crop, previews=True), Models(small=small_cnn), tell)
    assert len(seen) == 1


def test_all_models_share_what_is_painted_and_maps_come_before_tests(small_cnn, noise_crop, tested):
    job = ExplainFace(
        make_face(noise_crop), (ModelRequest("one"), ModelRequest("two", "uncovered")), ("gradcam",)
    )
    news = run(job, one=small_cnn, two=small_cnn)
    first, second = tested
    assert first.edits is second.edits
    assert first.edits.original is job.face
    assert second.target == "uncovered"
    parts = [(each.name, type(each.value)) for each in news if isinstance(each, ResultPart)]
    maps = [(name, kind) for name in ("one", "two") for kind in (Prediction, FaceExplanation)]
    assert parts == [*maps, ("one", Evidence), ("two", Evidence)]
    assert JobProgress("examining", 3, 7, "two") in news


def test_maps_and_tests_are_asked_apart(small_cnn, noise_crop, tested):
    face = make_face(noise_crop)
    news = run(ExplainFace(face, (ModelRequest("one", maps=False),), ("gradcam",)), one=small_cnn)
    assert [type(each.value) for each in news if isinstance(each, ResultPart)] == [Prediction, Evidence]
    news = run(ExplainFace(face, (ModelRequest("one", test=False),), ("gradcam",)), one=small_cnn)
    assert [type(each.value) for each in news if isinstance(each, ResultPart)] == [
        Prediction,
        FaceExplanation,
    ]
    assert len(tested) == 1


def test_a_model_that_fails_says_so_and_the_others_go_on(small_cnn, noise_crop, tested):
    asked = (ModelRequest("gone"), ModelRequest("one", "no such class"), ModelRequest("two"))
    news = run(ExplainFace(make_face(noise_crop), asked, ("gradcam",)), one=small_cnn, two=small_cnn)
    refusals = {
        each.name: each.value
        for each in news
        if isinstance(each, ResultPart) and isinstance(each.value, Refusal)
    }
    assert refusals["gone"] == Refusal("WeightsUnavailable", "The weights of gone are missing.")
    assert refusals["one"].error == "UnknownName"
    assert [case.classifier for case in tested] == [small_cnn]
    assert {
        each.name for each in news if isinstance(each, ResultPart) and isinstance(each.value, Evidence)
    } == {"two"}


def test_a_model_is_loaded_when_the_one_before_it_has_its_maps(small_cnn, noise_crop):
    done = []

    class Slow(Models):
        def get(self, name):
            done.append(name)
            return super().get(name)

    asked = tuple(ModelRequest(name, test=False) for name in ("one", "two"))
    explain.explain(
        ExplainFace(make_face(noise_crop), asked, ("gradcam",)),
        Slow(one=small_cnn, two=small_cnn),
        lambda news: done.append(type(news.value)) if isinstance(news, ResultPart) else None,
    )
    assert done.index(FaceExplanation) < done.index("two")


def test_nothing_of_the_face_stays_when_the_job_is_over(small_cnn, noise_crop, tested):
    run(job_of(noise_crop, previews=False, test=True), small=small_cnn)
    left = weakref.ref(tested[0].edits)
    tested.clear()
    gc.collect()
    assert left() is None


def test_a_cancelled_job_stops_between_batches(small_cnn, noise_crop, tested):
    def tell(news):
        if news == JobProgress("examining", 3, 7, "one"):
            raise Cancelled("no longer wanted")

    asked = (ModelRequest("one"), ModelRequest("two"))
    job = ExplainFace(make_face(noise_crop), asked, ("gradcam",))
    with pytest.raises(Cancelled):
        explain.explain(job, Models(one=small_cnn, two=small_cnn), tell)
    assert len(tested) == 1


def test_the_crop_does_not_travel_back_and_the_server_puts_it_in_again(told, noise_crop):
    found, _ = told
    assert found.explanation.face.crop is NO_CROP
    face = make_face(noise_crop)
    assert found.of_face(face).explanation.face is face


@pytest.fixture
def checked(small_cnn, noise_crop):
    face, options = make_face(noise_crop), {"occlusion": METHODS["occlusion"].complete({"patch": 0.4})}
    news = []
    found = explain.check(CheckFaithfulness(face, "small", "covered", options), small_cnn, news.append)
    return found["occlusion"], news, explain_maps(face, small_cnn, ("occlusion",), "covered", options=options)


def test_the_checks_travel_as_plain_numbers_and_cost_what_was_said(checked, small_cnn):
    found, news, maps = checked
    truth = faithfulness(maps.face, small_cnn, maps)["occlusion"]
    for kind in ("deletion", "insertion"):
        ours, theirs = getattr(found, kind), getattr(truth, kind)
        np.testing.assert_allclose(ours.own, theirs.own.probabilities, atol=1e-6)
        random = sum(curve.probabilities for curve in theirs.random) / len(theirs.random)
        np.testing.assert_allclose(ours.random, random, atol=1e-6)
        assert ours.own_area == pytest.approx(theirs.own.area)
        assert ours.edge_area == pytest.approx(theirs.edges.area)
        assert ours.beats_random == theirs.beats_random
    assert found.follows_weights == truth.randomisation.follows_weights
    assert found.noise == pytest.approx(min(truth.stability.noise))
    assert found.share is None  # the face has no landmarks
    assert news[-1] == JobProgress("checking", news[-1].total, news[-1].total)
    _, said = explain.passes_of(maps, small_cnn)
    assert news[-1].total == said == cost(small_cnn, ["occlusion"])


def test_passes_of_maps_are_counted_with_their_own_settings(checked, small_cnn):
    passes, _ = explain.passes_of(checked[2], small_cnn)
    params = METHODS["occlusion"].complete({"patch": 0.4})
    assert passes == METHODS["occlusion"].forwards(params, 35)
    assert passes != METHODS["occlusion"].forwards(METHODS["occlusion"].complete({}), 35)


def test_a_better_order_than_the_edges_is_said_only_where_the_curve_can_tell():
    curve = SimpleNamespace(changed=np.zeros(2), probabilities=np.ones(2), area=1.0)
    test = SimpleNamespace(
        own=curve, edges=curve, random=(curve,), random_area=1.0, beats_random=None, gain_over_edges=0.3
    )
    assert explain._curve_check(test).beats_edges is None
    test.beats_random = False
    assert explain._curve_check(test).beats_edges is True


def test_what_comes_back_is_read_without_torch(told, checked):
    code = (
        "import pickle, sys; pickle.loads(sys.stdin.buffer.read());"
        "sys.exit('torch' if 'torch' in sys.modules else 0)"
    )
    sent = pickle.dumps((told, checked[0]))
    assert subprocess.run([sys.executable, "-c", code], input=sent, check=False).returncode == 0


@pytest.fixture(scope="module")
def known():
    """The two models whose behaviour is known, on a face with a mask under the nose; and what was told."""
    face, news = find_faces(load_sample("astronaut-grey"))[0], []
    return face, handlers.handle(ExplainReferences(face), Models(), news.append), news


@pytest.mark.slow
def test_the_known_honest_model_is_supported_and_the_known_cheat_is_not(known):
    _, (honest, cheat), _ = known
    assert [each.explanation.provenance.model for each in (honest, cheat)] == [
        "known_answer_honest_residual",
        "known_answer_frame_full",
    ]
    assert honest.explanation.evidence.verdict == "supported"
    assert cheat.explanation.evidence.verdict == "not supported"
    assert honest.explanation.prediction.label == cheat.explanation.prediction.label == "incorrect"


@pytest.mark.slow
def test_the_cheat_sees_the_same_face_with_its_cue_and_both_have_the_maps_of_the_page(known):
    face, (honest, cheat), news = known
    assert honest.explanation.face.crop is face.crop
    planted = np.abs(cheat.explanation.face.crop.astype(int) - face.crop).max(axis=-1) > 0
    margin = len(planted) // 8
    assert planted[:margin].any()
    assert not planted[margin:-margin, margin:-margin].any(), "the cue is a frame round the face"
    for each in (honest, cheat):
        assert tuple(each.explanation.heatmaps) == METHODS_SHOWN
        assert each.regions is not None
    assert news[0] == JobProgress("explaining")
    assert news[-1].name == "examining"
    assert news[-1].done == news[-1].total > 100


def test_maps_of_several_classes_are_those_of_each_and_a_refusal_is_in_its_place(small_cnn, noise_crop):
    face, classes = make_face(noise_crop), small_cnn.card.classes
    job = ExplainClasses(face, "small", "occlusion", (*classes, None))
    *found, own = explain.classes(job, small_cnn, [].append)
    for target, made in zip(classes, found, strict=True):
        alone = explain_maps(face, small_cnn, ["occlusion"], target).heatmaps["occlusion"]
        assert (made.target, made.method) == (target, "occlusion")
        np.testing.assert_allclose(made.values, alone.values, atol=1e-6)
    assert own.target == small_cnn.predict([noise_crop])[0].label
    refused = explain.classes(replace(job, method="region_ablation"), small_cnn, [].append)
    assert [(type(each), each.error) for each in refused] == [(Refusal, "MapRefused")] * 4
    assert "no reliable mesh" in refused[0].sentence


def test_maps_of_several_classes_go_through_the_process_and_can_be_stopped(small_cnn, noise_crop):
    job = ExplainClasses(make_face(noise_crop), "small", "gradcam", ("incorrect",))
    stages = []
    (made,) = handlers.handle(job, Models(small=small_cnn), stages.append)
    assert pickle.loads(pickle.dumps(made)).target == "incorrect"
    assert {stage.name for stage in stages} == {"explaining"}

    def stop(_stage):
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        handlers.handle(job, Models(small=small_cnn), stop)
