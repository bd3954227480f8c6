"""What is audited: every file once, in one order, with its labels; hostile zips are refused."""

import contextlib
import io
import json
import os
import pickle
import random
import struct
import subprocess
import sys
import zipfile
import zlib

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.support.audits import picture, zipped
from xai.audit.sources import archives
from xai.audit.sources.archives import HeldZip
from xai.audit.sources.files import SourceFile, list_files, list_uploads
from xai.errors import DataRejected


def listed(*paths, note=None):
    return list_files(paths, note or pytest.fail)


def labels(files):
    return {f.name: [(a.label, a.box and tuple(a.box)) for a in f.annotations] for f in files}


def test_the_order_is_that_of_names_and_not_of_the_disk(tmp_path, monkeypatch):
    for name in ("b/2.png", "a.png", "b/1.png", "B.png", "c/d/e.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(picture(1))
    wanted = ["B.png", "a.png", "b/1.png", "b/2.png", "c/d/e.png"]
    assert [f.name for f in listed(tmp_path)] == wanted
    walk = os.walk

    def shuffled(*args, **more):
        for inside, folders, names in walk(*args, **more):
            random.Random(4).shuffle(folders)
            yield inside, folders, random.Random(5).sample(names, len(names))

    monkeypatch.setattr(os, "walk", shuffled)
    assert [f.name for f in listed(tmp_path)] == wanted


def test_class_folders_label_their_pictures_and_other_files_are_listed_too(tmp_path):
    for name in ("with_mask/1.png", "uncovered/2.png", "README.txt", "other/3.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(picture(2))
    assert labels(listed(tmp_path)) == {
        "README.txt": [],
        "other/3.png": [],
        "uncovered/2.png": [("uncovered", None)],
        "with_mask/1.png": [("covered", None)],
    }


def test_boxes_csv_gives_boxes_and_what_it_names_in_vain_is_said(tmp_path):
    (tmp_path / "1.png").write_bytes(picture(3))
    rows = ("1.png,covered,1,2,11,12", "1.png,uncovered,12,2,20,12", "gone.png,covered,1,2,11,12")
    (tmp_path / "boxes.csv").write_text("\n".join(("file,class,x0,y0,x1,y1", *rows)))
    said = []
    files = listed(tmp_path / ".." / tmp_path.name, note=said.append)
    assert labels(files)["1.png"] == [("covered", (1, 2, 11, 12)), ("uncovered", (12, 2, 20, 12))]
    assert [f.name for f in files if f.table] == ["boxes.csv"]
    assert [f.name for f in list_files([tmp_path], said.append, 1)] == ["1.png", "boxes.csv"]
    assert len(said) == 2
    assert "gone.png" in said[0]


def test_crops_of_one_photo_belong_together_and_a_file_alone_to_none(tmp_path):
    for name in ("1.png", "2.png", "3.png"):
        (tmp_path / name).write_bytes(picture(int(name[0])))
    (tmp_path / "labels.csv").write_text(
        "file,class,source_image,group\n1.png,covered,a.jpg,\n2.png,covered,a.jpg,\n3.png,covered,3.png,\n"
    )
    groups = {file.name: file.group for file in list_files([tmp_path], print)}
    assert groups == {"1.png": "a.jpg", "2.png": "a.jpg", "3.png": "", "labels.csv": ""}
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "4.png").write_bytes(picture(4))
    two = list_files([tmp_path, tmp_path / "other"], print)
    assert {file.group for file in two} == {f"{tmp_path.name}/a.jpg", ""}, "sets may use the same names"


def test_labels_csv_says_where_in_a_crop_its_face_is(tmp_path):
    for name in ("1.png", "2.png"):
        (tmp_path / name).write_bytes(picture(3))
    (tmp_path / "labels.csv").write_text(
        "file,class,x0,y0,x1,y1\n1.png,covered,4,5,20,21\n2.png,covered,,,,\n"
    )
    assert labels(listed(tmp_path)) == {
        "1.png": [("covered", (4, 5, 20, 21))], "2.png": [("covered", None)], "labels.csv": [],
    }  # fmt: skip


def test_voc_gives_boxes(tmp_path):
    for folder in ("images", "annotations"):
        (tmp_path / folder).mkdir()
    (tmp_path / "images" / "1.png").write_bytes(picture(4))
    corners = "".join(
        f"<{k}>{v}</{k}>" for k, v in zip(("xmin", "ymin", "xmax", "ymax"), (1, 2, 9, 10), strict=True)
    )
    thing = f"<object><name>with_mask</name><bndbox>{corners}</bndbox></object>"
    text = f"<annotation><filename>1.png</filename>{thing}</annotation>"
    (tmp_path / "annotations" / "1.xml").write_text(text)
    files = listed(tmp_path)
    assert labels(files)["images/1.png"] == [("covered", (1, 2, 9, 10))]
    assert [f.name for f in files if f.table] == ["annotations/1.xml"]


def test_a_table_names_photos_and_classes(tmp_path):
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "1.png").write_bytes(picture(5))
    table = tmp_path / "list.csv"
    table.write_text("path,class\nmissing.png,\ndeep/1.png,with_mask\n")
    files = listed(table)
    assert labels(files) == {"deep/1.png": [("covered", None)], "missing.png": []}
    assert "no regular file" in files[1].refusal


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("path,class\n1.png,hat\n", "Line 2 .* has the class 'hat'; known are covered"),
        ("name,class\n1.png,covered\n", "must have the columns file and class; its head is name, class"),
        ("path,class\n,covered\n", "Line 2 .* file must be the name of a picture, not ''"),
        (
            "path,class,x0,y0,x1,y1\n1.png,covered,1,2,x,4\n",
            "Line 2 .* x1 must be a number of pixels, not 'x'",
        ),
        ("path,class,x0,y0,x1,y1\n1.png,covered,5,2,1,4\n", "Line 2 .* its box is empty"),
        ("path,class\n", "no file to audit"),
    ],
)
def test_a_table_that_cannot_be_read_is_refused_with_its_line(tmp_path, text, said):
    table = tmp_path / "list.csv"
    table.write_text(text)
    with pytest.raises(DataRejected, match=said):
        listed(table)


