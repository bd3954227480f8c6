"""The prefetcher: everything once, visitors first, and a quiet end; and what a page finds of it."""

import threading
from dataclasses import replace
from pathlib import Path

import pytest

from dashboard.prefetch import scheduler
from dashboard.prefetch.disk_cache import DiskCache
from dashboard.prefetch.scheduler import FOLDER, PrefetchedResults, Prefetcher, Waiting
from dashboard.worker.job_handle import JobError, JobHandle
from dashboard.worker.jobs import (
    METHODS_SHOWN,
    AnalyzeSample,
    CheckFaithfulness,
    ExplainFace,
    FaceExplanation,
    ManualBox,
    ModelRequest,
    ResultPart,
)
from dashboard.worker.quiz_questions import FACES, ExplainControl, jobs_of
from tests.support import evidences
from tests.support.answers import face, maps_of, same, seen
from tests.support.map_checks import check
from xai.models.cards import read_cards
from xai.types import Box

CARDS = read_cards().cards[:2]
MODELS = tuple(card.name for card in CARDS)
ONE, TWO = face("a" * 64), face("d" * 64)
LOOK = AnalyzeSample("both", MODELS[:1])


@pytest.fixture
def cache(tmp_path):
    return DiskCache(tmp_path / "kept", CARDS)


class Asked:
    """A model process by hand. It answers at once; the first job it leaves open where a visitor comes.

    Args:
        waiting: a visitor comes while the first job is under way, and stays.
    """

    def __init__(self, waiting=None):
        self.jobs, self.dropped = [], threading.Event()
        self.visitor = waiting.waiting() if waiting else None

    def __call__(self, job):
        self.jobs.append(job)
        handle = JobHandle(len(self.jobs), "samples", job, lambda _: self.dropped.set(), background=True)
        if self.visitor and len(self.jobs) == 1:
            self.visitor.__enter__()
            return handle
        if isinstance(job, ExplainFace):
            for request in job.requests:
                if request.maps:
                    handle.add(
                        ResultPart(
                            request.model, FaceExplanation(maps_of(job.face, request.model), None, 1, 2)
                        )
                    )
                if request.test:
                    handle.add(ResultPart(request.model, evidences.evidence("supported")))
        if isinstance(job, ExplainControl):
            handle.finish(control_of(job))
            return handle
        checks = isinstance(job, CheckFaithfulness) and {name: check(noise=0.25) for name in job.options}
        handle.finish(seen(ONE, TWO) if isinstance(job, AnalyzeSample) else checks or None)
        return handle


def control_of(job):
    """A control model's result; it holds its crop and the evidence."""
    made = replace(maps_of(ONE, job.network), evidence=evidences.evidence("mixed"))
    return FaceExplanation(made, None, 1, 0)


def kinds(jobs):
    return [type(job).__name__ for job in jobs]


def found(cache):
    results = PrefetchedResults()
    results._cache = cache
    return results


def test_everything_is_asked_once_and_the_next_time_nothing(cache):
    asked = Asked()
    Prefetcher(cache, asked, Waiting()).run(["both"])
    faces = [ONE.photo_sha256, TWO.photo_sha256]
    assert kinds(asked.jobs) == ["AnalyzeSample", *["ExplainFace"] * 2, *["CheckFaithfulness"] * 4]
    assert [job.face.photo_sha256 for job in asked.jobs[1:3]] == faces
    assert [(job.face.photo_sha256, job.model) for job in asked.jobs[3:]] == [
        (digest, model) for digest in faces for model in MODELS
    ]
    again = Asked()
    Prefetcher(cache, again, Waiting()).run(["both"])
    assert again.jobs == []


def test_the_faces_of_the_quiz_are_prepared_once_between_explanations_and_checks(cache):
    sample, asked, results = FACES[0], Asked(), found(cache)
    honest, cheat = jobs_of(sample)
    assert results.control(honest) is None
    Prefetcher(cache, asked, Waiting()).run([sample])
    controls = ["ExplainControl"] * 2
    assert kinds(asked.jobs) == ["AnalyzeSample", *["ExplainFace"] * 2, *controls, *["CheckFaithfulness"] * 4]
    for job in (honest, cheat):
        prepared = results.control(job).explanation
        assert prepared.provenance.model == job.network
        assert prepared.evidence.verdict == "mixed"
        same(prepared.face, ONE)
    again = Asked()
    Prefetcher(cache, again, Waiting()).run([sample])
    assert again.jobs == []


def test_only_what_is_missing_is_asked_for(cache):
    Prefetcher(cache, Asked(), Waiting()).run(["both"])
    cut = (ONE.photo_sha256, ONE.turn, ONE.box.as_list(), ONE.crop_box.as_list())
    evidence = cache._path(("evidence", *cut, MODELS[1]))
    evidence.unlink()
    again = Asked()
    Prefetcher(cache, again, Waiting()).run(["both"])
    (job,) = again.jobs
    assert job.requests == (ModelRequest(MODELS[1], maps=False, test=True),)


