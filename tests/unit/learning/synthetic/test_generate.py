"""A drawn set: which faces it takes, that it is whole or not there, and that it reads as any other set."""

import csv
import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image as Pillow

from xai.errors import DataRejected, XaiError
from xai.learning.data.splits import load_picture, read_examples, select
from xai.learning.synthetic import generate
from xai.learning.synthetic.base_faces import load_base_face
from xai.learning.synthetic.generate import Order, bare_faces, draw_set
from xai.learning.synthetic.sampling import Dressed
from xai.photo.images import encode_png
from xai.photo.sample_rendering import load_sample
from xai.photo.samples import SAMPLES

BARE = [s.id for s in SAMPLES.values() if s.truth == ("uncovered",)]
HEADER = "file,class,source_image,x0,y0,x1,y1,box_w,box_h,group,split"


def make_set(folder, rows):
    """A labels.csv set whose pictures are portraits (by sample) or grey."""
    (folder / "uncovered").mkdir(parents=True)
    lines = [HEADER]
    for number, (sample, split, group) in enumerate(rows):
        file = f"uncovered/{number}.png"
        pixels = load_sample(sample).pixels if sample else np.full((60, 60, 3), 128, np.uint8)
        (folder / file).write_bytes(encode_png(pixels))
        box = "" if sample else "10,10,40,40"
        lines.append(f"{file},uncovered,p{number}.jpg,{box or ',,,'},90,110,{group},{split}")
    (folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture(scope="module")
def bare_set(tmp_path_factory):
    rows = [(BARE[0], "train", "ga"), (BARE[1], "train", "g2"), (None, "train", "g3"), (BARE[0], "val", "g4")]
    return make_set(tmp_path_factory.mktemp("sets") / "mine", rows)


@pytest.fixture(scope="module")
def drawn(bare_set, tmp_path_factory):
    out = tmp_path_factory.mktemp("drawn") / "masks"
    faces = bare_faces(read_examples(bare_set), "train")
    return out, draw_set(faces, out, Order(per_face=8, seed=1))


def test_only_uncovered_faces_of_the_part_are_taken(bare_set, tmp_path):
    examples = read_examples(bare_set)
    assert [e.group for e in bare_faces(examples, "train")] == ["ga", "g2", "g3"]
    assert [e.group for e in bare_faces(examples, "val")] == ["g4"]
    assert len(bare_faces(examples, "train", 2)) == 2
    measured = make_set(tmp_path / "fmd", [(BARE[0], "train", "ga")])
    with pytest.raises(DataRejected, match="measuring only"):
        bare_faces(read_examples(measured), "train")


def test_the_set_reads_as_any_other(drawn):
    out, tally = drawn
    examples = read_examples(out)
    assert (tally.faces, tally.refused, tally.drawings) == (2, 1, len(examples))
    assert 14 <= len(examples) <= 16
    assert select(examples, "product", "train") == examples
    assert Counter(e.label for e in examples) == tally.classes
    assert {e.group for e in examples} == {"ga", "g2"}
    assert all(bool(e.reason) == (e.label == "incorrect") for e in examples)
    assert max(max(load_picture(e).shape) for e in examples) == 192


def test_the_table_says_what_was_drawn(drawn):
    out, tally = drawn
    rows = list(csv.DictReader((out / "labels.csv").read_text().splitlines()))
    assert Counter(row["way"] for row in rows) == tally.ways
    assert {row["source_image"] for row in rows} == {"mine/uncovered/0.png", "mine/uncovered/1.png"}
    assert all(bool(row["look"]) == (row["way"] != "bare") for row in rows)
    for row in rows:
        width, height = float(row["x1"]) - float(row["x0"]), float(row["y1"]) - float(row["y0"])
        assert min(float(row["box_w"]), float(row["box_h"])) == pytest.approx(90, abs=0.2)
        assert float(row["box_w"]) / float(row["box_h"]) == pytest.approx(width / height, rel=0.02)


def test_the_same_seed_draws_the_same_files_and_another_others(bare_set, drawn, tmp_path):
    faces = bare_faces(read_examples(bare_set), "train")[:1]
    again, other = tmp_path / "again", tmp_path / "other"
    draw_set(faces, again, Order(per_face=3, seed=1))
    draw_set(faces, other, Order(per_face=3, seed=2))
    for path in again.rglob("*.jpg"):
        assert path.read_bytes() == (drawn[0] / path.relative_to(again)).read_bytes()
    assert not {p.name for p in other.rglob("*.jpg")} & {p.name for p in again.rglob("*.jpg")}


def test_nothing_half_written_stays(bare_set, tmp_path, monkeypatch):
    faces = bare_faces(read_examples(bare_set), "train")

    def full(path, rows):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(generate, "write_table", full)
    with pytest.raises(XaiError, match="No space left"):
        draw_set(faces[:1], tmp_path / "out", Order(per_face=1))
    assert list(tmp_path.iterdir()) == []


def test_a_drawing_that_does_not_show_is_not_kept(bare_set, tmp_path, monkeypatch):
    faces = bare_faces(read_examples(bare_set), "train")[:1]
    monkeypatch.setattr(generate, "apply_edit", lambda pixels, mesh, dress: Dressed(pixels, 0.01))
    with pytest.raises(DataRejected, match="None of the 1 faces"):
        draw_set(faces, tmp_path / "out", Order(per_face=2))


def test_refusals(bare_set, tmp_path):
    faces = bare_faces(read_examples(bare_set), "train")
    with pytest.raises(XaiError, match="exists already"):
        draw_set(faces, tmp_path, Order())
    with pytest.raises(XaiError, match="measuring only"):
        draw_set(faces, tmp_path / "mfn", Order())
    with pytest.raises(DataRejected, match="no face mesh"):
        draw_set(faces[2:], tmp_path / "out", Order())


def test_a_face_of_a_whole_photo_sits_with_its_box_in_the_middle(tmp_path):
    image = load_sample(BARE[1])
    side = min(image.height, image.width)
    folder = tmp_path / "voc"
    (folder / "annotations").mkdir(parents=True)
    (folder / "images").mkdir()
    Pillow.fromarray(image.pixels).save(folder / "images" / "a.png")
    from xai.photo.faces import find_faces

    box = find_faces(image)[0].box
    (folder / "annotations" / "a.xml").write_text(
        f"<annotation><filename>a.png</filename><size><width>{image.width}</width>"
        f"<height>{image.height}</height><depth>3</depth></size><object><name>without_mask</name><bndbox>"
        f"<xmin>{box.left}</xmin><ymin>{box.top}</ymin><xmax>{box.right}</xmax><ymax>{box.bottom}</ymax>"
        "</bndbox></object></annotation>"
    )
    sitter = load_base_face(read_examples(folder)[0])
    assert side > 192 == len(sitter.pixels)
    left, top, right, bottom = sitter.extent
    assert (left + right) / 2 == pytest.approx(96, abs=1)
    assert max(right - left, bottom - top) == pytest.approx(192 / 1.6, abs=1)
    inside = (sitter.mesh > [left - 8, top - 8]) & (sitter.mesh < [right + 8, bottom + 8])
    assert inside.all(axis=1).mean() > 0.95


def test_the_call(call, bare_set, tmp_path):
    out = tmp_path / "masks"
    status, printed, notes = call("draw", "--data", bare_set, "--out", out, "--per-face", 2, "--json")
    made = json.loads(printed)
    assert (status, made["faces"], made["out"]) == (0, 2, str(out))
    assert "3 of 3 faces" in notes
    assert made["drawings"] == len(read_examples(out))
    assert call("draw", "--data", bare_set, "--out", out)[0] == 2
    assert "Say either --out" in call("draw", "--data", bare_set)[2]
    assert "name them with --data" in call("draw", "--out", tmp_path / "x")[2]
