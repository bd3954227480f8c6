"""``python -m xai whatif``: the fixed keys, several models, and what it refuses."""

import json

import numpy as np
import pytest
from PIL import Image as Pictures

from xai.evidence.counterfactuals.probes import COVER_FILLS, whatif
from xai.models.classifiers import load_classifier
from xai.photo.faces import find_faces
from xai.photo.images import read_image
from xai.photo.sample_rendering import sample_png

MODEL = "custom_cnn_relu_bn"


@pytest.fixture
def photo(tmp_path):
    path = tmp_path / "both.png"
    path.write_bytes(sample_png("both"))
    return path


def test_the_record_says_what_the_library_found(call, photo):
    status, out, _ = call(
        "whatif", photo, "--probe", "hide_nose", "--probe", "hand", "--model", MODEL, "--json"
    )
    assert status == 0
    faces = json.loads(out)["faces"]
    own = find_faces(read_image(photo.read_bytes()))
    assert [face["box"] for face in faces] == [face.box.as_list() for face in own]
    classifier = load_classifier(MODEL, "cpu")
    for record, face in zip(faces, own, strict=True):
        assert set(record["probes"]) == {"hide_nose", "hand"}
        found, said = whatif(face, classifier, "hide_nose"), record["probes"]["hide_nose"]
        assert said["values"] == list(COVER_FILLS)
        assert said["flips_at"] == found.flips_at
        assert said["error"] is None
        for name in classifier.card.classes:
            wanted = [answer.of(name) for answer in found.answers]
            np.testing.assert_allclose(said["probabilities"][name], wanted, atol=1e-5)
            assert said["start"][name] == pytest.approx(found.start.of(name), abs=1e-5)


def test_several_models_have_a_level_of_their_own(call, photo):
    models = ["mobilenet_v2", MODEL]
    flags = [flag for name in models for flag in ("--model", name)]
    status, out, _ = call("whatif", photo, "--probe", "hide_mouth", *flags, "--json")
    assert status == 0
    for face in json.loads(out)["faces"]:
        assert list(face["models"]) == models
        assert face["probes"] == face["models"][models[0]]["probes"]
        values = [face["models"][name]["probes"]["hide_mouth"]["probabilities"] for name in models]
        assert values[0] != values[1]


def test_a_probe_that_cannot_be_run_is_said_and_the_others_go_on(call, tmp_path):
    path = tmp_path / "noise.png"
    Pictures.fromarray(np.random.default_rng(2).integers(0, 256, (90, 90, 3), dtype=np.uint8)).save(path)
    arguments = ("whatif", path, "--whole", "--model", MODEL, "--probe", "smallest_cover", "--probe", "hand")
    status, out, err = call(*arguments, "--json")
    assert status == 0
    probes = json.loads(out)["faces"][0]["probes"]
    assert probes["smallest_cover"]["error"] is None
    assert probes["hand"]["error"].startswith("Nothing can be drawn on this face")
    assert probes["hand"]["values"] == []
    assert probes["hand"]["flips_at"] is None
    assert probes["hand"]["error"] in err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--probe", "nope"), "There is no probe 'nope'"),
        (("--probe", "hand", "--whole"), "Nothing can be drawn on this face"),
        (("--probe", "hand", "--model", "nobody"), "nobody"),
        (("--probe", "hand", "--fill", "pink"), "pink"),
        ((), "probe"),
    ],
)
def test_bad_use_is_refused_in_one_sentence(call, photo, arguments, sentence):
    status, out, err = call("whatif", photo, *arguments, "--json")
    assert status == 2
    assert out == ""
    assert sentence in err
