"""What models are called, and the bottom line of each: made from cards, and from nothing else."""

import json
import re
from dataclasses import replace

import pytest

from dashboard import i18n, session
from dashboard.records.focus import Focus
from dashboard.records.reader import Experiment, ExperimentRow
from dashboard.text.metrics import class_label, figure_text, missing_interval_notes
from dashboard.text.model_names import model_name, model_names, network_name, purpose
from dashboard.text.model_summary import (
    general_line,
    headline_evaluation,
    model_summary,
    right_line,
    unfit_line,
    use_line,
)
from dashboard.views.models import add_model
from dashboard.views.models.cards import bars
from dashboard.views.studies.text import figures_that_hold, measured_name, note, question, row_label
from tests.support.paths import ROOT
from xai.classes import MEANINGS
from xai.learning.training.recipe_registry import RECIPES
from xai.models.architectures import ARCHITECTURES
from xai.models.card_schema import Metric
from xai.models.cards import Catalogue, parse_card, read_cards

SHIPPED = json.loads((ROOT / "weights" / "experiments.json").read_text())


def counted(**rows):
    """An evaluation from its table: true class -> answer -> faces; every figure worked out from it."""
    faces = {truth: sum(answers.values()) for truth, answers in rows.items()}
    hits = {truth: answers.get(truth, 0) for truth, answers in rows.items()}
    shares = {truth: hits[truth] / count for truth, count in faces.items() if count}
    return {
        "n": sum(faces.values()),
        "accuracy": sum(hits.values()) / sum(faces.values()),
        "aca": sum(shares.values()) / len(shares),
        "per_class": shares,
        "confusion": rows,
        "intervals": {name: [share - 0.01, share + 0.01] for name, share in shares.items()},
    }


THREE = counted(
    covered={"covered": 985, "uncovered": 15},
    incorrect={"incorrect": 84, "covered": 16},
    uncovered={"uncovered": 495, "covered": 5},
)


@pytest.fixture
def made(tmp_path):
    """A card whose keys are given."""

    def make(**more):
        raw = {**add_model._EXAMPLE, **more}
        path = tmp_path / f"{raw['name']}.json"
        path.write_text(json.dumps(raw))
        return parse_card(path)

    return make


def test_the_bottom_line_says_the_shares_of_the_table_in_hundreds(made):
    assert model_summary(made(metrics={"fmd protocol=product": THREE})) == (
        "Right on 98 of 100 faces of the Kaggle photos (1,600 measured).",
        "Weakest where the correct answer is “mask worn incorrectly”: right on 84 of 100 (100 measured).",
    )


def test_a_model_of_two_answers_is_said_not_to_judge_how_a_mask_is_worn(made):
    classes = ["with_mask", "without_mask"]
    table = counted(with_mask={"with_mask": 6, "without_mask": 3}, without_mask={"without_mask": 20})
    lines = model_summary(made(classes=classes, metrics={"fmd protocol=seed": table}))
    assert lines[1] == (
        "Weakest where the correct answer is “a mask is present”: right on 6 of 9, too few to be sure."
    )
    assert lines[2] == (
        "It knows two answers: it says whether a mask is present, not whether it is worn correctly."
    )


def test_what_is_not_all_is_never_rounded_to_all(made):
    nearly = counted(covered={"covered": 999, "uncovered": 1}, uncovered={"uncovered": 10})
    first, _, unseen = model_summary(made(metrics={"fmd protocol=product": nearly}))
    assert first.startswith("Right on more than 99 of 100 faces")
    assert unseen == "Not measured there, for lack of such faces: “mask worn incorrectly”."
    never = counted(covered={"uncovered": 999, "covered": 1}, uncovered={"uncovered": 999})
    assert "right on fewer than 1 of 100" in model_summary(made(metrics={"fmd protocol=product": never}))[1]


def test_a_model_that_nobody_measured_is_said_to_be_so(made):
    assert model_summary(made(metrics={})) == ("How often it is right was not measured.",)


