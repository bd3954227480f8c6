"""What the cards say, read without torch; published beside measured; what is damaged is named."""

import json
import subprocess
import sys

import pytest

from dashboard.charts.metrics import DotRow, dots, learning_curves
from dashboard.components.confusion_matrix import payload
from dashboard.records.evaluations import most_informative, replication_result
from dashboard.records.focus import focus_over, sets_of
from dashboard.records.reader import RecordUnreadable, read_experiments, read_records, read_references
from dashboard.text.model_summary import model_summary
from dashboard.views.models import add_model
from dashboard.views.models.text import alt_curves
from dashboard.widgets.dot_plot import alt_text
from tests.support.paths import ROOT
from xai.errors import WeightsUnavailable
from xai.models.card_fields import Field
from xai.models.card_schema import Epoch, Metric, read_verdicts
from xai.models.cards import parse_card, read_card, read_cards


def evaluation(n=100, aca=0.9, **more):
    return {
        "n": n, "missed": 2, "accuracy": 0.95, "aca": aca, "ece": 0.04,
        "per_class": {"covered": 0.97, "incorrect": 0.83},
        "confusion": {"covered": {"covered": 97, "incorrect": 3, "uncovered": 0},
                      "incorrect": {"covered": 1, "incorrect": 5, "uncovered": 0},
                      "uncovered": {"covered": 0, "incorrect": 0, "uncovered": 0}},
        "intervals": {"aca": [aca - 0.05, aca + 0.05], "accuracy": [0.9, 0.99]},
        **more,
    }  # fmt: skip


def card(**more):
    return {
        **add_model._EXAMPLE,
        "name": "vgg_fmd",
        "source": "003",
        "data": {"train": {"fmd": {"covered": 90, "incorrect": 5}, "ilc": {"covered": 10, "uncovered": 7}}},
        "recipe": {
            "published": {"covered": 0.9377, "aca": 0.8529},
            "command": "make it",
            "departures": ["One."],
        },
        "metrics": {
            "chosen on": {"aca": 0.99},
            "mfn protocol=seed crops=annotated": evaluation(aca=0.5),
            "fmd protocol=seed crops=annotated without=x": evaluation(90, 0.7),
            "fmd protocol=seed crops=detected": evaluation(95, 0.8),
            "fmd protocol=seed crops=annotated": evaluation(100, 0.85),
            "fmd protocol=product crops=annotated": evaluation(100, 0.99),
        },
        "history": [{"epoch": 1, "loss": 0.9, "aca": 0.4}, {"epoch": 2, "loss": 0.5, "aca": 0.8, "lr": 3}],
        **more,
    }


def judged(value, low=0.7, high=0.9):
    return {"value": value, "interval": None if value is None else [low, high]}


VERDICTS = {
    "ilc donors=set": {
        "covered": {
            "faces": 205, "judged": 118,
            "followed": judged(0.91), "place_share": judged(0.57), "stayed": judged(0.99),
            "families": {
                "outside": {"stayed": judged(0.98), "part": judged(0.1)},
                "background": {"stayed": judged(0.81), "part": judged(0.09)},
            },
            "verdict": {"verdict": "supported", "why": "follows", "finds": 0.29},
        },
        "incorrect": {
            "faces": 3, "judged": 0,
            "followed": judged(None), "place_share": judged(None), "stayed": judged(None),
            "families": {}, "verdict": {"verdict": "cannot tell", "why": "few_photos", "finds": None},
        },
    }
}  # fmt: skip


def test_what_answers_go_by_is_read_class_by_class(tmp_path):
    path = tmp_path / "vgg_fmd.json"
    path.write_text(json.dumps(card(verdicts=VERDICTS)))
    covered, incorrect = parse_card(path).class_verdicts
    assert (covered.dataset, covered.donors, covered.label) == ("ilc", "set", "covered")
    assert (covered.faces, covered.judged, covered.verdict) == (205, 118, "supported")
    assert covered.followed == Metric(0.91, 0.7, 0.9)
    assert (covered.moved_by, covered.kept) == ("background", Metric(0.81, 0.7, 0.9))
    assert (incorrect.followed, incorrect.moved_by, incorrect.kept) == (None, "", None)


def test_a_card_without_verdicts_has_none(record):
    assert record.class_verdicts == ()


@pytest.fixture
def record(tmp_path):
    path = tmp_path / "vgg_fmd.json"
    path.write_text(json.dumps(card()))
    return parse_card(path)


def test_a_card_is_read_figure_by_figure(record):
    assert record.training.counts == {
        "train": {"covered": 100, "incorrect": 5, "uncovered": 7}
    }  # both sets together
    assert record.training.sets == ("fmd", "ilc")
    assert [score.n for score in record.evaluations] == [
        100,
        90,
        95,
        100,
        100,
    ]  # "chosen on" is no evaluation
    first = record.evaluations[0]
    assert first.metrics["aca"] == Metric(0.5, 0.45, 0.55)
    assert first.metrics["covered"] == Metric(0.97)
    assert record.epochs == (Epoch(1, None, 0.9, None, 0.4), Epoch(2, None, 0.5, None, 0.8))


