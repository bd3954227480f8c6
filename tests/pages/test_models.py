"""The pages "The models" and "The studies" as a visitor drives them, and the header that every page has."""

import json
import re
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from dashboard import preferences, session
from dashboard.i18n import messages
from dashboard.records.reader import Records, Reference
from dashboard.text.model_names import model_names
from dashboard.text.model_summary import headline_evaluation, model_focus
from dashboard.views.models import confusion, model_card
from tests.support.pages import page_at
from xai.models.cards import Catalogue, find_card, read_cards
from xai.photo.samples import SAMPLES
from xai.types import CLASSES, Prediction

pytestmark = pytest.mark.usefixtures("one_model_process")

CARDS = read_cards().cards
SPANISH = messages("es")


@pytest.fixture
def weights(monkeypatch, tmp_path):
    """A second folder of models, empty; what is put there is seen at once."""
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    for kept in (session.installed, session.records):
        kept.clear()
    yield tmp_path
    for kept in (session.installed, session.records):
        kept.clear()


def visit(**address):
    return page_at("models", **address)


def text(page):
    parts = [
        *page.title,
        *page.header,
        *page.markdown,
        *page.caption,
        *page.warning,
        *page.error,
        *page.info,
    ]
    return "\n".join(str(part.value) for part in parts)


def called(page):
    """The display name of the model whose card is shown."""
    return model_names((*CARDS, *session.records().measured))[page.selectbox(key="model").value]


def html(page):
    return "\n".join(part.proto.body for part in page.get("html"))


def glance(page, index):
    """The lines of one of the two cards at the top."""
    return [str(part.value) for part in page.columns[index].markdown]


def test_two_cards_say_how_often_each_model_is_right_and_where_it_looks():
    page = visit().run()
    assert not page.exception
    names = model_names(CARDS)
    assert [each.value for each in page.header][:2] == [names[card.name] for card in CARDS[:2]]
    for index, card in enumerate(CARDS[:2]):
        right, focus, use, unfit = glance(page, index)
        accuracy = headline_evaluation(card).metrics["accuracy"]
        assert right.startswith(f"**Right {accuracy.value * 100:.0f} of 100** ({accuracy.low:.0%} to ")
        assert right.endswith("on unseen faces, Kaggle photos")
        found = model_focus(card)
        assert focus.startswith("**Looks at nose and mouth**")
        assert f"in **{found.counts['supported']} of {found.told}** answers tested" in focus
        assert focus.endswith(f"{found.counts['cannot tell']} could not be tested")
        assert use.startswith("**Use it for:**")
        assert unfit.startswith("**Not for:**")
        assert f"flex-grow:{found.counts['supported']}" in html(page)
        words = re.sub(r"[*]", "", " ".join((right, focus, use, unfit))).split()
        assert len(words) <= 60
    assert "profiles" in glance(page, 0)[3]  # its card says so: the faces that the detector does not find
    sets = [page.columns[0].markdown[index].help for index in range(2)]
    assert all(
        messages()[f"dataset_note.{name}"] in told for name, told in zip(("fmd", "ilc"), sets, strict=True)
    )


def test_the_control_networks_stand_beside_a_model_measured_on_the_same_set(monkeypatch):
    own = [found for found in CARDS[0].class_verdicts if found.dataset == "fmd"]
    references = (Reference("plain", True, 9, 8, tuple(own)), Reference("mark", False, 9, 9, tuple(own)))
    monkeypatch.setattr(session, "records", lambda: Records((), (), references, ()))
    page = visit().run()
    assert not page.exception
    labels = re.findall(r"<b>(.+?)</b>", html(page))
    assert labels == ["This model", "Known to look there", "Known to look elsewhere"] * 2
    assert "answers tested" in glance(page, 0)[1]
    assert "Kaggle photos;" in glance(page, 0)[1]  # the set that they were measured on
    shown = visit(section="focus").run()
    said = "For comparison: the network known to look there (right on 8 of 9)"
    assert said in [each.label for each in shown.expander]


def test_a_model_whose_focus_was_not_tested_is_said_to_be_so(monkeypatch):
    bare = tuple(replace(card, verdicts={}, metrics={}) for card in CARDS[:2])
    monkeypatch.setattr(session, "catalogue", lambda: Catalogue(bare, ()))
    page = visit().run()
    assert not page.exception
    assert glance(page, 0)[:2] == [messages()["glance.not_measured"], messages()["glance.not_tested"]]


