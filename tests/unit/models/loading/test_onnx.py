"""An ONNX file is the model it was exported from, and a wrong one is refused in one sentence."""

import json
from dataclasses import replace

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from torch import nn

from tests.support.trials import export_onnx, write_onnx_card
from xai.attribution.layers import spatial_layers
from xai.errors import MapRefused, WeightsUnavailable
from xai.evidence.interventions.face_edits import FaceEdits
from xai.models import cards, onnx_network
from xai.models.cards import find_card, read_cards
from xai.models.classifiers import load_classifier
from xai.models.installing import add_model, remove_model
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample
from xai.pipeline import explain

SHIPPED = "custom_cnn_relu_bn"
SAMPLES = ("astronaut-red", "astronaut-grey", "astronaut-plain")


@pytest.fixture(scope="module")
def native():
    return load_classifier(SHIPPED, "cpu")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path / "own"))
    (tmp_path / "own").mkdir()
    return tmp_path / "own"


@pytest.fixture
def put(folder, native):
    """Puts a network with a card into the folder; the network is the shipped one where none is given."""

    def put(name="exported", network=None, batch=2, dynamic=True, **changes):
        path = folder / f"{name}.onnx"
        export_onnx(network or native.network, path, native.card.input_size, batch, dynamic)
        write_onnx_card(path, native.card, **changes)
        return path

    return put


def refused(name="exported"):
    with pytest.raises(WeightsUnavailable) as caught:
        load_classifier(name)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def graph_of(node, *more, shape=("n", 3, 35, 35)):
    """A model of one node from ``input`` to ``output``."""
    ends = [
        helper.make_tensor_value_info(n, TensorProto.FLOAT, s)
        for n, s in (("input", shape), ("output", ["n", 3]))
    ]
    graph = helper.make_graph([node], "g", ends[:1], ends[1:], list(more))
    return helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid("my.ops", 1)]
    )


class OneAtATime(nn.Module):
    """A network written for one picture, as many exports are."""

    def __init__(self, network):
        super().__init__()
        self.network = network

    def forward(self, x):
        return self.network(x).reshape(1, 3)


@pytest.mark.parametrize("fixed", [False, True], ids=["any batch", "one picture at a time"])
def test_an_exported_model_answers_explains_and_is_judged_as_itself(put, native, fixed):
    put("exported", OneAtATime(native.network).eval() if fixed else None, 1 if fixed else 2, not fixed)
    exported = load_classifier("exported")
    assert exported.network._any_batch is not fixed
    for sample in SAMPLES:
        edits = FaceEdits(find_faces(load_sample(sample))[0])
        ours, theirs = (explain(edits, model, ["occlusion", "rise"]) for model in (exported, native))
        assert np.abs(ours.prediction.probabilities - theirs.prediction.probabilities).max() < 1e-4
        for method, heatmap in theirs.heatmaps.items():
            assert np.abs(ours.heatmaps[method].values - heatmap.values).max() < 1e-4, method
            assert np.ptp(heatmap.values) > 1e-3, method
        assert ours.evidence.verdict == theirs.evidence.verdict
        found = [[(e.family, e.tally, e.holds) for e in each.evidence.families] for each in (ours, theirs)]
        assert found[0] == found[1]
    assert ours.provenance.weights_sha256 == find_card("exported").sha256 != native.card.sha256


def test_it_is_listed_like_any_other(put, call):
    put()
    assert "exported" in [card.name for card in read_cards().cards]
    status, out, _ = call("models", "--json")
    listed = next(each for each in json.loads(out) if each["name"] == "exported")
    assert status == 0
    assert listed["architecture"] == "a custom CNN, exported"


def test_probabilities_are_taken_as_the_card_says(put, native):
    """With its softmax inside the answers are the same; a card that says otherwise is refused."""
    with_softmax = nn.Sequential(native.network, nn.Softmax(dim=1)).eval()
    put("exported", with_softmax, output="probabilities", temperature=1.0)
    crops = [np.random.default_rng(i).integers(0, 256, (60, 60, 3), dtype=np.uint8) for i in range(5)]
    plain = replace(native, card=replace(native.card, temperature=1.0))
    for ours, theirs in zip(load_classifier("exported").predict(crops), plain.predict(crops), strict=True):
        assert np.abs(ours.probabilities - theirs.probabilities).max() < 1e-4
    put("exported", with_softmax)
    assert 'write "output": "probabilities" on its card' in refused()
    put("exported", output="probabilities")
    assert "says that it gives probabilities, and an answer is" in refused()


def test_methods_that_look_inside_are_refused(put):
    put()
    exported = load_classifier("exported")
    found = explain(find_faces(load_sample("astronaut-red"))[0], exported)
    assert list(found.heatmaps) == ["occlusion"]
    assert "Grad-CAM needs gradients or layers" in found.refusals["gradcam"]
    with pytest.raises(MapRefused, match="no layer of it"):
        spatial_layers(exported)


def test_a_changed_file_is_refused_before_it_is_read(put, monkeypatch):
    path = put()
    monkeypatch.setattr(onnx_network, "_read", lambda *_: pytest.fail("it was read"))
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    assert "its weights have sha256" in refused()


@pytest.mark.parametrize("keep", [0, 1, 3, 1000, -5, -1])
def test_a_damaged_file_is_one_sentence(put, native, keep):
    path = put()
    path.write_bytes(path.read_bytes()[:keep])
    write_onnx_card(path, native.card)
    assert "exported.onnx is no ONNX file, or a damaged one" in refused()