def test_the_whole_set_in_its_own_boxes_is_told_first(record):
    assert [(s.dataset, s.metrics["aca"].value) for s in most_informative(record.evaluations)] == [
        ("mfn", 0.5),
        ("fmd", 0.85),
    ]


def test_published_stands_beside_the_same_protocol_on_the_same_set(record):
    beside = replication_result(record)
    assert (beside.dataset, beside.setting["protocol"], beside.metrics["aca"].value) == ("fmd", "seed", 0.85)


def test_without_a_measurement_under_the_protocol_nothing_is_set_beside(tmp_path):
    path = tmp_path / "vgg_fmd.json"
    path.write_text(json.dumps(card(metrics={"fmd protocol=product crops=annotated": evaluation()})))
    assert replication_result(parse_card(path)) is None


def test_an_evaluation_that_counts_no_classes_has_a_bottom_line_without_them(tmp_path):
    path = tmp_path / "vgg_fmd.json"
    path.write_text(json.dumps(card(metrics={"fmd protocol=product": {"n": 60, "accuracy": 0.9}})))
    (said,) = model_summary(parse_card(path))
    assert said == "Right on 90 of 100 faces of the Kaggle photos (60 measured)."


def test_the_installed_models_are_read_as_their_cards_say():
    for one in read_cards().cards:
        raw = json.loads(one.path.with_suffix(".json").read_text())
        assert one.limits == tuple(raw["limits"])
        assert [score.n for score in one.evaluations] == [r["n"] for r in raw["metrics"].values() if "n" in r]
        for score in one.evaluations:
            assert sum(map(sum, (row.values() for row in score.confusion.values()))) == score.n


def test_a_folder_with_measured_models_and_experiments(tmp_path):
    (tmp_path / "measured").mkdir()
    (tmp_path / "measured" / "vgg_fmd.json").write_text(json.dumps(card()))
    (tmp_path / "measured" / "broken.json").write_text("{")
    experiment = {
        "name": "grey", "question": "Does colour help?", "source": "002", "command": "run it", "note": "",
        "rows": [{"label": "grey", "published": 0.88,
                  "measured": {"figure": "accuracy", "value": 0.9, "low": 0.88, "high": 0.92, "n": 500}}],
    }  # fmt: skip
    (tmp_path / "experiments.json").write_text(json.dumps([experiment]))
    found = read_records([], [tmp_path])
    assert [card.name for card in found.measured] == ["vgg_fmd"]
    assert read_records([tmp_path / "vgg_fmd.json"], [tmp_path]).measured == ()  # it can be asked
    (row,) = found.experiments[0].rows
    assert (row.measured, row.published, row.n) == (Metric(0.9, 0.88, 0.92), 0.88, 500)
    (problem,) = found.problems
    assert problem.startswith("The model broken is left out: its card broken.json cannot be read")


@pytest.mark.parametrize("text", ["[]", '{"name": 3}', "not json", '{"recipe": 1, "data": []}'])
def test_what_is_no_card_is_refused_with_the_name_of_the_file(tmp_path, text):
    path = tmp_path / "odd.json"
    path.write_text(text)
    with pytest.raises(WeightsUnavailable, match=r"odd is left out: its card odd\.json cannot be read"):
        parse_card(path)


@pytest.mark.parametrize("text", ["{}", '[{"name": "grey"}]', "not json", "[3]"])
def test_what_are_no_experiments_is_refused_with_the_name_of_the_file(tmp_path, text):
    path = tmp_path / "experiments.json"
    path.write_text(text)
    with pytest.raises(RecordUnreadable, match=r"experiments\.json is left out"):
        read_experiments(path)
    (problem,) = read_records([], [tmp_path]).problems
    assert "experiments.json" in problem


def test_what_ships_can_be_read_whole():
    shipped = ROOT / "weights"
    measured = len(list((shipped / "measured").glob("*.json")))
    found = read_records([card.path.with_suffix(".json") for card in read_cards().cards], [shipped])
    assert found.problems == ()
    assert len(found.measured) == measured
    assert len(found.experiments) == len(json.loads((shipped / "experiments.json").read_text()))


RATIO = {"value": 0.5, "interval": [0.4, 0.6]}


def verdict_row(supported, cannot_tell, verdict="supported"):
    counts = {"supported": supported, "mixed": 0, "not supported": 0, "cannot tell": cannot_tell}
    return {
        "faces": supported + cannot_tell, "groups": supported + cannot_tell, "judged": supported,
        "verdicts": counts, "followed": RATIO, "place_share": RATIO, "stayed": RATIO,
        "families": {"outside": {"stayed": RATIO}}, "verdict": {"verdict": verdict},
    }  # fmt: skip


