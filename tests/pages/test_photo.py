"""The page as a visitor drives it, against the real library, models and model process."""

import io
import re
from base64 import b64encode

import numpy as np
import pytest
import streamlit as st
from PIL import Image as Pictures

from dashboard import session
from dashboard.i18n import messages
from dashboard.preferences import EXPERT
from dashboard.text.model_names import model_name
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import JobProgress
from tests.support import evidences
from tests.support.map_checks import check
from tests.support.pages import (
    address,
    alts,
    cards,
    chips,
    give_verdicts,
    go,
    keys,
    menus,
    no_more_jobs,
    page_at,
    pick_face,
    pills,
    press,
    statuses,
    tell_truth,
    text,
    upload,
)
from xai.evidence_types import Reason
from xai.models.cards import Catalogue, read_cards
from xai.photo.images import encode_jpeg
from xai.photo.sample_rendering import sample_png
from xai.photo.samples import SAMPLES

pytestmark = pytest.mark.usefixtures("one_model_process")

FIRST = next(iter(SAMPLES.values()))
PAIR = next(sample for sample in SAMPLES.values() if len(sample.truth) == 2)
MODELS = [card.name for card in read_cards().cards][:2]
NAMES = [model_name(card) for card in read_cards().cards[:2]]
ME = ("me.png", sample_png("astronaut-plain"), "image/png")
TWO = ("two.png", sample_png(PAIR.id), "image/png")
STOPPED = "You stopped this. Any change on the page starts it again."


@pytest.fixture
def verdicts(monkeypatch, request):
    """Verdicts by hand in place of the long measuring, for the tests that are about something else."""
    canned = getattr(request, "param", None) or evidences.evidence("supported")
    give_verdicts(monkeypatch, lambda _model: canned)


@pytest.fixture(scope="module")
def measured(one_model_process):
    """The first visit with everything measured."""
    return visit()


def visit(**address):
    return page_at("", **address).run()


def png(name, pixels):
    stream = io.BytesIO()
    Pictures.fromarray(pixels).save(stream, "PNG")
    return name, stream.getvalue(), "image/png"


def blank(shade=200):
    return np.full((240, 320, 3), shade, np.uint8)


def photos_kept(page):
    return [key[0] for key in page.session_state["kept photo"]]


def badges(page):
    """The answer of each model as a badge."""
    return [part.value for part in page.markdown if "-badge[mask" in part.value or "-badge[no" in part.value]


def found(page):
    """The sentence of the first map of each model."""
    return re.findall(r"lowered the answer|made the answer .* less likely|largest change came", text(page))


def strips_of(page, evidence):
    """The faces of this evidence's strip that stand on the page, by their pictures."""
    html = "".join(part.proto.body for part in page.get("html"))
    return [each for each in evidence.strip if b64encode(encode_jpeg(each.picture)).decode() in html]


def test_the_first_visit_shows_the_first_sample_explained_by_two_models(measured):
    shown = text(measured)
    assert f"**{FIRST.title}: One face**; can be tested" in shown
    assert menus(measured)[:4] == ["Privacy", "Samples", "Camera", "Models"]
    for model in NAMES:
        assert f"**{model}**" in shown
    assert len(badges(measured)) == len(found(measured)) == len(MODELS)
    assert statuses(measured) == ["✓ Right"] * len(MODELS)
    assert "Is that right?" not in menus(measured), "the correct answer is known"
    assert "proves neither" in shown


def test_each_model_has_a_verdict_that_was_measured_in_the_model_process(measured):
    assert len(pills(measured)) == len(measured.session_state["kept evidence"]) == len(MODELS)
    for evidence in measured.session_state["kept evidence"].values():
        assert evidence.forwards > 50
        assert len(evidence.strip) == len(strips_of(measured, evidence)) > 4
    shown = text(measured)
    assert shown.count("Where it looked does not say whether it is right.") == len(MODELS)
    assert shown.count("Lower-face edits: ") == shown.count("Other edits: ") == len(MODELS)


