"""Experiments: every line against the same worked out by hand, and the file they are kept in."""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from tests.support.trials import make_set, put_model
from xai.errors import DataRejected, XaiError
from xai.learning import studies
from xai.learning.data.splits import Example
from xai.learning.evaluation.detection_recall import FoundOf, Recall
from xai.learning.evaluation.metrics import exact_mcnemar, wilson
from xai.learning.evaluation.predictions import Answers, Tally
from xai.learning.studies import Sources, color, photos, tables
from xai.models import cards
from xai.photo.sample_rendering import sample_png

BARE = "admiral-plain"


@pytest.fixture
def home(tmp_path, monkeypatch):
    """The project's own weights folder, empty."""
    folder = tmp_path / "weights"
    folder.mkdir()
    monkeypatch.setattr(cards, "_HOME", folder)
    monkeypatch.delenv("XAI_WEIGHTS", raising=False)
    return folder


def sources(folders=(), data=None, notes=None):
    return Sources(data, tuple(folders), "cpu", (notes if notes is not None else []).append)


def told(right, classes=("a", "b"), groups=None):
    """Answers that are right where ``right`` says so; every face is of the first class."""
    rows = np.array([[0.8, 0.2] if hit else [0.3, 0.7] for hit in right], np.float32)
    names = groups or [str(i) for i in range(len(right))]
    faces = tuple(Example(Path(f"{i}.png"), "a", "toy", name) for i, name in enumerate(names))
    return Answers(classes, faces, rows, Tally())


def test_mcnemar_equals_counting_every_toss():
    rng = np.random.default_rng(0)
    for _ in range(20):
        first, second = rng.random((2, 12)) < 0.6
        alone, other = int((first & ~second).sum()), int((second & ~first).sum())
        tosses = list(itertools.product((0, 1), repeat=alone + other))
        as_far = [abs(2 * sum(t) - len(t)) >= abs(alone - other) for t in tosses]
        assert exact_mcnemar(first, second) == pytest.approx(sum(as_far) / len(as_far))
    many = np.zeros(4000, bool)
    assert 0 <= exact_mcnemar(many, ~many) < 1e-300


def test_grey_and_colour_are_compared_on_the_faces_they_share():
    grey, both = [True] * 60 + [False] * 40, [True] * 50 + [False] * 10 + [True] * 30 + [False] * 10
    made = color.compare(told([*grey, True]), told(both))
    values = {line.label: line.measured for line in made.rows}
    assert values["grey"].value == 0.6
    assert values["colour"].value == 0.8
    difference = values["colour minus grey"]
    assert (difference.value, difference.n) == (0.2, 100)
    error = 1.96 * np.sqrt((10 + 30) / 100 - 0.2**2) / np.sqrt(100)  # paired: only 40 faces differ
    assert difference.high - difference.low == pytest.approx(2 * error, rel=0.15)
    assert "only grey is right on 10 faces, only colour on 30" in made.note
    assert [line.published for line in made.rows] == [0.88, 0.93, 0.05]
    with pytest.raises(DataRejected, match="no face in common"):
        color.same_faces((told([True]), told([True], groups=["elsewhere"])))


def test_grey_against_colour_asks_the_networks(home, tmp_path):
    folder = make_set(tmp_path / "toy")
    with pytest.raises(DataRejected, match="name the set by --data"):
        color.grey_against_colour(sources())
    with pytest.raises(DataRejected, match="weights of grey_cnn are not here"):
        color.grey_against_colour(sources(data=folder))


def test_selection_is_read_from_the_cards(home):
    with pytest.raises(DataRejected, match="0 is here"):
        tables.selection(sources())
    for row, accuracy in (("resnet50_tried", 0.9), ("alexnet", 0.7)):
        put_model(
            home, f"{row}_mfn", metrics={"chosen on": {"accuracy": accuracy}},
            recipe={"command": f"train {row}"}, data={"val": {"x": {"covered": 30}, "y": {"uncovered": 10}}},
        )  # fmt: skip
    made = tables.selection(sources())
    first, second = made.rows
    assert (first.label, first.measured.value, first.measured.n, first.published) == (
        "resnet50_tried", 0.9, 40, 0.88,
    )  # fmt: skip
    assert (first.measured.low, first.measured.high) == pytest.approx(wilson(36, 40), abs=1e-4)
    assert (second.label, second.published) == ("alexnet", None)
    assert made.command == "train resnet50_tried; train alexnet"
    assert "Not trained here: resnet18_tried, vgg16_tried, densenet121_tried, inception_v3." in made.note


def scored(figure, value, folds=()):
    intervals = {figure: [value - 0.1, value + 0.1]}
    row = {"n": 50, figure: value, "intervals": intervals, "folds": list(folds), "per_class": {}}
    return {
        "fmd protocol=seed crops=annotated": row,
        "fmd protocol=seed crops=annotated label=covered": {**row, figure: 0.0},
        "ilc protocol=seed crops=annotated": {**row, figure: 0.0},
    }


def test_tables_take_the_own_test_part_and_pooled_folds_first(home):
    for name, value in (("cnn3_fmd", 0.8), ("cnn3_folds_fmd", 0.85), ("cnn2_fmd", 0.7)):
        put_model(
            home, name, metrics=scored("f1", value), source="001",
            recipe={"published": {"f1": 0.92}, "trained_on": "fmd"},
        )  # fmt: skip
    made = tables.weights_and_depth(sources())
    assert [(line.label, line.measured.value, line.published) for line in made.rows] == [
        ("cnn3", 0.85, 0.92),
        ("cnn2", 0.7, 0.92),
    ]
    assert (made.rows[0].measured.low, made.rows[0].measured.high) == (0.75, 0.95)