def test_the_honest_control_network_comes_first_with_its_verdicts(tmp_path):
    path = tmp_path / "reference_verdicts.json"
    assert read_references(path) == ()
    rows = {"ilc donors=set": {"covered": verdict_row(4, 2)}}
    networks = {
        "stamp": {"honest": False, "answers": 9, "right": 9, "verdicts": rows},
        "plain": {"honest": True, "answers": 9, "right": 6, "verdicts": rows},
    }
    path.write_text(json.dumps({"command": "run it", "networks": networks}))
    honest, shortcut = read_references(path)
    assert (honest.name, honest.honest, honest.right, honest.answers) == ("plain", True, 6, 9)
    assert (shortcut.name, shortcut.honest) == ("stamp", False)
    assert honest.verdicts[0].verdicts["supported"] == 4
    path.write_text('{"networks": {"plain": {}}}')
    with pytest.raises(RecordUnreadable, match=r"reference_verdicts\.json is left out"):
        read_references(path)


def test_the_verdicts_of_all_classes_are_counted_together_with_an_interval():
    rows = {"covered": verdict_row(30, 10), "uncovered": verdict_row(20, 0, "mixed")}
    rows["uncovered"]["verdicts"] |= {"supported": 10, "mixed": 10}
    verdicts = read_verdicts(Field({"ilc donors=set": rows}))
    assert sets_of(verdicts) == ("ilc",)
    assert focus_over(verdicts, "fmd") is None
    focus = focus_over(verdicts, "ilc")
    assert focus.counts == {"supported": 40, "mixed": 10, "not supported": 0, "cannot tell": 10}
    assert (focus.told, focus.photos, focus.classes) == (50, 50, (1, 2))
    figure = focus.supported  # Wilson's interval of 40 of 50, as published tables have it
    assert (figure.value, figure.low, figure.high) == pytest.approx((0.8, 0.670, 0.888), abs=5e-4)


def test_where_nothing_could_be_tested_there_is_no_share():
    verdicts = read_verdicts(Field({"ilc donors=set": {"covered": verdict_row(0, 5)}}))
    assert focus_over(verdicts, "ilc").supported is None


def test_no_experiments_is_no_fault(tmp_path):
    assert read_experiments(tmp_path / "experiments.json") == ()


def test_the_card_to_start_from_is_a_card(tmp_path):
    (tmp_path / "my_model.safetensors").write_bytes(b"weights")
    import hashlib

    example = {**add_model._EXAMPLE, "sha256": hashlib.sha256(b"weights").hexdigest()}
    (tmp_path / "my_model.json").write_text(json.dumps(example))
    assert read_card(tmp_path / "my_model.json").classes == ("covered", "incorrect", "uncovered")


def test_dots_are_filled_where_measured_and_hollow_where_published():
    figure = dots(
        [DotRow("a", Metric(0.9, 0.8, 0.95)), DotRow("b", None, 0.7), DotRow("c", Metric(0.6), 0.65)]
    )
    measured, alone, published = figure.data
    assert (list(measured.x), list(measured.y)) == ([0.9], [0])
    assert list(measured.error_x.array) == pytest.approx([0.05])
    assert list(measured.error_x.arrayminus) == pytest.approx([0.1])
    assert (list(alone.x), list(alone.y)) == ([0.6], [2])
    assert alone.marker.symbol == "circle-open"  # what has no interval must not look sure
    assert (list(published.x), list(published.y)) == ([0.7, 0.65], [1, 2])
    assert published.marker.symbol == "diamond-open"
    assert [note.text for note in figure.layout.annotations] == ["a", "b", "c"]


def test_a_cell_holds_the_share_of_its_row_and_an_empty_row_is_left_out(record):
    sent = payload(record.evaluations[0], record.classes)
    cells = {tuple(cell["cell"]): cell for row in sent["rows"] for cell in row["cells"]}
    assert (cells["covered", "incorrect"]["share"], cells["covered", "incorrect"]["faces"]) == ("3%", "3")
    assert cells["incorrect", "incorrect"]["share"] == "83%"  # five of six
    assert not any(truth == "uncovered" for truth, _ in cells)
    said = "correct answer mask worn incorrectly, answered mask worn correctly: 17% of the row, faces: 1"
    assert cells["incorrect", "covered"]["said"] == said
    assert [len(row["cells"]) for row in sent["rows"]] == [len(sent["columns"])] * 2


def test_curves_leave_out_what_was_not_recorded(record):
    lines = learning_curves(record.epochs, ("train_loss", "loss")).data
    assert [list(line.y) for line in lines] == [[0.9, 0.5]]


def test_the_alternative_texts_hold_the_numbers(record):
    said = alt_text("Scores", [DotRow("a", Metric(0.9, 0.8, 0.95), 0.7)])
    assert "a 90.0% (80.0% to 95.0%) published 70.0%" in said
    assert "b 90.0%, no interval." in alt_text("Scores", [DotRow("b", Metric(0.9))])
    assert "from 0.900 to 0.500" in alt_curves(record.epochs, ("loss",))


def test_reading_records_does_not_bring_torch():
    code = (
        "import sys, dashboard.records.reader, dashboard.views.models.text; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
