"""The judging in the model process: one pile of paint per face, pieces as they come, plain numbers."""

import gc
import pickle
import subprocess
import sys
import weakref
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from dashboard.worker import explain_handlers
from dashboard.worker.jobs import CheckMaps, Examine, Part, Stage
from tests.support import evidences
from xai.attribution.methods import METHODS
from xai.errors import Cancelled
from xai.evidence.faithfulness.suite import cost, faithfulness
from xai.explain import explain_maps
from xai.types import Box, Face

NOTHING = evidences.evidence("supported", forwards=7)


@pytest.fixture
def face(noise_crop):
    return Face(
        "ab" * 32, Box(1, 2, 11, 12), Box(0, 0, 70, 70), noise_crop, np.zeros((0, 2), np.float32), 0.9
    )


@pytest.fixture
def maps(face, small_cnn):
    return explain_maps(face, small_cnn, ("occlusion",), "covered", options={"occlusion": {"patch": 0.4}})


@pytest.fixture
def asked(monkeypatch):
    """Which edits, classifier and class each examination was made with."""
    calls = []

    def examine(edits, classifier, target, *, progress):
        calls.append((edits, classifier, target))
        progress(3, 7)
        return NOTHING

    monkeypatch.setattr(explain_handlers, "examine", examine)
    return calls


def test_all_models_share_what_is_painted_and_each_is_handed_over_when_it_is_done(face, maps, asked):
    told = []
    job = Examine(face, {"one": maps, "two": replace(maps, target="uncovered")}, {})
    explain_handlers.judge(job, {"one": "first", "two": "second"}, told.append)
    (edits, *first), (same, *second) = asked
    assert edits is same
    assert edits.original is face
    assert (first, second) == (["first", "covered"], ["second", "uncovered"])
    names = [news.name for news in told]
    assert names == ["examining", "examining", "one", "examining", "examining", "two"]
    assert isinstance(told[2], Part)
    assert told[1] == Stage("examining", 3, 7)


def test_nothing_of_the_face_stays_when_the_job_is_over(face, maps, asked):
    explain_handlers.judge(Examine(face, {"one": maps}, {}), {"one": "first"}, lambda news: None)
    left = weakref.ref(asked[0][0])
    asked.clear()
    gc.collect()
    assert left() is None


def test_known_evidence_is_not_measured_again_but_hears_the_new_maps(face, maps, asked):
    told = []
    empty = replace(maps, heatmaps={"gradcam": maps.heatmaps["occlusion"]}, shares={"gradcam": None})
    explain_handlers.judge(Examine(face, {"one": empty}, {"one": NOTHING}), {"one": "first"}, told.append)
    assert asked == []
    (part,) = [news for news in told if isinstance(news, Part)]
    assert part.value.forwards == NOTHING.forwards
    assert [(flag.code, flag.values["method"]) for flag in part.value.flags] == [("map_empty", "gradcam")]


def test_a_cancelled_job_stops_between_batches(face, maps, asked):
    def tell(news):
        if news == Stage("examining", 3, 7):
            raise Cancelled("no longer wanted")

    with pytest.raises(Cancelled):
        explain_handlers.judge(Examine(face, {"one": maps, "two": maps}, {}), {"one": 1, "two": 2}, tell)
    assert len(asked) == 1


def test_the_checks_travel_as_plain_numbers_and_cost_what_was_said(face, maps, small_cnn):
    told = []
    found = explain_handlers.check(CheckMaps(maps), small_cnn, told.append)["occlusion"]
    truth = faithfulness(face, small_cnn, maps)["occlusion"]
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
    assert told[-1] == Stage("checking", told[-1].total, told[-1].total)
    _, said = explain_handlers.passes_of(maps, small_cnn)
    assert told[-1].total == said == cost(small_cnn, ["occlusion"])


def test_passes_of_maps_are_counted_with_their_own_settings(maps, small_cnn):
    passes, _ = explain_handlers.passes_of(maps, small_cnn)
    params = METHODS["occlusion"].complete({"patch": 0.4})
    assert passes == METHODS["occlusion"].forwards(params, 35)
    assert passes != METHODS["occlusion"].forwards(METHODS["occlusion"].complete({}), 35)


def test_a_better_order_than_the_edges_is_said_only_where_the_curve_can_tell():
    curve = SimpleNamespace(changed=np.zeros(2), probabilities=np.ones(2), area=1.0)
    test = SimpleNamespace(
        own=curve, edges=curve, random=(curve,), random_area=1.0, beats_random=None, gain_over_edges=0.3
    )
    assert explain_handlers._curve_check(test).beats_edges is None
    test.beats_random = False
    assert explain_handlers._curve_check(test).beats_edges is True


def test_what_comes_back_can_be_read_without_torch(maps, small_cnn):
    found = explain_handlers.check(CheckMaps(maps), small_cnn, lambda news: None)
    code = (
        "import pickle, sys; pickle.loads(sys.stdin.buffer.read());"
        "sys.exit('torch' if 'torch' in sys.modules else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(found), check=False)
    assert done.returncode == 0
