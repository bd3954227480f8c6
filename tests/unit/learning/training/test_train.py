import json
from argparse import Namespace
from dataclasses import replace
from urllib.error import URLError

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from safetensors.torch import load_file

from tests.support.trials import put_model
from xai.cli.training import _changes
from xai.errors import DataRejected, ThirdPartyMissing, UnknownName, XaiError
from xai.learning.data.splits import Example
from xai.learning.publishing.model_cards import _command, write_card
from xai.learning.training import initialization
from xai.learning.training.recipe import BINARY
from xai.learning.training.recipe_registry import RECIPES, recipe_for
from xai.learning.training.state import Run, class_weights
from xai.learning.training.train import Split, split_for, train
from xai.models.architectures import ARCHITECTURES
from xai.models.cards import read_card
from xai.types import CLASSES

pytestmark = pytest.mark.slow

RECIPE = replace(
    recipe_for("custom_cnn_relu_bn", "product"),
    epochs=3,
    batch_size=6,
    views="flip",
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

    return Split(list(some("train", 8)), list(some("val", 3)))


def quiet(_):
    pass


def without_seconds(history):
    return [{k: v for k, v in row.items() if k != "seconds"} for row in history]


def test_it_learns_what_can_be_learnt(split, tmp_path):
    trained = train("toy", replace(RECIPE, epochs=8, views="flip"), split, tmp_path / "out", quiet, "cpu")
    assert trained.best["aca"] == 1.0
    assert trained.history[-1]["train_loss"] < trained.history[0]["train_loss"]
    assert trained.history[-1]["train_accuracy"] > trained.history[0]["train_accuracy"]


@pytest.mark.parametrize("change", [{"precision": "bf16"}, {"views": "strong", "ema_decay": 0.0}])
def test_a_killed_run_ends_where_an_unbroken_one_does(split, tmp_path, monkeypatch, change):
    recipe = replace(RECIPE, **change)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # no worker processes: they would cost more than the training
    whole = train("toy", recipe, split, tmp_path / "whole", quiet, "cpu")
    with monkeypatch.context() as patch:
        calls = []

        def killed(run, path):
            original(run, path)
            calls.append(path)
            if len(calls) == 2:
                raise KeyboardInterrupt

        original = Run.save
        patch.setattr(Run, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            train("toy", recipe, split, tmp_path / "broken", quiet, "cpu")
    said = []
    resumed = train("toy", recipe, split, tmp_path / "broken", said.append, "cpu")
    torch.set_num_threads(threads)
    assert said[0] == "going on after epoch 2 of 3"
    assert without_seconds(resumed.history) == without_seconds(whole.history)
    assert resumed.temperature == whole.temperature
    one, other = load_file(whole.weights), load_file(resumed.weights)
    assert all(torch.equal(one[key], other[key]) for key in one)


def test_the_lowest_validation_loss_is_kept(split, tmp_path):
    """With a rate that ruins the network late, the weights that stay are those of the best epoch."""
    recipe = replace(RECIPE, choose_by="loss", ema_decay=0.0, one_cycle=False, learning_rate=3e-2, epochs=4)
    trained = train("toy", recipe, split, tmp_path, quiet, "cpu")
    losses = [row["loss"] for row in trained.history]
    assert trained.best["loss"] == min(losses)
    network = ARCHITECTURES["custom_cnn_relu_bn"].build(3).eval()
    network.load_state_dict({key: value.float() for key, value in load_file(trained.weights).items()})
    run = Run(recipe, *held(trained.split, recipe), torch.device("cpu"))
    logits = run._logits(network)
    labels = run.val.labels
    by_hand = sum(
        run.weights[y] * -torch.log_softmax(row, dim=0)[y] for row, y in zip(logits, labels, strict=True)
    ) / sum(run.weights[y] for y in labels)
    assert float(by_hand) == pytest.approx(min(losses), rel=0.02, abs=2e-3)  # half precision on disk


def held(split, recipe):
    from xai.learning.training.batches import load_augmented, load_fixed

    return load_augmented(split.train, recipe, quiet), load_fixed(split.val, recipe, quiet)


def test_two_classes_leave_out_what_has_no_name(split, tmp_path):
    recipe = replace(
        RECIPE, epochs=1, classes=("with_mask", "without_mask"), class_weights=(0.4, 0.6), views="plain"
    )
    trained = train("toy", recipe, split, tmp_path, quiet, "cpu")
    assert {e.label for e in trained.split.train} == {"with_mask", "without_mask"}
    assert len(trained.split.train) == 16
    card = read_card(write_card("toy", recipe, trained, "product"))
    assert card.classes == ("with_mask", "without_mask")
    assert card.data["val"]["toy"] == {"with_mask": 3, "without_mask": 3}
    assert load_file(trained.weights)["classifier.4.weight"].shape[0] == 2


def test_a_checkpoint_of_another_recipe_or_set_is_not_taken_up(split, tmp_path):
    train("toy", replace(RECIPE, epochs=1), split, tmp_path / "out", quiet, "cpu")
    with pytest.raises(DataRejected, match="another recipe"):
        train("toy", replace(RECIPE, epochs=1, seed=5), split, tmp_path / "out", quiet, "cpu")
    fewer = Split(split.train[1:], split.val)
    with pytest.raises(DataRejected, match="other faces"):
        train("toy", replace(RECIPE, epochs=1), fewer, tmp_path / "out", quiet, "cpu")


def test_a_damaged_checkpoint_is_named(split, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "toy.checkpoint.pt").write_bytes(b"half a file")
    with pytest.raises(DataRejected, match="damaged; delete it"):
        train("toy", RECIPE, split, tmp_path / "out", quiet, "cpu")


def test_a_batch_that_is_never_full_is_refused(split, tmp_path):
    with pytest.raises(DataRejected, match="do not fill one batch of 500"):
        train("toy", replace(RECIPE, batch_size=500), split, tmp_path / "out", quiet, "cpu")


def test_a_size_that_the_network_does_not_take_is_refused(split, tmp_path):
    with pytest.raises(ValueError, match="35 pixels only, not of 64"):
        train("toy", replace(RECIPE, input_size=64), split, tmp_path / "out", quiet, "cpu")


def test_a_class_without_faces_is_refused_before_anything_starts(split, tmp_path):
    few = Split([e for e in split.train if e.label != "incorrect"], split.val)
    with pytest.raises(DataRejected, match="train part has no face of incorrect"):
        train("toy", RECIPE, few, tmp_path / "out", quiet, "cpu")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("views", ["flip", "strong"])
def test_damaged_pictures_are_left_out_and_counted(split, tmp_path, views):
    split.train[3].path.write_bytes(b"no picture")
    split.val[2].path.unlink()
    said = []
    recipe = replace(RECIPE, epochs=1, views=views)
    trained = train("toy", recipe, split, tmp_path / "out", said.append, "cpu")
    assert said[0].startswith("Left out 2 of 33 faces: ")
    assert split.train[3].path.name in said[0]
    assert [
        split.train[3].path.name in trained.left_out[0],
        split.val[2].path.name in trained.left_out[1],
    ] == [
        True,
        True,
    ]
    assert len(trained.split.train) == 23
    assert split.train[3] not in trained.split.train


def test_a_training_of_damaged_pictures_alone_is_refused(split, tmp_path):
    for example in split.val:
        example.path.write_bytes(b"no picture")
    with pytest.raises(DataRejected, match="val part has no face of covered"):
        train("toy", RECIPE, split, tmp_path / "out", quiet, "cpu")


def test_a_full_disk_stops_no_training_but_is_said(split, tmp_path):
    """No file may grow beyond 1 MB: figures fit, checkpoint (10 MB) and weights (1.6 MB) do not."""
    resource = pytest.importorskip("resource", reason="only Unix limits the size of files")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    out, said = tmp_path / "out", []
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, before[1]))
    try:
        with pytest.raises(XaiError, match=r"toy\.safetensors cannot be written: .*; free some space"):
            train("toy", replace(RECIPE, epochs=1), split, out, said.append, "cpu")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert any("toy.checkpoint.pt cannot be written" in line and "goes on" in line for line in said)
    assert sorted(path.name for path in out.iterdir()) == ["toy.curves.png", "toy.history.json"]