def test_the_maps_are_tested_without_being_asked_and_what_was_found_is_folded(measured):
    folds = [part for part in measured.expander if "can the maps be trusted?" in part.label]
    assert [fold.label.partition(":")[0] for fold in folds] == NAMES
    for fold in folds:
        assert not fold.proto.expanded
        said = "\n".join(part.value for part in (*fold.markdown, *fold.caption))
        assert said.count("Model-randomisation check") == 2  # occlusion and Grad-CAM
        assert said.count("**Deletion") == said.count("**Insertion") == 2
        assert re.search(r"\d{3,} passes through the network in [\d.]+ s\.", said)
    assert len(measured.session_state["kept check"]) == len(MODELS)
    assert not measured.get("progress"), "the bar is gone"


def test_evidence_is_kept_and_only_what_is_missing_is_asked_for(measured, monkeypatch):
    """The page against the real process once; then no job at all for the same question."""
    no_more_jobs(monkeypatch)
    before = cards(measured)
    page = measured.selectbox(key="model").set_value(MODELS[1]).run()
    assert text(page)
    assert not page.error
    assert cards(page) == before[::-1]


@pytest.mark.usefixtures("verdicts")
def test_a_sample_that_is_picked_takes_the_place_of_the_one_before():
    page = visit()
    other = next(sample for sample in SAMPLES.values() if sample.truth == ("uncovered",))
    page.button(key=f"sample {other.id}").click().run()
    shown = text(page)
    assert f"**{other.title}: One face**" in shown
    assert f"{FIRST.title}:" not in shown
    assert f"thumb-chosen-{other.id}" in keys(page)
    assert "photo-title" in keys(page), "nothing above the photo moves"
    assert "samples 1" in keys(page), "the menu is closed"


@pytest.mark.usefixtures("verdicts")
def test_an_upload_is_shown_and_the_sample_is_gone():
    page = upload(visit(), ME)
    shown = text(page)
    assert "**One face**; can be tested" in shown
    assert FIRST.title not in shown
    assert statuses(page) == []
    assert menus(page).count("Is that right?") == len(MODELS)
    assert [each.value for each in page.file_uploader] == [[]], "the uploader is empty again"
    assert page.button(key="remove photo").label == "Remove me.png"
    assert "photo-title" in keys(page)


@pytest.mark.usefixtures("verdicts")
def test_saying_the_correct_answer_judges_all_models_without_measuring_again(monkeypatch):
    page = upload(visit(), ME)
    no_more_jobs(monkeypatch)
    said = tell_truth(page, "uncovered")
    assert statuses(said) == ["✓ Right"] * len(MODELS)
    assert menus(said).count("Change") == len(MODELS)
    assert "Is that right?" not in menus(said)
    said = tell_truth(said, "covered")
    assert statuses(said) == ["✗ Wrong: mask worn correctly"] * len(MODELS)
    said = tell_truth(said, "none")
    assert statuses(said) == []
    assert menus(said).count("Is that right?") == len(MODELS)
    assert not said.error


@pytest.mark.usefixtures("verdicts")
def test_the_correct_answer_is_asked_with_pictures_and_definitions():
    page = upload(visit(), ME)
    for name in ("covered", "incorrect", "uncovered"):
        assert text(page).count(messages("en")[f"definition.{name}"]) == len(MODELS)
        assert f"Example: {messages('en')[f'class.{name}']}." in alts(page)


@pytest.mark.usefixtures("verdicts")
def test_the_correct_answer_belongs_to_one_face_alone():
    page = upload(visit(), TWO)
    shown = int(chips(page).value) + 1
    page = tell_truth(page, "uncovered")
    assert statuses(page) != []
    page = pick_face(page, 3 - shown)
    assert statuses(page) == []
    page = pick_face(page, shown)
    assert statuses(page) != []


@pytest.mark.usefixtures("verdicts")
def test_the_strength_of_the_overlay_measures_nothing_again(monkeypatch):
    page = visit()
    no_more_jobs(monkeypatch)
    page.slider(key="opacity").set_value(0.2).run()
    assert text(page)
    assert not page.error


