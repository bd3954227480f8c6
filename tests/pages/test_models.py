"""The page "The models" as a visitor drives it, and the header that every page has."""

import json
import re

import pytest

from dashboard import preferences, session
from dashboard.i18n import messages
from dashboard.text.model_names import model_names
from dashboard.views.models import confusion
from tests.support.pages import page_at
from xai.models.cards import Catalogue, find_card, read_cards

pytestmark = pytest.mark.usefixtures("one_model_process")

CARDS = read_cards().cards
SPANISH = messages("es")


@pytest.fixture
def weights(monkeypatch, tmp_path):
    """A second folder of models, empty; what is put there is seen at once."""
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    for kept in (session.catalogue, session.records):
        kept.clear()
    yield tmp_path
    for kept in (session.catalogue, session.records):
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
    """The plain name over the card that is shown."""
    return page.subheader[-1].value


def test_the_first_card_is_the_default_models_with_its_limits():
    page = visit().run()
    assert not page.exception
    shown = text(page)
    assert called(page) == "MobileNetV2 (the default)"
    assert re.search(r"\*\*Right on \d+ of 100 faces of the .+ \([\d,]+ measured\)\.\*\*", shown)
    for limit in CARDS[0].limits:
        assert limit in shown
    learnt = sum(sum(counts.values()) for counts in CARDS[0].data["train"].values())
    assert f"{learnt:,} faces to learn from" in shown


def test_another_card_is_chosen_and_opens_from_the_address():
    page = visit().run()
    page.selectbox(key="model").set_value(CARDS[1].name).run()
    assert called(page) == model_names(CARDS)[CARDS[1].name]
    assert page.query_params["model"] == CARDS[1].name  # a link opens in every language
    assert called(visit(model=CARDS[1].name).run()) == model_names(CARDS)[CARDS[1].name]


def test_the_page_speaks_spanish_with_spanish_numbers_from_the_address():
    page = visit(lang="es").run()
    assert not page.exception
    assert page.title[0].value == SPANISH["models.title"]
    assert re.search(r"\d\u00a0\d{3} caras para aprender", text(page))
    assert SPANISH["library.limit_classes"] in text(page)
    assert "el predeterminado" in called(page)


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
def test_a_plain_reader_meets_no_jargon_and_an_expert_has_it_explained(classes):
    first = next(card.name for card in CARDS if len(card.classes) == classes)
    plain, expert = visit(model=first).run(), visit(model=first, level="technical").run()
    assert not plain.exception
    assert not expert.exception
    seen = re.sub(r"\*\*Published by.*", "", outside_of_expanders(plain))
    assert re.findall(JARGON, seen) == []
    command = find_card(first).recipe["command"]  # an experiment's stands in its closed box for both
    assert command not in {code.value for code in plain.code}
    assert command in {code.value for code in expert.code}
    assert messages()["term.aca"] in text(expert)
    assert messages()["card.training_terms"] not in text(plain)
    columns = [max(len(table.value.columns) for table in page.table) for page in (plain, expert)]
    assert columns[0] < columns[1]


def test_the_table_of_a_model_with_other_answers_says_why_its_cells_do_not_open():
    two = next(card.name for card in CARDS if len(card.classes) == 2)
    shown = text(visit(model=two).run())
    assert messages()["confusion.closed_answers"] in shown
    assert messages()["confusion.offer"] not in shown
    assert "three classes" not in shown


def test_models_stand_by_what_they_are_for():
    page = visit().run()
    headings = [each.value for each in page.subheader]
    assert headings[:2] == [messages()["purpose.use"], messages()["purpose.studies"]]
    charts = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    labels = [[note["text"] for note in chart["layout"].get("annotations", ())] for chart in charts]
    for_use = [model_names(CARDS)[card.name] for card in CARDS if card.protocol == "product"]
    assert labels[0] == for_use
    assert any("Colour CNN" in each and "Grey CNN" in each for each in labels)


def test_a_chosen_cell_shows_only_samples_that_fall_into_it(monkeypatch):
    """The table is a component, which only a browser can click: it is told here which cell was chosen."""
    monkeypatch.setattr(confusion, "table", lambda *_, **__: ("uncovered", "uncovered"))
    page = visit().run()
    assert not page.exception
    from xai.photo.samples import SAMPLES

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
    page = visit(model="vgg16_fmd").run()
    assert not page.exception
    shown = text(page)
    assert "Its weights do not come with this program" in shown
    assert "Of 12 wrong answers on Kaggle photos that a person looked at:\n\n- A beard: 3" in shown
    assert "**Published by study 003, and measured here**" in shown
    assert "Fewer epochs." not in shown  # how it was trained is for those who ask
    assert messages()["confusion.offer"] not in shown  # nobody can be asked for samples
    assert messages()["confusion.closed_away"] in shown
    assert "Fewer epochs." in text(visit(model="vgg16_fmd", level="technical").run())


def test_experiments_are_shown_and_without_their_file_are_not(weights):
    assert "**Does colour help?**" not in text(visit().run())
    row = {"label": "grey", "published": 0.88}
    row["measured"] = {"figure": "accuracy", "value": 0.9, "low": 0.88, "high": 0.92, "n": 1500}
    experiment = {"name": "grey", "question": "Does colour help?", "source": "002", "rows": [row]}
    experiment |= {"command": "python -m xai evaluate", "note": "Once."}
    (weights / "experiments.json").write_text(json.dumps([experiment]))
    session.records.clear()
    page = visit().run()
    assert not page.exception
    assert "**Does colour help?**" in text(page)
    assert "study 002 · accuracy · up to 1,500 faces" in text(page)
    assert any(code.value == "python -m xai evaluate" for code in page.code)


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
