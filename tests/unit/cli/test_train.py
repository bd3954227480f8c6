"""``python -m xai train`` as users call it: what it writes, and one sentence for every refusal."""

import json

import numpy as np
import pytest
from PIL import Image as Pillow

from xai.models.cards import read_card

BOX = (
    "<object><name>{}</name><bndbox><xmin>{}</xmin><ymin>5</ymin><xmax>{}</xmax><ymax>25</ymax></bndbox>"
    "</object>"
)


@pytest.fixture
def photos(tmp_path):
    """A VOC set of 24 photos with three faces each, in the Kaggle set's spelling, and three faults."""
    folder = tmp_path / "kaggle"
    (folder / "images").mkdir(parents=True)
    (folder / "annotations").mkdir()
    rng = np.random.default_rng(0)
    names = ("with_mask", "mask_weared_incorrect", "without_mask")
    for i in range(24):
        pixels = rng.integers(0, 60, (40, 120, 3)) + np.repeat(np.array([0, 90, 180]), 40)[None, :, None]
        Pillow.fromarray(pixels.astype(np.uint8)).save(folder / "images" / f"{i}.png")
        boxes = "".join(BOX.format(name, 40 * k + 5, 40 * k + 25) for k, name in enumerate(names))
        if i == 3:
            boxes += BOX.format("with_mask", 500, 520)
        if i == 4:
            boxes += BOX.format("hat", 5, 25)
        text = f"<annotation><filename>{i}.png</filename>{boxes}</annotation>"
        (folder / "annotations" / f"{i}.xml").write_text(text)
    (folder / "annotations" / "lost.xml").write_text("<annotation><filename>lost.png</filename></annotation>")
    return folder


def test_a_voc_set_with_faults_is_learnt_without_them(call, photos, tmp_path):
    out = tmp_path / "out"
    status, said, notes = call(
        "train", "cnn3", "--data", photos, "--protocol", "seed", "--out", out,
        "--epochs", 1, "--batch-size", 8, "--json",
    )  # fmt: skip
    assert status == 0
    told = json.loads(said)
    assert set(told) == {"name", "epochs", "seconds", "metrics", "faces", "reasons"}
    assert sum(told["faces"].values()) == 48
    assert len(told["reasons"]) == 3
    assert told["name"] == "cnn3_fmd"
    assert told["metrics"]["left_out"] == 3
    assert "Left out 2 entries" in notes
    assert "hat" in notes
    assert "outside the picture" in notes
    card = read_card(out / "cnn3_fmd.json")
    assert card.classes == ("with_mask", "without_mask")
    assert card.temperature == told["metrics"]["temperature"]
    assert card.recipe["class_weights"] == [0.4, 0.6]
    faces = [sum(part["kaggle"].values()) for part in card.data.values()]
    assert sum(faces) == 48
    assert (out / "cnn3_fmd.curves.png").is_file()


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("cnn3", "--protocol", "seed", "--fold", 1), "The set has no folds"),
        (("custom_cnn_relu_bn", "--fold", 1), "folds belong to the protocol 'seed'"),
        (("cnn9", "--protocol", "seed"), "cnn3_50_50/seed"),
        (("cnn3", "--protocol", "seed", "--input-size", 64), "224 pixels only"),
        (("densenet121", "--protocol", "seed", "--input-size", 35), "61 pixels and more"),
        (("cnn3", "--protocol", "seed", "--learning-rate", "nan"), "a number above 0"),
        (("cnn3", "--protocol", "seed", "--precision", "fp8"), "invalid choice"),
        (("cnn3", "--protocol", "seed", "--pretrained"), "without --pretrained"),
        (("cnn3", "--protocol", "seed", "--batch-size", 900), "do not fill one batch"),
    ],
)
def test_bad_use_is_one_sentence(call, photos, tmp_path, arguments, says):
    status, said, notes = call("train", *arguments, "--data", photos, "--out", tmp_path / "out", "--json")
    assert status == 2
    assert said == ""
    assert says in notes.splitlines()[-1]
    assert not list((tmp_path / "out").glob("*"))