@pytest.mark.usefixtures("verdicts")
def test_a_photo_with_several_faces_begins_with_the_largest_and_offers_the_others():
    page = upload(visit(), TWO)
    seen = next(seen for key, seen in page.session_state["kept photo"].items() if key[0] not in SAMPLES)
    sides = [face.box.width * face.box.height for face in seen.faces]
    assert chips(page).value == seen.best == sides.index(max(sides)) == 0
    assert chips(page).options == ["1 :green[worn correctly] ●", "2 :orange[worn incorrectly] ●"]
    assert "**2 faces**: 1 worn correctly, 1 worn incorrectly; ● 2 can be tested" in text(page)
    (photo,) = (alt for alt in alts(page) if alt.startswith("The photo with 2 numbered boxes."))
    assert photo.endswith("Face 1: mask worn correctly. Face 2: mask worn incorrectly.")
    first = badges(page)
    page = pick_face(page, 2)
    assert chips(page).value == 1
    assert badges(page) != first


@pytest.mark.usefixtures("verdicts")
def test_the_picture_with_one_face_has_no_choice_of_faces():
    assert "face-chips" not in keys(visit())


@pytest.mark.usefixtures("verdicts")
def test_a_refused_photo_gets_one_sentence_is_not_kept_and_the_others_go_on():
    page = upload(visit(), ("bad`name.jpg", b"this is no picture", "image/jpeg"), ME)
    (error,) = page.error
    assert "`bad'name.jpg` was not accepted." in error.value
    assert "**One face**" in text(page)
    assert [photo.name for photo in page.session_state["own photos"]] == ["`me.png`"]
    assert address(page)["photo"] == "2"
    assert len(page.run().error) == 1, "it is said until something else is uploaded"
    assert not upload(page, TWO).error


@pytest.mark.usefixtures("verdicts")
def test_a_photo_that_is_refused_alone_leaves_what_was_shown_before():
    page = upload(visit(), ("bad.jpg", b"this is no picture", "image/jpeg"))
    (error,) = page.error
    assert "`bad.jpg` was not accepted." in error.value
    assert page.session_state["own photos"] == ()
    page.run()
    assert len(page.error) == 1
    assert f"**{FIRST.title}: One face**" in text(page)
    assert len(pills(page)) == len(MODELS)


@pytest.mark.usefixtures("verdicts")
def test_files_beyond_the_limit_are_named_and_the_rest_is_shown():
    files = [png(f"{shade}.png", blank(shade)) for shade in range(100, 112)]
    page = upload(visit(), *files)
    (warning,) = page.warning
    assert warning.value.startswith("At most 10 photos of 60 MB together are kept.")
    assert "Left out: `110.png`, `111.png`." in warning.value
    assert len(page.session_state["own photos"]) == 10
    page.button(key="remove photo").click().run()
    assert not page.warning


@pytest.mark.usefixtures("verdicts")
def test_of_several_photos_one_is_chosen_by_its_name():
    page = upload(visit(), ME, TWO)
    (choice,) = (box for box in page.selectbox if box.label == "Which photo")
    assert choice.options == ["Photo 1: me.png", "Photo 2: two.png"]
    assert choice.value == 1
    assert "**One face**" in text(page)
    page = choice.set_value(2).run()
    assert "**2 faces**" in text(page)
    assert address(page)["photo"] == "2"
    page = page.button(key="remove photo").click().run()
    assert "**One face**" in text(page)
    assert "Which photo" not in [box.label for box in page.selectbox]


@pytest.mark.usefixtures("verdicts")
def test_own_photos_are_there_again_after_another_page_and_in_another_language(monkeypatch):
    page = tell_truth(pick_face(upload(visit(), TWO), 2), "covered")
    before = badges(page), statuses(page)
    assert "Upload photos" not in text(go(page, "models"))
    no_more_jobs(monkeypatch)
    page = go(page, "")
    assert "**2 faces**" in text(page)
    assert chips(page).value == 1
    assert (badges(page), statuses(page)) == before
    assert address(page)["photo"] == "1"
    page.button_group(key="reader language").set_value("es").run()
    assert "**2 caras**" in text(page)
    assert chips(page).value == 1
    assert len(statuses(page)) == len(MODELS)


