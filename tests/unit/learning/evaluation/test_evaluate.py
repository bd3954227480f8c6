import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from torch import nn

from tests.support.models import make_classifier
from xai.errors import DataRejected
from xai.learning.data.splits import Example, Extent, read_examples
from xai.learning.evaluation.evaluate import Setting, evaluate, measured_part
from xai.photo.sample_rendering import sample_png


class Bright(nn.Module):
    """Two classes by brightness alone."""

    def forward(self, x):
        level = x.mean(dim=(1, 2, 3)) * 8
        return torch.stack([level, -level], dim=1)


@pytest.fixture
def examples(tmp_path):
    """Bright covered faces, one of them dark; dark uncovered ones; one incorrect."""
    made = []
    for i, (label, level) in enumerate(
        [
            ("covered", 230),
            ("covered", 240),
            ("covered", 20),
            ("uncovered", 10),
            ("uncovered", 30),
            ("incorrect", 9),
        ]
    ):
        path = tmp_path / f"{i}.png"
        Pillow.new("RGB", (30, 30), (level,) * 3).save(path)
        made.append(Example(path, label, "toy", group=str(i), review="doubtful" if i == 5 else ""))
    return made


def test_a_model_of_two_classes_is_held_to_mask_and_no_mask(examples):
    found = evaluate(make_classifier(Bright(), 8, classes=("with_mask", "without_mask")), examples)
    assert (found.n, found.tally.skipped) == (5, 1)
    assert found.confusion == {
        "with_mask": {"with_mask": 2, "without_mask": 1},
        "without_mask": {"with_mask": 0, "without_mask": 2},
    }
    assert found.scores["accuracy"] == pytest.approx(4 / 5)
    assert found.scores["aca"] == pytest.approx((2 / 3 + 1) / 2)
    low, high = found.intervals["accuracy"]
    assert low <= 4 / 5 <= high


def test_two_classes_are_told_by_the_mask_as_the_study_does(examples):
    """Of five faces: masks 2 found, 1 not; bare ones 2 of 2. Worked by hand from these four counts."""
    found = evaluate(make_classifier(Bright(), 8, classes=("with_mask", "without_mask")), examples)
    hit, lost, rest, false = 2, 1, 2, 0
    assert found.positive == "with_mask"
    by_hand = {
        "precision": hit / (hit + false),
        "recall": hit / (hit + lost),
        "specificity": rest / (rest + false),
        "npv": rest / (rest + lost),
        "f1": 2 * hit / (2 * hit + false + lost),
        "aca": (hit / (hit + lost) + rest / (rest + false)) / 2,
    }
    assert {name: found.scores[name] for name in by_hand} == pytest.approx(by_hand)
    assert set(found.intervals) == {*found.scores, "with_mask", "without_mask"}
    macro = evaluate(make_classifier(Bright(), 8, classes=("covered", "uncovered")), examples)
    assert macro.positive is None
    assert macro.scores["recall"] == pytest.approx(by_hand["aca"])


def test_damaged_pictures_are_counted_and_the_rest_is_scored(examples):
    examples[0].path.write_bytes(b"no picture")
    examples[3].path.unlink()
    found = evaluate(make_classifier(Bright(), 8, classes=("covered", "uncovered")), examples)
    assert (found.n, found.tally.unreadable, found.tally.missed) == (3, 2, 0)
    assert found.as_dict()["unreadable"] == 2
    with pytest.raises(DataRejected, match=r"0\.png cannot be read.*None of 1 faces is left"):
        evaluate(make_classifier(Bright(), 8, classes=("covered", "uncovered")), examples[:1])


def test_the_key_says_what_is_not_as_usual():
    assert Setting().key("fmd") == "fmd protocol=product crops=annotated"
    told = Setting("seed", review="clear", min_side=0.0, overlap=True, reason="chin_uncovered").key("mfn")
    assert told == (
        "mfn protocol=seed crops=annotated review=clear min_side=0.0 overlap=True reason=chin_uncovered"
    )


def test_what_is_undefined_is_null(examples):
    classifier = make_classifier(Bright(), 8, classes=("covered", "uncovered"))
    found = evaluate(classifier, examples[:2]).as_dict()
    assert found["accuracy"] == 1.0
    assert found["specificity"] is None
    assert found["intervals"]["npv"] == [None, None]


def test_faces_that_the_detector_misses_are_counted_and_not_scored(examples, tmp_path):
    path = tmp_path / "portrait.png"
    path.write_bytes(sample_png("admiral-plain"))
    with Pillow.open(path) as picture:
        box = Extent(0.45 * picture.width, 0.25 * picture.height, 0.7 * picture.width, 0.55 * picture.height)
    portrait = Example(path, "uncovered", "toy", group="p", extent=box)
    elsewhere = Example(path, "uncovered", "toy", group="p", extent=Extent(0, 0, 20, 20))
    classifier = make_classifier(Bright(), 8, classes=("covered", "uncovered"))
    found = evaluate(classifier, [portrait, elsewhere, examples[0]], crops="detected")
    assert (found.n, found.tally.missed) == (1, 2)
    with pytest.raises(DataRejected, match=r"found none of the faces\. None of 1 faces"):
        evaluate(classifier, examples[:1], crops="detected")


def test_settings_leave_out_what_they_say(tmp_path):
    rows = [
        "file,class,group,box_w,box_h,review,reason",
        "a.png,incorrect,1,40,40,doubtful,",
        "b.png,incorrect,2,40,40,clear,chin_uncovered",
        "c.png,incorrect,3,30,30,clear,nose_uncovered",
    ]
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")

    def kept(**setting):
        return [e.path.stem for e in measured_part(read_examples(tmp_path), Setting(**setting))]

    assert kept() == ["a", "b", "c"]
    assert kept(review="clear") == ["b", "c"]
    assert kept(without="chin_uncovered") == ["a", "c"]
    assert kept(reason="chin_uncovered") == ["b"]
    assert kept(label="incorrect", without="nose_uncovered") == ["a", "b"]
    assert kept(min_side=35) == ["a", "b"]
    with pytest.raises(DataRejected, match="No face"):
        kept(min_side=np.inf)