def test_a_loss_that_is_no_number_is_said(split, tmp_path):
    recipe = replace(RECIPE, learning_rate=1e30, one_cycle=False, ema_decay=0.0)
    with pytest.raises(XaiError, match="astray in epoch 1"):
        train("toy", recipe, split, tmp_path / "out", quiet, "cpu")


def test_the_card_says_how_the_model_was_made(split, tmp_path):
    recipe = replace(RECIPE, epochs=1, views="strong", ema_decay=0.99)
    trained = train("toy", recipe, split, tmp_path, quiet, "cpu")
    card = read_card(write_card("toy", recipe, trained, "product"))
    assert card.recipe["command"] == (
        "python -m xai train custom_cnn_relu_bn --data toy --protocol product "
        "--epochs 1 --batch-size 6 --out DIR"
    )
    assert card.recipe["epochs"] == 1
    assert card.temperature == trained.temperature
    assert card.data["train"]["toy"] == {"covered": 8, "incorrect": 8, "uncovered": 8}
    written = json.loads((tmp_path / "toy.history.json").read_text())
    assert len(written) == len(card.history) == 1
    assert card.history[0] == {
        key: round(written[0][key], 4)
        for key in ("epoch", "train_loss", "train_accuracy", "loss", "accuracy", "aca")
    }
    with Pillow.open(tmp_path / "toy.curves.png") as picture:
        assert picture.width > 800