@pytest.mark.parametrize("data", [b"PK\x03\x04" * 9, b"\x80\x04\x95", b"<net/>" * 9, b"\xff" * 99, bytes(99)])
def test_other_files_are_one_sentence(put, native, data):
    path = put()
    path.write_bytes(data)
    write_onnx_card(path, native.card)
    assert "no ONNX file" in refused()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"input_size": 64}, r"its input is f32 [?,3,35,35], and must be f32 [N,3,64,64]"),
        (
            {"classes": ["covered", "uncovered"], "metrics": {}, "verdicts": {}, "data": {}, "recipe": {}},
            "(N, 2)",
        ),
        ({"format": "pickle"}, "format must be one of safetensors, onnx"),
        ({"output": "scores"}, "output must be one of logits, probabilities"),
        ({"architecture": ""}, "architecture must be one line"),
    ],
)
def test_a_card_that_does_not_fit_is_one_sentence(put, change, said):
    put(**change)
    assert said in refused()


def test_a_state_dict_gives_no_probabilities(folder, native):
    data = native.card.path.read_bytes()
    (folder / "exported.safetensors").write_bytes(data)
    fields = native.card.as_dict() | {"name": "exported", "output": "probabilities"}
    (folder / "exported.json").write_text(json.dumps(fields))
    assert "output must be one of logits, not 'probabilities'" in refused()


def test_a_network_of_another_shape_is_one_sentence(folder, native):
    path = folder / "exported.onnx"
    for shape, said in ((("n", 35, 35, 3), "[?,35,35,3]"), (("n", 3), "[?,3]")):
        path.write_bytes(
            graph_of(helper.make_node("Identity", ["input"], ["output"]), shape=shape).SerializeToString()
        )
        write_onnx_card(path, native.card)
        assert said in refused()


def test_operations_that_are_not_known_are_named(folder, native):
    path = folder / "exported.onnx"
    path.write_bytes(
        graph_of(helper.make_node("Wibble", ["input"], ["output"], domain="my.ops")).SerializeToString()
    )
    write_onnx_card(path, native.card)
    assert "operations that OpenVINO does not know: my.ops.Wibble." in refused()


def outside(where):
    """A tensor whose values are in another file."""
    tensor = TensorProto(name="w", data_type=TensorProto.FLOAT, dims=[4], data_location=TensorProto.EXTERNAL)
    tensor.external_data.add(key="location", value=where)
    return tensor


@pytest.mark.parametrize("where", ["weights.bin", "../../etc/passwd", "/etc/passwd"])
def test_values_in_other_files_are_never_read(folder, native, where):
    """As an initializer, in an attribute, in a branch of a graph inside, in a function."""
    tensor, path = outside(where), folder / "exported.onnx"
    (folder / "weights.bin").write_bytes(bytes(16))
    constant = helper.make_node("Constant", [], ["output"], value=tensor)
    branch = helper.make_graph([constant], "branch", [], [])
    models = [
        graph_of(helper.make_node("Identity", ["input"], ["output"]), tensor),
        graph_of(constant),
        graph_of(helper.make_node("If", ["input"], ["output"], then_branch=branch, else_branch=branch)),
    ]
    inner = graph_of(helper.make_node("Identity", ["input"], ["output"]))
    inner.functions.append(helper.make_function("my.ops", "F", [], ["output"], [constant], []))
    for model in (*models, inner):
        path.write_bytes(model.SerializeToString())
        write_onnx_card(path, native.card)
        assert "keeps its weights in other files; save it as one file" in refused()


def test_the_fields_that_are_read_are_those_of_onnx():
    """Every message of ONNX that may hold a tensor is looked into, by the schema that the package brings."""
    names = {
        "model": onnx.ModelProto, "training": onnx.TrainingInfoProto, "graph": onnx.GraphProto,
        "function": onnx.FunctionProto, "node": onnx.NodeProto, "attribute": onnx.AttributeProto,
        "sparse": onnx.SparseTensorProto, "tensor": onnx.TensorProto,
    }  # fmt: skip
    kinds = {message.DESCRIPTOR.full_name: kind for kind, message in names.items()}
    for kind, message in names.items():
        inside = {
            field.number: kinds[field.message_type.full_name]
            for field in message.DESCRIPTOR.fields
            if field.message_type is not None and field.message_type.full_name in kinds
        }
        assert inside == onnx_network._PARTS[kind], kind
    external = [
        onnx.TensorProto.DESCRIPTOR.fields_by_name[n].number for n in ("external_data", "data_location")
    ]
    assert tuple(external) == onnx_network._EXTERNAL


def test_without_openvino_it_is_one_sentence(put, monkeypatch):
    put()
    monkeypatch.setattr(onnx_network, "find_spec", lambda _: None)
    assert refused() == (
        "The model exported is left out: ONNX files need OpenVINO; install it with: pip install -r "
        "requirements-openvino.txt."
    )


def test_it_is_added_and_removed_as_a_pair(folder, tmp_path, native, monkeypatch):
    monkeypatch.setattr(cards, "_HOME", tmp_path / "home")
    path = tmp_path / "mine.onnx"
    export_onnx(native.network, path, native.card.input_size)
    write_onnx_card(path, native.card)
    card, weights = path.with_suffix(".json").read_bytes(), path.read_bytes()
    for broken in (weights[:-9], b"", card):
        with pytest.raises(WeightsUnavailable, match="is left out"):
            add_model(card, broken)
        assert list(folder.iterdir()) == []
    assert add_model(card, weights).format == "onnx"
    assert sorted(each.name for each in folder.iterdir()) == ["mine.added", "mine.json", "mine.onnx"]
    assert load_classifier("mine").is_black_box
    remove_model("mine")
    assert list(folder.iterdir()) == []
