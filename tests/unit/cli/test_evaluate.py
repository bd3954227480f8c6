"""``evaluate`` accounts for every picture of a set: measured, or left out with a reason."""

import json
import shutil

import numpy as np
import pytest
from PIL import Image as Pillow

from tests.support.trials import make_set, put_model

NOISE = np.random.default_rng(0).integers(0, 256, (36, 36, 3), np.uint8)


@pytest.fixture
def weights(tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path / "models"))
    return tmp_path / "models"


def evaluated(call, folder, *flags):
    status, out, err = call("evaluate", "--data", folder, "--model", "net", "--json", *flags)
    assert status == 0
    return json.loads(out)["net"], err


def put(folder, name, data=None):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(NOISE).save(path, "PNG")
    if data:
        path.write_bytes(data)


def test_every_picture_is_measured_or_counted_with_its_reason(call, weights, tmp_path):
    put_model(weights, "net", protocol="product", data={})
    data = tmp_path / "data"
    for name in ("with_mask/a.png", "with_mask/b.jfif", "no mask/c", "visors/d.png", "e.png"):
        put(data, name)
    put(data, "no mask/cut.jpg", (data / "e.png").read_bytes()[:200])
    put(data, "no mask/none.jpg", b"no picture")
    row, err = evaluated(call, data)
    assert (row["n"], row["skipped"], row["unreadable"]) == (3, 2, 1)
    assert row["n"] + row["skipped"] + row["unreadable"] == 6  # files whose bytes begin as a picture's
    assert len(row["reasons"]) == 4
    for word in ("none.jpg", "visors", "cut.jpg", "1 picture is in"):
        assert any(word in reason for reason in row["reasons"])
        assert word in err
    assert "measured 3 of 4 labelled faces; left out: 2 without a label" in err


def test_what_the_protocol_leaves_out_is_counted_by_reason(call, weights, tmp_path):
    put_model(weights, "net", protocol="product", data={})
    data = make_set(tmp_path / "toy")
    text = (data / "labels.csv").read_text().replace(",g0,0,test,", ",g0,0,test,", 1)
    (data / "labels.csv").write_text(text.replace(",40,40\n", ",19,40\n", 3))
    row, err = evaluated(call, data)
    assert row["left_out"] == {"other_part": 40 - 1, "too_small": 3}
    assert row["n"] + sum(row["left_out"].values()) == row["faces"] == 60
    assert "39 in other parts of the set, 3 smaller than 20 pixels" in err


def test_a_set_without_a_split_is_measured_whole_whatever_its_name(call, weights, tmp_path):
    """The model was trained on a set of this name, and nothing says on which of its faces."""
    put_model(weights, "net", protocol="product", data={"train": {"toy": {"covered": 9}}})
    data = make_set(tmp_path / "toy")
    rows = [line.split(",")[:3] for line in (data / "labels.csv").read_text().splitlines()]
    (data / "labels.csv").write_text("\n".join(map(",".join, rows)) + "\n")
    row, err = evaluated(call, data)
    assert (row["n"], row["learnt"], row["may_have_learnt"]) == (60, 0, True)
    assert "it may have learnt from any of its faces" in err
    status, _, err = call("evaluate", "--data", data, "--model", "net", "--update")
    assert status == 2
    assert "drop --update" in err
    shutil.move(data, tmp_path / "other")
    row, err = evaluated(call, tmp_path / "other")
    assert (row["n"], row["may_have_learnt"]) == (60, False)
    assert "learnt" not in err


def test_classes_in_a_models_own_spelling_are_measured(call, weights, tmp_path):
    spelt = ("Covered", "Mask worn incorrectly", "Bare")
    put_model(weights, "net", protocol="product", data={}, classes=spelt)
    row, _ = evaluated(call, make_set(tmp_path / "toy"), "--overlap")
    assert (row["n"], row["skipped"]) == (60, 0)
    assert set(row["per_class"]) == set(spelt)