def test_names_are_printable_and_apart(tmp_path):
    (tmp_path / "a\u202eb.png").write_bytes(picture(6))
    (tmp_path / "a\nb.png").write_bytes(picture(7))
    (tmp_path / os.fsdecode(b"\xff.png")).write_bytes(picture(7))
    assert sorted(f.name for f in listed(tmp_path)) == ["?.png", "a?b.png", "a?b.png (2)"]


def test_sets_of_the_same_name_stay_apart(tmp_path):
    for folder in ("x/set", "y/set"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "1.png").write_bytes(picture(8))
    found = listed(tmp_path / "x" / "set", tmp_path / "y" / "set")
    assert [f.name for f in found] == ["set/1.png", "set/1.png (2)"]


def test_a_pipe_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert "no regular file" in listed(tmp_path)[0].refusal


def test_a_link_to_a_folder_is_listed_and_not_followed(tmp_path):
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "1.png").write_bytes(picture(9))
    assert {f.name: f.refusal[:18] for f in listed(tmp_path)} == {"1.png": "", "round": "It is no regular f"}


def test_a_missing_path_is_one_sentence(tmp_path):
    with pytest.raises(DataRejected, match="no file or folder"):
        listed(tmp_path / "nothing")


def test_a_zip_is_read_in_memory_and_its_names_lead_nowhere(tmp_path):
    inside = tmp_path / "in"
    inside.mkdir()
    members = [("../../slip.png", picture(9)), ("/etc/with_mask/2.png", picture(10)), ("a/", b"")]
    files = listed(zipped(inside / "set.zip", members))
    assert labels(files) == {"../../slip.png": [], "/etc/with_mask/2.png": [("covered", None)]}
    assert [f.read() for f in files] == [picture(9), picture(10)]
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["in", "set.zip"]


def test_a_zip_of_too_many_files_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_MEMBERS", 3)
    with pytest.raises(DataRejected, match="holds 4 files and at most 3"):
        listed(zipped(tmp_path / "set.zip", [(f"{i}.png", b"1") for i in range(4)]))


def test_a_zip_with_an_endless_directory_is_refused_before_it_is_parsed(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "_DIRECTORY_BYTES", 70_000)
    with pytest.raises(DataRejected, match="far more than 5,000"):
        listed(zipped(tmp_path / "set.zip", [(f"{i:0100d}.png", b"1") for i in range(600)]))


