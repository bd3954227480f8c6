"""Figures by kind of face, against a plain loop; what a bin is, against faces made so."""

import json
import math

import numpy as np
import pytest
from PIL import Image as Pillow

from tests.support.trials import make_set, put_model
from xai.learning.data.splits import Example, Extent
from xai.learning.evaluation.predictions import Answers, Tally
from xai.learning.evaluation.subgroups import KINDS, by_kind, head_turn
from xai.models import cards
from xai.models.cards import read_card
from xai.photo.sample_rendering import sample_png
from xai.types import CLASSES

HEAD = np.array([[-31, 0, 0], [31, 0, 0], [0, 34, 28], [-25, 66, 4], [25, 66, 4]], float)
"""Eyes, tip of the nose and corners of the mouth of a head: millimetres to the right, down, outwards."""


def seen_from(yaw, roll=0.0):
    """The five points as a far camera sees the head turned by so many degrees."""
    turn, tilt = math.radians(yaw), math.radians(roll)
    across = HEAD[:, 0] * math.cos(turn) + HEAD[:, 2] * math.sin(turn)
    flat = np.stack([across, HEAD[:, 1]], axis=1)
    rotation = np.array([[math.cos(tilt), math.sin(tilt)], [-math.sin(tilt), math.cos(tilt)]])
    return (flat @ rotation + 100).astype(np.float32)


@pytest.mark.parametrize("roll", [-25, 0, 40])
def test_the_turn_of_a_head_is_the_tangent_of_its_angle(roll):
    for yaw in (-60, -45, -20, 0, 10, 30, 50):
        assert head_turn(seen_from(yaw, roll)) == pytest.approx(
            28 / 31 * abs(math.tan(math.radians(yaw))), abs=1e-5
        )
    assert head_turn(seen_from(25, roll)) < 0.5 < head_turn(seen_from(32, roll))


@pytest.mark.parametrize(
    ("side", "name"),
    [(19.9, "under_20"), (20, "20_32"), (31.9, "20_32"), (32, "32_48"), (48, "48_96"), (95, "48_96"),
     (96, "from_96"), (4000, "from_96"), (math.inf, "unknown")],
)  # fmt: skip
def test_sizes_belong_to_the_bin_that_they_reach(tmp_path, side, name):
    assert KINDS["size"].bin_of(Example(tmp_path, "covered", "toy", "g", short_side=side)) == name


def test_a_portrait_looks_ahead_and_a_wall_has_no_face(tmp_path):
    (tmp_path / "portrait.png").write_bytes(sample_png("admiral-plain"))
    Pillow.new("RGB", (90, 90), (140, 120, 110)).save(tmp_path / "wall.png")
    faces = [Example(tmp_path / f"{name}.png", "uncovered", "toy", "g") for name in ("portrait", "wall")]
    assert [KINDS["pose"].bin_of(face) for face in faces] == ["frontal", "not_found"]


@pytest.fixture
def answers(tmp_path):
    """Of 90 faces in 30 groups, each third of another size, some answers are wrong."""
    rng = np.random.default_rng(8)
    examples = tuple(
        Example(
            tmp_path / f"{i}.png", CLASSES[(i // 3) % 3], "toy", f"g{i % 30}", short_side=(25, 60, 200)[i % 3]
        )
        for i in range(90)
    )
    probabilities = rng.dirichlet([0.6] * 3, 90).astype(np.float32)
    for i, example in enumerate(examples):
        if rng.random() < 0.6:
            probabilities[i] = np.eye(3, dtype=np.float32)[CLASSES.index(example.label)]
    return Answers(CLASSES, examples, probabilities, Tally())


def test_bins_are_counted_face_by_face(answers):
    found = by_kind(answers, ["size", "size"])
    assert list(found) == ["size"]
    assert [one.name for one in found["size"]] == ["20_32", "48_96", "from_96"]
    for one, side in zip(found["size"], (25, 60, 200), strict=True):
        right = {name: [] for name in CLASSES}
        for example, row in zip(answers.examples, answers.probabilities, strict=True):
            if example.short_side == side:
                right[example.label].append(CLASSES[int(np.argmax(row))] == example.label)
        every = [hit for hits in right.values() for hit in hits]
        assert one.counts == {name: len(hits) for name, hits in right.items()}
        shares = {name: sum(hits) / len(hits) for name, hits in right.items()}
        assert one.per_class == pytest.approx(shares)
        assert one.scores == pytest.approx(
            {"accuracy": sum(every) / len(every), "aca": sum(shares.values()) / 3}
        )
        for name, value in {**one.scores, **one.per_class}.items():
            low, high = one.intervals[name]
            assert low <= value <= high
            assert high - low > 0.05


def test_a_class_without_faces_in_a_bin_is_not_in_its_mean(answers):
    kept = [i for i, e in enumerate(answers.examples) if e.label != "incorrect" or e.short_side > 50]
    some = Answers(
        CLASSES, tuple(answers.examples[i] for i in kept), answers.probabilities[kept], answers.tally
    )
    first = by_kind(some, ["size"])["size"][0]
    assert set(first.counts) == {"covered", "uncovered"}
    assert first.scores["aca"] == pytest.approx(sum(first.per_class.values()) / 2)


def test_colour_is_asked_of_masks_only(tmp_path):
    bare = Example(tmp_path / "a.png", "uncovered", "toy", "g", extent=Extent(0, 0, 9, 9))
    unboxed = Example(tmp_path / "a.png", "covered", "toy", "g")
    assert [KINDS["colour"].bin_of(one) for one in (bare, unboxed)] == ["", "unknown"]


def test_the_call_puts_them_on_the_card_and_in_the_table(call, tmp_path, monkeypatch):
    home = tmp_path / "weights"
    monkeypatch.setattr(cards, "_HOME", home)
    monkeypatch.delenv("XAI_WEIGHTS", raising=False)
    put_model(home, "mine", protocol="product", source="own", data={"train": {"other": {}}})
    status, out, _ = call(
        "evaluate", "--data", make_set(tmp_path / "toy"), "--model", "mine", "--update", "--json",
        "--by", "size", "--by", "colour",
    )  # fmt: skip
    assert status == 0
    told = json.loads(out)["mine"]
    (size,), (colour,) = told["by"]["size"], told["by"]["colour"]
    assert (size["bin"], size["n"], size["aca"]) == ("32_48", told["n"], told["aca"])
    assert (colour["bin"], set(colour["counts"])) == ("unknown", {"covered", "incorrect"})
    card = read_card(home / "mine.json")
    assert card.metrics["toy protocol=product crops=annotated"]["by"] == told["by"]
    page = (home / "README.md").read_text()
    counts = " / ".join(str(size["counts"][name]) for name in CLASSES)
    assert f"| 32 to 48 px | {size['n']} ({counts}) | {size['accuracy']:.3f} (" in page
    assert "#### By colour of the mask" in page
    assert "#### By turn of the head" not in page
