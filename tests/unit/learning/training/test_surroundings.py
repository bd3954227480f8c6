"""Training in which only the lower face tells the class, on the gallery's portraits with drawn masks."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image as Pillow
from safetensors.torch import load_file

from tests.support.trials import put_model
from xai.errors import DataRejected
from xai.evidence.interventions.donors import gallery_donors
from xai.learning.data.splits import Example
from xai.learning.publishing.model_cards import write_card
from xai.learning.training.batches import load_augmented
from xai.learning.training.recipe_registry import recipe_for
from xai.learning.training.state import Run, _divergence
from xai.learning.training.surroundings import admissible, exchange_faces
from xai.learning.training.train import Split, train
from xai.models.cards import read_card
from xai.models.classifiers import load_card
from xai.types import CLASSES

pytestmark = pytest.mark.slow

RECIPE = replace(
    recipe_for("custom_cnn_relu_bn", "product"),
    input_size=35, epochs=2, batch_size=4, surroundings="exchange", exchanged=1.0, label_smoothing=0.0,
)  # fmt: skip


def quiet(_):
    pass


@pytest.fixture(scope="module")
def examples(tmp_path_factory):
    """Both portraits, bare and with masks; and a picture in which no face is found."""
    folder = tmp_path_factory.mktemp("portraits")
    made = []
    for number, donor in enumerate(gallery_donors()):
        path = folder / f"{number}.png"
        Pillow.fromarray(donor.face.crop).save(path)
        made.append(Example(path, donor.wearing, "toy", group=donor.group))
    Pillow.fromarray(np.full((64, 64, 3), 127, np.uint8)).save(folder / "none.png")
    return [*made, Example(folder / "none.png", "covered", "toy", group="none")]


@pytest.fixture(scope="module")
def meshes(tmp_path_factory):
    return tmp_path_factory.mktemp("meshes") / "landmarks.npz"


@pytest.fixture
def exchanged(examples, meshes):
    def with_settings(**changes):
        recipe = replace(RECIPE, **changes)
        return exchange_faces(load_augmented(examples, recipe, pytest.fail), recipe, meshes, quiet)

    return with_settings


def far(area, unit, reach):
    """Where a pixel is farther from an area than a reach, in eye distances: by brute force."""
    inside = np.argwhere(area)
    rows, columns = np.indices(area.shape)
    away = np.full(area.shape, np.inf)
    for row, column in inside:
        away = np.minimum(away, np.hypot(rows - row, columns - column))
    return away > reach * unit


def test_only_what_surrounds_the_lower_face_is_another_persons(exchanged):
    faces = exchanged()
    for index in (0, 2, 9, 12):
        own = faces._aligned[index]
        beyond = far(own.lower, own.unit, 0.5)
        for _ in range(6):
            (picture,), truth = faces.pictures(index)
            assert truth == (int(faces.labels[index]),)
            assert (picture[own.lower] == own.face.crop[own.lower]).all()
            assert np.abs(picture[beyond].astype(int) - own.face.crop[beyond]).mean() > 5


def test_the_surroundings_come_from_another_photo_and_from_every_class(exchanged):
    faces = exchanged()
    groups = [example.group for example in faces.examples]
    for label, rows in enumerate(faces._donors):
        for index, row in enumerate(rows):
            if faces._aligned[index] is not None:
                assert {int(faces.labels[n]) for n in row} == {label}
                assert groups[index] not in {groups[n] for n in row}


def test_for_place_only_nose_and_mouth_change_and_the_truth_follows_them(exchanged):
    faces = exchanged(exchanged=0.0, place=1.0)
    seen = set()
    for index in range(len(faces) - 1):
        own = faces._aligned[index]
        beyond = far(own.nose_and_mouth, own.unit, 0.43)
        for _ in range(5):
            (picture,), truth = faces.pictures(index)
            assert (picture[beyond] == own.face.crop[beyond]).all()
            assert (picture[own.nose_and_mouth] != own.face.crop[own.nose_and_mouth]).any()
            seen.add((CLASSES[int(faces.labels[index])], tuple(CLASSES[n] for n in truth)))
    assert seen == {
        ("covered", ("covered",)), ("covered", ("incorrect",)), ("covered", ("incorrect", "uncovered")),
        ("incorrect", ("covered",)), ("incorrect", ("incorrect",)),
        ("incorrect", ("incorrect", "uncovered")), ("uncovered", ("covered",)),
        ("uncovered", ("uncovered",)),
    }  # fmt: skip
    assert admissible("uncovered", "uncovered") == ("uncovered",)


def test_the_control_keeps_a_region_anywhere_and_not_the_lower_face(exchanged):
    faces = exchanged(surroundings="random")
    own = faces._aligned[0]
    kept = []
    for _ in range(20):
        (picture,), truth = faces.pictures(0)
        assert truth == (int(faces.labels[0]),)
        same = (picture == own.face.crop).all(axis=2)
        kept.append(float(same[own.lower].mean()))
        # As much of the face is kept as the other way of training keeps: the lower face's size.
        assert same.mean() > 0.6 * own.lower.mean()
    assert np.mean(kept) < 0.7
    assert np.ptp(kept) > 0.3


def test_the_same_seed_draws_the_same_views(exchanged):
    faces = exchanged(place=0.3)

    def drawn(seed):
        torch.manual_seed(seed)
        return faces[3][0]

    assert torch.equal(drawn(1), drawn(1))
    assert not torch.equal(drawn(1), drawn(2))


def test_a_picture_without_a_face_is_shown_as_it_is(exchanged):
    faces = exchanged(place=1.0)
    (picture,), truth = faces.pictures(len(faces) - 1)
    assert (picture == 127).all()
    assert truth == (0,)


def test_with_consistency_neighbours_share_the_lower_face_and_their_answers_are_compared(exchanged, examples):
    faces = exchanged(consistency=2.0)
    own = faces._aligned[4]
    (one, other), _ = faces.pictures(4)
    assert (one[own.lower] == other[own.lower]).all()
    assert (one != other).any()
    values, targets = next(iter(faces.batches(4)))
    assert values.shape == (4, 3, 35, 35)
    assert torch.equal(targets[0::2], targets[1::2])
    run = Run(replace(RECIPE, consistency=2.0), faces, faces, torch.device("cpu"))
    logits, targets = torch.randn(4, 3), torch.eye(3)[[0, 0, 2, 2]]
    weights, logs = run.weights, logits.log_softmax(1)
    entropy = -sum(weights[y] * logs[i, y] for i, y in enumerate((0, 0, 2, 2)))
    told = entropy / (2 * weights[0] + 2 * weights[2])
    compared = 0.0
    for p, q in ((0, 1), (2, 3)):
        one, other = logs[p].exp(), logs[q].exp()
        middle = (one + other) / 2
        compared += float((one * (one / middle).log() + other * (other / middle).log()).sum()) / 2
    assert float(run._loss(logits, targets)) == pytest.approx(float(told) + 2.0 * compared / 2, rel=1e-4)
    assert float(_divergence(logits, logits)) == pytest.approx(0.0, abs=1e-6)


def test_landmarks_are_found_once(exchanged, monkeypatch):
    exchanged()
    monkeypatch.setattr("xai.learning.training.surroundings.find_in_crop", pytest.fail)
    exchanged()


def test_a_killed_run_ends_where_an_unbroken_one_does(examples, tmp_path, monkeypatch):
    split = Split(examples[:-1], examples[:-1])
    recipe = replace(RECIPE, place=0.3, consistency=1.0)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    whole = train("toy", recipe, split, tmp_path / "whole", quiet, "cpu")
    save = Run.save
    with monkeypatch.context() as patch:

        def killed(run, path):
            save(run, path)
            raise KeyboardInterrupt

        patch.setattr(Run, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            train("toy", recipe, split, tmp_path / "broken", quiet, "cpu")
    resumed = train("toy", recipe, split, tmp_path / "broken", quiet, "cpu")
    torch.set_num_threads(threads)
    first, second = load_file(whole.weights), load_file(resumed.weights)
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_the_kept_weights_can_be_a_mean_with_the_first_ones(examples, tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path / "models"))
    put_model(tmp_path / "models", "net", protocol="product", data={})
    split = Split(examples[:-1], examples[:-1])
    recipe = replace(RECIPE, start="net", views="strong", std=(0.1, 0.1, 0.1))
    last = train("last", recipe, split, tmp_path / "out", quiet, "cpu")
    mean = train("mean", replace(recipe, start_share=0.25), split, tmp_path / "out", quiet, "cpu")
    first = load_file(tmp_path / "models" / "net.safetensors")
    one, other = load_file(last.weights), load_file(mean.weights)
    for key, value in other.items():
        if value.is_floating_point():
            by_hand = 0.75 * one[key].float() + 0.25 * first[key].float()
            assert value.float() == pytest.approx(by_hand, abs=2e-3, rel=2e-3)
    assert [row["loss"] for row in last.history] == [row["loss"] for row in mean.history]
    assert mean.best["loss"] != last.best["loss"]
    card = read_card(write_card("mean", replace(recipe, start_share=0.25), mean, "product"))
    assert card.metrics["chosen on"]["loss"] == pytest.approx(mean.best["loss"], abs=1e-4)
    assert "--start net --start-share 0.25 --surroundings exchange" in card.recipe["command"]
    assert load_card(card, "cpu").network is not None


def test_two_classes_are_exchanged_too(examples, meshes):
    from xai.learning.data.splits import named_for

    recipe = replace(RECIPE, classes=("with_mask", "without_mask"), exchanged=0.0, place=1.0)
    named = named_for(examples, recipe.classes)
    faces = exchange_faces(load_augmented(named, recipe, pytest.fail), recipe, meshes, quiet)
    truths = {faces.pictures(index)[1] for index in range(len(faces)) for _ in range(4)}
    assert truths == {(0,), (1,)}


def test_what_cannot_be_exchanged_is_refused_in_a_sentence(examples, meshes):
    recipe = replace(RECIPE, classes=("covered", "incorrect", "hat"))
    covered = [example for example in examples if example.label == "covered"]
    with pytest.raises(DataRejected, match="hat"):
        exchange_faces(load_augmented(covered, recipe, pytest.fail), recipe, meshes, quiet)
    one_photo = [example for example in examples if example.group == examples[0].group]
    with pytest.raises(DataRejected, match="of 1 photos; name more --data folders"):
        exchange_faces(load_augmented(one_photo, RECIPE, pytest.fail), RECIPE, meshes, quiet)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"exchanged": 1.5}, "share of the views from 0 to 1, not 1.5"),
        ({"place": -0.1}, "share of the views"),
        ({"consistency": float("nan")}, "weight of 0 or more"),
        ({"surroundings": "own"}, "need surroundings other than own"),
        ({"surroundings": "else"}, "surroundings must be one of"),
        ({"views": "moved"}, "in strong views only"),
        ({"start_share": 0.5}, "needs a start"),
        ({"start_share": 1.0, "start": "net"}, "from 0 to below 1"),
        ({"consistency": 1.0, "batch_size": 5}, "must be even"),
    ],
)
def test_settings_that_make_no_sense_are_refused(changes, told):
    with pytest.raises(ValueError, match=told):
        replace(RECIPE, **changes)
