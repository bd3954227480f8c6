"""Which layout a folder has, which of its files are pictures, and that whatever is left out is counted."""

import numpy as np
import pytest
from PIL import Image as Pillow

from xai.learning.data.splits import read_set

NOISE = np.random.default_rng(0).integers(0, 256, (24, 24, 3), np.uint8)


def put(folder, name, kind="JPEG"):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(NOISE).save(path, kind)


def labels(found, folder):
    return {e.path.relative_to(folder).as_posix(): (e.label, e.split) for e in found.examples}


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize(
    "name", ["a.jfif", "a", "a.JPG_", "a.jpg.download", "a.txt", "a.gif", ".a", "deep/er/a.jpeg", "a.b.c"]
)
def test_content_decides_what_is_a_picture(tmp_path, name, kind):
    put(tmp_path, f"with_mask/{name}", kind)
    (tmp_path / "with_mask" / "notes.jpg").write_text("no picture")
    (tmp_path / "with_mask" / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    found = read_set(tmp_path)
    assert labels(found, tmp_path) == {f"with_mask/{name}": ("covered", "")}
    assert found.unlabelled == 0
    (said,) = found.reasons
    assert said.startswith("1 file is no JPEG, PNG or WebP picture")
    assert said.endswith("notes.jpg.")


@pytest.mark.parametrize(
    ("folder", "label"),
    [
        ("mask_worn_incorrectly", "incorrect"), ("Mask Weared Incorrect", "incorrect"), ("IMFD", "incorrect"),
        ("MaskWornIncorrectly", "incorrect"), ("partially-covered", "incorrect"), ("0_with_mask", "covered"),
        ("WithMask", "covered"), ("with masks", "covered"), ("Masked", "covered"), ("CMFD", "covered"),
        ("con mascarilla", "covered"), ("sin_mascarilla", "uncovered"), ("No Mask", "uncovered"),
        ("non-masked", "uncovered"), ("not_covered", "uncovered"), ("2. Without.Mask", "uncovered"),
    ],
)  # fmt: skip
def test_common_spellings_of_class_folders_are_known(tmp_path, folder, label):
    put(tmp_path, f"Train/{folder}/a.jpg")
    put(tmp_path, f"valid/{folder}/b.jpg")
    put(tmp_path, f"Test/{folder}/c.jpg")
    assert labels(read_set(tmp_path), tmp_path) == {
        f"Train/{folder}/a.jpg": (label, "train"),
        f"valid/{folder}/b.jpg": (label, "val"),
        f"Test/{folder}/c.jpg": (label, "test"),
    }


def test_an_unknown_folder_is_named_once_with_its_count(tmp_path):
    put(tmp_path, "with_mask/a.jpg")
    put(tmp_path, "root.jpg")
    for i in range(3):
        put(tmp_path, f"visors/{i}.jpg")
    found = read_set(tmp_path)
    assert len(found.examples) == 1
    assert found.unlabelled == 4
    assert [reason.split(", whose")[0] for reason in found.reasons] == [
        f"1 picture is in {tmp_path}",
        f"3 pictures are in {tmp_path / 'visors'}",
    ]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("labels.csv", "id,breed\n1,poodle\n"),
        ("labels.csv", "file,class\nx.jpg,poodle\n"),
        ("labels.csv", ""),
        ("boxes.csv", "a;b\n1;2\n"),
        ("annotations/empty.xml", "<annotation/>"),
        ("annotations/notes.txt", "none yet"),
    ],
)
def test_a_layout_that_gives_nothing_does_not_hide_class_folders(tmp_path, name, text):
    put(tmp_path, "covered/a.jpg")
    put(tmp_path, "uncovered/b.jpg")
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    found = read_set(tmp_path)
    assert len(found.examples) == 2
    assert found.entries == 1
    assert found.reasons[0].endswith(f"So {tmp_path} is read in another layout.")
    assert name.split("/")[0] in found.reasons[0]


def test_pictures_that_a_table_does_not_mention_are_counted(tmp_path):
    for name in ("covered/a.jpg", "covered/b.jfif", "covered/c.jpg", "other/d"):
        put(tmp_path, name)
    (tmp_path / "labels.csv").write_text("file,class\ncovered/a.jpg,covered\ncovered/c.jpg,hat\n")
    found = read_set(tmp_path)
    assert len(found.examples) + found.unlabelled == 4
    hat, rest = found.reasons
    assert "'hat'" in hat
    assert rest == f"2 pictures are in {tmp_path} but not in its labels.csv, the first is covered/b.jfif."


def test_a_link_back_to_the_set_is_followed_once(tmp_path):
    put(tmp_path, "covered/a.jpg")
    (tmp_path / "covered" / "again").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "elsewhere").mkdir()
    assert len(read_set(tmp_path).examples) == 1
