"""Adding a model on the page "The models": live without a restart, only where the visitor is the operator."""

import json
import time

import pytest
import streamlit as st

from dashboard import session
from dashboard.i18n import messages
from tests.support.pages import page_at, press
from tests.support.trials import export_onnx, put_model, write_onnx_card
from xai.models.classifiers import load_card

SAID = messages()
OPERATORS, VISITORS = ("127.0.0.1", "::1", "localhost"), ("0.0.0.0", "", "192.168.1.7", "example.org")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of added models, named before the model process starts."""
    with pytest.MonkeyPatch.context() as patch:
        place = tmp_path_factory.mktemp("own")
        patch.setenv("XAI_WEIGHTS", str(place))
        yield place


@pytest.fixture
def loopback(folder, one_model_process, monkeypatch):
    session.installed.clear()
    listen_at(monkeypatch, "127.0.0.1")
    return folder


def listen_at(monkeypatch, address):
    read = st.get_option
    monkeypatch.setattr(st, "get_option", lambda key: address if key == "server.address" else read(key))


def pair(tmp_path, name, **changes):
    card = put_model(tmp_path / "made", name, protocol="product", source="own", data={}, **changes)
    json_type, binary = "application/json", "application/octet-stream"
    return [
        (f"{name}.json", card.path.with_suffix(".json").read_bytes(), json_type),
        (f"{name}.safetensors", card.path.read_bytes(), binary),
    ]


def onnx_pair(tmp_path, name, keep=None):
    """The same as an ONNX file; cut off after ``keep`` bytes."""
    native = load_card(put_model(tmp_path / "made", name, protocol="product", source="own", data={}))
    path = tmp_path / f"{name}.onnx"
    export_onnx(native.network, path, native.card.input_size)
    path.write_bytes(path.read_bytes()[:keep])
    write_onnx_card(path, native.card)
    card = path.with_suffix(".json").read_bytes()
    return [
        (f"{name}.json", card, "application/json"),
        (path.name, path.read_bytes(), "application/octet-stream"),
    ]


def give(page, files):
    """Put files into the uploader; the buttons' state follows."""
    return page.file_uploader[0].set_value(files).run()


def button(page):
    return next(each for each in page.button if each.label == SAID["own.add"])


def listed(page):
    return next(box for box in page.selectbox if box.key == "model").options


def test_a_model_is_added_used_and_removed_without_a_restart(loopback, tmp_path):
    page = page_at("models").run()
    before = listed(page)
    assert button(page).disabled
    page = give(page, pair(tmp_path, "zebra"))
    assert not button(page).disabled
    page = press(page, SAID["own.add"])
    assert not page.exception
    assert [each.value for each in page.success] == [SAID["own.added"].format(model="zebra")]
    assert len(listed(page)) == len(before) + 1
    assert listed(page)[:2] == before[:2]
    assert "zebra" in session.worker().status.ready
    assert (loopback / "zebra.json").is_file()
    page = press(page, SAID["own.remove"].format(model="zebra"))
    assert [each.value for each in page.success] == [SAID["own.removed"].format(model="zebra")]
    assert listed(page) == before
    assert "zebra" not in session.worker().status.ready
    assert list(loopback.iterdir()) == []


def test_an_onnx_file_is_added_like_any_other(loopback, tmp_path):
    page = press(give(page_at("models").run(), onnx_pair(tmp_path, "yak")), SAID["own.add"])
    assert not page.exception
    assert [each.value for each in page.success] == [SAID["own.added"].format(model="yak")]
    assert "yak" in session.worker().status.ready
    assert (loopback / "yak.onnx").is_file()
    press(page, SAID["own.remove"].format(model="yak"))
    assert list(loopback.iterdir()) == []


@pytest.mark.parametrize(
    ("lang", "says"),
    [
        ("en", "The model cut is left out: cut.onnx is no ONNX file, or a damaged one; export it again."),
        (
            "es",
            "El modelo cut se deja fuera: cut.onnx no es un archivo ONNX, o está dañado; expórtelo de nuevo.",
        ),
    ],
)
def test_a_damaged_onnx_file_is_one_sentence(loopback, tmp_path, lang, says):
    page = give(page_at("models", lang=lang).run(), onnx_pair(tmp_path, "cut", 5000))
    page = press(page, messages(lang)["own.add"])
    assert [each.value for each in page.error] == [says]
    assert list(loopback.iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"temperature": float("nan")}, "temperature must be a number, not nan"),
        ({"classes": ("covered", "covered", "uncovered")}, "classes must be different classes"),
        ({"sha256": "0" * 64}, "its weights have sha256"),
        ({"architecture": "resnet18"}, "does not hold a resnet18 with 3 classes (the first missing key is"),
    ],
)
def test_what_cannot_be_used_is_one_sentence_and_nothing_is_written(loopback, tmp_path, changes, says):
    page = give(page_at("models").run(), pair(tmp_path, "odd", **changes))
    page = press(page, SAID["own.add"])
    assert not page.exception
    (said,) = [each.value for each in page.error]
    assert says in said
    assert list(loopback.iterdir()) == []
    assert not page.success


def test_one_file_alone_cannot_be_added(loopback, tmp_path):
    page = give(page_at("models").run(), pair(tmp_path, "half")[:1])
    assert button(page).disabled
    assert SAID["own.two_files"].format(megabytes=200) in [each.value for each in page.caption]


def test_a_broken_model_in_the_folder_is_left_out_by_name_once_it_was_tried(loopback):
    """Its card is sound, so the folder lists it until the model process has tried its weights."""
    card = put_model(loopback, "sick", architecture="cnn2")
    try:
        limit = time.monotonic() + 60
        while card.digest not in session.worker().status.problems:
            assert "sick" in [each.name for each in session.catalogue().cards]
            assert time.monotonic() < limit
            time.sleep(0.1)
        assert "sick" not in [each.name for each in session.catalogue().cards]
        (said,) = [each.value for each in page_at("models").run().warning if "sick" in each.value]
        assert said.startswith("The model sick is left out: sick.safetensors does not hold a cnn2")
    finally:
        for path in loopback.iterdir():
            path.unlink()


@pytest.mark.parametrize("address", OPERATORS)
def test_the_operator_is_offered_it(loopback, monkeypatch, address):
    listen_at(monkeypatch, address)
    page = page_at("models").run()
    assert button(page).disabled
    assert SAID["own.elsewhere"] not in [each.value for each in page.info]


@pytest.mark.parametrize("address", VISITORS)
def test_a_visitor_of_another_server_is_not(loopback, monkeypatch, address):
    listen_at(monkeypatch, address)
    page = page_at("models").run()
    assert SAID["own.elsewhere"] in [each.value for each in page.info]
    assert not page.file_uploader
    assert SAID["own.add"] not in [each.label for each in page.button]


def test_a_proxy_before_the_server_turns_it_off(loopback, monkeypatch):
    monkeypatch.setattr(type(st.context), "headers", {"x-forwarded-for": "203.0.113.9"})
    page = page_at("models").run()
    assert SAID["own.elsewhere"] in [each.value for each in page.info]
    assert not page.file_uploader


def test_it_is_said_in_spanish_too(loopback, tmp_path):
    said = messages("es")
    page = page_at("models", lang="es").run()
    page = give(page, pair(tmp_path, "odd", temperature=0))
    page = press(page, said["own.add"])
    assert page.error[0].value.startswith("El modelo odd se deja fuera")
    assert json.loads(pair(tmp_path, "odd", temperature=0)[0][1])["temperature"] == 0
