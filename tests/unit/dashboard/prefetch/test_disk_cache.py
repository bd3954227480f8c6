"""Answers about samples that are kept in files: what is found again, and what never is."""

from dataclasses import replace

import pytest

from dashboard.prefetch import disk_cache
from dashboard.prefetch.disk_cache import Answer, SampleAnswers
from dashboard.worker.jobs import Examine, Explain, Explained, HandBox, Look, Part, SampleLook
from tests.support import evidences
from tests.support.answers import face, maps_of, same, seen
from xai.models.cards import read_cards
from xai.types import Box

CARDS = read_cards().cards[:2]
MODELS = tuple(card.name for card in CARDS)
METHODS = ("occlusion", "gradcam")


@pytest.fixture
def answers(tmp_path):
    return SampleAnswers(tmp_path / "kept", CARDS)


def files(answers):
    return sorted(answers._folder.glob("*"))


def test_each_kind_of_job_is_found_again(answers):
    one = face()
    looked, explained = seen(one), Explained(maps_of(one, MODELS[0]), None, 1, 2)
    maps = {model: maps_of(one, model) for model in MODELS}
    verdicts = dict(zip(MODELS, ("supported", "mixed"), strict=True))
    parts = tuple(Part(model, evidences.evidence(verdict)) for model, verdict in verdicts.items())
    jobs = {
        SampleLook("both", MODELS[:1]): Answer(looked),
        Explain(one, MODELS[0], METHODS, None, {}): Answer(explained),
        Examine(one, maps, {}): Answer(None, parts),
    }
    for job, answer in jobs.items():
        assert answers.find(job) is None
        answers.keep(job, answer)
        found = answers.find(job)
        same(found.result, answer.result)
        same(found.parts, answer.parts)
    assert answers.find(Explain(one, MODELS[0], METHODS, None, {}, glimpse=True)) is not None


def test_what_a_visitor_chose_is_neither_found_nor_kept(answers):
    one = face()
    explained = Answer(Explained(maps_of(one, MODELS[0]), None, 1, 2))
    own = [
        Look(b"a photo", MODELS[:1]),
        SampleLook("both", MODELS[:1], whole=True),
        SampleLook("both", MODELS[:1], boxes=(HandBox(0, Box(0, 0, 9, 9)),)),
        SampleLook("both", ("another",)),
        Explain(one, MODELS[0], METHODS, "covered", {}),
        Explain(one, MODELS[0], METHODS, None, {"occlusion": {"patch": 0.2}}),
    ]
    for job in own:
        answers.keep(job, explained)
        assert answers.find(job) is None
    assert files(answers) == []


def test_another_question_is_not_answered_with_the_kept_one(answers):
    one = face()
    answers.keep(
        Explain(one, MODELS[0], METHODS, None, {}), Answer(Explained(maps_of(one, MODELS[0]), None, 1, 2))
    )
    for other in (
        Explain(one, MODELS[1], METHODS, None, {}),
        Explain(one, MODELS[0], METHODS[:1], None, {}),
        Explain(replace(one, box=Box(2, 3, 7, 10)), MODELS[0], METHODS, None, {}),
        Explain(face("c" * 64), MODELS[0], METHODS, None, {}),
    ):
        assert answers.find(other) is None


@pytest.mark.parametrize("changed", ["weights", "card", "library"])
def test_what_has_become_stale_is_not_found_and_swept_away(tmp_path, monkeypatch, changed):
    card = CARDS[0]
    weights = tmp_path / card.path.name
    weights.write_bytes(b"weights")
    weights.with_suffix(".json").write_text("card")
    cards = [replace(card, path=weights)]
    before = SampleAnswers(tmp_path / "kept", cards)
    job = SampleLook("both", (card.name,))
    before.keep(job, Answer(seen(face())))
    assert SampleAnswers(tmp_path / "kept", cards).find(job) is not None
    if changed == "weights":
        weights.write_bytes(b"weightz")
    elif changed == "card":
        weights.with_suffix(".json").write_text("cart")
    else:
        monkeypatch.setattr(disk_cache, "stamp", lambda: "0" * 64)
    after = SampleAnswers(tmp_path / "kept", cards)
    assert after.find(job) is None
    after.tidy()
    assert files(after) == []


def test_a_damaged_file_is_measured_again(answers, caplog):
    job = SampleLook("both", MODELS[:1])
    answers.keep(job, Answer(seen(face())))
    (path,) = files(answers)
    path.write_bytes(path.read_bytes()[:-40])
    assert answers.find(job) is None
    assert "damaged" in caplog.text
