"""``errors`` as users call it: a sheet of what is wrong, a table to fill, the counts on the card."""

import csv
import json

import cv2
import numpy as np
import pytest

from tests.support.trials import make_set, put_model
from xai.learning.data.splits import load_crop, read_examples
from xai.models import cards
from xai.models.cards import read_card
from xai.models.classifiers import load_card
from xai.models.reported_errors import KnownError

ON = "toy protocol=product crops=annotated"


@pytest.fixture
def toy(tmp_path, monkeypatch):
    monkeypatch.setattr(cards, "_HOME", tmp_path / "home")
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path / "w"))
    put_model(tmp_path / "w", "mine", protocol="product", source="own", data={"train": {"other": {}}})
    return make_set(tmp_path / "toy")


def wrong_by_hand(toy, card):
    """Each wrong face with its answer and probability, the surest first."""
    classifier = load_card(card, "cpu")
    found = []
    for face in read_examples(toy):
        (told,) = classifier.predict([load_crop(face)])
        if face.split == "test" and told.label != face.label:
            found.append((face.path.name, face.label, told.label, told.confidence))
    return sorted(found, key=lambda row: -row[3])


def read_table(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def fill(path, kinds):
    rows = read_table(path)
    for row, kind in zip(rows, kinds, strict=False):
        row["kind"] = kind
    with path.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0])
        table.writeheader()
        table.writerows(rows)


def test_the_sheet_and_its_table_hold_what_is_wrong(call, toy, tmp_path):
    sheet = tmp_path / "sheet.png"
    status, out, notes = call("errors", "mine", "--data", toy, "--sheet", sheet, "--json")
    told = json.loads(out)
    wrong = wrong_by_hand(toy, read_card(tmp_path / "w" / "mine.json"))
    assert (status, told["on"], told["n"], told["wrong"]) == (0, ON, 20, len(wrong))
    assert "--kinds" in notes
    rows = read_table(sheet.with_suffix(".csv"))
    assert [(row["file"], row["truth"], row["answer"]) for row in rows] == [row[:3] for row in wrong]
    assert [float(row["probability"]) for row in rows] == pytest.approx([row[3] for row in wrong], abs=1e-4)
    picture = cv2.imread(str(sheet))
    assert picture.shape == (198 * -(-len(wrong) // 8), 168 * min(8, len(wrong)), 3)
    first = cv2.resize(cv2.imread(str(toy / wrong[0][0])), (168, 168), interpolation=cv2.INTER_AREA)
    assert np.abs(picture[:168, :168].astype(int) - first).max() <= 1


def test_a_limit_keeps_the_surest(call, toy, tmp_path):
    call("errors", "mine", "--data", toy, "--sheet", tmp_path / "all.png")
    _, out, _ = call(
        "errors", "mine", "--data", toy, "--sheet", tmp_path / "few.png", "--limit", "3", "--json"
    )
    assert json.loads(out)["shown"] == 3
    assert read_table(tmp_path / "few.csv") == read_table(tmp_path / "all.csv")[:3]


def test_what_was_filled_in_goes_onto_the_card_and_nowhere_else(call, toy, tmp_path):
    card = tmp_path / "w" / "mine.json"
    raw = json.loads(card.read_text())
    kept = {"kind": "scarf", "count": 4, "of": 9, "note": "", "on": "another set"}
    old = {"kind": "beard", "count": 9, "of": 9, "note": "Long ones.", "on": ON}
    gone = {"kind": "profile", "count": 1, "of": 9, "note": "", "on": ON}
    card.write_text(json.dumps({**raw, "errors": [kept, old, gone]}))
    table = tmp_path / "sheet.csv"
    call("errors", "mine", "--data", toy, "--sheet", tmp_path / "sheet.png")
    fill(table, ["low_mask", "beard", "", "low_mask"])
    arguments = ("errors", "mine", "--data", toy, "--kinds", table)
    status, out, notes = call(*arguments, "--json")
    expected = [
        {"kind": "low_mask", "count": 2, "of": 3, "note": "", "on": ON},
        {"kind": "beard", "count": 1, "of": 3, "note": "Long ones.", "on": ON},
    ]
    assert (status, json.loads(out)["errors"]) == (0, expected)
    assert f"{len(read_table(table)) - 3} rows have no kind" in notes
    assert len(read_card(card).errors) == 3  # looked at only
    call(*arguments, "--update")
    assert read_card(card).errors == (KnownError(**kept), *(KnownError(**one) for one in expected))
    assert {**json.loads(card.read_text()), "errors": 0} == {**raw, "errors": 0}


def test_a_second_sheet_keeps_what_was_filled_in(call, toy, tmp_path):
    sheet = ("errors", "mine", "--data", toy, "--sheet", tmp_path / "sheet.png", "--json")
    call(*sheet)
    fill(tmp_path / "sheet.csv", ["", "profile", "other"])
    before = read_table(tmp_path / "sheet.csv")
    assert json.loads(call(*sheet)[1])["kept"] == 2
    assert read_table(tmp_path / "sheet.csv") == before


def test_bad_use_gets_one_sentence(call, toy, tmp_path):
    def refused(*arguments):
        status, out, err = call("errors", "mine", "--data", toy, *arguments)
        assert (status, out) == (2, "")
        return err

    table = tmp_path / "sheet.csv"
    assert "Name a new --sheet" in refused()
    assert "Name a new --sheet" in refused("--sheet", tmp_path / "sheet.png", "--update")
    table.write_text("some,thing\n1,2\n")
    assert "the column 'file' is missing" in refused("--kinds", table)
    assert "the column 'file' is missing" in refused("--sheet", tmp_path / "sheet.png")
    assert table.read_text() == "some,thing\n1,2\n"  # a file of another's is not written over
    table.unlink()
    call("errors", "mine", "--data", toy, "--sheet", tmp_path / "sheet.png")
    assert "No row has a kind yet" in refused("--kinds", table)
    fill(table, ["hat"])
    assert "'hat'; known kinds are low_mask" in refused("--kinds", table)