def test_a_bomb_is_refused_by_what_comes_out(tmp_path):
    bomb = zipped(tmp_path / "set.zip", [("1.png", bytes(10_000_000))], zipfile.ZIP_DEFLATED)
    with pytest.raises(DataRejected, match="more than 100 times its size"):
        listed(bomb)


def test_a_bomb_that_lies_about_its_size_is_refused_too(tmp_path):
    """The directory says 100 bytes; a million come out, or the member counts as damaged: never more."""
    body = zlib.compressobj(9, zlib.DEFLATED, -15)
    data = body.compress(bytes(1_000_000)) + body.flush()
    path = zipped(tmp_path / "set.zip", [("1.png", b"x" * len(data))])
    raw = bytearray(path.read_bytes().replace(b"x" * len(data), data))
    at = raw.index(b"PK\x01\x02")
    for start, method, size in ((0, 8, 22), (at, 10, 24)):
        struct.pack_into("<H", raw, start + method, 8)
        struct.pack_into("<I", raw, start + size, 100)
    path.write_bytes(raw)
    files = listed(path)
    assert files[0].size <= 100
    assert "damaged" in files[0].refusal


def test_the_bytes_of_all_members_count_together(tmp_path, monkeypatch):
    monkeypatch.setattr(archives, "MAX_UNPACKED", 5_000)
    members = [(f"{i}.png", random.Random(i).randbytes(2_000)) for i in range(3)]
    with pytest.raises(DataRejected, match="unpacks to more than"):
        listed(zipped(tmp_path / "set.zip", members))


def test_a_damaged_member_is_refused_and_the_others_go_on(tmp_path):
    path = zipped(tmp_path / "set.zip", [("1.png", b"a" * 500), ("2.png", picture(11))])
    path.write_bytes(path.read_bytes().replace(b"a" * 500, b"b" * 500))
    first, second = listed(path)
    assert "damaged" in first.refusal
    assert (second.refusal, second.read()) == ("", picture(11))


def test_labels_inside_a_zip_are_said_not_to_be_read(tmp_path):
    said = []
    path = zipped(tmp_path / "set.zip", [("set/boxes.csv", b"file,class"), ("set/1.png", picture(13))])
    files = listed(path, note=said.append)
    assert [bool(f.refusal) for f in files] == [False, True]
    assert said == [f"set.zip: {files[1].refusal}"]


def test_a_packing_that_cannot_be_counted_is_refused(tmp_path):
    path = zipped(tmp_path / "set.zip", [("1.png", bytes(9))], zipfile.ZIP_LZMA)
    assert "packed in an unusual way" in listed(path)[0].refusal


@pytest.mark.parametrize("seed", range(40))
def test_a_broken_zip_is_never_more_than_a_refusal(tmp_path, seed):
    rng = random.Random(seed)
    raw = bytearray(
        zipped(tmp_path / "set.zip", [("a/1.png", picture(14)), ("b.png", b"x" * 90)]).read_bytes()
    )
    for _ in range(6):
        raw[rng.randrange(len(raw) - 200, len(raw))] = rng.randrange(256)
    (tmp_path / "set.zip").write_bytes(raw)
    with contextlib.suppress(DataRejected):
        assert all(f.refusal or len(f.read()) == f.size for f in listed(tmp_path / "set.zip"))


def test_no_zip_is_one_sentence(tmp_path):
    (tmp_path / "set.zip").write_bytes(b"PK\x03\x04 and nothing more")
    with pytest.raises(DataRejected, match="not a zip, or is damaged"):
        listed(tmp_path / "set.zip")
    cut = io.BytesIO(zipped(tmp_path / "whole.zip", [("1.png", picture(12))]).read_bytes()).read()[:-30]
    (tmp_path / "set.zip").write_bytes(cut)
    with pytest.raises(DataRejected, match="not a zip, or is damaged"):
        listed(tmp_path / "set.zip")


def told(files):
    return [(f.name, f.size, f.refusal, f.group, f.annotations, f.read()) for f in files]


