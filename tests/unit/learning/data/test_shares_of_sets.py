"""How often an epoch shows a set, where pictures without a box are cut, what an epoch is chosen on."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image as Pillow

from xai.learning.data.splits import Example, Extent
from xai.learning.training.batches import AugmentedFaces, load_augmented, load_fixed
from xai.learning.training.recipe_registry import recipe_for
from xai.learning.training.state import Run
from xai.learning.training.train import split_for
from xai.photo.faces import find_faces
from xai.photo.images import read_image
from xai.photo.sample_rendering import sample_png

RECIPE = replace(
    recipe_for("mobilenet_v2", "product"),
    input_size=35,
    batch_size=8,
    pretrained=False,
    find_faces=False,
    choose_on=(),
    shares={},
)
GREY = {"rare": 40, "plenty": 200}


@pytest.fixture
def one_thread():
    """No worker processes: they would cost more than the batches."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def flat(tmp_path, set_name, count):
    """Pictures of one grey per set, so that a view tells where it comes from."""
    for i in range(count):
        path = tmp_path / f"{set_name}{i}.png"
        Pillow.new("RGB", (40, 40), (GREY[set_name],) * 3).save(path)
        yield Example(path, "covered", set_name, group=path.name)


def seen(tmp_path, **changes):
    examples = [*flat(tmp_path, "rare", 10), *flat(tmp_path, "plenty", 30)]
    return load_augmented(examples, replace(RECIPE, **changes), pytest.fail)


@pytest.mark.usefixtures("one_thread")
def test_a_set_is_shown_as_often_as_its_share_says(tmp_path):
    """10 faces three times and 30 once: half of 60 views each, but for five standard deviations."""
    faces = seen(tmp_path, shares={"rare": 3.0})
    assert isinstance(faces, AugmentedFaces)
    assert faces.views == 60
    faces.view = lambda crop: torch.tensor(np.asarray(crop)[0, 0, :1] / 255)
    torch.manual_seed(0)
    shown = Counter(
        "rare" if value < 0.5 else "plenty"
        for _ in range(12)
        for values, _ in faces.batches(10)
        for value in values
    )
    assert sum(shown.values()) == 720
    assert abs(shown["rare"] - 360) < 5 * np.sqrt(720 * 0.25)


@pytest.mark.usefixtures("one_thread")
def test_without_shares_every_face_is_shown_once(tmp_path):
    faces = seen(tmp_path)
    faces.view = lambda crop: torch.tensor(np.asarray(crop)[0, 0, :1] / 255)
    shown = Counter(float(v) < 0.5 for values, _ in faces.batches(10) for v in values)
    assert shown == {True: 10, False: 30}


def test_an_epoch_is_as_long_as_its_views(tmp_path):
    faces = seen(tmp_path, shares={"rare": 3.0, "plenty": 0.5})
    val = load_fixed(list(flat(tmp_path, "rare", 2)), RECIPE, pytest.fail)
    run = Run(replace(RECIPE, shares={"rare": 3.0, "plenty": 0.5}), faces, val, torch.device("cpu"))
    assert run.steps == (30 + 15) // 8


@pytest.mark.parametrize("shares", [{"a": 0.0}, {"a": -1.0}, {"a": float("inf")}])
def test_a_share_is_above_nothing(shares):
    with pytest.raises(ValueError, match="shares must be numbers above 0"):
        replace(RECIPE, shares=shares)


def test_pictures_without_a_box_are_cut_round_their_largest_face(tmp_path):
    photo = tmp_path / "photo.png"
    photo.write_bytes(sample_png("astronaut-plain"))
    (tmp_path / "wall.png").write_bytes(b"")
    Pillow.new("RGB", (64, 64), "beige").save(tmp_path / "wall.png")
    recipe = replace(RECIPE, find_faces=True)
    examples = [Example(tmp_path / n, "uncovered", "toy", group=n) for n in ("photo.png", "wall.png")]
    told = []
    faces = load_augmented(examples, recipe, told.append)
    found = find_faces(read_image(photo.read_bytes()))
    largest = max(found, key=lambda face: face.box.width * face.box.height)
    assert np.array_equal(np.asarray(faces.crops[0]), largest.crop)
    assert [e.path for e in faces.examples] == [photo]
    assert told == [f"No face was found in {tmp_path / 'wall.png'}."]
    assert load_augmented(examples, RECIPE, pytest.fail).crops[1].size == (64, 64)


def test_a_box_is_never_searched_for(tmp_path):
    """Where the set has a box the picture is a crop already, face or not."""
    path = tmp_path / "wall.png"
    Pillow.new("RGB", (64, 64), "beige").save(path)
    example = Example(path, "uncovered", "toy", group="wall", extent=Extent(10, 10, 50, 50))
    assert load_augmented([example], replace(RECIPE, find_faces=True), pytest.fail).crops[0].size == (64, 64)


def test_the_epoch_is_chosen_on_the_sets_that_are_named(tmp_path):
    examples = [
        Example(tmp_path / f"{s}{p}{i}.png", "covered", s, group=f"{s}{p}{i}", split=p)
        for s in ("one", "other")
        for p in ("train", "val")
        for i in range(3)
    ]
    both = split_for(examples, RECIPE, "product")
    one = split_for(examples, replace(RECIPE, choose_on=("one",)), "product")
    assert Counter(e.set_name for e in both.val) == {"one": 3, "other": 3}
    assert Counter(e.set_name for e in one.val) == {"one": 3}
    assert one.train == both.train


def test_where_the_set_to_choose_on_is_not_there_the_others_are_chosen_on(tmp_path):
    every = [*flat(tmp_path, "rare", 20)]
    split = split_for(every, replace(RECIPE, choose_on=("nobody",)), "product")
    assert split == split_for(every, replace(RECIPE, choose_on=()), "product")
    assert split.val
