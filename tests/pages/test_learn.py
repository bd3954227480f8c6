"""The page "How it works" as a learner drives it, against the real model process."""

import re

import pytest

from dashboard import preferences
from dashboard.i18n import messages
from dashboard.text.model_names import display_name
from tests.support import evidences
from tests.support.pages import give_verdicts, page_at
from xai.models.cards import read_cards

pytestmark = pytest.mark.usefixtures("one_model_process")

MODELS = [card.name for card in read_cards().cards][:2]
WORDS = messages()
STEPS = [key.partition(".")[2] for key in WORDS if key.startswith("step.")]


@pytest.fixture(autouse=True)
def _verdicts(monkeypatch):
    give_verdicts(monkeypatch, lambda _model: evidences.evidence("supported"))


def visit(**address):
    return page_at("learn", **address).run()


def text(page):
    parts = [
        *page.title,
        *page.header,
        *page.subheader,
        *page.markdown,
        *page.caption,
        *page.error,
        *page.success,
    ]
    return "\n".join(str(part.value) for part in parts)


@pytest.mark.parametrize("step", STEPS)
def test_every_step_opens_from_the_address_and_shows_what_was_measured(step):
    page = visit(step=step)
    assert not page.exception
    assert [error.value for error in page.error] == []
    assert page.header[0].value == WORDS[f"step_title.{step}"]
    said = {
        "answer": "(Right|Wrong): the correct answer is",
        "cover": "percentage points",
        "attention": "of its weight",
    }
    said |= {"verdict": "It looks at nose and mouth and", "limits": "Cannot tell", "cheat": "Model A"}
    assert re.search(said.get(step, "which places would you need"), text(page))


def test_next_leads_through_all_steps_in_order():
    page = visit()
    for step in STEPS[1:]:
        page.button(key="next").click().run()
        assert not page.exception
        assert page.header[0].value == WORDS[f"step_title.{step}"]
        assert page.query_params["step"] == step
    assert "next" not in {button.key for button in page.button}


def test_the_models_are_shown_only_after_a_guess():
    page = visit(step="guess")
    (button,) = [one for one in page.button if one.label == WORDS["learn.guess_show"]]
    assert button.disabled
    page.segmented_control(key="guessed regions").set_value(["nose", "mouth"]).run()
    assert "of all the evidence for its answer" not in text(page)
    (button,) = [one for one in page.button if one.label == WORDS["learn.guess_show"]]
    button.click().run()
    assert not page.exception
    found = re.findall(
        r"(.+): of all the evidence for its answer, (\d+)% lies on the places you marked", text(page)
    )
    assert [name for name, _ in found] == [display_name(model) for model in MODELS]
    kept = {
        e.explanation.provenance.model: e.explanation for e in page.session_state["kept explanation"].values()
    }
    for model, (_, share) in zip(MODELS, found, strict=True):
        assert int(share) == round(100 * kept[model].shares["occlusion"].of("nose", "mouth")[0])


def test_the_cheat_is_found_and_counted_and_nothing_is_counted_twice():
    page = visit(step="cheat")
    suspects = page.session_state["kept suspects"][0]
    page.button(key=f"accuse 0 {suspects.cheat}").click().run()
    assert "reads the mark" in page.success[0].value
    assert "Found 1 of 1" in text(page)
    page.run()
    assert "Found 1 of 1" in text(page)
    (again,) = [one for one in page.button if one.label == WORDS["learn.cheat_next"]]
    again.click().run()
    suspects = page.session_state["kept suspects"][1]
    wrong = (suspects.cheat + 1) % 3
    page.button(key=f"accuse 1 {wrong}").click().run()
    assert f"model {'ABC'[suspects.cheat]} reads the mark" in page.error[0].value
    assert "Found 1 of 2" in text(page)


def test_before_the_accusation_nothing_on_the_page_tells_the_three_apart():
    page = visit(step="cheat")
    for number in range(6):
        suspects = page.session_state["kept suspects"][number]
        said = re.findall(r"\*\*Model \w\*\* says: (.*)", text(page))
        assert len(said) == 3
        assert len(set(said)) == 1
        assert not re.search(r"\d ?%", text(page))
        page.segmented_control(key=f"cheat cover {number}").set_value("nose_and_mouth").run()
        changed = re.findall(r"\*\*Model (\w)\*\* now says", text(page))
        assert changed == [name for name in "ABC" if name != "ABC"[suspects.cheat]]
        assert not re.search(r"\d ?%", text(page))
        page.button(key=f"accuse {number} {suspects.cheat}").click().run()
        sure = re.findall(r"model \w (\d+)%", text(page))
        assert sure == [f"{100 * answer.confidence:.0f}" for answer in suspects.answers[""]]
        (again,) = [one for one in page.button if one.label == WORDS["learn.cheat_next"]]
        again.click().run()
        assert not page.exception


def test_the_maps_of_all_three_are_shown_when_asked_for():
    page = visit(step="cheat")
    assert WORDS["learn.cheat_purple"] not in text(page)
    page.toggle(key="cheat maps 0").set_value(True).run()
    assert not page.exception
    suspects = page.session_state["kept suspects"][0]
    shares = [made.shares["occlusion"].of("nose", "mouth")[0] for made in suspects.maps]
    assert min(shares) == shares[suspects.cheat]
    assert WORDS["learn.cheat_purple"] in text(page)
    assert [one.value for one in page.caption].count("Model B") == 1


def test_covering_a_place_says_whose_answer_changed():
    page = visit(step="cheat")
    suspects = page.session_state["kept suspects"][0]
    place = next(
        name
        for name, answers in suspects.answers.items()
        if name.startswith("corner") and answers[suspects.cheat].label != suspects.truth
    )
    page.segmented_control(key="cheat cover 0").set_value(place).run()
    assert not page.exception
    changed = re.findall(r"\*\*Model (\w)\*\* now says", text(page))
    assert changed == ["ABC"[suspects.cheat]]


def test_the_projector_shows_large_type_and_the_step_alone():
    page = visit(step="limits")
    assert WORDS["learn.lead"] in text(page)
    page.toggle(key=preferences.PROJECTOR).set_value(True).run()
    assert not page.exception
    assert WORDS["learn.lead"] not in text(page)
    assert page.query_params["view"] == "projector"
    assert sum("font-size" in str(part.proto) for part in page.get("html")) == 1
    assert "Step 6 of 7" in text(page)
    assert not page.segmented_control(key="reader language").disabled
    assert "step" not in {one.key for one in page.segmented_control}
    page.button(key="next").click().run()
    assert page.header[0].value == WORDS["step_title.cheat"]
    page.toggle(key=preferences.PROJECTOR).set_value(False).run()
    assert page.segmented_control(key="step").value == "cheat"


def test_every_step_speaks_spanish():
    page = visit(step="cheat", lang="es")
    assert not page.exception
    assert page.header[0].value == messages("es")["step_title.cheat"]
    assert "dice:" in text(page)