def test_what_the_model_was_chosen_on_does_not_decide_where_other_faces_were_measured(made):
    metrics = {"ilc protocol=product": {**THREE, "n": 9000}, "fmd protocol=product": THREE}
    data = {"train": {"ilc": {"covered": 9}}, "val": {"ilc": {"covered": 3}}, "test": {"fmd": {"covered": 5}}}
    record = made(metrics=metrics, data=data)
    assert headline_evaluation(record).dataset == "fmd"
    assert record.training.sets == ("ilc",)  # what was measured on was not learnt from
    assert headline_evaluation(made(metrics={"ilc protocol=product": THREE}, data=data)).dataset == "ilc"


def test_a_model_of_two_answers_is_known_by_their_meaning_not_their_spelling(made):
    table = counted(Masked={"Masked": 9}, **{"No-Mask": {"No-Mask": 20}})
    card = made(classes=["Masked", "No-Mask"], metrics={"fmd protocol=product": table})
    assert "It knows two answers" in model_summary(card)[-1]
    assert use_line(card) == "**Use it for:** whether a mask is present."
    assert unfit_line(card).startswith("**Not for:** how a mask is worn; ")


def by_size(**shares):
    return {
        "size": [{"bin": name, "counts": {"covered": 40}, "aca": share} for name, share in shares.items()]
    }


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (
            {"by": by_size(**{"20_32": 0.84, "32_48": 0.85})},
            "faces of 20 to 32 px; telling “mask worn incorrectly”; faces under 20 px",
        ),
        ({"by": by_size(under_20=0.9)}, "telling “mask worn incorrectly”"),
        ({}, "telling “mask worn incorrectly”; small or turned faces (not measured)"),
        ({"per_class": {}}, "small or turned faces (not measured)"),
    ],
)
def test_a_model_is_not_for_what_it_is_weak_on_or_was_not_measured_on(made, more, said):
    card = made(metrics={"fmd protocol=product": {**THREE, **more}})
    assert unfit_line(card) == f"**Not for:** {said}."


def test_how_often_a_model_is_right_is_said_with_its_interval(made):
    (score,) = made(metrics={"fmd": {**THREE, "intervals": {"accuracy": [0.954, 0.986]}}}).evaluations
    assert right_line(score) == "**Right 98 of 100** (95% to 99%)"
    (score,) = made(metrics={"fmd": THREE}).evaluations
    assert right_line(score) == "**Right 98 of 100**"


def judged(**verdicts):
    counts = {name.replace("_", " "): count for name, count in verdicts.items()}
    ratio = {"value": 0.9, "interval": [0.8, 1.0]}
    return {
        "faces": sum(counts.values()), "groups": 10, "judged": sum(counts.values()), "verdicts": counts,
        "followed": ratio, "place_share": ratio, "stayed": ratio, "families": {},
        "verdict": {"verdict": "supported" if counts.get("supported") else "mixed"},
    }  # fmt: skip


def test_a_models_line_counts_the_classes_in_which_it_looks_where_it_should(made, monkeypatch):
    verdicts = {"fmd donors=set": {"covered": judged(supported=3), "uncovered": judged(mixed=2)}}
    card = made(metrics={"fmd protocol=product": THREE}, verdicts=verdicts)
    bare = made(name="bare", metrics={"fmd protocol=product": THREE})
    unmeasured = made(name="unmeasured")
    monkeypatch.setattr(session, "catalogue", lambda: Catalogue((card, bare, unmeasured), ()))
    assert general_line("my_model") == (
        "In general: right 98 of 100; looks at nose and mouth for 1 of its 2 answers"
    )
    assert general_line("bare") == "In general: right 98 of 100"
    assert (general_line("unmeasured"), general_line("gone")) == ("", "")


def test_a_bar_has_a_part_for_each_verdict_as_wide_as_its_count_and_says_them():
    counts = {"supported": 90, "mixed": 0, "not supported": 4, "cannot tell": 6}
    drawn = bars({"<this>": Focus("ilc", counts, 50, (1, 1))})
    assert 'style="flex-grow:90">90</span>' in drawn
    assert 'class="not-supported" style="flex-grow:4"></span>' in drawn  # no room for its number
    assert 'class="mixed" style' not in drawn
    alt = re.search(r'aria-label="([^"]+)"', drawn).group(1)
    assert alt.startswith(
        "&lt;this&gt;: Focus supported 90, Mixed focus 0, Focus not supported 4, Cannot tell 6."
    )
    assert "95.7% (" in alt
    assert drawn.count("<li") == 4


