from collections import Counter

import pytest

from tests.support.trials import make_set, put_model
from xai.errors import DataRejected
from xai.learning.data.cross_validation import fold_parts
from xai.learning.data.splits import load_crop, read_examples
from xai.learning.evaluation.evaluate import Setting, score
from xai.learning.evaluation.model_groups import EvaluationTask, answers_of, faces_for, rows_of
from xai.learning.evaluation.predictions import concatenate
from xai.models.classifiers import load_card

SEED = Setting("seed")


@pytest.fixture
def examples(tmp_path):
    return read_examples(make_set(tmp_path / "toy"))


def cards_of_folds(folder, folds=3):
    return [put_model(folder, f"net_fold{k}_toy", seed=k, recipe={"fold": k}) for k in range(folds)]


def test_pooled_folds_equal_asking_each_face_of_the_model_that_never_saw_it(examples, tmp_path):
    cards = cards_of_folds(tmp_path / "models")
    (row,) = rows_of(cards[::-1], "seed")
    assert (row.name, row.folds) == ("net_folds_toy", (0, 1, 2))
    found = score(answers_of(row, EvaluationTask(examples, SEED), "cpu"), row.folds)
    by_hand = Counter()
    classifiers = {card.recipe["fold"]: load_card(card, "cpu") for card in cards}
    for face in examples:
        (told,) = classifiers[face.fold].predict([load_crop(face)])
        by_hand[face.label, told.label] += 1
    assert found.n == len(examples) == 60
    assert found.folds == (0, 1, 2)
    assert {(a, b): n for a, row in found.confusion.items() for b, n in row.items() if n} == by_hand
    assert len({answer for _, answer in by_hand}) > 1


def test_the_bootstrap_of_pooled_folds_keeps_groups_together(examples, tmp_path):
    (row,) = rows_of(cards_of_folds(tmp_path / "models"), "seed")
    answers = answers_of(row, EvaluationTask(examples, SEED), "cpu")
    assert sorted(Counter(answers.groups).values()) == [2] * 30


def test_folds_are_told_apart_where_they_are_no_folds(tmp_path):
    cards = cards_of_folds(tmp_path / "models")
    other = put_model(tmp_path / "models", "net_toy")
    assert [row.name for row in rows_of([*cards, other], "product")] == [c.name for c in (*cards, other)]
    assert [row.name for row in rows_of([other, *cards], "seed")] == ["net_toy", "net_folds_toy"]
    assert rows_of(cards[:1], "seed")[0].name == "net_fold0_toy"
    assert rows_of(cards[:1], "seed")[0].folds == ()


def test_a_model_is_never_asked_about_what_it_learnt(examples, tmp_path):
    """Asked about the whole set, it is measured on what remains."""
    card = put_model(tmp_path / "models", "net_toy")
    faces, learnt = faces_for(card, EvaluationTask(examples, Setting("seed", overlap=True)))
    assert {e.split for e in faces} == {"test", "val"}
    assert learnt == sum(e.split == "train" for e in examples) == 20
    folded = put_model(tmp_path / "models", "net_fold1_toy", recipe={"fold": 1})
    faces, learnt = faces_for(folded, EvaluationTask(examples, SEED))
    assert {e.fold for e in faces} == {1}
    assert learnt == 0
    parts = fold_parts(examples, 1)
    faces, learnt = faces_for(folded, EvaluationTask(examples, Setting("product", overlap=True)))
    assert set(faces) == {*parts.test, *parts.val}
    assert learnt == len(parts.train)
    stranger = put_model(tmp_path / "models", "own", data={"train": {"elsewhere": {}}})
    assert faces_for(stranger, EvaluationTask(examples, Setting("seed", overlap=True)))[1] == 0


def test_a_fold_that_the_set_lacks_is_said(examples, tmp_path):
    card = put_model(tmp_path / "models", "net_fold7_toy", recipe={"fold": 7})
    with pytest.raises(DataRejected, match="no fold 7"):
        faces_for(card, EvaluationTask(examples, SEED))


def test_a_model_that_learnt_everything_is_not_measured(tmp_path):
    folder = make_set(tmp_path / "toy")
    text = (folder / "labels.csv").read_text().replace(",test,", ",train,").replace(",val,", ",train,")
    (folder / "labels.csv").write_text(text)
    card = put_model(tmp_path / "models", "net_toy")
    with pytest.raises(DataRejected, match="learnt from every one of the 60 faces"):
        faces_for(card, EvaluationTask(read_examples(folder), Setting("seed", overlap=True)))


def test_one_face_is_not_pooled_twice(examples, tmp_path):
    card = put_model(tmp_path / "models", "net_toy")
    answers = answers_of(rows_of([card], "seed")[0], EvaluationTask(examples, SEED), "cpu")
    with pytest.raises(ValueError, match="tested by more than one"):
        concatenate([answers, answers])