def test_a_zip_in_memory_is_what_it_is_on_disk(tmp_path):
    members = [("with_mask/2.png", picture(21)), ("a.png", picture(22)), ("uncovered/b.png", picture(23))]
    path = zipped(tmp_path / "set.zip", members, zipfile.ZIP_DEFLATED)
    held = list_uploads([HeldZip("set.zip", path.read_bytes())], pytest.fail, 10_000)
    assert told(held) == told(listed(path))
    assert len(held) == 3


def test_an_uploaded_folder_is_what_it_is_on_disk(tmp_path):
    names = ("with_mask/1.png", "uncovered/2.png", "README.txt", "other/3.png", "a.png")
    for number, name in enumerate(names):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(picture(number))
    uploads = [
        SourceFile(f"photos/{name}", (tmp_path / name).stat().st_size, (tmp_path / name).read_bytes)
        for name in names
    ]
    assert told(list_uploads(uploads, pytest.fail, 10_000)) == told(listed(tmp_path))


def test_uploads_of_equal_names_are_numbered_and_two_zips_keep_apart(tmp_path):
    data = zipped(tmp_path / "set.zip", [("1.png", picture(4))]).read_bytes()
    plain = [SourceFile("1.png", 3, lambda: b"abc")] * 2
    found = list_uploads([*plain, HeldZip("a.zip", data), HeldZip("b.zip", data)], pytest.fail, 10_000)
    assert [f.name for f in found] == ["1.png", "1.png (2)", "a.zip/1.png", "b.zip/1.png"]


def test_a_zip_in_memory_has_the_limits_of_one_on_disk_and_its_own(tmp_path):
    data = zipped(tmp_path / "set.zip", [("1.png", random.Random(1).randbytes(2_000))]).read_bytes()
    with pytest.raises(DataRejected, match="unpacks to more than"):
        list_uploads([HeldZip("set.zip", data)], pytest.fail, 1_999)
    assert list_uploads([HeldZip("set.zip", data)], pytest.fail, 2_000)[0].size == 2_000
    bomb = zipped(tmp_path / "bomb.zip", [("1.png", bytes(1_000_000))], zipfile.ZIP_DEFLATED).read_bytes()
    with pytest.raises(DataRejected, match="times its size"):
        list_uploads([HeldZip("bomb.zip", bomb)], pytest.fail, 10**9)
    with pytest.raises(DataRejected, match=r"^no.zip is not a zip"):
        list_uploads([HeldZip("no.zip", b"PK")], pytest.fail, 10**9)
    with pytest.raises(DataRejected, match="no file to audit"):
        list_uploads([], pytest.fail, 10**9)


def test_tables_in_an_upload_are_said_not_to_be_read():
    said = []
    files = list_uploads([SourceFile("set/boxes.csv", 1, lambda: b"x")], said.append, 1)
    assert said == [files[0].refusal] != [""]


def parquet(path, table, **options):
    pq.write_table(table, path, **options)
    return path


def test_a_parquet_of_bytes_gives_photos_with_names_classes_boxes_and_groups(tmp_path):
    pictures = [picture(n) for n in range(1, 8)]
    columns = {
        "bytes": [*pictures, None],
        "path": [f"{n}.png" for n in range(1, 8)] + ["none.png"],
        "class": ["covered", "with_mask", "uncovered", None, "", "incorrect", "covered", "covered"],
        "x0": [1.0, *[None] * 7], "y0": [2, *[None] * 7], "x1": [11, *[None] * 7], "y1": [12, *[None] * 7],
        "group": ["one", "one", *[None] * 6],
    }  # fmt: skip
    path = parquet(tmp_path / "set.parquet", pa.table(columns), row_group_size=3)
    files = listed(path)
    assert labels(files) == {
        "1.png": [("covered", (1.0, 2.0, 11.0, 12.0))], "2.png": [("covered", None)],
        "3.png": [("uncovered", None)], "4.png": [], "5.png": [], "6.png": [("incorrect", None)],
        "7.png": [("covered", None)], "none.png": [("covered", None)],
    }  # fmt: skip
    assert [file.group for file in files] == ["one", "one"] + [""] * 6
    assert [file.size for file in files] == [*map(len, pictures), 0]
    assert files[-1].refusal == "The row holds no bytes of a photo."
    for order in (range(7), (6, 0, 3, 3, 2, 5)):
        assert [files[n].read() for n in order] == [pictures[n] for n in order]
    passed_on = pickle.loads(pickle.dumps(files))
    assert [file.read() for file in passed_on[:7]] == pictures


