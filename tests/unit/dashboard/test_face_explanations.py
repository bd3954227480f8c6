"""A face is asked about once: what is at hand is told at once, the rest is asked for, and all is kept."""

from collections import OrderedDict
from dataclasses import replace

import numpy as np
import pytest

from dashboard import face_explanations
from dashboard.face_explanations import FaceListener
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import (
    METHODS_SHOWN,
    NO_CROP,
    ExplainClasses,
    ExplainFace,
    FaceExplanation,
    JobProgress,
    ModelRequest,
    Refusal,
    ResultPart,
)
from tests.support import evidences
from tests.support.answers import face, maps_of
from xai.partial_results import Preview

FACE = face()
JOB = ExplainFace(FACE, (ModelRequest("a"), ModelRequest("b")), METHODS_SHOWN)


class Told(FaceListener):
    """What a page was told, in order."""

    def __init__(self):
        self.pieces, self.values = [], {}

    def progress(self, model, stage):
        self.pieces.append(("progress", model))

    def preview(self, model, preview):
        self.pieces.append(("preview", model))

    def maps(self, model, explained):
        self.pieces.append(("maps", model))
        self.values[model] = explained

    def evidence(self, model, evidence):
        self.pieces.append(("evidence", model))
        self.values[model] = evidence

    def failed(self, model, failure):
        self.pieces.append(("failed", model))


class Process:
    """A model process by hand: keeps the jobs and answers them; refuses and dies as it is told to."""

    def __init__(self):
        self.jobs, self.refused, self.dies = [], (), False

    def __call__(self, job, show, take):
        self.jobs.append(job)
        show(JobProgress("explaining", 1, 2, job.requests[0].model))
        asked = [each for each in job.requests if each.model not in self.refused]
        for request in job.requests:
            if request.model in self.refused:
                take(ResultPart(request.model, Refusal("WeightsUnavailable", "gone")))
            elif request.maps:
                maps = maps_of(replace(job.face, crop=NO_CROP), request.model)
                take(ResultPart(request.model, Preview(maps.prediction, maps.heatmaps["occlusion"])))
                take(ResultPart(request.model, FaceExplanation(maps, np.zeros((8, 8), np.int8), 1, 1)))
        if self.dies:
            raise JobError("died")
        for request in asked:
            if request.test:
                take(ResultPart(request.model, evidences.evidence("supported")))
                show(JobProgress("examining", 7, 7, request.model))  # comes late, and nobody is told


@pytest.fixture
def process(monkeypatch):
    """The model process, and a session of its own."""
    shelves = {}

    def shelf(kind):
        return shelves.setdefault(kind, OrderedDict())

    monkeypatch.setattr(face_explanations, "cache_of", shelf)

    def kept(kind, key, make):
        return shelf(kind).setdefault(key, make())

    monkeypatch.setattr(face_explanations, "cached", kept)
    made = Process()
    monkeypatch.setattr(face_explanations.session, "run_job", made)
    return made


def explain(job):
    told = Told()
    face_explanations.explain(job, told)
    return told


def test_everything_is_told_as_it_comes_and_the_second_time_without_asking(process):
    told = explain(JOB)
    maps = [(kind, model) for model in ("a", "b") for kind in ("preview", "maps")]
    assert told.pieces == [("progress", "a"), *maps, ("evidence", "a"), ("evidence", "b")]
    again = explain(JOB)
    assert again.pieces == [("maps", "a"), ("maps", "b"), ("evidence", "a"), ("evidence", "b")]
    assert len(process.jobs) == 1


def test_the_page_gets_the_crop_that_the_pipe_did_not_carry(process):
    told = explain(replace(JOB, requests=(ModelRequest("a", test=False),)))
    assert told.values["a"].explanation.face is FACE


def test_another_second_model_is_asked_for_alone(process):
    explain(JOB)
    told = explain(replace(JOB, requests=(ModelRequest("a"), ModelRequest("c"))))
    assert process.jobs[1].requests == (ModelRequest("c"),)
    assert told.pieces[0] == ("maps", "a")
    assert told.pieces[-2:] == [("evidence", "a"), ("evidence", "c")] or told.pieces[-2:] == [
        ("evidence", "c"), ("evidence", "a")]  # fmt: skip
    assert told.pieces.index(("evidence", "a")) > told.pieces.index(("maps", "c"))


def test_other_settings_of_a_map_leave_the_verdict_alone(process):
    explain(JOB)
    told = explain(replace(JOB, options={"occlusion": {"patch": 0.3}}))
    assert process.jobs[1].requests == tuple(ModelRequest(name, test=False) for name in ("a", "b"))
    assert told.pieces[-2:] == [("evidence", "a"), ("evidence", "b")]


def test_another_class_is_another_question(process):
    explain(JOB)
    explain(replace(JOB, requests=(ModelRequest("a", "covered"),)))
    assert process.jobs[1].requests == (ModelRequest("a", "covered"),)


def test_a_refused_model_is_told_once_and_the_other_goes_on(process):
    process.refused = ("a",)
    told = explain(JOB)
    assert told.pieces.count(("failed", "a")) == 1
    assert ("evidence", "b") in told.pieces
    assert ("maps", "a") not in told.pieces


def test_what_had_arrived_before_a_death_is_kept(process):
    process.dies = True
    told = explain(JOB)
    assert told.pieces[-2:] == [("failed", "a"), ("failed", "b")]
    process.dies = False
    explain(JOB)
    assert process.jobs[1].requests == tuple(ModelRequest(name, maps=False) for name in ("a", "b"))


def test_evidence_hears_the_maps_that_the_page_shows(process):
    """A verdict measured without maps gets the flags of the maps that came before it."""
    maps = maps_of(FACE, "a")
    empty = replace(maps, heatmaps={"gradcam": maps.heatmaps["occlusion"]}, shares={"gradcam": None})
    key = face_explanations._Arrivals(JOB, Told())._maps_key("a")
    face_explanations.cache_of("explanation")[key] = FaceExplanation(empty, None, 1, 1)
    told = explain(replace(JOB, requests=(ModelRequest("a"),)))
    flags = [(flag.code, flag.values["method"]) for flag in told.values["a"].flags]
    assert flags == [("map_empty", "gradcam")]


def test_maps_of_classes_are_asked_for_once_and_kept_with_their_refusals(process, monkeypatch):
    asked = []

    def answer(job, _show):
        asked.append(job.targets)
        return tuple(Refusal("MapRefused", f"not {target}") for target in job.targets)

    monkeypatch.setattr(face_explanations.session, "run_job", answer)
    job = ExplainClasses(FACE, "a", "rise", ("covered", None))
    found = face_explanations.explain_classes(job, print)
    assert [each.sentence for each in found] == ["not covered", "not None"]
    more = face_explanations.explain_classes(replace(job, targets=("incorrect", None)), print)
    assert [each.sentence for each in more] == ["not incorrect", "not None"]
    assert asked == [("covered", None), ("incorrect",)]
    assert face_explanations.known_class_map(replace(job, model="b"), None) is None