@pytest.mark.parametrize("language", i18n.languages())
def test_every_set_and_every_class_is_defined(language):
    said = i18n.messages(language)
    sets = {key.split(".")[1] for key in said if key.startswith(("dataset.", "learnt_set."))}
    assert {key.split(".")[1] for key in said if key.startswith("dataset_note.")} == sets
    assert {key.split(".")[1] for key in said if key.startswith("class_note.")} == set(MEANINGS)


@pytest.mark.parametrize(
    ("card", "said"),
    [
        ({"name": "mobilenet_v2", "architecture": "mobilenet_v2_stride16"}, "MobileNetV2 (the default)"),
        ({"name": "colour_cnn_fmd", "architecture": "colour_cnn", "source": "002", "protocol": "seed"},
         "Colour CNN of study 002"),
        ({"name": "cnn3_70_30_fmd", "architecture": "cnn3", "source": "001", "protocol": "seed"},
         "Three-block CNN (class weights 70 : 30) of study 001"),
        ({"name": "resnet18_2fc_fmd", "architecture": "resnet18_2fc", "source": "003", "protocol": "seed"},
         "ResNet-18 (two final layers) of study 003"),
        ({"name": "custom_cnn_relu_bn", "architecture": "custom_cnn_relu_bn", "source": "003"},
         "Normalised ReLU CNN"),
        ({"name": "mobilenet_v2_random_fmd", "architecture": "mobilenet_v2", "protocol": "seed"},
         "MobileNetV2 (from scratch), study recipe"),
        ({"name": "north_gate", "architecture": "mobilenet_v2"}, "north_gate"),
    ],
)  # fmt: skip
def test_a_model_is_called_by_its_network_and_its_role(made, card, said):
    assert model_name(made(**card)) == said


def test_two_models_are_never_called_alike(made):
    twins = [made(name=name, architecture="vgg16", source="000", protocol="seed")
             for name in ("vgg16_fmd", "vgg16_mfn")]  # fmt: skip
    assert model_names(twins) == {
        "vgg16_fmd": "VGG-16 of study 000 (vgg16_fmd)",
        "vgg16_mfn": "VGG-16 of study 000 (vgg16_mfn)",
    }


def test_cards_are_named_as_records_are_and_every_shipped_name_is_its_own():
    cards = read_cards().cards
    names = model_names(cards)
    assert len(set(names.values())) == len(cards)
    assert [purpose(card) for card in cards] == sorted(map(purpose, cards), reverse=True)


@pytest.mark.parametrize("language", i18n.languages())
def test_every_network_and_every_recipe_has_a_name(language):
    said = i18n.messages(language)
    assert {key.removeprefix("network.") for key in said if key.startswith("network.")} == set(ARCHITECTURES)
    for row, _ in RECIPES:
        base = max((name for name in ARCHITECTURES if f"{row}_".startswith(f"{name}_")), key=len)
        varied = row[len(base) + 1 :]
        assert not varied or f"variant.{varied}" in said, row


def test_a_row_that_begins_with_no_network_keeps_its_name():
    assert network_name("my_own_fmd") == "my_own_fmd"
    assert network_name("vgg16_mfn") == "VGG-16"
    assert network_name("custom_cnn_relu_bn_folds_fmd") == "Normalised ReLU CNN (all folds together)"
    assert network_name("vgg16x") == "vgg16x"


def test_intervals_that_say_nothing_are_stars_and_a_sentence(made):
    lines = {"intervals": {"covered": [0.98, 0.99], "incorrect": [0.0, 0.0], "uncovered": [0.4, 1.0]}}
    metrics = {"fmd protocol=seed": {**THREE, **lines, "groups": {"incorrect": 60, "uncovered": 9}}}
    (score,) = made(metrics=metrics).evaluations
    assert score.metrics["covered"] == Metric(0.985, 0.98, 0.99)
    assert score.metrics["incorrect"] == Metric(0.84, gap="alike")
    assert score.metrics["uncovered"] == Metric(0.99, gap="few")
    assert figure_text(score.metrics["covered"]) == "98.5% (98.0% to 99.0%)"
    assert figure_text(score.metrics["uncovered"]) == "99.0% *"
    assert class_label("uncovered", score, score.metrics["uncovered"]) == "no mask, 500 faces *"
    assert len(missing_interval_notes(score.metrics.values())) == 2  # accuracy has none computed
    assert missing_interval_notes([Metric(0.9, 0.8, 1.0)]) == []