@pytest.mark.usefixtures("verdicts")
def test_a_photo_that_is_removed_is_forgotten_with_everything_that_came_of_it():
    page = tell_truth(upload(visit(), ME), "uncovered")
    (photo,) = page.session_state["own photos"]
    state = page._session_state.filtered_state
    assert sum(photo.sha256 in f"{name} {value!r}" for name, value in state.items()) > 5
    page.button(key="remove photo").click().run()
    assert f"**{FIRST.title}: One face**" in text(page)
    assert "photo" not in address(page)
    for name, value in page._session_state.filtered_state.items():
        assert photo.sha256 not in f"{name} {value!r}", name
        assert photo.data not in [value, *(getattr(each, "data", None) for each in as_list(value))]


def as_list(value):
    return list(value) if isinstance(value, (tuple, list)) else []


@pytest.mark.usefixtures("verdicts")
def test_no_face_is_said_and_the_whole_picture_offered():
    page = upload(visit(), png("wall.png", blank()))
    assert "No face was found. It may be too small" in text(page)
    assert alts(page).count("The photo. No face was found in it.") == 1
    assert cards(page) == []
    page = press(page, "Whole picture")
    shown = text(page)
    assert "No face was found. This is what a model says of **any** picture." in shown
    assert "regions of this face are not known" in shown
    for model in NAMES:
        assert f"**{model}**" in shown


@pytest.mark.usefixtures("verdicts")
def test_a_whole_picture_has_no_box_no_count_and_nothing_green():
    page = press(upload(visit(), png("wall.png", blank())), "Whole picture")
    assert alts(page).count("The photo. No face was found in it.") == 1
    assert not [alt for alt in alts(page) if "numbered boxes" in alt]
    seen = list(page.session_state["kept photo"].values())[-1]
    drawn = page.session_state["kept picture"]
    shown = [drawn[key] for key in drawn if key[0] == seen.sha256 and "boxed" in key]
    assert shown == [seen.picture], "the photo itself, with nothing on it"
    assert not re.search(r"\b(One face|\d faces)\b", text(page))
    assert "face-chips" not in keys(page)
    assert len(badges(page)) == len(MODELS)
    assert all(badge.startswith(":gray-badge[") for badge in badges(page))
    assert ":green" not in "".join(part.value for part in page.markdown)


@pytest.mark.usefixtures("verdicts")
def test_the_question_why_not_another_answer_explains_that_answer():
    page = visit()
    target = next(box for box in page.selectbox if str(box.key).startswith("target"))
    target.set_value("uncovered").run()
    assert "Explains “no mask”" in text(page)


@pytest.mark.usefixtures("verdicts")
def test_two_visitors_never_see_each_others_photo():
    one, other = visit(), visit()
    upload(one, png("one.png", blank(90)))
    upload(other, png("other.png", blank(160)))
    first, second = set(photos_kept(one)), set(photos_kept(other))
    assert first & second == {FIRST.id}
    assert len(first) == len(second) == 2
    assert one.session_state["visitor"] != other.session_state["visitor"]
    assert len(one.session_state["own photos"]) == len(other.session_state["own photos"]) == 1


@pytest.mark.usefixtures("verdicts")
def test_an_altered_model_is_named_and_left_out(monkeypatch, tmp_path):
    card = read_cards().cards[0]
    altered = card.path.read_bytes()
    (tmp_path / "altered.safetensors").write_bytes(altered[:-1] + bytes([altered[-1] ^ 1]))
    text_of_card = card.path.with_suffix(".json").read_text()
    (tmp_path / "altered.json").write_text(text_of_card.replace(f'"{card.name}"', '"altered"', 1))
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    session.installed.clear()
    try:
        page = visit()
    finally:
        session.installed.clear()
    assert any("altered" in warning.value for warning in page.warning)
    assert f"**{NAMES[0]}**" in text(page)


@pytest.mark.usefixtures("verdicts")
def test_without_any_model_the_page_says_what_to_do(monkeypatch):
    gone = Catalogue((), ("The model x is left out: its weights file is missing.",))
    monkeypatch.setattr(session, "catalogue", lambda: gone)
    page = visit()
    assert "The model x is left out" in text(page)
    assert "There is no model to ask" in text(page)


FAMILIES_SHOWN = "log-odds lost"


