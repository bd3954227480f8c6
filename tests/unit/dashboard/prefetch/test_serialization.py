"""Values in files: the same to the last bit, or refused."""

import json
import zipfile

import numpy as np
import pytest

from dashboard.prefetch.serialization import read_value, write_value
from dashboard.worker.jobs import Explained, SampleLook
from tests.support import evidences
from tests.support.answers import face, maps_of, same, seen
from xai.errors import DataRejected
from xai.evidence_types import VERDICTS


@pytest.mark.parametrize(
    "value",
    [
        seen(face(), face()),
        Explained(maps_of(face(), "m"), np.zeros((8, 8), np.int8), 12, 34),
        *(evidences.evidence(verdict) for verdict in VERDICTS),
        (1, 2.5, "three", None, True, ()),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_read_is_what_was_written(tmp_path, value):
    write_value(tmp_path / "one.npz", "it", value)
    same(read_value(tmp_path / "one.npz", "it"), value)
    assert [path.name for path in tmp_path.iterdir()] == ["one.npz"]


def test_only_listed_classes_are_written_and_made(tmp_path):
    with pytest.raises(TypeError, match="class SampleLook cannot be written"):
        write_value(tmp_path / "one.npz", "it", SampleLook("both", ()))
    tree = json.dumps({"class": "Popen", "fields": {"args": "true"}})
    np.savez(tmp_path / "two.npz", about=np.array("it"), tree=np.array(tree))
    with pytest.raises(DataRejected, match="is damaged"):
        read_value(tmp_path / "two.npz", "it")


def test_a_file_about_something_else_and_a_damaged_one_are_refused(tmp_path):
    path = tmp_path / "one.npz"
    write_value(path, "it", (face(),))
    with pytest.raises(DataRejected, match="about something else"):
        read_value(path, "them")
    whole = path.read_bytes()
    with zipfile.ZipFile(path) as held:
        inside = held.getinfo("0.npy").header_offset + 60
    for damage in (b"", whole[:-30], whole[:inside] + bytes([whole[inside] ^ 255]) + whole[inside + 1 :]):
        path.write_bytes(damage)
        with pytest.raises(DataRejected, match="is damaged"):
            read_value(path, "it")
