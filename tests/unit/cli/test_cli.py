"""The command line as scripts use it: exit status, JSON keys, one sentence for every refusal."""

import hashlib
import json
import shutil
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image as Pillow

from tests.support.models import make_card
from tests.support.paths import ROOT
from tests.support.trials import put_model
from xai.evidence_types import CONDITIONS, VERDICTS
from xai.models.architectures import ARCHITECTURES
from xai.models.cards import read_cards
from xai.photo.sample_rendering import sample_png
from xai.photo.samples import SAMPLES
from xai.types import REGIONS

pytestmark = pytest.mark.slow

BARE = next(s for s in SAMPLES.values() if s.truth == ("uncovered",)).id


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    path = tmp_path_factory.mktemp("photos") / "portrait.png"
    path.write_bytes(sample_png(BARE))
    return path


def test_models(call):
    status, out, _ = call("models", "--json")
    listed = {model["name"]: model for model in json.loads(out)}
    assert status == 0
    assert next(iter(listed)) == "mobilenet_v2"
    assert set(listed["custom_cnn_relu_bn"]) >= {
        "name", "classes", "architecture", "source", "protocol", "input_size", "parameters", "sha256",
        "metrics",
    }  # fmt: skip
    assert listed["custom_cnn_relu_bn"]["source"] == "003"
    assert listed["mobilenet_v2"]["parameters"] == 2_223_872 + 1280 * 3 + 3
    assert listed["mobilenet_v2"]["classes"] == ["covered", "incorrect", "uncovered"]


def test_classify_goes_on_after_a_refused_photo(call, photo, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"no picture at all")
    status, out, err = call("classify", bad, photo, tmp_path / "missing.png", "--json")
    first, second, third = (json.loads(line) for line in out.splitlines())
    assert status == 0
    assert first["error"]
    assert first["faces"] == []
    assert third["error"]
    assert second["error"] is None
    assert len(second["sha256"]) == 64
    face = second["faces"][0]
    assert set(face) == {"box", "score", "label", "probabilities"}
    assert face["label"] == "uncovered"
    assert sum(face["probabilities"].values()) == pytest.approx(1, abs=1e-5)
    assert len(err.splitlines()) >= 2


def test_classify_fails_only_when_no_photo_could_be_read(call, tmp_path):
    bad = tmp_path / "bad.jpg"
    bad.write_bytes(b"")
    status, out, _ = call("classify", bad, "--json")
    assert status == 2
    assert json.loads(out)["error"]


def test_whole_photo_and_top(call, photo):
    _, out, _ = call("classify", photo, "--whole", "--top", 1, "--json")
    faces = json.loads(out)["faces"]
    assert len(faces) == 1
    assert len(faces[0]["probabilities"]) == 1


def test_a_photo_on_its_side_is_turned_upright_unless_a_turn_is_named(call, photo, tmp_path):
    side = tmp_path / "side.png"
    with Pillow.open(photo) as upright:
        upright.transpose(Pillow.Transpose.ROTATE_90).save(side)
    _, out, _ = call("classify", photo, "--json")
    plain = json.loads(out)
    _, out, err = call("classify", side, "--json")
    turned = json.loads(out)
    assert (plain["turn"], turned["turn"], turned["faces"]) == (0, 1, plain["faces"])
    assert "side.png: The photo lay on its side and was turned by a quarter to the right." in err
    _, out, err = call("classify", side, "--turn", 0, "--json")
    kept = json.loads(out)
    assert kept["turn"] == 0
    assert kept["faces"] != plain["faces"]
    assert "was turned" not in err
    _, out, _ = call("classify", side, "--whole", "--turn", 1, "--json")
    with Pillow.open(photo) as upright:
        assert json.loads(out)["faces"][0]["box"] == [0, 0, *upright.size]


