import numpy as np
import pytest
from PIL import Image as Pillow

from xai.errors import DataRejected
from xai.learning.data.splits import load_crop, named_for, read_examples, select

HEADER = "file,class,source_image,x0,y0,x1,y1,box_w,box_h,group,split,overlaps_ilc,review\n"


def picture(path, side=40, value=120):
    path.parent.mkdir(parents=True, exist_ok=True)
    Pillow.fromarray(np.full((side, side, 3), value, np.uint8)).save(path)


@pytest.fixture
def csv_set(tmp_path):
    def make(name, rows):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "labels.csv").write_text(HEADER + "".join(row + "\n" for row in rows))
        for row in rows:
            picture(folder / row.split(",")[0])
        return folder

    return make


ROWS = [
    "covered/a.png,covered,p1.jpg,5,5,30,30,50,60,g1,train,0,",
    "covered/b.png,covered,p2.jpg,5,5,30,30,50,60,g2,val,0,",
    "incorrect/c.png,incorrect,p3.jpg,5,5,30,30,12,60,g3,train,0,clear",
    "incorrect/d.png,incorrect,p3.jpg,5,5,30,30,90,60,g3,test,1,doubtful",
]


def names(examples):
    return [e.path.stem for e in examples]


def test_a_row_becomes_an_example(csv_set):
    first = read_examples(csv_set("mine", ROWS))[0]
    assert (first.label, first.group, first.split, first.short_side) == ("covered", "g1", "train", 50)
    assert first.extent == (5, 5, 30, 30)
    assert load_crop(first).shape == (40, 40, 3)


def test_parts_of_the_seed_protocol_are_the_sets_own(csv_set):
    examples = read_examples(csv_set("fmd", ROWS))
    assert names(select(examples, "seed", "train")) == ["a", "c"]
    assert names(select(examples, "seed", "val")) == ["b"]
    assert names(select(examples, "seed", "test")) == ["d"]


def test_the_product_protocol_never_trains_on_what_it_measures(csv_set):
    examples = read_examples(csv_set("fmd", ROWS))
    assert select(examples, "product", "train") == ()
    assert select(examples, "product", "val") == ()
    assert names(select(examples, "product", "test")) == ["a", "b"]  # c is under 20 px, d a near copy


def test_the_product_protocol_measures_training_sets_on_what_was_held_out(csv_set):
    learnt = ROWS[0].replace("g1", "other")  # g1 is one of the groups that are held out for calibration
    examples = read_examples(csv_set("ilc", [learnt, ROWS[1]]))
    assert names(select(examples, "product", "train")) == ["a"]
    assert names(select(examples, "product", "test")) == ["b"]


def test_a_set_of_three_parts_is_never_chosen_on_its_test_part(csv_set):
    rows = [ROWS[0], ROWS[1], ROWS[3].replace(",1,doubtful", ",0,")]
    examples = read_examples(csv_set("mine", rows))
    assert names(select(examples, "product", "val")) == ["b"]
    assert names(select(examples, "product", "test")) == ["d"]


def test_folds_stand_in_for_a_split(tmp_path):
    rows = ["file,class,fold", *(f"f{i}.png,covered,{i}" for i in range(5))]
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    examples = read_examples(tmp_path)
    for protocol in ("seed", "product"):
        assert names(select(examples, protocol, "test")) == ["f0"]
        assert names(select(examples, protocol, "val")) == ["f1"]
        assert names(select(examples, protocol, "train")) == ["f2", "f3", "f4"]


@pytest.mark.parametrize("protocol", ["seed", "product"])
def test_an_undivided_set_is_parted_by_group_and_always_alike(tmp_path, protocol):
    rows = ["file,class,group", *(f"f{i}.png,covered,g{i // 3}" for i in range(300))]
    (tmp_path / "labels.csv").write_text("\n".join(rows) + "\n")
    examples = read_examples(tmp_path)
    train, val = select(examples, protocol, "train"), select(examples, protocol, "val")
    assert {e.group for e in train}.isdisjoint(e.group for e in val)
    assert len(train) + len(val) == 300
    assert 15 < len(val) < 75
    assert len(select(examples, protocol, "test")) == 300
    assert select(examples[::-1], protocol, "val") == val[::-1]


def test_a_box_outside_its_picture_is_named(tmp_path):
    far = VOC.replace("<xmin>10<", "<xmin>1000<").replace("<xmax>20<", "<xmax>1020<")
    with pytest.raises(DataRejected, match="outside the picture"):
        load_crop(read_examples(voc(tmp_path, far))[0])


@pytest.mark.parametrize(
    "data", [b"class,file\ncovered\n", b"file,class\n\xe9.png,covered\n", b"file\n" + b"x" * 200_000]
)
def test_a_damaged_table_is_one_sentence(tmp_path, data):
    (tmp_path / "labels.csv").write_bytes(data)
    with pytest.raises(DataRejected, match=r"labels\.csv"):
        read_examples(tmp_path)


def test_class_folders(tmp_path):
    for name in ("with_mask/x.png", "without_mask/y.jpg", "notes.txt"):
        picture(tmp_path / name) if name != "notes.txt" else (tmp_path / name).write_text("")
    assert [(e.path.name, e.label) for e in read_examples(tmp_path)] == [
        ("x.png", "covered"),
        ("y.jpg", "uncovered"),
    ]


def test_the_three_folders_of_an_image_folder_set_are_its_parts(tmp_path):
    for name in ("train/covered/a", "train/uncovered/b", "validation/incorrect/c", "holdout/covered/d"):
        picture(tmp_path / f"{name}.png")
    examples = read_examples(tmp_path)
    assert [(e.path.stem, e.label, e.split) for e in examples] == [
        ("a", "covered", "train"),
        ("b", "uncovered", "train"),
        ("c", "incorrect", "val"),
        ("d", "covered", "test"),
    ]
    assert names(select(examples, "seed", "train")) == ["a", "b"]
    assert names(select(examples, "seed", "val")) == ["c"]
    assert names(select(examples, "product", "test")) == ["d"]


