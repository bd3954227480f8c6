"""``verify`` as scripts use it: exit status, JSON, and what is named of audits and explanations."""

import json
import shutil

import numpy as np
import pytest

from xai.models.cards import find_card
from xai.photo.sample_rendering import sample_png

pytestmark = pytest.mark.slow

MODEL = "custom_cnn_relu_bn"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Two drawn samples in ``set``."""
    folder = tmp_path_factory.mktemp("made")
    for name, sample in (("covered/a.png", "admiral-blue"), ("uncovered/b.png", "admiral-plain")):
        (folder / "set" / name).parent.mkdir(parents=True)
        (folder / "set" / name).write_bytes(sample_png(sample))
    return folder


def verified(call, *arguments):
    status, out, err = call("verify", *arguments, "--json")
    return status, json.loads(out) if out else None, err


def test_an_audit_agrees_with_its_photos_and_names_what_was_changed(call, made, tmp_path):
    photos = shutil.copytree(made / "set", tmp_path / "set")
    assert call("audit", photos, "--out", tmp_path / "out", "--model", MODEL)[0] == 0
    status, record, _ = verified(call, tmp_path / "out", "--photos", photos)
    assert (status, record["ok"], record["differs"]) == (0, True, [])
    assert set(record) == {"ok", "checked", "unchecked", "differs"}
    assert "the rows of 2 of 2 photos, made again and compared to the bit" in record["checked"]
    data = bytearray((photos / "uncovered" / "b.png").read_bytes())
    data[-30] ^= 1
    (photos / "uncovered" / "b.png").write_bytes(data)
    status, record, _ = verified(call, tmp_path / "out", "--photos", photos)
    assert (status, record["ok"]) == (1, False)
    assert any("uncovered/b.png" in line for line in record["differs"])
    status, record, _ = verified(call, tmp_path / "out")
    assert (status, record["ok"]) == (0, True)
    assert any("--photos" in line for line in record["unchecked"])


def test_one_byte_of_a_models_weights_is_named(call, made, tmp_path, monkeypatch):
    own = tmp_path / "weights"
    own.mkdir()
    card = find_card(MODEL)
    weights = own / card.path.name
    shutil.copy(card.path, weights)
    shutil.copy(card.path.with_suffix(".json"), own)
    monkeypatch.setenv("XAI_WEIGHTS", str(own))
    assert call("audit", made / "set", "--out", tmp_path / "out", "--model", MODEL, "--limit", 1)[0] == 0
    assert (
        call("explain", made / "set" / "covered" / "a.png", "--out", tmp_path / "one", "--model", MODEL)[0]
        == 0
    )
    data = bytearray(weights.read_bytes())
    data[-1] ^= 1
    weights.write_bytes(data)
    for folder in ("out", "one"):
        status, record, _ = verified(call, tmp_path / folder, "--photos", made / "set")
        assert status == 1
        assert any(line.startswith(f"model {MODEL}") for line in record["differs"])
        assert any("not made again" in line for line in record["unchecked"])


def test_a_limited_audit_is_verified_with_the_whole_set(call, made, tmp_path):
    assert call("audit", made / "set", "--out", tmp_path / "out", "--model", MODEL, "--limit", 1)[0] == 0
    status, record, _ = verified(call, tmp_path / "out", "--photos", made / "set")
    assert (status, record["differs"]) == (0, [])
    assert "the rows of 1 of 1 photos, made again and compared to the bit" in record["checked"]


def test_an_explanation_agrees_with_its_photo_and_names_what_was_changed(call, made, tmp_path):
    out = tmp_path / "one"
    photo = made / "set" / "covered" / "a.png"
    assert call("explain", photo, "--out", out, "--model", MODEL, "--patch", 0.25)[0] == 0
    for given in (photo, made / "set"):
        status, record, _ = verified(call, out, "--photos", given)
        assert (status, record["differs"], record["unchecked"]) == (0, [], [])
        assert "predictions and evidence, made again and compared to the bit" in record["checked"]
    assert any("--photos" in line for line in verified(call, out)[1]["unchecked"])
    assert any(
        "photo" in line for line in verified(call, out, "--photos", made / "set/uncovered")[1]["differs"]
    )

    values = np.load(out / f"face1-{MODEL}-occlusion.npy")
    values[3, 4] += 1e-4
    np.save(out / f"face1-{MODEL}-occlusion.npy", values)
    manifest = json.loads((out / "manifest.json").read_text())
    manifest["faces"][0]["models"][MODEL]["probabilities"]["covered"] -= 1e-6
    (out / "manifest.json").write_text(json.dumps(manifest))
    status, record, _ = verified(call, out)
    assert status == 1
    assert any(f"face1-{MODEL}-occlusion.npy" in line for line in record["differs"])
    _, record, _ = verified(call, out, "--photos", photo)
    assert any("probabilities > covered" in line for line in record["differs"])
    assert sum(f"face1-{MODEL}-occlusion.npy" in line for line in record["differs"]) == 2


def test_bad_use_is_one_sentence(call, tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "manifest.json").write_text("{}")
    for folder, said in (
        ("missing", "There is no folder"),
        ("empty", "neither an audit nor an explanation"),
        ("other", "should be the manifest of an explanation"),
    ):
        status, record, err = verified(call, tmp_path / folder)
        assert (status, record) == (2, None)
        assert said in err
        assert len(err.strip().splitlines()) == 1
