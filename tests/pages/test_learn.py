"""The page "How it works" as a learner drives it, against the real model process."""

import re

import pytest

from dashboard import preferences
from dashboard.components import face_regions, sliding_patch
from dashboard.i18n import messages
from dashboard.worker.shortcut_rounds import COVERS, round_of
from tests.support import evidences
from tests.support.pages import give_verdicts, page_at
from xai.models.cards import read_cards

pytestmark = pytest.mark.usefixtures("one_model_process")

CARDS = read_cards().cards[:2]
WORDS = messages()
STEPS = [key.partition(".")[2] for key in WORDS if key.startswith("step.")]


@pytest.fixture(autouse=True)
def _verdicts(monkeypatch):
    give_verdicts(monkeypatch, lambda _model: evidences.evidence("supported"))


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """What the page sends to its components, by name; a browser alone draws them."""
    drawn = {"slide": []}
    panels = sliding_patch.payload
    monkeypatch.setattr(
        sliding_patch, "payload", lambda *args: drawn["slide"].append(args[1]) or panels(*args)
    )
    return drawn


def visit(**address):
    return page_at("learn", **address).run()


def tap(monkeypatch, *regions):
    """The learner has tapped these regions."""
    monkeypatch.setattr(face_regions, "marked", lambda _key: regions)


def text(page):
    parts = [
        *page.title,
        *page.header,
        *page.subheader,
        *page.markdown,
        *page.caption,
        *page.error,
        *page.success,
        *page.info,
    ]
    return "\n".join(str(part.value) for part in parts)


def drawn(page):
    """The HTML that the page writes."""
    return "\n".join(str(part.proto.body) for part in page.get("html"))


@pytest.mark.parametrize("step", STEPS)
def test_every_step_opens_from_the_address_and_shows_what_was_measured(step):
    page = visit(step=step)
    assert not page.exception
    assert [error.value for error in page.error] == []
    assert page.header[0].value == WORDS[f"step_title.{step}"]
    said = {
        "answer": "The model is (right|wrong): ",
        "cover": "This is called occlusion",
        "attention": "of its weight",
    }
    said |= {
        "verdict": "Verdict: \\*\\*Focus supported",
        "limits": "Cannot tell",
        "cheat": "Model A",
        "quiz": "It is not a study",
    }
    assert re.search(said.get(step, "Tap the places"), text(page))


@pytest.mark.parametrize("step", STEPS)
def test_no_step_calls_a_model_by_its_file_or_its_architecture(step):
    shown = text(visit(step=step))
    for card in CARDS:
        assert card.name not in shown
    assert not re.search("MobileNet|CNN", shown)


def test_next_leads_through_all_steps_in_order_and_the_guess_can_only_be_skipped():
    page = visit()
    assert "back" not in {button.key for button in page.button}
    for step in STEPS[1:]:
        page.button(key="skip" if page.header[0].value == WORDS["step_title.guess"] else "next").click().run()
        assert not page.exception
        assert page.header[0].value == WORDS[f"step_title.{step}"]
        assert page.query_params["step"] == step
        assert ("next" in {button.key for button in page.button}) == (step != "guess")
    page.button(key="back").click().run()
    assert page.header[0].value == WORDS["step_title.cheat"]


def test_the_lesson_ends_and_leads_on():
    page = visit(step="quiz")
    page.button(key="next").click().run()
    assert not page.exception
    assert page.header[0].value == WORDS["learn.done_title"]
    photo, compare = page.get("page_link")
    assert (photo.proto.label, photo.proto.page) == (WORDS["learn.done_photo"], "")
    assert (compare.proto.label, compare.proto.page) == (WORDS["learn.done_compare"], "compare")
    assert compare.proto.query_string == "models=mobilenet_v2_plain&models=mobilenet_v2"
    assert "next" not in {button.key for button in page.button}
    page.button(key="back").click().run()
    assert page.header[0].value == WORDS["step_title.quiz"]
    page.button(key="next").click().run()
    page.button(key="again").click().run()
    assert page.header[0].value == WORDS["step_title.answer"]
    page.segmented_control(key="step").set_value("cheat").run()
    assert page.header[0].value == WORDS["step_title.cheat"]


def test_the_models_are_shown_only_after_a_guess(monkeypatch):
    page = visit(step="guess")
    assert page.button(key="reveal").disabled
    tap(monkeypatch, "nose", "mouth")
    page.run()
    assert "parts of its evidence" not in text(page)
    assert {"next", "skip"} & {button.key for button in page.button} == {"skip"}
    page.button(key="reveal").click().run()
    assert not page.exception
    assert {"next", "skip"} & {button.key for button in page.button} == {"next"}
    found = re.findall(r"(\d+) of 100 parts of its evidence", text(page))
    kept = page.session_state["kept explanation"].values()
    shares = {e.explanation.provenance.model: e.explanation.shares["occlusion"] for e in kept}
    assert [int(share) for share in found] == [
        round(100 * shares[card.name].of("nose", "mouth")[0]) for card in CARDS
    ]
    assert WORDS["learn.guess_legend"] in text(page)