def test_the_three_classes_are_explained_with_pictures():
    page = visit().run()
    shown = text(page)
    for name in CLASSES:
        assert messages()[f"class_note.{name}"] in shown


def test_the_first_card_is_the_default_models_with_its_limits():
    page = visit().run()
    assert not page.exception
    shown = text(page)
    assert called(page) == "MobileNetV2 (the default)"
    assert re.search(r"\*\*Right on \d+ of 100 faces of the .+ \([\d,]+ measured\)\.\*\*", shown)
    for limit in CARDS[0].limits:
        assert limit in shown
    learnt = sum(sum(counts.values()) for counts in CARDS[0].data["train"].values())
    assert f"{learnt:,} faces to learn from" in text(visit(section="training").run())


def test_another_card_is_chosen_and_opens_from_the_address():
    page = visit().run()
    page.selectbox(key="model").set_value(CARDS[1].name).run()
    assert called(page) == model_names(CARDS)[CARDS[1].name]
    assert page.query_params["model"] == CARDS[1].name  # a link opens in every language
    assert called(visit(model=CARDS[1].name).run()) == model_names(CARDS)[CARDS[1].name]


def test_a_studys_model_is_shown_where_the_address_names_it_and_not_offered_otherwise():
    study = next(card for card in CARDS if card.protocol == "seed")
    names = model_names((*CARDS, *session.records().measured))
    assert names[study.name] not in visit().run().selectbox(key="model").options
    page = visit(model=study.name).run()
    assert not page.exception
    assert called(page) == names[study.name]
    assert page.query_params["model"] == study.name


def test_a_section_of_the_card_is_in_the_address():
    page = visit().run()
    assert "section" not in page.query_params
    page.segmented_control(key="section").set_value("focus").run()
    assert page.query_params["section"] == "focus"
    assert messages()["goes_by.note"] in text(page)
    assert messages()["goes_by.note"] not in text(visit(section="<b>").run())


def test_the_model_that_another_was_trained_from_stands_beside_it():
    (first,) = (card for card in CARDS if card.name == CARDS[0].training.start)
    page = visit(section="focus").run()
    assert f"Before: {model_names(CARDS)[first.name]}" in [each.label for each in page.expander]
    other = visit(section="focus", model=first.name).run()
    assert not any(each.label.startswith("Before:") for each in other.expander)


def test_the_page_speaks_spanish_with_spanish_numbers_from_the_address():
    page = visit(lang="es").run()
    assert not page.exception
    assert page.title[0].value == SPANISH["models.title"]
    assert re.search(r"\*\*Acierta \d+ de cada 100\*\* \(del \d+\u00a0% al \d+\u00a0%\)", text(page))
    assert SPANISH["library.limit_classes"] in text(page)
    assert "el predeterminado" in page.header[0].value
    assert re.search(r"\d\u00a0\d{3} caras para aprender", text(visit(lang="es", section="training").run()))


def test_the_language_is_switched_and_put_in_the_address():
    page = visit().run()
    assert "lang" not in page.query_params
    page.segmented_control(key=preferences.LANGUAGE).set_value("es").run()
    assert page.title[0].value == SPANISH["models.title"]
    assert page.query_params["lang"] == "es"


def test_what_the_address_asks_and_nobody_speaks_is_english():
    page = visit(lang="<b>", level="<i>").run()
    assert not page.exception
    assert page.title[0].value == messages()["models.title"]
    assert page.toggle(key=preferences.EXPERT).value is False


JARGON = r"\b(ACA|ECE|NPV|F1|epochs?|protocol|bootstraps?|sha256|McNemar|covered|incorrect|uncovered)\b"
"""What a plain reader does not meet outside of what is opened on purpose."""