def test_pretraining_needs_both_starts(home):
    recipe = {"trained_on": "fmd", "command": "train"}
    put_model(home, "mobilenet_v2_imagenet_fmd", metrics=scored("aca", 0.8), recipe=recipe)
    with pytest.raises(DataRejected, match="1 is here"):
        tables.pretraining(sources())
    put_model(home, "mobilenet_v2_random_fmd", metrics=scored("aca", 0.6), recipe=recipe)
    assert [(line.label, line.measured.value) for line in tables.pretraining(sources()).rows] == [
        ("ImageNet weights", 0.8),
        ("random weights", 0.6),
    ]


@pytest.fixture
def portraits(tmp_path):
    """One portrait with its face marked largest, and one whose largest box holds no face."""
    folder = tmp_path / "portraits"
    folder.mkdir()
    (folder / "one.png").write_bytes(sample_png(BARE))
    with Pillow.open(folder / "one.png") as picture:
        width, height = picture.size
        picture.save(folder / "two.png")
    face = [0.45 * width, 0.25 * height, 0.7 * width, 0.55 * height]
    lines = ["file,class,x0,y0,x1,y1"]
    lines += [f"one.png,covered,0,0,5,5\none.png,uncovered,{','.join(map(str, face))}"]
    lines += [f"two.png,covered,0,{0.7 * height},{0.5 * width},{height}", "gone.png,covered,0,0,5,5"]
    (folder / "boxes.csv").write_text("\n".join(lines) + "\n")
    return folder


def test_a_photo_whole_and_cut_to_its_largest_face(portraits):
    notes = []
    (pair,) = photos.read_pairs(portraits, sources(notes=notes))
    assert (pair.photo, pair.label) == ("one.png", "uncovered")
    assert pair.whole.shape[0] == pair.whole.shape[1]
    assert [note.split(" is left out")[0] for note in notes] == ["The photo two.png", "The photo gone.png"]


def test_crop_first_counts_by_hand(home, monkeypatch):
    """Two photos; dark whole pictures and bright faces, and a random network asked about both."""
    put_model(home, "mobilenet_v2", protocol="product", source="000")
    rng = np.random.default_rng(1)
    pictures = rng.integers(0, 256, (2, 2, 40, 40, 3), dtype=np.uint8)
    pairs = [photos.Pair(str(i), label, *pictures[i]) for i, label in enumerate(("covered", "uncovered"))]
    monkeypatch.setattr(photos, "read_pairs", lambda *_: iter(pairs))
    made = photos.crop_first(sources([home]))
    classifier = photos.load_card(cards.read_card(home / "mobilenet_v2.json"), "cpu")
    for line, which, printed in zip(made.rows[:2], ("whole", "cut"), (0.7, 0.95), strict=True):
        by_hand = [classifier.predict([getattr(p, which)])[0].as_dict()[p.label] for p in pairs]
        assert line.measured.value == pytest.approx(np.mean(by_hand), abs=1e-4)
        assert (line.measured.n, line.published) == (2, printed)
        assert line.measured.low == pytest.approx(min(by_hand), abs=1e-4)
    assert [line.measured.figure for line in made.rows[2:]] == ["accuracy"] * 2
    with pytest.raises(DataRejected, match="by --photos"):
        photos.crop_first(sources())


def test_the_detector_stands_beside_the_cascade(monkeypatch, tmp_path):
    found = Recall(3, {24: FoundOf(9, 10)}, {24: FoundOf(0, 0)}, 0.0, 0.1)
    monkeypatch.setattr(photos, "_recall", lambda folder: found)
    made = photos.cascade(sources([tmp_path / "fmd"]))
    assert [line.label for line in made.rows[2:]] == ["detector here, faces with a mask, fmd"]
    assert (made.rows[2].measured.low, made.rows[2].measured.high) == pytest.approx(wilson(9, 10), abs=1e-4)
    assert made.rows[0].measured.low is None
    assert made.command == "python -m xai experiments cascade --photos DATA/photos/fmd --update"


def test_the_file_keeps_what_was_not_done_again(call, home, monkeypatch):
    made = color.compare(told([True, False]), told([True, True]))
    kept = [{"name": "cascade", "rows": []}, {"name": "grey_against_colour", "rows": []}]
    (home / "experiments.json").write_text(json.dumps(kept))
    monkeypatch.setitem(studies.EXPERIMENTS, "grey_against_colour", lambda _: made)
    status, out, notes = call("experiments", "--update", "--json")
    assert status == 0
    assert "The experiment selection is left out: Two or more of the models" in notes
    written = json.loads((home / "experiments.json").read_text())
    assert written == [kept[0], *json.loads(out)]
    assert set(written[1]) == {"name", "question", "source", "rows", "command", "note"}
    assert set(written[1]["rows"][0]) == {"label", "measured", "published"}
    assert set(written[1]["rows"][0]["measured"]) == {"figure", "value", "low", "high", "n"}
    for damaged in ("{}", "[1]", "["):
        (home / "experiments.json").write_text(damaged)
        status, _, notes = call("experiments", "grey_against_colour", "--update")
        assert status == 2
        assert "is no list of experiments" in notes
        assert (home / "experiments.json").read_text() == damaged


def test_refusals_of_experiments(home):
    with pytest.raises(XaiError, match=r"no experiment 'magic'; choose one of: selection"):
        studies.run(["magic"], sources())
    with pytest.raises(DataRejected, match="are needed"):
        studies.run(["selection"], sources())
    with pytest.raises(XaiError, match="No experiment could be carried out"):
        studies.run([], sources())
