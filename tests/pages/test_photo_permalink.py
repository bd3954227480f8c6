"""An address opens the page as it was copied, and tells nothing of a visitor's own photo."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.support import evidences
from tests.support.pages import give_verdicts
from tests.support.paths import APP
from xai.models.cards import read_cards
from xai.photo.sample_rendering import sample_png
from xai.photo.samples import SAMPLES

pytestmark = [pytest.mark.usefixtures("one_model_process"), pytest.mark.usefixtures("verdicts")]

FIRST = next(iter(SAMPLES.values()))
PAIR = next(sample for sample in SAMPLES.values() if len(sample.truth) == 2)
MODELS = [card.name for card in read_cards().cards]


@pytest.fixture
def verdicts(monkeypatch):
    """Verdicts by hand in place of the long measuring."""
    give_verdicts(monkeypatch, lambda _model: evidences.evidence("supported"))


def visit(**address):
    page = AppTest.from_file(str(APP), default_timeout=280)
    for name, value in address.items():
        page.query_params[name] = value
    page.run()
    assert not page.exception
    return page


def address(page):
    return {name: v if isinstance(v, str) else v[-1] for name, v in page.query_params.items()}


def target(page):
    return next(box for box in page.selectbox if str(box.key).startswith("target"))


def picked(page):
    return [
        index
        for index, button in enumerate(b for b in page.button if str(b.key).startswith("pick "))
        if button.icon
    ]


def test_the_first_visit_needs_no_address():
    assert address(visit()) == {}


def test_everything_that_was_chosen_stands_in_the_address_and_opens_the_same_elsewhere():
    page = visit()
    page.button(key=f"sample {PAIR.id}").click().run()
    next(b for b in page.button if str(b.key).startswith("pick ") and str(b.key).endswith(" 1")).click().run()
    page.selectbox(key="model").set_value(MODELS[1]).run()
    page.selectbox(key="second").set_value("none").run()
    target(page).set_value("uncovered").run()
    page.slider(key="settings occlusion patch").set_value(0.2)
    page.selectbox(key="settings occlusion fill").set_value("blur")
    next(b for b in page.button if "settings" in str(b.key)).click().run()
    page.slider(key="opacity").set_value(0.4).run()
    copied = address(page)
    assert copied == {
        "face": f"{PAIR.id}.2",
        "model": MODELS[1],
        "second": "none",
        "class": "uncovered",
        "occlusion.patch": "0.2",
        "occlusion.fill": "blur",
        "opacity": "0.4",
    }
    other = visit(**copied)
    assert address(other) == copied
    assert picked(other) == picked(page) == [1]
    assert target(other).value == "uncovered"
    assert other.slider(key="opacity").value == 0.4
    made = [list(each.session_state["kept explanation"].items())[-1] for each in (page, other)]
    assert made[0][0] == made[1][0]
    assert made[0][1].explanation.heatmaps["occlusion"].params["fill"] == "blur"


def test_another_face_takes_the_class_out_of_the_address():
    page = visit(face=f"{PAIR.id}.1", **{"class": "uncovered"})
    assert target(page).value == "uncovered"
    page.button(key=f"sample {FIRST.id}").click().run()
    assert target(page).value is None
    assert address(page) == {}


def test_an_own_photo_is_not_in_the_address():
    page = visit(face=f"{PAIR.id}.2")
    page.file_uploader(key="photo").upload("me.png", sample_png(PAIR.id), "image/png").run()
    target(page).set_value("uncovered").run()
    assert "Sample:" not in "".join(caption.value for caption in page.caption)
    assert address(page) == {}


@pytest.mark.parametrize(
    "asked",
    [
        {"face": "nobody.9"},
        {"face": f"{PAIR.id}.3"},
        {"model": "nothing"},
        {"second": MODELS[0]},
        {"class": "hat"},
        {"opacity": "nan"},
        {"opacity": "7"},
        {"occlusion.patch": "1e9"},
        {"occlusion.patch": "<b>"},
        {"occlusion.fill": "tar"},
    ],
    ids=str,
)
def test_what_the_address_asks_and_nobody_has_is_left_out(asked):
    page = visit(**asked)
    assert not page.error
    assert address(page) in ({}, {"class": "hat"})
    assert f"Sample: {FIRST.title}." in "".join(caption.value for caption in page.caption)