def test_the_card_of_a_row_names_the_row_and_the_fold(split, tmp_path):
    recipe = replace(
        recipe_for("cnn3_50_50", "seed"), epochs=1, batch_size=8, fold=2, precision="bf16", seed=4
    )
    assert recipe.model_name("seed") == "cnn3_50_50_fold2_fmd"
    trained = train("toy", recipe, split, tmp_path, quiet, "cpu")
    card = read_card(write_card("toy", recipe, trained, "seed"))
    assert card.recipe["command"] == (
        "python -m xai train cnn3_50_50 --data toy --protocol seed --epochs 1 --batch-size 8 --seed 4 "
        "--precision bf16 --fold 2 --out DIR"
    )
    assert card.recipe["published"]["f1"] == 0.8505
    assert any("7" in said for said in card.recipe["departures"])


def test_class_weights_by_hand():
    labels = torch.tensor([0] * 4 + [1] * 1 + [2] * 4)
    balanced = class_weights(labels, replace(RECIPE, class_weight_power=1.0))
    assert balanced[1] / balanced[0] == pytest.approx(4.0)
    half_way = class_weights(labels, replace(RECIPE, class_weight_power=0.5))
    assert half_way[1] / half_way[0] == pytest.approx(2.0)
    given = class_weights(labels, replace(RECIPE, class_weights=(0.2, 0.6, 0.1)))
    assert given.tolist() == pytest.approx([2 / 3, 2.0, 1 / 3])


def test_folds_and_parts(tmp_path):
    examples = [
        Example(tmp_path / "x.png", "covered", "toy", str(i), split="train" if i % 2 else "val", fold=i % 3)
        for i in range(60)
    ]
    own = split_for(examples, RECIPE, "seed")
    assert all(e.split == "train" for e in own.train)
    folded = split_for(examples, replace(RECIPE, fold=1), "seed")
    assert {e.fold for e in (*folded.train, *folded.val)} == {0, 2}
    with pytest.raises(ValueError, match="folds belong to the protocol 'seed'"):
        split_for(examples, replace(RECIPE, fold=1), "product")


def test_without_a_network_pretrained_is_one_sentence(monkeypatch):
    def offline(*_, **__):
        raise URLError("no route to host")

    monkeypatch.setattr(torch.hub, "load_state_dict_from_url", offline)
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", offline)
    recipe = replace(recipe_for("mobilenet_v3_small", "seed"), pretrained=True)
    with pytest.raises(
        ThirdPartyMissing, match=r"weights of mobilenet_v3_small cannot be fetched.*without --pretrained"
    ):
        initialization.starting_network(recipe)
    with pytest.raises(ThirdPartyMissing, match="Nobody publishes ImageNet weights for cnn3"):
        initialization.starting_network(replace(recipe_for("cnn3", "seed"), pretrained=True))


def test_pretrained_weights_go_where_they_fit(monkeypatch):
    """The backbone is theirs to the bit; the head, which has another shape or name, stays random."""
    from torchvision.models import mobilenet_v3_small

    theirs = mobilenet_v3_small(num_classes=1000).state_dict()
    monkeypatch.setattr("torchvision.models._api.load_state_dict_from_url", lambda *_, **__: theirs)
    torch.manual_seed(1)
    network = initialization.starting_network(
        replace(recipe_for("mobilenet_v3_small", "seed"), pretrained=True)
    )
    own = network.state_dict()
    assert all(torch.equal(own[key], theirs[key]) for key in theirs if not key.startswith("classifier.3."))
    assert own["classifier.3.weight"].shape == (2, 1024)
    assert all(not recipe.pretrained for recipe in RECIPES.values() if recipe.source != "own")


