"""Results about samples in files: the same to the last bit, or measured again."""

import json
import zipfile
from dataclasses import replace

import numpy as np
import pytest

from dashboard.prefetch import disk_cache
from dashboard.prefetch.disk_cache import DiskCache
from dashboard.worker.jobs import AnalyzeSample, FaceExplanation
from tests.support import evidences
from tests.support.answers import face, maps_of, same, seen
from xai.evidence_types import VERDICTS
from xai.models.cards import read_cards

CARDS = read_cards().cards[:2]
KEY = ("maps", "a" * 64, [1, 2, 3, 4], "m")


@pytest.fixture
def cache(tmp_path):
    return DiskCache(tmp_path / "kept", CARDS)


def files(cache):
    return sorted(cache._folder.glob("*"))


@pytest.mark.parametrize(
    "value",
    [
        seen(face(), face()),
        FaceExplanation(maps_of(face(), "m"), np.zeros((8, 8), np.int8), 12, 34),
        *(evidences.evidence(verdict) for verdict in VERDICTS),
        (1, 2.5, "three", None, True, (), b"\x00\xffbytes"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_found_is_what_was_kept(cache, value):
    assert cache.get(KEY) is None
    cache.put(KEY, value)
    same(cache.get(KEY), value)
    assert len(files(cache)) == 1


def test_another_question_is_not_answered_with_the_kept_one(cache):
    cache.put(KEY, (1,))
    for other in (("maps", "c" * 64, [1, 2, 3, 4], "m"), (*KEY, "gradcam"), KEY[:-1], ("evidence", *KEY[1:])):
        assert cache.get(other) is None


def test_only_values_that_travel_are_kept_and_only_they_are_made(cache):
    with pytest.raises(TypeError, match="class AnalyzeSample cannot be kept"):
        cache.put(KEY, AnalyzeSample("both", ()))
    cache.put(KEY, (1,))
    (path,) = files(cache)
    tree = json.dumps({"class": "Popen", "fields": {"args": "true"}})
    np.savez(path, about=np.array(cache._about(KEY)), tree=np.array(tree))
    assert cache.get(KEY) is None


def test_a_damaged_file_and_one_about_something_else_are_measured_again(cache, caplog):
    cache.put(KEY, (face(),))
    (path,) = files(cache)
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as held:
        inside = held.getinfo("0.npy").header_offset + 60
    for damage in (b"", whole[:-30], whole[:inside] + bytes([whole[inside] ^ 255]) + whole[inside + 1 :]):
        path.write_bytes(damage)
        caplog.clear()
        assert cache.get(KEY) is None
        assert "damaged" in caplog.text
    other = ("maps", "another")
    cache._path(other).write_bytes(whole)
    assert cache.get(other) is None


@pytest.mark.parametrize("changed", ["weights", "card", "library"])
def test_what_has_become_stale_is_not_found_and_swept_away(tmp_path, monkeypatch, changed):
    card = CARDS[0]
    weights = tmp_path / card.path.name
    weights.write_bytes(b"weights")
    weights.with_suffix(".json").write_text("card")
    cards = [replace(card, path=weights)]
    DiskCache(tmp_path / "kept", cards).put(KEY, seen(face()))
    assert DiskCache(tmp_path / "kept", cards).get(KEY) is not None
    if changed == "weights":
        weights.write_bytes(b"weightz")
    elif changed == "card":
        weights.with_suffix(".json").write_text("cart")
    else:
        monkeypatch.setattr(disk_cache, "code_fingerprint", lambda: "0" * 64)
    after = DiskCache(tmp_path / "kept", cards)
    assert after.get(KEY) is None
    after.remove_stale()
    assert files(after) == []
