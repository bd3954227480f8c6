import json
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from safetensors.torch import load_file

from xai.errors import DataRejected, UnknownName
from xai.learning import training
from xai.learning.augmentation import augmentation
from xai.learning.carding import record_metrics, write_card
from xai.learning.dataset import Example
from xai.learning.recipes import recipe_for
from xai.learning.training import Split, train
from xai.models.cards import read_card
from xai.types import CLASSES

RECIPE = replace(
    recipe_for("custom_cnn_relu_bn", "product"),
    epochs=3,
    batch_size=8,
    strong_augmentation=False,
    ema_decay=0.5,
)
COLOURS = {"covered": (30, 60, 200), "incorrect": (200, 60, 30), "uncovered": (60, 200, 30)}


@pytest.fixture
def split(tmp_path):
    """Faces that differ by colour alone, so that three epochs are enough to tell them apart."""
    rng = np.random.default_rng(0)

    def some(part, count):
        for label in CLASSES:
            for i in range(count):
                path = tmp_path / f"{part}-{label}-{i}.png"
                pixels = np.clip(np.array(COLOURS[label]) + rng.normal(0, 25, (40, 40, 3)), 0, 255)
                Pillow.fromarray(pixels.astype(np.uint8)).save(path)
                yield Example(path, label, "toy", group=path.name)

    return Split(list(some("train", 16)), list(some("val", 4)))


def quiet(_):
    pass


def test_it_learns_what_can_be_learnt(split, tmp_path):
    trained = train("toy", replace(RECIPE, epochs=8), split, tmp_path / "out", quiet, "cpu")
    assert trained.best["aca"] == 1.0
    assert trained.history[-1]["train_loss"] < trained.history[0]["train_loss"]


def test_a_killed_run_ends_where_an_unbroken_one_does(split, tmp_path, monkeypatch):
    whole = train("toy", RECIPE, split, tmp_path / "whole", quiet, "cpu")
    with monkeypatch.context() as patch:
        calls = []

        def killed(run, path):
            original(run, path)
            calls.append(path)
            if len(calls) == 2:
                raise KeyboardInterrupt

        original = training._Run.save
        patch.setattr(training._Run, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            train("toy", RECIPE, split, tmp_path / "broken", quiet, "cpu")
    said = []
    resumed = train("toy", RECIPE, split, tmp_path / "broken", said.append, "cpu")
    assert said[0] == "going on after epoch 2 of 3"
    strip = [{k: v for k, v in row.items() if k != "seconds"} for row in resumed.history]
    assert strip == [{k: v for k, v in row.items() if k != "seconds"} for row in whole.history]
    one, other = load_file(whole.weights), load_file(resumed.weights)
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_a_checkpoint_of_another_recipe_is_not_taken_up(split, tmp_path):
    train("toy", replace(RECIPE, epochs=1), split, tmp_path / "out", quiet, "cpu")
    with pytest.raises(DataRejected, match="another recipe"):
        train("toy", replace(RECIPE, seed=5), split, tmp_path / "out", quiet, "cpu")


def test_a_damaged_checkpoint_is_named(split, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "toy.checkpoint.pt").write_bytes(b"half a file")
    with pytest.raises(DataRejected, match="damaged; delete it"):
        train("toy", RECIPE, split, tmp_path / "out", quiet, "cpu")


def test_a_batch_that_is_never_full_is_refused(split, tmp_path):
    with pytest.raises(DataRejected, match="do not fill one batch of 500"):
        train("toy", replace(RECIPE, batch_size=500), split, tmp_path / "out", quiet, "cpu")


def test_a_class_without_faces_is_refused_before_anything_starts(split, tmp_path):
    few = Split([e for e in split.train if e.label != "incorrect"], split.val)
    with pytest.raises(DataRejected, match="train part has no face of incorrect"):
        train("toy", RECIPE, few, tmp_path / "out", quiet, "cpu")
    assert not (tmp_path / "out").exists()


def test_the_card_says_how_the_model_was_made(split, tmp_path):
    recipe = replace(RECIPE, epochs=1)
    trained = train("toy", recipe, split, tmp_path, quiet, "cpu")
    card = read_card(write_card("toy", recipe, trained, "product", split))
    assert card.recipe["command"] == (
        "python -m xai train custom_cnn_relu_bn --data toy --protocol product "
        "--epochs 1 --batch-size 8 --out DIR"
    )
    assert card.recipe["epochs"] == 1
    assert card.data["train"]["toy"] == {"covered": 16, "incorrect": 16, "uncovered": 16}
    record_metrics(card, {"set": "fmd", "protocol": "product", "review": "all"}, {"aca": 0.5})
    assert read_card(tmp_path / "toy.json").metrics["fmd protocol=product"] == {"aca": 0.5}
    json.loads((tmp_path / "toy.history.json").read_text())


def test_class_weights_by_hand():
    labels = torch.tensor([0] * 4 + [1] * 1 + [2] * 4)
    balanced = training._class_weights(labels, 1.0)
    assert balanced[1] / balanced[0] == pytest.approx(4.0)
    assert training._class_weights(labels, 0.5)[1] / training._class_weights(labels, 0.5)[0] == pytest.approx(
        2.0
    )


@pytest.mark.parametrize("strong", [True, False])
def test_a_view_is_a_picture_in_range_and_changes(strong):
    crop = Pillow.fromarray(np.random.default_rng(0).integers(0, 256, (50, 50, 3), dtype=np.uint8))
    view = augmentation(35, strong=strong)
    torch.manual_seed(0)
    views = [view(crop) for _ in range(12)]
    assert all(v.shape == (3, 35, 35) and v.min() >= 0 and v.max() <= 1 for v in views)
    assert len({round(float(v[0, 0, 0]), 4) for v in views}) > 1


def test_unknown_recipe_lists_those_that_exist():
    with pytest.raises(UnknownName, match="mobilenet_v2/product"):
        recipe_for("mobilenet_v2", "nothing")
