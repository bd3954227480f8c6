"""Kinds of faces and errors, and reasons beside the answer, as the pages say them."""

import json

import pytest

from dashboard import session
from dashboard.i18n import messages
from dashboard.text.predictions import mask_reason
from dashboard.views.models.text import error_lists, few_faces, kind_dots
from tests.support.pages import page_at
from xai.learning.evaluation.subgroups import KINDS
from xai.models.card_schema import Metric, Subgroup
from xai.models.cards import parse_card, read_cards
from xai.models.reported_errors import ERROR_KINDS, KnownError
from xai.photo.synthetic_masks.wear_styles import REASONS
from xai.types import CLASSES, IncorrectReason

SIZES = [
    {"bin": "32_48", "n": 212, "counts": {"covered": 180, "incorrect": 12, "uncovered": 20}, "accuracy": 0.97,
     "aca": 0.912, "per_class": {}, "intervals": {"aca": [0.85, 0.96]}},
    {"bin": "from_96", "n": 54, "counts": {"covered": 50, "incorrect": 4}, "accuracy": 1.0, "aca": 1.0,
     "per_class": {}, "intervals": {"aca": [1.0, 1.0]}},
]  # fmt: skip


@pytest.fixture
def weights(monkeypatch, tmp_path):
    """A card beside others whose faces were told apart by size, with two kinds of errors."""
    first = read_cards().cards[0]
    raw = json.loads(first.path.with_suffix(".json").read_text())
    raw["name"] = "sized"
    raw["metrics"] = {
        key: {**row, "by": {"size": SIZES}} for key, row in raw["metrics"].items() if "n" in row
    }
    raw["errors"] = [{"kind": "low_mask", "count": 7, "of": 16, "on": "ilc protocol=product"}]
    raw["errors"] += [{"kind": "pattern", "count": 2}]
    (tmp_path / "measured").mkdir()
    (tmp_path / "measured" / "sized.json").write_text(json.dumps(raw))
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    for kept in (session.installed, session.records):
        kept.clear()
    yield tmp_path
    for kept in (session.installed, session.records):
        kept.clear()
    session.worker().close()
    session.worker.clear()


def test_bins_are_dots_with_their_faces_beside_them(weights):
    score = parse_card(weights / "measured" / "sized.json").evaluations[0]
    first, second = kind_dots("size", score.subgroups["size"], CLASSES)
    assert first.label == "32 to 48 pixels, 212 faces (180/12/20)"
    assert second.label == "96 pixels and more, 54 faces (50/4/0) *"  # too few to believe an interval
    assert (first.measured, second.measured) == (Metric(0.912, 0.85, 0.96), Metric(1.0, gap="alike"))
    assert not few_faces([Subgroup("frontal", {"covered": 10}, Metric(1.0))])


def test_the_page_shows_the_charts_and_says_what_goes_wrong(weights):
    page = page_at("models", model="sized", section="kinds").run()
    assert not page.exception
    shown = "\n".join(str(part.value) for part in (*page.markdown, *page.caption))
    assert "**On which faces it does well**" in shown
    assert "By size of the face in the photo" in shown
    assert "of each class (mask worn correctly / mask worn incorrectly / no mask)." in shown
    assert "\\* Fewer than 10 faces of a class" in shown
    charts = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    notes = [[note["text"] for note in chart["layout"].get("annotations", ())] for chart in charts]
    assert notes.count([dot.label for dot in kind_dots("size", _bins(weights), CLASSES)]) >= 1
    errors = page_at("models", model="sized", section="errors").run()
    assert not errors.exception
    shown = "\n".join(str(part.value) for part in errors.markdown)
    assert "Of 16 wrong answers on ilc photos that a person looked at:" in shown
    assert "- A mask worn low, nose or chin barely inside it or exposed: 7" in shown
    assert "skin-coloured mask: 2" in shown


def _bins(weights):
    return parse_card(weights / "measured" / "sized.json").evaluations[0].subgroups["size"]


@pytest.mark.parametrize("language", ["en", "es"])
def test_every_bin_error_and_reason_has_words(language):
    said = messages(language)
    assert all(f"kind_{kind}.{name}" in said for kind, each in KINDS.items() for name in each.bins)
    assert all(f"kinds.by_{kind}" in said for kind in KINDS)
    assert {key.split(".")[1] for key in said if key.startswith("error_kind.")} == set(ERROR_KINDS)
    reasons = {key.split(".")[1] for key in said if key.startswith("mask_reason.")}
    assert reasons == {reason.replace(" ", "_") for reason in REASONS}


def test_a_reason_is_said_or_said_to_be_unknown():
    assert mask_reason(IncorrectReason("nose and mouth", 0.93, 0.77)).endswith("nose and mouth exposed, 93%.")
    unsaid = mask_reason(IncorrectReason("nose", 0.6, 0.77))
    assert "unclear" in unsaid
    assert "77%" in unsaid
    assert "nose" not in unsaid


def test_an_error_of_which_nobody_counted_all_is_said_alone():
    errors = [KnownError("beard", 3, note="Long ones."), KnownError("scarf", 2, of=9), KnownError("beard", 1)]
    assert error_lists(errors) == {
        "": ["A beard: 3. Long ones.", "A beard: 1"],
        "Of 9 wrong answers that a person looked at:": ["A scarf, a veil or a collar: 2"],
    }