def numbers_of(page):
    """The headers of the tables of families."""
    return [list(table.value.columns) for table in page.table if FAMILIES_SHOWN in table.value.columns]


STATES = {
    "supported": (evidences.evidence("supported"), "◉ Looked at: nose and mouth", "Focus supported. "),
    "mixed": (
        evidences.evidence("mixed", (evidences.mover("upper_face"), evidences.FOLLOWS)),
        "◐ Looked at: other places too",
        "Mixed focus. It looks at nose and mouth, but the answer also depends on eyes and forehead.",
    ),
    "not supported": (
        evidences.evidence("not supported"),
        "○ Looked at: other places",
        "Focus not supported. It does not look at nose and mouth: the answer depends on "
        "hair, clothes and background.",
    ),
    "cannot tell": (
        evidences.evidence("cannot tell", (Reason("nothing_moves", {"value": 0.0}),)),
        "? Looked at: cannot tell",
        "Cannot tell. Nothing that was tried changed the answer.",
    ),
}


@pytest.mark.parametrize(("verdicts", "pill", "said"), STATES.values(), ids=STATES, indirect=["verdicts"])
def test_each_verdict_is_a_badge_with_its_counts_and_its_faces(verdicts, pill, said):
    page = visit()
    assert pills(page) == [pill] * len(MODELS)
    for card in cards(page):
        assert "Lower face edited: reacted 7/8" in card
        assert "Rest edited: stayed 22/24" in card
        assert card.count("<figure>") == 4
    shown = text(page)
    assert shown.count(said) == len(MODELS)
    assert shown.count("Where it looked does not say whether it is right.") == len(MODELS)
    assert shown.count("answer reacted 7 of 8 times") == len(MODELS)
    assert shown.count("answer stayed 22 of 24 times") == len(MODELS)
    html = "".join(part.proto.body for part in page.get("html"))
    assert html.count("<figure>") == (4 + 8) * len(MODELS)


UNASKED = evidences.evidence("cannot tell", (Reason("small", {"value": 11.0, "limit": 14.0}),))


@pytest.mark.parametrize("verdicts", [UNASKED], indirect=True)
def test_where_nothing_was_asked_the_reason_and_what_to_do_stand_alone(verdicts):
    page = visit()
    assert pills(page) == ["? Looked at: cannot tell"] * len(MODELS)
    for card in cards(page):
        assert "<p>The face is too small to edit.</p>" in card
        assert "at least 14 are needed. Upload a larger photo" in card
    assert "Lower-face edits" not in text(page)
    assert not any("<figure>" in part.proto.body for part in page.get("html"))


FLAGGED = evidences.evidence(
    "supported", flags=(Reason("map_elsewhere", {"method": "gradcam", "value": 0.6}),)
)


@pytest.mark.parametrize("verdicts", [FLAGGED], indirect=True)
def test_a_map_that_disagrees_is_said_in_the_open(verdicts):
    page = visit()
    assert all("<li>Grad-CAM points elsewhere</li>" in card for card in cards(page))
    assert any("Grad-CAM" in warning.value and "disagrees" in warning.value for warning in page.warning)


def test_a_verdict_that_fails_is_one_sentence_and_the_maps_stay(monkeypatch):
    give_verdicts(
        monkeypatch,
        lambda model: evidences.evidence("supported") if model == MODELS[0] else JobError("died"),
    )
    page = visit()
    assert len(pills(page)) == 1
    (error,) = page.error
    assert error.value.startswith("What this answer depends on could not be tested.")
    assert len(found(page)) == len(MODELS)


def supported(_model):
    return evidences.evidence("supported")


def folded(page):
    return [part for part in page.expander if part.label == "Show it anyway"]


def test_a_map_that_fails_its_checks_is_folded_with_the_reason_and_stays_so(monkeypatch):
    def checks(model, method):
        return check(follows_weights=(model, method) != (MODELS[1], "gradcam"))

    give_verdicts(monkeypatch, supported, checks)
    page = visit()
    said = "Activation map (Grad-CAM): this map failed its own check. With random weights it hardly changes."
    for _ in range(2):
        assert text(page).count(said) == len(folded(page)) == 1
        assert "Grad-CAM" in folded(page)[0].caption[0].value
        drawn = [alt for alt in alts(page) if re.match(r"(Occlusion|Activation) map", alt)]
        assert len(drawn) == 2 * len(MODELS), "also the one that is folded"
        page.slider(key="opacity").set_value(0.2).run()
    page = page.selectbox(key="second").set_value("none").run()
    assert folded(page) == []