def assert_evidence(model):
    """The JSON of one model's evidence: verdict, follow and stay with every edit; no detail unless asked
    for."""
    assert model["verdict"] in VERDICTS
    assert model["conditions"] is None
    assert all(isinstance(flag, str) for flag in model["flags"])
    assert all(region["effect"] is region["rank"] is None for region in model["regions"].values())
    for question in ("follow", "stay"):
        edits = model[question]["edits"]
        assert edits
        for edit in edits:
            assert {"family", "edit", "truth", "label", "probability", "held"} <= set(edit)
            assert isinstance(edit["held"], bool)
            assert 0 <= edit["probability"] <= 1
    reported = ("nose_and_mouth", "removed")
    follow = [edit for edit in model["follow"]["edits"] if edit["family"] not in reported]
    assert model["follow"]["share"] == sum(edit["held"] for edit in follow) / len(follow)
    stay = model["stay"]["edits"]
    assert model["stay"]["share"] == sum(edit["held"] for edit in stay) / len(stay)
    assert all(edit["held"] == (edit["label"] == model["label"]) for edit in stay)
    evidence = model["evidence"]
    assert (evidence["verdict"], evidence["target"]) == (model["verdict"], model["label"])
    assert evidence["detail"] is None


def test_explain_writes_what_it_says(call, photo, tmp_path):
    out_dir = tmp_path / "out"
    status, out, _ = call(
        "explain", photo, "--out", out_dir, "--model", "mobilenet_v2", "--model", "custom_cnn_relu_bn",
        "--patch", 0.25, "--stride", 0.125, "--json",
    )  # fmt: skip
    assert status == 0
    face = json.loads(out)["faces"][0]
    assert set(face) == {"box", "models"}
    for name, model in face["models"].items():
        assert_evidence(model)
        assert set(model["regions"]) == {*REGIONS, "nose_and_mouth", "lower_face"}
        assert set(model["regions"]["nose"]) == {"share", "area", "lift", "effect", "rank"}
        assert set(model["heatmaps"]) == {"occlusion", "gradcam"}, name
        for heatmap in model["heatmaps"].values():
            values = np.load(out_dir / heatmap["npy"])
            with Pillow.open(out_dir / heatmap["png"]) as picture:
                assert picture.size == values.shape[::-1]
        both = model["regions"]["nose_and_mouth"]
        parts = [model["regions"][r] for r in ("nose", "mouth")]
        if both["share"] is not None:
            assert both["share"] == pytest.approx(sum(p["share"] for p in parts))
            assert sum(model["regions"][r]["share"] for r in REGIONS) == pytest.approx(1, abs=1e-6)
    manifest = json.loads((out_dir / "manifest.json").read_text())
    assert manifest["schema"] == 2
    assert len(manifest["photo_sha256"]) == 64
    assert manifest["faces"][0]["models"]["mobilenet_v2"]["heatmaps"]["occlusion"]["params"]["patch"] == 0.25


def test_the_detail_of_regions_is_there_where_it_is_asked_for(call, photo, tmp_path):
    _, out, _ = call(
        "explain", photo, "--out", tmp_path / "o", "--model", "custom_cnn_relu_bn", "--detail", "--json"
    )
    (model,) = json.loads(out)["faces"][0]["models"].values()
    assert tuple(model["conditions"]) == CONDITIONS
    for name, condition in model["conditions"].items():
        assert set(condition) == {"value", "threshold", "holds"}
        if condition["value"] is not None:
            least = condition["value"] >= condition["threshold"]
            most = condition["value"] <= condition["threshold"]
            assert condition["holds"] is (most if name == "exclusion" else least)
    for region in model["regions"].values():
        assert isinstance(region["effect"], float)
        assert 1 <= region["rank"] <= 65
    detail = model["evidence"]["detail"]
    assert model["conditions"] == detail["areas"][detail["area"]]["conditions"]


def test_explain_any_class(call, photo, tmp_path):
    status, out, _ = call(
        "explain", photo, "--out", tmp_path / "o", "--target", "covered", "--method", "gradcam", "--json"
    )
    assert status == 0
    assert json.loads(out)["faces"][0]["models"]["mobilenet_v2"]["target"] == "covered"


def test_layers_are_listed_without_a_photo(call):
    status, out, _ = call("explain", "--list-layers", "--model", "custom_cnn_relu_bn", "--json")
    assert status == 0
    assert json.loads(out) == {
        "custom_cnn_relu_bn": {"features.0": [17, 17], "features.2.5": [8, 8], "features": [4, 4]}
    }
    _, table, _ = call("explain", "--list-layers", "--model", "custom_cnn_relu_bn")
    assert "features.2.5    8 x 8" in table
    status, _, err = call("explain", "--model", "custom_cnn_relu_bn")
    assert (status, "A photo and --out are needed" in err) == (2, True)