def test_a_parquet_of_hugging_face_names_its_classes_in_the_schema(tmp_path):
    structs = [{"bytes": picture(n), "path": None if n else "a.png"} for n in range(3)]
    features = {"label": {"names": ["without_mask", "with_mask"], "_type": "ClassLabel"}}
    table = pa.table({"image": structs, "label": [1, 0, 1]}).replace_schema_metadata(
        {"huggingface": json.dumps({"info": {"features": features}})}
    )
    files = listed(parquet(tmp_path / "train-00000.parquet", table))
    assert labels(files) == {
        "a.png": [("covered", None)],
        "row 0000002": [("uncovered", None)],
        "row 0000003": [("covered", None)],
    }
    assert [file.read() for file in files] == [struct["bytes"] for struct in structs]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"bytes": ["text"]}, "should have a column of bytes of pictures.* it has bytes"),
        ({"picture": [b"x"]}, "it has picture"),
        ({"bytes": [b"x"], "label": [3]}, "Row 1 of .* has the class '3'; known are"),
        ({"bytes": [b"x"], "class": ["hat"]}, "Row 1 of .* has the class 'hat'"),
        (
            {"bytes": [b"x"], "class": ["covered"], "x0": [1]},
            "Row 1 .* y0 must be a number of pixels",
        ),
        (
            {"bytes": [b"x"], "class": ["covered"], "x0": [1], "y0": [1], "x1": [1], "y1": [2]},
            "empty",
        ),
    ],
)
def test_a_parquet_that_cannot_be_used_is_refused_with_its_row(tmp_path, columns, said):
    with pytest.raises(DataRejected, match=said):
        listed(parquet(tmp_path / "set.parquet", pa.table(columns)))


def test_a_parquet_beyond_the_limit_or_changed_or_none_is_refused(tmp_path, monkeypatch):
    path = parquet(tmp_path / "set.parquet", pa.table({"bytes": [picture(1), picture(2)]}))
    files = listed(path)
    parquet(path, pa.table({"bytes": [picture(3)]}))
    with pytest.raises(DataRejected, match="has changed since the audit began"):
        files[1].read()
    monkeypatch.setattr("xai.audit.sources.parquet.MAX_GROUP", 10)
    with pytest.raises(DataRejected, match="with fewer rows in a group"):
        listed(path)
    path.write_bytes(b"PAR1 and no more")
    with pytest.raises(DataRejected, match="should be a Parquet file"):
        listed(path)


@pytest.mark.parametrize("seed", range(20))
def test_a_broken_parquet_is_never_more_than_a_refusal(tmp_path, seed):
    table = pa.table({"bytes": [picture(n) for n in range(6)], "class": ["covered"] * 6})
    path = parquet(tmp_path / "set.parquet", table, row_group_size=2)
    broken, chance = bytearray(path.read_bytes()), random.Random(seed)
    for _ in range(chance.randint(1, 12)):
        broken[chance.randrange(len(broken))] = chance.randrange(256)
    path.write_bytes(broken[: chance.randint(len(broken) // 2, len(broken))] if seed % 3 == 0 else broken)
    with contextlib.suppress(DataRejected):
        for file in list_files([path], lambda _told: None):
            file.read()


MEASURED = """
import sys, pathlib, pyarrow
from xai.audit.sources.files import list_files
files = list_files([pathlib.Path(sys.argv[1])], print)
print(len(files), len(files[-1].read()), pyarrow.default_memory_pool().max_memory())
"""


def test_a_parquet_whose_few_bytes_repeat_a_large_picture_is_not_unpacked_at_once(tmp_path):
    repeated = pa.DictionaryArray.from_arrays(pa.array([0] * 400), pa.array([bytes(2_000_000)]))
    path = tmp_path / "set.parquet"
    parquet(path, pa.table({"bytes": repeated}), compression="zstd", store_schema=False)
    assert path.stat().st_size < 100_000
    done = subprocess.run([sys.executable, "-c", MEASURED, path], capture_output=True, text=True, check=True)
    rows, size, most = map(int, done.stdout.split())
    assert (rows, size) == (400, 2_000_000)
    assert most < 20 * size