def outside_of_expanders(page):
    hidden = {
        id(part) for each in page.expander for kind in ("markdown", "caption") for part in each.get(kind)
    }
    shown = (*page.header, *page.subheader, *page.markdown, *page.caption)
    return "\n".join(str(part.value) for part in shown if id(part) not in hidden)


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize("section", model_card.SECTIONS)
def test_a_plain_reader_meets_no_jargon_and_an_expert_has_it_explained(classes, section):
    first = next(card.name for card in CARDS if len(card.classes) == classes)
    plain = visit(model=first, section=section).run()
    expert = visit(model=first, section=section, level="technical").run()
    assert not plain.exception
    assert not expert.exception
    seen = re.sub(r"\*\*Published by.*", "", outside_of_expanders(plain))
    assert re.findall(JARGON, seen) == []
    if section == "training":
        command = find_card(first).recipe["command"]
        assert command not in {code.value for code in plain.code}
        assert command in {code.value for code in expert.code}
        assert messages()["card.training_terms"] not in text(plain)
        assert messages()["card.training_terms"] in text(expert)
    if section == "scores":
        assert messages()["term.aca"] in text(expert)
        columns = [max(len(table.value.columns) for table in page.table) for page in (plain, expert)]
        assert columns[0] < columns[1]


def test_the_cells_of_a_model_with_unknown_answers_do_not_open_and_the_page_says_why(weights):
    raw = json.loads(CARDS[0].path.with_suffix(".json").read_text())
    table = {"happy": {"happy": 5, "sad": 1}, "sad": {"sad": 4}}
    row = {"n": 10, "accuracy": 0.9, "aca": 0.92, "confusion": table}
    raw |= {"name": "mobilenet_v2", "classes": ["happy", "sad"], "metrics": {"fmd": row}, "verdicts": {}}
    (weights / "mobilenet_v2.json").write_text(json.dumps(raw))
    (weights / "mobilenet_v2.safetensors").write_bytes(CARDS[0].path.read_bytes())
    shown = text(visit(section="errors").run())
    assert messages()["confusion.closed_answers"] in shown
    assert messages()["confusion.offer"] not in shown


@pytest.mark.parametrize(
    ("incorrect", "found"),
    [("with", {"covered", "incorrect"}), ("without", {"covered"}), ("unknown", {"covered"})],
)
def test_a_two_class_models_cell_holds_the_samples_that_its_card_counts_there(monkeypatch, incorrect, found):
    """A model that says *Masked* of everything: each sample is in the row that its true class belongs to."""
    card = replace(CARDS[0], name="two", classes=("Masked", "No-Mask"), incorrect=incorrect)

    def answers(sample, model, show):
        return tuple(Prediction(card.classes, np.float32([0.9, 0.1])) for _ in SAMPLES[sample].truth)

    monkeypatch.setattr(session, "sample_answers", answers)
    falling = confusion._falling(card, ("Masked", "Masked"), SimpleNamespace(of=lambda _: None))
    assert {truth for sample in falling if len(sample.truth) == 1 for truth in sample.truth} == found
    assert confusion._falling(card, ("Masked", "No-Mask"), SimpleNamespace(of=lambda _: None)) == []


def test_a_chosen_cell_shows_only_samples_that_fall_into_it(monkeypatch):
    """The table is a component, which only a browser can click: it is told here which cell was chosen."""
    monkeypatch.setattr(confusion, "table", lambda *_, **__: ("uncovered", "uncovered"))
    page = visit(section="errors").run()
    assert not page.exception
    count = int(re.search(rf"Of {len(SAMPLES)} samples, (\d+) show", text(page)).group(1))
    assert count >= 1
    answers = page.session_state["kept answers"]
    assert len(answers) == len(SAMPLES)

    falling = [
        name
        for (name, _), found in answers.items()
        if ("uncovered", "uncovered")
        in zip(SAMPLES[name].truth, (answer.label for answer in found), strict=False)
    ]
    assert len(falling) == count


def test_a_measured_model_stands_beside_what_was_published(weights):
    raw = json.loads(CARDS[1].path.with_suffix(".json").read_text())
    raw |= {
        "name": "vgg16_fmd",
        "errors": [{"kind": "beard", "count": 3, "of": 12, "on": "fmd protocol=seed"}],
    }
    raw["recipe"] |= {"published": {"aca": 0.836}, "departures": ["Fewer epochs."]}
    raw["metrics"] = {
        key.replace("protocol=product", "protocol=seed"): row
        for key, row in raw["metrics"].items()
        if "n" in row
    }
    (weights / "measured").mkdir()
    (weights / "measured" / "vgg16_fmd.json").write_text(json.dumps(raw))
    address = {"model": "vgg16_fmd"}
    assert "Its weights do not come with this program" in text(visit(**address).run())
    page = visit(**address, section="scores").run()
    assert not page.exception
    shown = text(page)
    assert "**Published by study 003, and measured here**" in shown
    assert "Fewer epochs." not in shown  # how it was trained is for those who ask
    expert = visit(**address, section="scores", level="technical").run()
    assert not expert.exception
    assert "Fewer epochs." in text(expert)
    shown = text(visit(**address, section="errors").run())
    assert "Of 12 wrong answers on Kaggle photos that a person looked at:\n\n- A beard: 3" in shown
    assert messages()["confusion.offer"] not in shown  # nobody can be asked for samples
    assert messages()["confusion.closed_away"] in shown