def test_the_patch_was_really_laid_everywhere(sent):
    page = visit(step="cover")
    assert not page.exception
    panels = sent["slide"][-1]
    assert [panel.title for panel in panels] == ["Model A", "Model B"]
    for panel in panels:
        assert len(panel.answers) == 1 + sliding_patch.GRID**2
        assert sliding_patch.drops_of(panel.answers).max() > 0.1
        assert re.fullmatch("The patch on .* counted most\\.", panel.found)


def test_the_verdict_is_three_questions_with_yes_or_no(monkeypatch):
    page = visit(step="verdict")
    marks = [
        line.value for line in page.markdown if line.value.startswith((":green[:mat", ":red[:mat", ":gray[–"))
    ]
    assert len(marks) == 2 * 3
    assert all(mark.startswith(":green") for mark in marks)
    assert "edited-faces" in drawn(page)
    give_verdicts(monkeypatch, lambda _model: evidences.evidence("cannot tell"))
    marks = [line.value for line in visit(step="verdict").markdown if line.value.startswith(":gray[–")]
    assert len(marks) == 2 * 3


def accuse(page, number, index):
    return page.button(key=f"accuse {number} {index}").click().run()


def test_the_cheat_is_found_and_counted_and_nothing_is_counted_twice():
    page = visit(step="cheat")
    played = round_of(0)
    accuse(page, 0, played.cheat)
    assert WORDS[f"cue_read.{played.cue}"] in page.success[0].value
    assert "Found 1 of 1" in text(page)
    page.run()
    assert "Found 1 of 1" in text(page)
    page.button(key="another round").click().run()
    played = round_of(1)
    accuse(page, 1, (played.cheat + 1) % 3)
    assert f"Model {'ABC'[played.cheat]} cheats" in page.error[0].value
    assert "Found 1 of 2" in text(page)


def test_before_the_accusation_nothing_on_the_page_tells_the_three_apart():
    page = visit(step="cheat")
    for number in range(5):
        played = round_of(number)
        game = page.session_state["kept shortcut rounds"][number]
        said = re.findall(r"\*\*Model \w\*\* says: (.*)", text(page))
        assert len(said) == 3
        assert len(set(said)) == 1
        assert not re.search(r"\d ?%", text(page))
        assert WORDS["learn.cheat_legend"] not in text(page)
        assert not [cue for key, cue in WORDS.items() if key.startswith("cue_read.") and cue in text(page)]
        page.segmented_control(key=f"cheat cover {number}").set_value("nose_and_mouth").run()
        assert [info.value for info in page.info] == [WORDS["learn.cheat_should"]]
        changed = re.findall(r"\*\*Model (\w)\*\* now says", text(page))
        assert changed == [name for name in "ABC" if name != "ABC"[played.cheat]]
        assert not re.search(r"\d ?%", text(page))
        accuse(page, number, played.cheat)
        sure = re.findall(r"\b[ABC] (\d+)%", text(page))
        assert sure == [f"{100 * answer.confidence:.0f}" for answer in game.answers[""]]
        assert WORDS["learn.cheat_legend"] in text(page)
        page.button(key="another round").click().run()
        assert not page.exception


def test_covering_a_place_says_whose_answer_changed():
    page = visit(step="cheat")
    played = round_of(0)
    for place in COVERS:
        page.segmented_control(key="cheat cover 0").set_value(place).run()
        assert not page.exception
        changed = re.findall(r"\*\*Model (\w)\*\* now says", text(page))
        if place == played.cover:
            assert changed == ["ABC"[played.cheat]]
        elif place != "nose_and_mouth":
            assert changed == []
            assert not page.info


def test_the_projector_shows_large_type_and_the_step_alone():
    page = visit(step="limits")
    assert WORDS["learn.title"] in text(page)
    page.toggle(key=preferences.PROJECTOR).set_value(True).run()
    assert not page.exception
    assert WORDS["learn.title"] not in text(page)
    assert page.query_params["view"] == "projector"
    assert drawn(page).count(":root { font-size") == 1
    assert "Step 6 of 8" in text(page)
    assert "step" not in {one.key for one in page.segmented_control}
    page.button(key="next").click().run()
    assert page.header[0].value == WORDS["step_title.cheat"]
    page.toggle(key=preferences.PROJECTOR).set_value(False).run()
    assert page.segmented_control(key="step").value == "cheat"


def test_in_a_room_the_verdict_is_shown_of_one_model_at_a_time():
    page = visit(step="verdict", view="projector")
    assert not page.exception
    which = page.segmented_control(key="lesson_verdict")
    assert which.value == CARDS[0].name
    assert text(page).count("Verdict:") == 1
    which.set_value(CARDS[1].name).run()
    assert not page.exception
    assert text(page).count("Verdict:") == 1


def test_every_step_speaks_spanish():
    page = visit(step="cheat", lang="es")
    assert not page.exception
    assert page.header[0].value == messages("es")["step_title.cheat"]
    assert "dice:" in text(page)
