"""The page "The studies" as a visitor drives it."""

import json

import pytest

from dashboard import session
from dashboard.i18n import messages
from dashboard.text.model_names import model_names
from tests.support.pages import page_at
from xai.models.cards import Catalogue, read_cards

pytestmark = pytest.mark.usefixtures("one_model_process")


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
    return page_at("studies", **address)


def text(page):
    parts = (*page.title, *page.header, *page.markdown, *page.caption, *page.warning)
    return "\n".join(str(part.value) for part in parts)


def test_the_models_stand_study_by_study_beside_what_was_published():
    page = visit().run()
    assert not page.exception
    assert page.title[0].value == messages()["studies.title"]
    cards = (*read_cards().cards, *session.records().measured)
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
    page = visit().run()
    notes = [caption.help for caption in page.caption if "Kaggle photos" in caption.value]
    assert messages()["dataset_note.fmd"] in notes


def test_the_card_of_a_model_is_one_step_away():
    page = visit(lang="es").run()
    names = model_names((*read_cards().cards, *session.records().measured))
    page.selectbox[0].set_value("colour_cnn_fmd").run()
    assert len(page.selectbox[0].options) == len(names)
    (link,) = page.get("page_link")
    assert link.proto.page == "models"
    assert "model=colour_cnn_fmd" in link.proto.query_string
    assert "lang=es" in link.proto.query_string


def test_the_table_has_more_columns_for_an_expert():
    plain, expert = (visit(**level).run() for level in ({}, {"level": "technical"}))
    assert len(plain.table[0].value.columns) < len(expert.table[0].value.columns)
    assert messages()["term.aca"] in text(expert)
    assert messages()["term.aca"] not in text(plain)


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


def test_without_models_and_experiments_the_page_stands(monkeypatch):
    monkeypatch.setattr(session, "catalogue", lambda: Catalogue((), ()))
    session.records.clear()
    page = visit().run()
    session.records.clear()
    assert not page.exception