def test_drawn_masks_on_one_portrait_stay_with_it(tmp_path):
    """File names of the published set: a portrait, and what was drawn on it."""
    for name in (
        "uncovered/00012",
        "covered/00012_Mask",
        "incorrect/00012_Mask_Mouth_Chin",
        "covered/120000",
    ):
        picture(tmp_path / f"{name}.png")
    assert sorted(e.group for e in read_examples(tmp_path)) == ["00012", "00012", "00012", "120000.png"]


def test_an_empty_class_folder_is_named(tmp_path):
    picture(tmp_path / "covered" / "a.png")
    (tmp_path / "uncovered").mkdir()
    with pytest.raises(DataRejected, match="uncovered holds no picture"):
        read_examples(tmp_path)
    said = []
    assert names(read_examples(tmp_path, said.append)) == ["a"]
    assert len(said) == 1


VOC = """<annotation><filename>p.png</filename>
<object><name>with_mask</name><bndbox><xmin>10</xmin><ymin>12</ymin><xmax>20</xmax><ymax>24</ymax></bndbox></object>
<object><name>mask_weared_incorrect</name><bndbox><xmin>0</xmin><ymin>0</ymin><xmax>5</xmax><ymax>9</ymax></bndbox></object>
</annotation>"""


def voc(tmp_path, text=VOC):
    picture(tmp_path / "images" / "p.png")
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "p.xml").write_text(text)
    return tmp_path


def test_voc_boxes_are_cut_with_their_margin(tmp_path):
    examples = read_examples(voc(tmp_path))
    assert [e.label for e in examples] == ["covered", "incorrect"]
    assert examples[0].short_side == 10
    crop = load_crop(examples[0])
    assert crop.shape[0] == crop.shape[1] == round(12 * 1.6)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("<annotation>", "not readable XML"),
        (VOC.replace("p.png", "q.png"), "q.png"),
        (VOC.replace("<xmax>20</xmax>", "<xmax>2</xmax>"), "empty or endless box"),
        (VOC.replace("<xmax>20</xmax>", "<xmax>inf</xmax>"), "empty or endless box"),
        (VOC.replace("<xmax>20</xmax>", ""), "four numbers"),
        (VOC.replace("with_mask", "hat"), "'hat'"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]>" + VOC, "plain PASCAL VOC"),
    ],
)
def test_bad_annotations_are_named(tmp_path, text, says):
    with pytest.raises(DataRejected, match=says):
        read_examples(voc(tmp_path, text))


def test_what_is_wrong_is_left_out_one_sentence_each(tmp_path):
    """Of four annotations one is sound; of its three boxes two are, one under the other spelling."""
    folder = voc(tmp_path, VOC.replace("mask_weared_incorrect", "mask_wearred_incorrect"))
    hat = VOC.replace("<name>with_mask", "<name>hat")
    empty = VOC.replace("<xmax>20</xmax>", "<xmax>2</xmax>")
    for name, text in (("a", "<annotation>"), ("b", VOC.replace("p.png", "q.png")), ("c", hat), ("d", empty)):
        (folder / "annotations" / f"{name}.xml").write_text(text)
    said = []
    examples = read_examples(folder, said.append)
    assert [e.label for e in examples] == ["incorrect", "incorrect", "covered", "incorrect"]
    assert [f"{name}.xml" in sentence for name, sentence in zip("abcd", said, strict=True)] == [True] * 4
    assert all(sentence.endswith(".") and "\n" not in sentence for sentence in said)


def test_rows_that_cannot_be_read_are_left_out(csv_set):
    bad = ["x.png,hat,p,1,1,2,2,9,9,g,train,0,", "y.png,covered,p,one,1,2,2,9,9,g,train,0,"]
    said = []
    examples = read_examples(csv_set("mine", [ROWS[0], *bad, ROWS[2]]), said.append)
    assert names(examples) == ["a", "c"]
    assert ["Line 3" in said[0], "Line 4" in said[1], len(said)] == [True, True, 2]


def test_two_classes_say_mask_or_no_mask(csv_set):
    examples = read_examples(csv_set("mine", [*ROWS[:3], ROWS[0].replace("covered", "uncovered")]))
    assert [e.label for e in named_for(examples, ("with_mask", "without_mask"))] == [
        "with_mask", "with_mask", "without_mask",
    ]  # fmt: skip
    assert named_for(examples, ("uncovered", "covered", "incorrect")) == examples


def test_bad_folders_and_rows_are_named(tmp_path, csv_set):
    with pytest.raises(DataRejected, match="no folder"):
        read_examples(tmp_path / "nowhere")
    with pytest.raises(DataRejected, match="neither labels"):
        read_examples(tmp_path)
    with pytest.raises(DataRejected, match=r"Line 2 of .* has the class 'hat'"):
        read_examples(csv_set("bad", ["x.png,hat,p,1,1,2,2,9,9,g,train,0,"]))
    with pytest.raises(DataRejected, match="Line 2"):
        read_examples(csv_set("worse", ["x.png,covered,p,one,1,2,2,9,9,g,train,0,"]))
    with pytest.raises(DataRejected, match="no labelled face"):
        read_examples(csv_set("empty", []))


def test_a_damaged_picture_is_named(csv_set):
    folder = csv_set("mine", ROWS[:1])
    (folder / "covered/a.png").write_bytes(b"no picture")
    with pytest.raises(DataRejected, match=r"a\.png"):
        load_crop(read_examples(folder)[0])
