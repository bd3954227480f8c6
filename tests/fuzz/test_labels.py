"""Whatever a labelled set holds, its faces are read or refused in sentences; nothing else is raised."""

import math
import shutil

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as Pillow

from xai.errors import DataRejected
from xai.learning.data.splits import read_set
from xai.types import CLASSES

WORDS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        ["file", "class", "x0", "split", "fold", "a.jpg", "covered/a.jpg", "Covered", "with mask", "train",
         "1,5", "-1", "nan", "1e999", "", " ", '"', "sep=;", "\ufeff", "\0", "..", "/", "a\\b"]
    ),
)  # fmt: skip
HEAD = st.sampled_from(
    [
        "file,class",
        "file;class;split;fold",
        "file\tclass\tx0\ty0\tx1\ty1",
        "file,class,box_w,box_h,group",
        "path,label",
    ]
)


@st.composite
def tables(draw):
    """Rows under a head, in any encoding, some bytes changed."""
    head = draw(HEAD)
    separator = next(each for each in ";\t," if each in head)
    rows = draw(st.lists(st.lists(WORDS, max_size=7), max_size=6))
    text = "\n".join([draw(st.sampled_from(["", "\ufeff", "sep=;\n"])) + head, *map(separator.join, rows)])
    data = text.encode(draw(st.sampled_from(["utf-8", "utf-16", "utf-8-sig"])), "surrogatepass")
    at = draw(st.integers(0, len(data)))
    return data[:at] + draw(st.binary(max_size=2)) + data[at:]


ANNOTATION = (
    "<annotation><filename>a.jpg</filename><size><width>24</width><height>24</height></size><object>"
    "<name>with_mask</name><bndbox><xmin>1</xmin><ymin>2</ymin><xmax>20</xmax><ymax>22</ymax></bndbox>"
    "</object></annotation>"
)


@st.composite
def annotations(draw):
    """An annotation with a few characters changed."""
    text = ANNOTATION
    for _ in range(draw(st.integers(0, 3))):
        at = draw(st.integers(0, len(text)))
        text = text[:at] + draw(WORDS) + text[at + draw(st.integers(0, 9)) :]
    return text.encode("utf-8", "replace")


FOLDERS = st.one_of(
    st.sampled_from(["covered", "With Mask", "no-mask", "visors", "train", "VALID", "annotations", ".x"]),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=12),
).filter(lambda name: name not in (".", "..") and len(name.encode()) < 200)


@pytest.fixture(scope="module")
def picture(tmp_path_factory):
    path = tmp_path_factory.mktemp("one") / "a.jpg"
    Pillow.fromarray(np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)).save(path)
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("sets") / "set"


def outcome(folder):
    """The set, or what is said instead."""
    try:
        return read_set(folder), ""
    except DataRejected as refusal:
        return None, str(refusal)


def check(folder):
    found, said = outcome(folder)
    if found is None:
        assert one_sentence(said)
        return
    for example in found.examples:
        assert example.label in CLASSES
        assert example.split in ("", "train", "val", "test")
        assert example.fold is None or example.fold >= 0
        assert example.extent is None or all(map(math.isfinite, example.extent))
    assert all(map(one_sentence, found.reasons))
    assert found.entries <= len(found.reasons)


def one_sentence(said):
    return said.rstrip().endswith((".", ".)")) and "Traceback" not in said


def empty(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()


@given(data=st.one_of(tables(), st.binary(max_size=40)), name=st.sampled_from(["labels.csv", "boxes.csv"]))
def test_a_table_of_labels(folder, picture, data, name):
    empty(folder)
    (folder / name).write_bytes(data)
    shutil.copy(picture, folder / "a.jpg")
    check(folder)


@given(data=st.one_of(annotations(), st.binary(max_size=40)))
def test_an_annotation(folder, picture, data):
    empty(folder)
    for inside in ("annotations", "images"):
        (folder / inside).mkdir()
    (folder / "annotations" / "a.xml").write_bytes(data)
    shutil.copy(picture, folder / "images" / "a.jpg")
    check(folder)


@given(path=st.lists(FOLDERS, min_size=1, max_size=3), name=FOLDERS)
def test_folders_of_any_name(folder, picture, path, name):
    empty(folder)
    inside = folder.joinpath(*path)
    inside.mkdir(parents=True)
    if not (inside / name).exists():
        shutil.copy(picture, inside / name)
    check(folder)