def test_a_box_parameters_a_contrast_and_refusals_are_in_the_manifest_and_verified(call, photo, tmp_path):
    status, out, _ = call(
        "explain", photo, "--out", tmp_path / "o", "--model", "custom_cnn_relu_bn", "--box", "0,0,90,90",
        "--method", "scorecam", "--method", "region_shapley", "--set", "scorecam.layer=features.0",
        "--contrast", "incorrect", "--target", "covered", "--json",
    )  # fmt: skip
    assert status == 0
    (face,) = json.loads(out)["faces"]
    model = face["models"]["custom_cnn_relu_bn"]
    assert face["box"] == [0, 0, 90, 90]
    assert list(model["heatmaps"]) == ["scorecam"]
    assert model["heatmaps"]["scorecam"]["params"] == {"layer": "features.0"}
    assert model["heatmaps"]["scorecam"]["against"] == "incorrect"
    assert "no reliable mesh" in model["refused"]["region_shapley"]
    status, out, _ = call("verify", tmp_path / "o", "--photos", photo, "--json")
    assert (status, json.loads(out)["differs"]) == (0, [])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--target", "hat"), "covered, incorrect, uncovered"),
        (("--model", "nobody"), "mobilenet_v2"),
        (("--method", "xray"), "occlusion"),
        (("--fill", "pink"), "grey"),
        (("--patch", "7"), "patch must be a number"),
        (("--patch", "wide"), "invalid float"),
        (("--contrast", "hat"), "covered, incorrect, uncovered"),
        (("--target", "covered", "--contrast", "covered"), "against itself is empty"),
        (("--set", "rise.masks"), "METHOD.NAME=VALUE"),
        (("--set", "rise.masks=many"), "should be a number"),
        (("--set", "rise.masks=7"), "from 100 to 8e"),
        (("--set", "rise.colour=red"), "masks, cells, keep"),
        (("--set", "gradcam.layer=top", "--method", "gradcam"), "features.18"),
        (("--box", "1,2,3"), "four whole numbers"),
        (("--box", "9000,9000,9100,9100"), "outside the photo of"),
        (("--box", "1,2,30,40", "--whole"), "leave out one of them"),
        (("--device", "tpu"), "invalid choice"),
    ],
)
def test_bad_use_is_one_sentence_and_leaves_nothing(call, photo, tmp_path, arguments, says):
    status, out, err = call("explain", photo, "--out", tmp_path / "out", *arguments, "--json")
    assert status == 2
    assert out == ""
    assert says in err
    assert len(err.strip().splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_explain_never_writes_over_anything(call, photo, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    status, _, err = call("explain", photo, "--out", tmp_path, "--method", "gradcam")
    assert status == 2
    assert "not empty" in err
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_a_photo_without_a_face_says_what_to_do(call, tmp_path):
    path = tmp_path / "black.png"
    Pillow.new("RGB", (200, 200)).save(path)
    status, _, err = call("explain", path, "--out", tmp_path / "out")
    assert status == 2
    assert "--whole" in err
    status, out, _ = call(
        "explain", path, "--out", tmp_path / "out", "--whole", "--method", "gradcam", "--json"
    )
    assert status == 0
    model = json.loads(out)["faces"][0]["models"]["mobilenet_v2"]
    assert model["regions"]["nose"] == dict.fromkeys(("share", "area", "lift", "effect", "rank"))
    assert (model["verdict"], model["conditions"], model["flags"]) == ("cannot tell", None, [])
    assert model["evidence"]["reasons"] == [{"code": "no_mesh", "values": {}}]
    status, out, err = call("explain", path, "--out", tmp_path / "n", "--whole", "--fill", "bare", "--json")
    assert (status, out) == (2, "")
    assert "fill bare cannot be drawn" in err
    assert not (tmp_path / "n").exists()


def make_set(tmp_path):
    """Twelve faces of each class that differ by brightness alone, a third of them for validation."""
    rng = np.random.default_rng(0)
    colours = {"covered": 40, "incorrect": 120, "uncovered": 210}
    rows = ["file,class,group,split,box_w,box_h"]
    for label, level in colours.items():
        for i in range(12):
            name = f"{label}{i}.png"
            pixels = np.clip(rng.normal(level, 10, (40, 40, 3)), 0, 255).astype(np.uint8)
            (tmp_path / "set").mkdir(exist_ok=True)
            Pillow.fromarray(pixels).save(tmp_path / "set" / name)
            rows.append(f"{name},{label},{name},{'val' if i % 3 == 0 else 'train'},40,40")
    (tmp_path / "set" / "labels.csv").write_text("\n".join(rows) + "\n")
    return tmp_path / "set"


def test_train_and_evaluate_a_set_made_here(call, tmp_path):
    make_set(tmp_path)
    status, out, _ = call(
        "train", "custom_cnn_relu_bn", "--data", tmp_path / "set", "--out", tmp_path / "out",
        "--epochs", 2, "--batch-size", 8, "--json",
    )  # fmt: skip
    assert status == 0
    assert set(json.loads(out)) == {"name", "epochs", "seconds", "metrics", "faces", "reasons"}
    assert (tmp_path / "out" / "custom_cnn_relu_bn.safetensors").is_file()
    status, out, _ = call("evaluate", "--data", tmp_path / "set", "--model", "custom_cnn_relu_bn", "--json")
    figures = json.loads(out)["custom_cnn_relu_bn"]
    assert set(figures) >= {
        "n", "accuracy", "aca", "per_class", "confusion", "precision", "recall", "specificity", "npv", "f1",
        "ece", "intervals",
    }  # fmt: skip
    assert figures["n"] == 12
    assert sum(sum(row.values()) for row in figures["confusion"].values()) == 12
    assert figures["intervals"]["aca"][0] <= figures["aca"] <= figures["intervals"]["aca"][1]


def test_a_folder_that_is_taken_is_said_before_any_work(call, photo, tmp_path, monkeypatch):
    monkeypatch.setattr("xai.models.classifiers.load_classifier", None)
    (tmp_path / "mine").write_text("")
    assert call("explain", photo, "--out", tmp_path)[0] == 2
    status, _, err = call("explain", photo, "--out", tmp_path / ("x" * 300))
    assert status == 2
    assert len(err.strip().splitlines()) == 1


def test_one_file_that_is_no_model_does_not_take_the_list_with_it(call, tmp_path, monkeypatch):
    (tmp_path / "odd.safetensors").write_bytes(b"no tensors")
    digest = hashlib.sha256(b"no tensors").hexdigest()
    (tmp_path / "odd.json").write_text(json.dumps(make_card(35, name="odd", sha256=digest).as_dict()))
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    status, out, err = call("models", "--json")
    assert status == 0
    assert "odd" in err
    names = [m["name"] for m in json.loads(out)]
    assert names[:2] == ["mobilenet_v2", "custom_cnn_relu_bn"]
    assert "odd" not in names


def test_only_a_check_loads_the_listed_models(call, tmp_path, monkeypatch):
    """Weights of another network are sound as a file: the list has them, the check leaves them out."""
    put_model(tmp_path, "odd", architecture="cnn2")
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    _, out, err = call("models", "--json")
    listed = {model["name"]: model for model in json.loads(out)}
    assert "odd" in listed
    assert err == ""
    status, out, err = call("models", "--check", "--json")
    assert status == 0
    assert json.loads(out) == [model for model in listed.values() if model["name"] != "odd"]
    assert err.startswith("The model odd is left out: odd.safetensors does not hold a cnn2")


def test_parameters_are_those_of_the_networks(call):
    """Counted in the files' headers; here by torch, over every architecture that has weights."""
    cards = {card.architecture: card for card in read_cards().cards}
    listed = {model["name"]: model["parameters"] for model in json.loads(call("models", "--json")[1])}
    assert len(cards) > 8
    for card in cards.values():
        network = ARCHITECTURES[card.architecture].build(len(card.classes))
        assert listed[card.name] == sum(each.numel() for each in network.parameters()), card.name


def test_a_list_takes_no_torch():
    code = "import sys; from xai.__main__ import main; main(['models']); sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT, check=True)


def test_a_refusal_in_words_goes_where_refusals_go(call, tmp_path):
    status, out, err = call("classify", tmp_path / "missing.png")
    assert (status, out) == (2, "")
    assert "cannot be read" in err


def test_every_file_of_a_folder_is_classified_or_refused_with_a_sentence(call, photo, tmp_path):
    """In the order of their names; hidden files and folders in it are no photos."""
    shutil.copy(photo, tmp_path / "b.png")
    (tmp_path / "a.jpg").write_bytes(b"no picture")
    (tmp_path / ".hidden").write_text("")
    (tmp_path / "inside").mkdir()
    status, out, err = call("classify", tmp_path, photo, "--model", "custom_cnn_relu_bn", "--json")
    records = [json.loads(line) for line in out.splitlines()]
    assert [record["photo"] for record in records] == [
        str(path) for path in (tmp_path / "a.jpg", tmp_path / "b.png", photo)
    ]
    assert status == 0
    assert records[1]["faces"] == records[2]["faces"]
    assert err.splitlines() == [f"{tmp_path / 'a.jpg'}: {records[0]['error']}"]
    (tmp_path / "b.png").unlink()
    status, out, err = call("classify", tmp_path)
    assert (status, out) == (2, "")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    "arguments", [("classify",), ("explain", "--out", "out"), ("whatif", "--probe", "hand")]
)
def test_a_folder_in_place_of_a_photo_is_one_sentence(call, tmp_path, arguments):
    name, *rest = arguments
    (tmp_path / "empty").mkdir()
    status, out, err = call(name, tmp_path / "empty", *rest, "--model", "custom_cnn_relu_bn")
    assert (status, out) == (2, "")
    assert "is a folder and not a photo" in err
    assert len(err.strip().splitlines()) == 1


def test_one_pixel_is_a_patch(call, photo, tmp_path):
    arguments = ("--model", "custom_cnn_relu_bn", "--method", "occlusion", "--patch", 1 / 35, "--stride", 0.2)
    assert call("explain", photo, "--out", tmp_path / "o", *arguments)[0] == 0


def test_a_place_that_cannot_be_written_is_one_sentence(call, tmp_path):
    (tmp_path / "file").write_text("")
    status, _, err = call(
        "train", "custom_cnn_relu_bn", "--data", make_set(tmp_path), "--out", tmp_path / "file" / "x"
    )
    assert status == 2
    assert len(err.strip().splitlines()) == 1


def test_unknown_data_folder(call, tmp_path):
    status, _, err = call("evaluate", "--data", tmp_path / "nowhere", "--json")
    assert status == 2
    assert "no folder" in err


@pytest.mark.parametrize("given", ["--model-file", "--card"])
def test_a_models_file_needs_its_card(call, tmp_path, given):
    status, out, err = call("calibrate", given, tmp_path / "x", "--json")
    assert (status, out) == (2, "")
    assert "--model-file and --card go together" in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--model", "nobody"), "mobilenet_v2"),
        (("--model", "custom_cnn_relu_bn", "--data", "nowhere"), "nowhere"),
        (("--faces", "0"), "whole number above 0"),
        (("--update",), "name its --data"),
        (("--update", "--data", "d", "--model-file", "a.st", "--card", "a.json"), "and no --model-file"),
        (("--donors", "set"), "name it with --data"),
        (("--references", "--model", "mobilenet_v2"), "leave out --model"),
        (("--references", "--update"), "name its --data"),
        (("--update", "--data", "nowhere"), "nowhere"),
        (("--model-file", "a.safetensors", "--card", "none.json"), "none.json"),
    ],
)
def test_calibrate_refuses_in_one_sentence(call, tmp_path, monkeypatch, arguments, says):
    monkeypatch.chdir(tmp_path)
    status, out, err = call("calibrate", *arguments, "--json")
    assert (status, out) == (2, "")
    assert says in err
    assert len(err.strip().splitlines()) == 1


@pytest.fixture
def short_gallery(monkeypatch):
    few = {name: SAMPLES[name] for name in ("admiral-plain", "astronaut-red")}
    monkeypatch.setattr("xai.evidence.validation.reports.SAMPLES", few)


def test_verdicts_of_a_model_over_the_gallery(call, short_gallery):
    status, out, err = call("calibrate", "--model", "custom_cnn_relu_bn", "--json")
    assert status == 0
    row = json.loads(out)["custom_cnn_relu_bn"]
    assert set(row) >= {"models", "faces", "expected", "verdicts", "right", "interval"}
    assert tuple(row["verdicts"]) == VERDICTS
    assert sum(row["verdicts"].values()) == row["faces"] <= 2
    assert "--data" in err


def test_verdicts_of_a_models_file(call, short_gallery):
    from xai.models.cards import find_card

    card = find_card("custom_cnn_relu_bn")
    here, named = (
        ("--model-file", card.path, "--card", card.path.with_suffix(".json")),
        ("--model", card.name),
    )
    status, out, _ = call("calibrate", *here, "--json")
    assert status == 0
    assert json.loads(out) == json.loads(call("calibrate", *named, "--json")[1])
