"""The part that is held out for calibration: whole groups, of sets without a test part, for nothing else."""

import hashlib
from dataclasses import replace

import pytest

from tests.support.models import make_card
from xai.errors import DataRejected
from xai.learning.data.splits import Example, select
from xai.learning.evaluation.evaluate import Setting, measured_part
from xai.learning.evaluation.model_groups import EvaluationTask, faces_for
from xai.learning.training.recipe_registry import recipe_for
from xai.learning.training.train import split_for


def faces(tmp_path, *parts):
    """Two faces of each of 200 groups, the groups shared out among the parts in turn."""
    return [
        Example(tmp_path / f"{i}{j}.png", "covered", "toy", group=f"g{i}", split=parts[i % len(parts)])
        for i in range(200)
        for j in range(2)
    ]


def test_every_face_is_in_one_part_and_whole_groups_are_held(tmp_path):
    every = faces(tmp_path, "train", "train", "train", "val")
    parts = {part: select(every, "product", part) for part in ("train", "val", "held")}
    assert sorted(e.path for part in parts.values() for e in part) == sorted(e.path for e in every)
    groups = {part: {e.group for e in found} for part, found in parts.items()}
    assert not groups["held"] & (groups["train"] | groups["val"])
    literal = {
        e.group
        for e in every
        if e.split == "train" and hashlib.sha256(e.group.encode()).digest()[1] % 10 == 0
    }
    assert groups["held"] == literal
    assert 0.04 < len(literal) / 150 < 0.18


@pytest.mark.parametrize("parts", [("train", "val", "test"), ("train",), ("",)])
def test_a_set_with_a_test_part_or_without_parts_holds_nothing(tmp_path, parts):
    every = faces(tmp_path, *parts)
    assert select(every, "product", "held") == ()
    learnt = select(every, "product", "train")
    assert len(learnt) >= len([e for e in every if e.split == "train"])


def test_the_published_studies_hold_nothing_out(tmp_path):
    every = faces(tmp_path, "train", "val")
    assert select(every, "seed", "held") == ()
    assert len(select(every, "seed", "train")) == 200


def test_training_never_sees_what_is_held(tmp_path):
    every = faces(tmp_path, "train", "val")
    held = {e.path for e in select(every, "product", "held")}
    split = split_for(every, recipe_for("mobilenet_v2", "product"), "product")
    assert held
    assert not held & {e.path for e in (*split.train, *split.val)}


def test_it_is_measured_when_asked_for_and_called_by_its_name(tmp_path):
    every = faces(tmp_path, "train", "val")
    asked = Setting(part="held")
    assert measured_part(every, asked) == select(every, "product", "held")
    assert measured_part(every, Setting()) == select(every, "product", "test")
    assert asked.key("toy") == "toy protocol=product crops=annotated part=held"
    assert "part" not in Setting().key("toy")
    with pytest.raises(DataRejected, match="left to measure"):
        measured_part([replace(e, split="val") for e in every], asked)


def test_a_model_of_before_the_part_was_held_learnt_from_it(tmp_path):
    """Its card counts more faces than the training part holds today, so nothing of it is left to measure."""
    every = faces(tmp_path, "train", "val")
    parts = {part: len(select(every, "product", part)) for part in ("train", "held")}
    trial = EvaluationTask(tuple(every), Setting(part="held"))

    def card(count):
        return make_card(35, data={"train": {"toy": {"covered": count}}})

    left, learnt = faces_for(card(parts["train"]), trial)
    assert (len(left), learnt) == (parts["held"], 0)
    with pytest.raises(DataRejected, match=f"learnt from every one of the {parts['held']} faces"):
        faces_for(card(parts["train"] + parts["held"]), trial)