def test_where_a_card_counts_no_groups_its_faces_stand_for_them(made):
    few = counted(covered={"covered": 60, "uncovered": 3}, uncovered={"uncovered": 8, "covered": 1})
    figures = made(metrics={"fmd protocol=seed": few}).evaluations[0].metrics
    assert (figures["covered"].gap, figures["uncovered"].gap) == ("", "few")


def test_an_interval_that_could_not_be_computed_is_none(made):
    (score,) = made(metrics={"fmd": {**THREE, "intervals": {"covered": [None, None]}}}).evaluations
    assert score.metrics["covered"] == Metric(0.985)


NAMES_EVERYWHERE = {"AlexNet", "Inception-v3", "MobileNetV2", "ReLU CNN"}
"""Names of networks that no language translates."""


def speak(monkeypatch, code):
    monkeypatch.setattr(i18n, "language", lambda: code)


@pytest.mark.parametrize("one", SHIPPED, ids=[one["name"] for one in SHIPPED])
def test_no_word_of_an_experiment_is_left_in_english(monkeypatch, one):
    rows = tuple(
        ExperimentRow(row["label"], row["measured"]["figure"], Metric(0.5), None, None) for row in one["rows"]
    )
    shown = Experiment(one["name"], one["question"], one["source"], rows, one["command"], one["note"])
    english = [*(row_label(row.label) for row in rows), *(measured_name(row.figure) for row in rows)]
    speak(monkeypatch, "es")
    assert question(shown) != shown.question
    assert note(shown) != shown.note
    spanish = [*(row_label(row.label) for row in rows), *(measured_name(row.figure) for row in rows)]
    alike = [one for one, other in zip(english, spanish, strict=True) if one == other]
    assert all(set(label.split(", ")) <= NAMES_EVERYWHERE for label in alike), alike


@pytest.mark.parametrize("one", SHIPPED, ids=[one["name"] for one in SHIPPED])
def test_what_an_experiment_notes_is_known_word_for_word(monkeypatch, one):
    speak(monkeypatch, "es")
    said = i18n.translate_notice(one["note"].partition(" Not trained here: ")[0])
    assert said != one["note"].partition(" Not trained here: ")[0]


def test_models_that_an_experiment_lacks_are_named_plainly(monkeypatch):
    monkeypatch.setattr("dashboard.views.studies.text.is_technical", lambda: True)
    lacking = Experiment("new", "Why?", "000", (), "", "All alike. Not trained here: vgg16_tried, alexnet.")
    assert note(lacking) == "All alike. Not trained here: VGG-16 (first trial), AlexNet."
    assert note(replace(lacking, note="All alike.")) == "All alike."
    assert question(lacking) == "Why?"


def test_every_limit_that_a_training_writes_is_said_in_every_language(monkeypatch):
    from xai.learning.publishing.model_cards import known_limits
    from xai.learning.training.recipe import BINARY
    from xai.types import CLASSES

    limits = {
        limit
        for classes in (BINARY, CLASSES)
        for sets in ({"ilc"}, {"fmd"}, {"mfn"})
        for limit in known_limits(classes, sets)
    }
    speak(monkeypatch, "es")
    assert not [limit for limit in limits if i18n.translate_notice(limit) == limit]


def test_the_studies_page_says_how_many_printed_figures_hold():
    within, lower, higher = ((Metric(0.9, 0.85, 0.95), printed) for printed in (0.85, 0.8, 0.96))
    unknown = [(Metric(0.9, 0.8, 1.0), None), (Metric(0.9), 0.9), (None, 0.9)]
    assert figures_that_hold([within, lower, higher, lower, *unknown]).startswith(
        "**In part.** Of 4 printed figures, 1 "
    )
    assert "2 were printed lower and 1 higher" in figures_that_hold([within, lower, higher, lower])
    assert figures_that_hold([within, within]).startswith("**Yes.** All 2 ")
    assert figures_that_hold([lower, higher]).startswith("**No.** Of 2 ")
    assert figures_that_hold(unknown) == ""
