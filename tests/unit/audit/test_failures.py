"""Whose fault it is: a photo on which the program fails is refused, a machine that fails ends the audit."""

import csv
import errno
import json
from dataclasses import replace

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from tests.support import evidences
from tests.support.audits import examine, picture
from tests.support.explanations import FACE, explanation
from xai.audit import examine as examining
from xai.audit.examine import SYSTEMATIC, Photo, examine_photo
from xai.audit.run import PART_FILES, run_audit
from xai.audit.sources.files import list_files
from xai.audit.summary import summarise
from xai.errors import MemoryRanOut, XaiError
from xai.photo.images import read_image
from xai.types import Box, Faces


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "photos"
    made.mkdir()
    for seed in range(1, PART_FILES + 9):
        (made / f"{seed:03d}.png").write_bytes(picture(seed))
    return made


def audit(folder, models, out, examine):
    ledger = run_audit(list_files([folder], print), models, out, examine=examine)
    summary = summarise(ledger, [model.name for model in models], out, (), {})
    with (out / "files.csv").open(newline="") as lines:
        return summary, {row["name"]: row for row in csv.DictReader(lines)}


def failing(error, on):
    """The stand-in, which raises on the pictures of some seeds."""

    def examined(data, classifiers, *_):
        if data in [picture(seed) for seed in on]:
            raise error
        return examine(data, classifiers)

    return examined


def cv2_error():
    """A real one."""
    with pytest.raises(cv2.error) as caught:
        cv2.resize(np.zeros((0, 0, 3), np.uint8), (4, 4))
    return caught.value


@pytest.mark.parametrize(
    ("error", "named"),
    [
        (cv2_error(), "error: OpenCV"),
        (RuntimeError("Expected\n all tensors"), "RuntimeError: Expected all tensors."),
        (ValueError(), "ValueError."),
        (OSError("broken data stream"), "OSError: broken data stream."),
    ],
)
def test_one_photo_on_which_another_package_fails_is_refused_with_its_error(
    folder, models, tmp_path, error, named
):
    summary, rows = audit(folder, models, tmp_path / "out", failing(error, [7]))
    assert (summary["files"], summary["photos"], summary["refused"]) == (40, 39, 1)
    assert rows["007.png"]["outcome"] == "refused"
    assert rows["007.png"]["sentence"].startswith(f"The program failed on the file: {named}")
    assert "\n" not in rows["007.png"]["sentence"]
    assert sum(row["outcome"] == "read" for row in rows.values()) == 39
    assert pq.read_table(tmp_path / "out" / "faces.parquet").num_rows == 39 * 2


def test_where_every_photo_of_a_part_fails_the_audit_ends_and_nothing_is_lost(folder, models, tmp_path):
    second = range(PART_FILES + 1, PART_FILES + 9)
    with pytest.raises(XaiError, match=r"failed on all 8 photos from 033.png on.*AttributeError: no run\."):
        audit(folder, models, tmp_path / "out", failing(AttributeError("no run"), second))
    lines = (tmp_path / "out" / "ledger.jsonl").read_text().splitlines()
    assert len(lines) == 1
    assert "program failed" not in lines[0]
    summary, _ = audit(folder, models, tmp_path / "out", examine)
    assert (summary["refused"], summary["photos"]) == (0, 40)


def test_a_few_photos_at_the_end_that_fail_do_not_keep_an_audit_from_its_end(folder, models, tmp_path):
    for seed in range(PART_FILES + SYSTEMATIC, PART_FILES + 9):
        (folder / f"{seed:03d}.png").unlink()
    last = range(PART_FILES + 1, PART_FILES + SYSTEMATIC)
    summary, _ = audit(folder, models, tmp_path / "out", failing(RuntimeError("odd"), last))
    assert (summary["photos"], summary["refused"]) == (PART_FILES, SYSTEMATIC - 1)


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (torch.OutOfMemoryError("CUDA out of memory."), MemoryRanOut, "not enough memory for one photo"),
        (MemoryError(), MemoryRanOut, "not enough memory for one photo: MemoryError"),
        (RuntimeError("CUDA error: device-side assert"), XaiError, "cannot go on: RuntimeError: CUDA error"),
        (OSError(errno.ENOSPC, "No space left"), XaiError, "cannot go on: OSError.*No space left"),
        (ImportError("libGL.so.1"), XaiError, "cannot go on: ImportError: libGL"),
    ],
)
def test_what_the_machine_lacks_ends_the_audit_and_is_blamed_on_no_photo(
    folder, models, tmp_path, error, kind, said
):
    with pytest.raises(kind, match=said):
        audit(folder, models, tmp_path / "out", failing(error, [PART_FILES + 2]))
    assert len((tmp_path / "out" / "ledger.jsonl").read_text().splitlines()) == 1


