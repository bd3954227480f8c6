"""The quiz: drawn fairly; on the real models every answer is right, and the face never tells the kind."""

from collections import Counter
from itertools import pairwise

import numpy as np
import pytest

from dashboard.worker.quiz_questions import CONDITIONS, CUES, FACES, KINDS, LENGTH, draw, jobs_of
from dashboard.worker.tasks.explain import control
from xai.attribution.methods import DEFAULT_METHODS
from xai.models.ground_truth.photo_networks import PHOTO_KINDS
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.photo.samples import SAMPLES

SEEDS = range(2000)
QUIZZES = [draw(seed) for seed in SEEDS]
JOBS = [job for sample in FACES for job in jobs_of(sample)]


def test_every_quiz_has_each_kind_twice_under_each_condition_and_no_face_twice():
    for quiz in QUIZZES:
        cells = Counter((question.kind, question.condition) for question in quiz)
        assert cells == {(kind, condition): 2 for kind in KINDS for condition in CONDITIONS}
        assert len({question.sample for question in quiz}) == len(quiz) == LENGTH
        assert [question.number for question in quiz] == [1, 2, 3, 4, 5, 6, 7, 8]


def test_a_seed_gives_the_same_quiz_and_others_give_others():
    assert [draw(seed) for seed in range(50)] == QUIZZES[:50]
    assert len(set(QUIZZES)) > 0.99 * len(QUIZZES)


def test_neither_the_face_nor_the_place_in_the_order_tells_the_kind_or_the_condition():
    """Each cell is a quarter of what is drawn; five standard deviations of a binomial are allowed."""
    for name in ("sample", "number"):
        drawn = Counter((getattr(q, name), q.kind, q.condition) for quiz in QUIZZES for q in quiz)
        totals = Counter(getattr(q, name) for quiz in QUIZZES for q in quiz)
        for (value, _, _), count in drawn.items():
            allowed = 5 * (totals[value] * 0.25 * 0.75) ** 0.5
            assert abs(count - totals[value] / 4) < allowed
        assert len(drawn) == 4 * len(totals)


def test_one_question_does_not_tell_the_next():
    """Seven others are left, four of the other kind: it changes four times in seven."""
    changes = [one.kind != two.kind for quiz in QUIZZES for one, two in pairwise(quiz)]
    assert abs(np.mean(changes) - 4 / 7) < 0.02


def test_a_question_knows_its_model_and_what_it_reads():
    for question in draw(1):
        kind = PHOTO_KINDS[question.job.network]
        assert kind.cue == question.cue
        assert (kind.cue is None) == (question.kind == "honest")
        assert question.job in jobs_of(question.sample)
    assert {PHOTO_KINDS[job.network].cue for job in JOBS} == {None, *CUES}
    assert len({job.network for job in JOBS}) == 6


def test_the_faces_are_all_easy_samples_with_one_face():
    assert [s.id for s in SAMPLES.values() if len(s.wearers) == 1 and not s.traps] == list(FACES)
    assert jobs_of("both") == ()


@pytest.mark.slow
@pytest.mark.parametrize("sample", FACES)
def test_both_models_are_right_on_the_same_picture_with_all_cues_and_both_have_maps_and_edits(sample):
    news = []
    honest, cheat = (control(job, news.append).explanation for job in jobs_of(sample))
    np.testing.assert_array_equal(honest.face.crop, cheat.face.crop)
    plain = find_faces(load_sample(sample))[0].crop
    changed = (honest.face.crop != plain).any(axis=2)
    side = len(plain)
    assert changed[: side // 10].mean() > 0.3, "the background is coloured"
    assert changed[-side // 20 :].mean() > 0.2, "and so are the clothes"
    assert not changed[2 * side // 5 : 3 * side // 5, 2 * side // 5 : 3 * side // 5].any()
    for made in (honest, cheat):
        assert made.prediction.label == SAMPLES[sample].truth[0]
        assert tuple(made.heatmaps) == DEFAULT_METHODS
        assert {each.answer.family for each in made.evidence.strip} >= {"lower_face", "outside"}
    assert news[-1].done == news[-1].total > 60
