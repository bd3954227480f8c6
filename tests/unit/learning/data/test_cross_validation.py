from collections import Counter

import numpy as np
import pytest

from xai.errors import DataRejected
from xai.learning.data.cross_validation import fold_parts
from xai.learning.data.splits import Example, read_examples


@pytest.fixture
def examples(tmp_path):
    """Groups of one to four faces in five folds; one group in twenty has an incorrect face."""
    rng = np.random.default_rng(0)
    made = []
    for group in range(600):
        for i in range(int(rng.integers(1, 5))):
            label = (
                "incorrect" if group % 20 == 0 and i == 0 else ("uncovered" if group % 4 == 1 else "covered")
            )
            made.append(Example(tmp_path / f"{group}-{i}.png", label, "toy", f"g{group}", fold=group % 5))
    return made


def test_every_face_is_tested_once_and_never_learnt_from_in_its_fold(examples):
    tested = Counter()
    for fold in range(5):
        parts = fold_parts(examples, fold)
        groups = [{e.group for e in part} for part in (parts.train, parts.val, parts.test)]
        assert not groups[0] & groups[1]
        assert not groups[2] & (groups[0] | groups[1])
        assert len(parts.train) + len(parts.val) + len(parts.test) == len(examples)
        tested.update(e.path for e in parts.test)
    assert tested == Counter(e.path for e in examples)


def test_the_rare_class_is_shared_out(examples):
    for fold in range(1, 5):
        parts = fold_parts(examples, fold)
        count = Counter(e.label for e in parts.val)
        total = Counter(e.label for e in (*parts.train, *parts.val))
        for label in total:
            assert 0.08 < count[label] / total[label] < 0.17, label


def test_the_parts_do_not_hang_on_the_order(examples):
    one, other = fold_parts(examples, 3), fold_parts(examples[::-1], 3)
    assert one.train == other.train[::-1]
    assert one.val == other.val[::-1]


def test_a_group_in_two_folds_is_tested_and_not_learnt_from(tmp_path):
    faces = [Example(tmp_path / f"{i}.png", "covered", "toy", f"g{i // 2}", fold=i % 2) for i in range(40)]
    assert fold_parts(faces, 0).train == ()
    assert len(fold_parts(faces, 0).test) == 20


def test_a_fold_that_is_not_there_is_said(examples, tmp_path):
    with pytest.raises(DataRejected, match="no fold 5; the faces are in folds 0, 1, 2, 3, 4"):
        fold_parts(examples, 5)
    with pytest.raises(DataRejected, match=r"no folds; its labels\.csv needs a column fold"):
        fold_parts([Example(tmp_path / "a.png", "covered", "toy", "g")], 0)


@pytest.mark.shared
def test_the_kaggle_set_by_its_groups(shared):
    examples = read_examples(shared / "fmd")
    rare = 0
    for fold in range(5):
        parts = fold_parts(examples, fold)
        train = {e.group for e in parts.train}
        assert train.isdisjoint(e.group for e in (*parts.val, *parts.test))
        assert sum(e.label == "incorrect" for e in parts.val) >= 8
        rare += sum(e.label == "incorrect" for e in parts.test)
    assert rare == 123