def test_checks_that_fail_are_one_sentence_and_the_maps_stay(monkeypatch):
    give_verdicts(
        monkeypatch, supported, lambda model, _: JobError("died") if model == MODELS[0] else check()
    )
    page = visit()
    (error,) = page.error
    assert error.value.startswith("The maps could not be tested.")
    assert len(found(page)) == len(pills(page)) == len(MODELS)
    assert folded(page) == []


def half_way(monkeypatch):
    """The model process is at work, and the run of the page ends with the bar on it."""

    def begin(job, show, take=None):
        show(JobProgress("explaining", 1, 9, MODELS[0]))
        st.stop()

    monkeypatch.setattr(session, "run_job", begin)


@pytest.mark.usefixtures("verdicts")
def test_stop_ends_the_work_and_the_next_change_begins_it_again(monkeypatch):
    page = visit()
    with monkeypatch.context() as patch:
        half_way(patch)
        page = upload(page, ME)
        assert len(page.get("progress")) == 1
        assert [button.label for button in page.button].count("Stop") == 1
    with monkeypatch.context() as patch:
        no_more_jobs(patch)
        page = press(page, "Stop")
        assert [part.value for part in page.info] == [STOPPED]
        assert not page.error, "the photo was not refused"
        assert not page.get("progress")
        assert cards(page) == []
    assert [photo.name for photo in page.session_state["own photos"]] == ["`me.png`"]
    page.run()
    assert STOPPED not in text(page)
    assert len(pills(page)) == len(MODELS)


@pytest.mark.usefixtures("verdicts")
def test_a_face_whose_maps_were_stopped_says_so_once_for_both_models(monkeypatch):
    page = upload(visit(), TWO)
    with monkeypatch.context() as patch:
        half_way(patch)
        page = pick_face(page, 2)
        assert page.get("progress")
    page = press(page, "Stop")
    assert text(page).count(STOPPED) == 1
    assert "**2 faces**" in text(page), "what is known stays"
    assert badges(page) == []
    page.run()
    assert len(pills(page)) == len(MODELS)


@pytest.mark.usefixtures("verdicts")
def test_the_wording_is_switched_kept_and_put_in_the_address():
    page = visit()
    assert numbers_of(page) == []
    assert "level" not in address(page)
    page.toggle(key=EXPERT).set_value(True).run()
    assert len(numbers_of(page)) == len(MODELS)
    assert address(page)["level"] == "technical"
    page.slider(key="opacity").set_value(0.2).run()
    assert len(numbers_of(page)) == len(MODELS)
    page.toggle(key=EXPERT).set_value(False).run()
    assert "level" not in address(page)
    assert numbers_of(page) == []


@pytest.mark.usefixtures("verdicts")
def test_a_link_opens_in_the_wording_it_was_shared_in():
    page = visit(level="technical")
    assert len(numbers_of(page)) == len(MODELS)
    assert "75 forward passes, 2.7 s." in text(page)
    assert "Thresholds: followed 0.7" in text(page)
    assert numbers_of(visit(level="<b>")) == []


@pytest.mark.slow
@pytest.mark.usefixtures("verdicts")
def test_the_same_face_is_shown_on_a_known_honest_and_a_known_cheating_model_when_asked(monkeypatch):
    page = visit()
    assert "Known honest" not in text(page)
    page = press(page, "Same face on a known-honest and a known-cheating model")
    shown = text(page)
    assert shown.index("Known honest") < shown.index("Known cheat")
    assert "**Looked at: nose and mouth**" in shown
    assert "**Looked at: other places**" in shown
    known = [alt for alt in alts(page) if "known_answer" in alt or "known answer" in alt.lower()]
    assert len(known) == 2 * 2
    no_more_jobs(monkeypatch)
    page.run()
    assert "Known cheat" in text(page), "it is kept"
    assert not page.error
