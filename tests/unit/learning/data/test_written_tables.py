"""``labels.csv`` as Excel, Windows, phones and scripts write it: each way gives the same faces."""

import numpy as np
import pytest
from PIL import Image as Pillow

from xai.errors import DataRejected
from xai.learning.data.formats import Extent
from xai.learning.data.splits import read_examples, read_set

PLAIN = (
    "file,class,group,split,x0,y0,x1,y1\n"
    "worn/a b.jpg,covered,g1,train,1.5,2,30,31.25\n"
    "worn/señor.png,incorrect,g2,val,0,0,40,40\n"
    "bare/C.JPG,uncovered,g3,test,5,6,7,8\n"
)


@pytest.fixture
def folder(tmp_path):
    for name in ("worn/a b.jpg", "worn/señor.png", "bare/C.JPG"):
        path = tmp_path / "set" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Pillow.fromarray(np.full((40, 40, 3), 120, np.uint8)).save(path)
    return tmp_path / "set"


def semicolons(text):
    """As a spreadsheet writes it where the comma is the decimal sign."""
    return text.replace(",", ";").replace(".5;", ",5;").replace(".25", ",25")


WAYS = {
    "mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "utf-16": lambda text: text.encode("utf-16"),
    "ansi": lambda text: text.encode("cp1252"),
    "semicolons": lambda text: semicolons(text).encode(),
    "semicolons of excel": lambda text: b"sep=;\r\n" + semicolons(text).replace("\n", "\r\n").encode(),
    "tabs": lambda text: text.replace(",", "\t").encode(),
    "bars": lambda text: text.replace(",", " | ").encode(),
    "windows": lambda text: text.replace("\n", "\r\n").encode(),
    "old mac": lambda text: text.replace("\n", "\r").encode(),
    "no last end": lambda text: text.rstrip().encode(),
    "trailing lines": lambda text: (text + "\n,,,,,,,\n   \n\n").encode(),
    "trailing columns": lambda text: text.replace("\n", ",,\n").encode(),
    "blanks": lambda text: text.replace(",", " , ").encode(),
    "quotes": lambda text: "".join(
        '"' + line.replace(",", '","') + '"\n' for line in text.splitlines()
    ).encode(),
    "capitals": lambda text: text.replace("file,class,group,split", "File,CLASS,Group,Split").encode(),
    "other heads": lambda text: text.replace("file,class", "filename,label").replace("x0", "xmin").encode(),
    "capital classes": lambda text: (
        text.replace(",covered", ",Covered").replace(",uncovered", ",UNCOVERED").encode()
    ),
    "other classes": lambda text: (
        text.replace(",covered", ",With Mask").replace(",uncovered", ",no-mask").encode()
    ),
    "other parts": lambda text: text.replace(",train", ",Training").replace(",val", ",valid").encode(),
    "backslashes": lambda text: text.replace("/", "\\").encode(),
    "dots": lambda text: text.replace("worn/", "./worn/").replace("bare/", ".\\bare\\").encode(),
    "other case": lambda text: text.replace("bare/C.JPG", "Bare/c.jpg").encode(),
    "decomposed": lambda text: text.replace("señor", "sen\u0303or").encode(),
}


def seen(examples, folder):
    return [(e.path.relative_to(folder).as_posix(), e.label, e.group, e.split, e.extent) for e in examples]


EXPECTED = [
    ("worn/a b.jpg", "covered", "g1", "train", Extent(1.5, 2, 30, 31.25)),
    ("worn/señor.png", "incorrect", "g2", "val", Extent(0, 0, 40, 40)),
    ("bare/C.JPG", "uncovered", "g3", "test", Extent(5, 6, 7, 8)),
]


@pytest.mark.parametrize("way", WAYS)
def test_every_way_of_writing_it_gives_the_same_faces(folder, way):
    (folder / "labels.csv").write_bytes(WAYS[way](PLAIN))
    found = read_set(folder)
    assert seen(found.examples, folder) == EXPECTED
    assert (found.unlabelled, found.entries, found.reasons) == (0, 0, ())


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (
            "worn/a b.jpg,hat,g,train,1,2,3,4",
            "Line 3 .* has the class 'hat'; known are covered, incorrect, unc",
        ),
        ("worn/a b.jpg,,g,train,1,2,3,4", "Line 3 .* has the class ''"),
        (",covered,g,train,1,2,3,4", "Line 3 .* file must be the name of a picture, not ''"),
        ("worn/a b.jpg,covered,g,dev7,1,2,3,4", "Line 3 .* split must be train, val or test, not 'dev7'"),
        ("worn/a b.jpg,covered,g,train,one,2,3,4", "Line 3 .* x0 must be a number of pixels, not 'one'"),
        ("worn/a b.jpg,covered,g,train,inf,2,3,4", "Line 3 .* x0 must be a number of pixels, not 'inf'"),
        ("worn/a b.jpg,covered,g,train,1,2,3", "Line 3 .* y1 must be a number of pixels, not ''"),
    ],
)
def test_a_row_that_cannot_be_read_is_named_with_its_line_and_left_out(folder, row, says):
    lines = PLAIN.splitlines()
    (folder / "labels.csv").write_text("\n".join([*lines[:2], row, *lines[2:]]) + "\n")
    found = read_set(folder)
    assert seen(found.examples, folder) == EXPECTED
    assert found.entries == 1
    with pytest.raises(DataRejected, match=says):
        raise DataRejected(found.reasons[0])


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", r"labels\.csv must have the columns file and class; its head is nothing"),
        ("name,kind\na,b\n", r"labels\.csv must have the columns file and class; its head is name, kind"),
        ("file,class,class\na,b,c\n", r"labels\.csv has the column class twice; remove one"),
        (
            "file,class\na,b,covered\n",
            "Line 2 of .* has 3 cells and the head has 2; put a value that contains",
        ),
        (
            "file,class\na.jpg,hat\nb.jpg,cap\n",
            "holds no labelled face; the first reason: Line 2 .* has the class",
        ),
    ],
)
def test_a_table_of_which_nothing_can_be_read_says_why(folder, text, says):
    (folder / "labels.csv").write_text(text)
    (folder / "worn").rename(folder / "first")  # no folder is named after a class
    (folder / "bare").rename(folder / "second")
    with pytest.raises(DataRejected, match=says):
        read_examples(folder, lambda _: None)


def test_a_box_may_have_points_between_thousands(folder):
    (folder / "labels.csv").write_text(semicolons(PLAIN).replace(";7;8", ";1.007,5;8"))
    assert read_set(folder).examples[-1].extent == Extent(5, 6, 1007.5, 8)