def test_a_page_finds_what_was_asked_with_nothing_that_a_visitor_chose(cache):
    results = found(cache)
    assert results.seen(LOOK) is None
    Prefetcher(cache, Asked(), Waiting()).run(["both"])
    same(results.seen(LOOK).faces[0], ONE)
    request = ModelRequest(MODELS[1])
    job = ExplainFace(ONE, (request,), METHODS_SHOWN, previews=True)
    assert results.maps(job, request).explanation.provenance.model == MODELS[1]
    assert results.evidence(job, request).verdict == "supported"
    maps = results.maps(job, request).explanation
    options = {name: heatmap.params for name, heatmap in maps.heatmaps.items()}
    found_checks = results.checks(CheckFaithfulness(ONE, MODELS[1], maps.target, options))
    assert list(found_checks) == list(options)
    same(found_checks["occlusion"], check(noise=0.25))


def test_what_a_visitor_chose_is_not_found(cache):
    results = found(cache)
    Prefetcher(cache, Asked(), Waiting()).run(["both"])
    for look in (
        AnalyzeSample("both", MODELS[:1], whole=True),
        AnalyzeSample("both", MODELS[:1], turn=1),
        AnalyzeSample("both", MODELS[:1], boxes=(ManualBox(0, Box(0, 0, 9, 9)),)),
        AnalyzeSample("both", ("another",)),
    ):
        assert results.seen(look) is None
    plain, chosen = ModelRequest(MODELS[0]), ModelRequest(MODELS[0], "covered")
    job = ExplainFace(ONE, (plain,), METHODS_SHOWN)
    assert results.maps(job, chosen) is results.evidence(job, chosen) is None
    assert results.maps(job, ModelRequest("another")) is None
    patch = ExplainFace(ONE, (plain,), METHODS_SHOWN, {"occlusion": {"patch": 0.2}})
    assert results.maps(patch, plain) is None
    assert results.evidence(patch, plain) is not None, "the verdict knows nothing of a map's settings"
    assert results.maps(ExplainFace(ONE, (plain,), METHODS_SHOWN[:1]), plain) is None
    maps = results.maps(job, plain).explanation
    options = {name: dict(heatmap.params) for name, heatmap in maps.heatmaps.items()}
    own = CheckFaithfulness(ONE, MODELS[0], maps.target, options)
    assert results.checks(own) is not None
    for other in (
        replace(own, target="covered"),
        replace(own, model="another"),
        replace(own, face=replace(ONE, photo_sha256="c" * 64)),
        replace(own, options={"occlusion": {**options["occlusion"], "patch": 0.2}}),
    ):
        assert results.checks(other) is None


def test_a_visitor_goes_first_and_the_job_that_was_dropped_is_asked_again(cache):
    waiting = Waiting()
    asked = Asked(waiting)
    run = Prefetcher(cache, asked, waiting).run
    running = threading.Thread(target=run, args=(["both"],), daemon=True)
    running.start()
    assert asked.dropped.wait(20)
    running.join(0.3)
    assert running.is_alive(), "it waits for as long as the visitor does"
    assert kinds(asked.jobs) == ["AnalyzeSample"]
    asked.visitor.__exit__(None, None, None)
    running.join(20)
    assert not running.is_alive()
    assert kinds(asked.jobs[:3]) == ["AnalyzeSample", "AnalyzeSample", "ExplainFace"]
    assert found(cache).seen(LOOK) is not None


def test_a_closed_model_process_and_a_folder_that_cannot_be_end_it_quietly(cache, caplog, tmp_path):
    caplog.set_level("INFO")

    def closed(job):
        raise JobError("closed")

    Prefetcher(cache, closed, Waiting()).run(["both"])
    (tmp_path / "file").write_text("")
    nowhere = DiskCache(tmp_path / "file" / "kept", CARDS)
    Prefetcher(nowhere, Asked(), Waiting()).run(["both"])
    assert [record.levelname for record in caplog.records] == ["INFO", "WARNING"]


@pytest.mark.parametrize(
    ("wanted", "folder"),
    [
        (None, FOLDER),
        ("on", FOLDER),
        ("", FOLDER),
        ("off", None),
        ("a/b", Path("a/b")),
    ],
)
def test_the_variable_names_a_folder_or_is_on_or_off(monkeypatch, wanted, folder):
    used = []
    monkeypatch.setattr(scheduler, "DiskCache", lambda where, cards: used.append(where))
    monkeypatch.setattr(Prefetcher, "run", lambda self, samples: None)
    monkeypatch.delenv("XAI_SAMPLE_ANSWERS", raising=False)
    if wanted is not None:
        monkeypatch.setenv("XAI_SAMPLE_ANSWERS", wanted)
    PrefetchedResults().start(lambda job: None, ["both"])
    for thread in threading.enumerate():
        if thread.name == "samples":
            thread.join(10)
    assert used == ([] if folder is None else [folder])