def test_a_training_starts_where_another_ended(monkeypatch, tmp_path):
    """Every weight is the earlier model's to the bit; of other classes, every one but the head's."""
    before = load_file(put_model(tmp_path, "first_fmd").path)
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    recipe = replace(recipe_for("custom_cnn_relu_bn", "seed"), start="first_fmd")
    same = initialization.starting_network(recipe).state_dict()
    assert all(torch.equal(same[key], before[key]) for key in before)
    two = initialization.starting_network(replace(recipe, classes=BINARY)).state_dict()
    changed = {key for key in before if two[key].shape != before[key].shape}
    assert len(changed) == 2
    assert all(torch.equal(two[key], before[key]) for key in before if key not in changed)

    with pytest.raises(XaiError, match="cannot start from first_fmd, which is a custom_cnn_relu_bn"):
        initialization.starting_network(replace(recipe, architecture="custom_cnn_relu"))
    with pytest.raises(UnknownName, match="first_fmd"):
        initialization.starting_network(replace(recipe, start="second_fmd"))
    with pytest.raises(ValueError, match="not from both"):
        replace(recipe, pretrained=True)


def test_a_start_that_the_call_names_replaces_the_written_one():
    """Both recipes have a start of their own, which would otherwise forbid the other one."""
    for call, pretrained, start in (({"start": "mine"}, False, "mine"), ({"pretrained": True}, True, "")):
        for name in ("mobilenet_v2_imagenet", "resnet50"):
            made = replace(recipe_for(name, "seed"), **_changes(Namespace(**call)))
            assert (made.pretrained, made.start) == (pretrained, start)


def test_the_command_of_a_later_go_says_where_the_first_one_lies(split):
    later = recipe_for("resnet50", "seed")
    plain = "python -m xai train resnet50 --data toy --protocol seed"
    assert _command(later, "seed", split) == f"XAI_WEIGHTS=DIR {plain} --out DIR"
    other = replace(later, start="mine_mfn")
    assert _command(other, "seed", split) == f"XAI_WEIGHTS=DIR {plain} --start mine_mfn --out DIR"
    online = replace(later, start="", pretrained=True)
    assert _command(online, "seed", split) == f"{plain} --pretrained --out DIR"


def test_unknown_recipe_lists_those_that_exist():
    with pytest.raises(UnknownName, match="mobilenet_v2/product"):
        recipe_for("mobilenet_v2", "nothing")


def test_settings_that_make_no_sense_are_refused():
    for change, says in (
        ({"views": "upside down"}, "views must be one of"),
        ({"precision": "fp8"}, "precision must be one of"),
        ({"learning_rate": float("nan")}, "learning rate must be a number above 0"),
        ({"class_weights": (1.0, 2.0)}, "3 classes need as many weights"),
    ):
        with pytest.raises(ValueError, match=says):
            replace(RECIPE, **change)


def test_every_published_network_has_a_recipe_that_fits_it():
    rows = {name: recipe for (name, p), recipe in RECIPES.items() if p == "seed" and recipe.source != "own"}
    assert {recipe.architecture for recipe in rows.values()} == {
        a for a in ARCHITECTURES if "mobilenet_v2" not in a
    }
    for name, recipe in rows.items():
        shape = ARCHITECTURES[recipe.architecture]
        assert recipe.name == name
        assert recipe.input_size >= shape.smallest
        assert shape.any_side or recipe.input_size == shape.side
        assert recipe.choose_by == "loss"
        assert recipe.departures
        assert all(0 < value < 1 for value in recipe.published.values())
    start, other = (RECIPES["mobilenet_v2_" + how, "seed"] for how in ("imagenet", "random"))
    assert replace(start, pretrained=False, row=other.row) == other
    # the one mean of three that the study prints itself
    best = rows["custom_cnn_relu_bn"].published
    mean = (best["covered"] + best["incorrect"] + best["uncovered"]) / 3
    assert mean == pytest.approx(best["aca"], abs=1e-4)
