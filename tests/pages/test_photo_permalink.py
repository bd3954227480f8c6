"""An address opens the page as it was copied, goes back with the browser, tells nothing of an own photo."""

import pytest

from dashboard import url_state
from dashboard.preferences import use_language
from tests.support import evidences
from tests.support.pages import (
    Clock,
    address,
    chips,
    give_verdicts,
    go,
    page_at,
    pick_face,
    pills,
    text,
    upload,
)
from xai.models.cards import read_cards
from xai.photo.sample_rendering import sample_png
from xai.photo.samples import SAMPLES

pytestmark = [pytest.mark.usefixtures("one_model_process"), pytest.mark.usefixtures("verdicts")]

FIRST = next(iter(SAMPLES.values()))
PAIR = next(sample for sample in SAMPLES.values() if len(sample.truth) == 2)
PLAIN = SAMPLES["admiral-plain"]
MODELS = [card.name for card in read_cards().cards]
ME = ("me.png", sample_png(PAIR.id), "image/png")
LOST = "Your photo is not kept when the page is reloaded or opened elsewhere. Please upload it again."


@pytest.fixture
def verdicts(monkeypatch):
    """Verdicts by hand in place of the long measuring."""
    give_verdicts(monkeypatch, lambda _model: evidences.evidence("supported"))


@pytest.fixture
def later(monkeypatch):
    """The browser has had time to take what was written: the clock goes on as it is told."""

    clock = Clock()
    monkeypatch.setattr(url_state, "time", clock)
    return clock.wait


def visit(**asked):
    page = page_at("", **asked).run()
    assert text(page)
    return page


def choose(page, sample):
    return page.button(key=f"sample {sample.id}").click().run()


def target(page):
    return next(box for box in page.selectbox if str(box.key).startswith("target"))


def shows(page, sample):
    """Whether the page is about this sample."""
    return f"**{sample.title}: " in text(page)


def test_the_first_visit_needs_no_address():
    assert address(visit()) == {}


def test_everything_that_was_chosen_stands_in_the_address_and_opens_the_same_elsewhere():
    page = choose(visit(), PAIR)
    assert chips(page).value == 0
    pick_face(page, 2)
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
    assert chips(other).value == chips(page).value == 1
    assert target(other).value == "uncovered"
    assert other.slider(key="opacity").value == 0.4
    made = [list(each.session_state["kept explanation"].items())[-1] for each in (page, other)]
    assert made[0][0] == made[1][0]
    assert made[0][1].explanation.heatmaps["occlusion"].params["fill"] == "blur"


def test_another_face_takes_the_class_out_of_the_address():
    page = visit(face=f"{PAIR.id}.1", **{"class": "uncovered"})
    assert target(page).value == "uncovered"
    page = choose(page, FIRST)
    assert target(page).value is None
    assert address(page) == {}


def test_of_an_own_photo_the_address_has_its_number_and_the_class_alone():
    page = upload(visit(face=f"{PAIR.id}.2"), ME)
    assert address(page) == {"photo": "1"}
    target(page).set_value("uncovered").run()
    assert not shows(page, PAIR)
    assert address(page) == {"photo": "1", "class": "uncovered"}
    assert address(choose(page, PLAIN)) == {"face": PLAIN.id}


@pytest.mark.parametrize("asked", ["1", "7", "0", "<b>"])
def test_an_own_photo_of_somebody_elses_address_is_said_not_to_be_kept(asked):
    page = visit(photo=asked)
    assert [part.value for part in page.info] == [LOST]
    assert shows(page, FIRST)
    assert len(pills(page)) == 2
    page = choose(page, PLAIN)
    assert not page.info, "it is said until something is chosen"
    assert address(page) == {"face": PLAIN.id}


def test_an_own_photo_is_opened_again_by_its_number_after_another_was_shown(later):
    page = upload(visit(), ME, ("plain.png", sample_png(PLAIN.id), "image/png"))
    later(5)
    page = go(page, "", photo="2")
    assert "**One face**" in text(page)
    later(5)
    page = go(page, "", photo="3")
    assert [part.value for part in page.info] == [LOST]


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
    assert shows(page, FIRST)


def test_back_restores_the_sample_and_forward_the_next_one(later):
    page = choose(visit(), PLAIN)
    later(5)
    page = choose(page, PAIR)
    assert address(page) == {"face": f"{PAIR.id}.1"}
    later(5)
    page = go(page, "", face=PLAIN.id)
    assert shows(page, PLAIN)
    assert address(page) == {"face": PLAIN.id}
    later(5)
    page = go(page, "")
    assert shows(page, FIRST)
    later(5)
    page = go(page, "", face=f"{PAIR.id}.2")
    assert shows(page, PAIR)
    assert chips(page).value == 1


def test_back_restores_the_face_of_a_sample(later):
    page = pick_face(choose(visit(), PAIR), 2)
    assert address(page) == {"face": f"{PAIR.id}.2"}
    later(5)
    page = go(page, "", face=f"{PAIR.id}.1")
    assert chips(page).value == 0
    assert address(page) == {"face": f"{PAIR.id}.1"}
    page = pick_face(page, 2)
    assert chips(page.run()).value == 1, "what is chosen afterwards counts"


def test_back_restores_the_language_and_the_model(later):
    page = visit()
    page.button_group(key="reader language").set_value("es").run()
    with use_language("es"):  # AppTest names the options of widgets in this thread
        page.selectbox(key="model").set_value(MODELS[1]).run()
        assert address(page) == {"lang": "es", "model": MODELS[1]}
        later(5)
        page = go(page, "", lang="es")
        assert page.selectbox(key="model").value == MODELS[0]
        assert "Una cara" in text(page)
        later(5)
        page = go(page, "")
    assert "One face" in text(page)
    assert page.button_group(key="reader language").value == "en"


def test_back_from_an_own_photo_restores_the_sample_and_forward_the_photo(later):
    page = upload(choose(visit(), PLAIN), ME)
    later(5)
    page = go(page, "", face=PLAIN.id)
    assert shows(page, PLAIN)
    later(5)
    page = go(page, "", photo="1")
    assert "**2 faces**" in text(page)
    assert not page.info


def test_an_address_from_before_a_choice_that_comes_within_a_second_resets_nothing(later):
    page = choose(visit(), PLAIN)
    later(0.5)
    page = go(page, "")
    assert shows(page, PLAIN)
    assert address(page) == {"face": PLAIN.id}


def test_another_page_is_not_moved_by_what_was_chosen_here_and_the_menu_brings_it_back(later):
    page = choose(visit(), PLAIN)
    later(5)
    page = go(page, "models")
    assert "face" not in address(page)
    later(5)
    page = go(page, "")
    assert shows(page, PLAIN)
    assert address(page) == {"face": PLAIN.id}
