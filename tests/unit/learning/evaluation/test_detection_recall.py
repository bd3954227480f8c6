"""Recall on a folder made by hand, and folders that are refused."""

import shutil
from importlib import metadata
from pathlib import Path

import pytest

from xai.errors import DataRejected
from xai.learning.evaluation import detection_recall


def test_recall_counts_what_was_found(tmp_path):
    """Three annotated faces: one right, one too small to count, one where no face is."""
    (path,) = [
        Path(f.locate()) for f in metadata.files("scikit-image") if str(f).endswith("data/astronaut.png")
    ]
    shutil.copy(path, tmp_path / "a.png")
    (tmp_path / "boxes.csv").write_text(
        "file,class,x0,y0,x1,y1\n"
        "a.png,uncovered,182,58,270,177\na.png,covered,300,300,360,380\na.png,incorrect,5,5,25,30\n"
    )
    measured = detection_recall.measure_recall(tmp_path).as_dict()
    assert measured["photos"] == 1
    assert measured["unmasked"]["48"] == {"recall": 1.0, "found": 1, "n": 1}
    assert measured["unmasked"]["96"] == {"recall": None, "found": 0, "n": 0}
    assert measured["masked"]["24"] == {"recall": 0.0, "found": 0, "n": 1}
    assert measured["unannotated_per_photo"] == 0


def test_recall_refuses_a_bad_list(tmp_path):
    with pytest.raises(DataRejected, match=r"boxes\.csv should list faces as file,class"):
        detection_recall.measure_recall(tmp_path)
    (tmp_path / "boxes.csv").write_text("file,class,x0,y0,x1,y1\na.png,hat,1,2,3,4\n")
    with pytest.raises(
        DataRejected, match=r"Line 2 of .* has the class 'hat'; known are covered, incorrect, uncovered"
    ):
        detection_recall.measure_recall(tmp_path)
    (tmp_path / "boxes.csv").write_text("file,class,x0,y0,x1,y1\na.png,covered,1,2,3,4\n")
    with pytest.raises(DataRejected, match=r"a\.png cannot be read"):
        detection_recall.measure_recall(tmp_path)