def test_a_damaged_record_is_named_and_the_rest_is_shown(weights):
    (weights / "measured").mkdir()
    (weights / "measured" / "torn.json").write_text('{"name": "torn"')
    page = visit().run()
    assert not page.exception
    assert any("torn is left out: its card torn.json" in warning.value for warning in page.warning)
    assert called(page) == "MobileNetV2 (the default)"


def test_without_any_model_the_page_still_says_how_to_add_one(monkeypatch):
    monkeypatch.setattr(session, "catalogue", lambda: Catalogue((), ()))
    session.records.clear()
    page = visit().run()
    session.records.clear()
    assert not page.exception
    assert "Add your own model" in text(page)


def visit_studies(**address):
    return page_at("studies", **address)


def test_the_models_stand_study_by_study_beside_what_was_published():
    page = visit_studies().run()
    assert not page.exception
    assert page.title[0].value == messages()["studies.title"]
    cards = (*CARDS, *session.records().measured)
    studies = {card.source for card in cards if card.protocol == "seed"} - {"own"}
    labels = [each.label for each in page.expander]
    assert all(any(f"Models of study {number} (" in label for label in labels) for number in studies)
    charts = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    shown = [[note["text"] for note in chart["layout"].get("annotations", ())] for chart in charts]
    assert any("Colour CNN" in each and "Grey CNN" in each for each in shown)
    assert any(
        trace.get("name") == messages()["dots.published"] for chart in charts for trace in chart["data"]
    )
    table = page.table[0].value
    assert len(table) == len(cards)


def test_a_set_is_defined_where_it_is_named():
    page = visit_studies().run()
    notes = [caption.help for caption in page.caption if "Kaggle photos" in caption.value]
    assert messages()["dataset_note.fmd"] in notes


def test_the_card_of_a_model_is_one_step_away():
    page = visit_studies(lang="es").run()
    names = model_names((*CARDS, *session.records().measured))
    page.selectbox[0].set_value("colour_cnn_fmd").run()
    assert len(page.selectbox[0].options) == len(names)
    (link,) = page.get("page_link")
    assert link.proto.page == "models"
    assert "model=colour_cnn_fmd" in link.proto.query_string
    assert "lang=es" in link.proto.query_string


def test_the_table_has_more_columns_for_an_expert():
    plain, expert = (visit_studies(**level).run() for level in ({}, {"level": "technical"}))
    assert len(plain.table[0].value.columns) < len(expert.table[0].value.columns)
    assert messages()["term.aca"] in text(expert)
    assert messages()["term.aca"] not in text(plain)


def test_experiments_are_shown_and_without_their_file_are_not(weights):
    assert "**Does colour help?**" not in text(visit_studies().run())
    row = {"label": "grey", "published": 0.88}
    row["measured"] = {"figure": "accuracy", "value": 0.9, "low": 0.88, "high": 0.92, "n": 1500}
    experiment = {"name": "grey", "question": "Does colour help?", "source": "002", "rows": [row]}
    experiment |= {"command": "python -m xai evaluate", "note": "Once."}
    (weights / "experiments.json").write_text(json.dumps([experiment]))
    session.records.clear()
    page = visit_studies().run()
    assert not page.exception
    assert "**Does colour help?**" in text(page)
    assert "study 002 · accuracy · up to 1,500 faces" in text(page)
    assert any(code.value == "python -m xai evaluate" for code in page.code)


def test_without_models_and_experiments_the_page_stands(monkeypatch):
    monkeypatch.setattr(session, "catalogue", lambda: Catalogue((), ()))
    session.records.clear()
    page = visit_studies().run()
    session.records.clear()
    assert not page.exception