def three_faces(monkeypatch, fails):
    """``examine_photo`` finds three faces; ``fails`` says with what a face cannot be explained."""
    faces = Faces(replace(FACE, box=Box(left, 50, left + 50, 110), photo_sha256="") for left in (10, 70, 130))
    image = read_image(picture(5))

    def explained(pairs):
        face = pairs[0].edits.original
        error = fails(face.box.left)
        if error is not None:
            raise error
        return [explanation(pair.classifier, evidences.evidence("mixed"), face=face) for pair in pairs]

    monkeypatch.setattr(examining, "find_faces_upright", lambda _: (image, faces))
    monkeypatch.setattr(examining, "explain_all", explained)
    return image


def test_the_faces_beside_one_that_cannot_be_explained_have_rows(monkeypatch, models, tmp_path):
    three_faces(monkeypatch, lambda left: ValueError("the map is not finite") if left == 70 else None)
    photo = examine_photo(picture(5), ["first", "second"])
    assert [len(each) for each in photo.explanations] == [2, 0, 2]
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "1.png").write_bytes(picture(5))
    summary, rows = audit(tmp_path / "set", models, tmp_path / "out", lambda data, *_: photo)
    row = rows["1.png"]
    assert (row["outcome"], row["faces"], row["unexplained"]) == ("read", "2", "1")
    assert row["sentence"] == "Face 2 cannot be explained: ValueError: the map is not finite."
    assert (summary["faces"], summary["unexplained"]) == (2, 1)
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["unexplained"] == 1
    table = pq.read_table(tmp_path / "out" / "faces.parquet").to_pylist()
    assert [(each["face"], each["model"], each["box"][0]) for each in table] == [
        (0, "first", 10), (0, "second", 10), (2, "first", 130), (2, "second", 130),
    ]  # fmt: skip


def test_a_photo_without_an_explained_face_is_refused_and_counts_them(monkeypatch, models, tmp_path):
    three_faces(monkeypatch, lambda left: XaiError("The model answers with NaN."))
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "1.png").write_bytes(picture(5))
    summary, rows = audit(
        tmp_path / "set", models, tmp_path / "out", lambda data, *_: examine_photo(data, ["first"])
    )
    assert (rows["1.png"]["outcome"], rows["1.png"]["unexplained"]) == ("refused", "3")
    assert "Face 3 cannot be explained: The model answers with NaN." in rows["1.png"]["sentence"]
    assert (summary["faces"], summary["unexplained"], summary["refused"]) == (0, 3, 1)


def test_a_model_that_answers_no_photo_ends_the_audit(folder, models, tmp_path):
    def nothing(data, classifiers, *_):
        image = read_image(data)
        return Photo(image, Faces([FACE]), [()], {0: "Face 1 cannot be explained: it answers with NaN."})

    with pytest.raises(XaiError, match=r"failed on all 32 photos from 001.png on.*answers with NaN"):
        audit(folder, models, tmp_path / "out", nothing)


@pytest.mark.parametrize("error", [torch.OutOfMemoryError("CUDA out of memory."), MemoryRanOut("none left")])
def test_memory_that_runs_out_on_a_face_is_not_its_fault(monkeypatch, error):
    three_faces(monkeypatch, lambda left: error)
    with pytest.raises(MemoryRanOut):
        examine_photo(picture(5), ["first"])
