"""The page as a visitor drives it, against the real library, models and model process."""

import io
import re
from base64 import b64encode

import numpy as np
import pytest
from PIL import Image as Pictures
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.preferences import EXPERT
from dashboard.text.model_names import model_name
from dashboard.worker.job_handle import JobError
from tests.support import evidences
from tests.support.pages import give_verdicts
from tests.support.paths import APP
from xai.evidence_types import Reason
from xai.models.cards import Catalogue, read_cards
from xai.photo.images import encode_jpeg
from xai.photo.sample_rendering import sample_png
from xai.photo.samples import SAMPLES

pytestmark = pytest.mark.usefixtures("one_model_process")

FIRST = next(iter(SAMPLES.values()))
MODELS = [card.name for card in read_cards().cards][:2]
NAMES = [model_name(card) for card in read_cards().cards[:2]]


@pytest.fixture
def verdicts(monkeypatch, request):
    """Verdicts by hand in place of the long measuring, for the tests that are about something else."""
    canned = getattr(request, "param", None) or evidences.evidence("supported")
    give_verdicts(monkeypatch, lambda _model: canned)


def visit():
    return AppTest.from_file(str(APP), default_timeout=280)


def hand_in(page, *files):
    page.file_uploader(key="photo").upload(*files[0])
    for more in files[1:]:
        page.file_uploader(key="photo").upload(*more)
    return page.run()


def png(name, pixels):
    stream = io.BytesIO()
    Pictures.fromarray(pixels).save(stream, "PNG")
    return name, stream.getvalue(), "image/png"


def blank(shade=200):
    return np.full((240, 320, 3), shade, np.uint8)


def text(page):
    parts = [*page.markdown, *page.caption, *page.error, *page.warning, *page.info]
    return "\n".join(str(part.value) for part in parts)


def photos_kept(page):
    return [key[0] for key in page.session_state["kept photo"]]


def test_the_first_visit_shows_the_first_sample_explained_by_two_models():
    page = visit().run()
    assert not page.exception
    shown = text(page)
    for model in NAMES:
        assert f"**{model}**" in shown
    assert len(re.findall(r"lowered the answer|made the answer .* less likely", shown)) == len(MODELS)
    truth = next(box for box in page.selectbox if str(box.key).startswith("truth"))
    assert truth.value == FIRST.truth[0]
    assert len(re.findall(r"(Right|Wrong): the correct answer is", shown)) == len(MODELS)
    assert "proves neither" in shown
    verdicts = [sub.value for sub in page.header if sub.value.startswith(":")]
    assert len(verdicts) == len(MODELS), "each model has a verdict, measured in the real model process"
    assert shown.count("Where it looked does not say whether it is right.") == len(MODELS)
    assert len(page.session_state["kept evidence"]) == len(MODELS)
    for found in page.session_state["kept evidence"].values():
        assert found.forwards > 50
        assert len(found.strip) == len(strips_of(page, found)) > 4
    assert shown.count("**Lower-face edits**") == shown.count("**Other edits**") == len(MODELS)


@pytest.mark.usefixtures("verdicts")
def test_a_sample_that_is_picked_takes_the_place_of_the_one_before():
    page = visit().run()
    other = next(sample for sample in SAMPLES.values() if sample.truth == ("uncovered",))
    page.button(key=f"sample {other.id}").click().run()
    assert not page.exception
    assert f"Sample: {other.title}." in text(page)
    assert f"Sample: {FIRST.title}." not in text(page)


@pytest.mark.usefixtures("verdicts")
def test_an_upload_is_shown_and_the_sample_is_gone():
    page = hand_in(visit().run(), ("me.png", sample_png("astronaut-plain"), "image/png"))
    assert not page.exception
    shown = text(page)
    assert "Sample:" not in shown
    assert "One face found" in shown
    assert "You have not told us the correct answer" in shown


@pytest.mark.usefixtures("verdicts")
def test_saying_the_true_answer_judges_the_answer_without_measuring_again(monkeypatch):
    page = hand_in(visit().run(), ("me.png", sample_png("astronaut-plain"), "image/png"))
    no_more_jobs(monkeypatch)
    truth = next(box for box in page.selectbox if str(box.key).startswith("truth"))
    truth.set_value("uncovered").run()
    assert not page.exception
    assert not page.error
    assert len(re.findall(r"(Right|Wrong): the correct answer is", text(page))) == len(MODELS)


@pytest.mark.usefixtures("verdicts")
def test_the_strength_of_the_overlay_measures_nothing_again(monkeypatch):
    page = visit().run()
    no_more_jobs(monkeypatch)
    page.slider(key="opacity").set_value(0.2).run()
    assert not page.exception
    assert not page.error


def no_more_jobs(monkeypatch):
    def refuse(*_):
        raise AssertionError("a job was handed in")

    monkeypatch.setattr(session.worker(), "submit", refuse)


@pytest.mark.usefixtures("verdicts")
def test_a_refused_photo_gets_one_sentence_and_the_others_go_on():
    good = ("good.png", sample_png("astronaut-plain"), "image/png")
    page = hand_in(visit().run(), ("bad`name.jpg", b"this is no picture", "image/jpeg"), good)
    assert not page.exception
    (error,) = page.error
    assert "`bad'name.jpg` was not accepted." in error.value
    assert "One face found" in text(page)


@pytest.mark.usefixtures("verdicts")
def test_no_face_is_said_and_the_whole_picture_offered():
    page = hand_in(visit().run(), png("wall.png", blank()))
    assert not page.exception
    assert "No face was found" in text(page)
    next(button for button in page.button if button.label == "Use the whole picture").click().run()
    assert not page.exception
    shown = text(page)
    assert "treated as one face" in shown
    assert "regions of this face are not known" in shown
    for model in NAMES:
        assert f"**{model}**" in shown


@pytest.mark.usefixtures("verdicts")
def test_the_question_why_not_another_answer_explains_that_answer():
    page = visit().run()
    target = next(box for box in page.selectbox if str(box.key).startswith("target"))
    target.set_value("uncovered").run()
    assert not page.exception
    assert "Explains “no mask”" in text(page)


@pytest.mark.usefixtures("verdicts")
def test_two_visitors_never_see_each_others_photo():
    one, other = visit().run(), visit().run()
    hand_in(one, png("one.png", blank(90)))
    hand_in(other, png("other.png", blank(160)))
    first, second = set(photos_kept(one)), set(photos_kept(other))
    assert first & second == {FIRST.id}
    assert len(first) == len(second) == 2
    assert one.session_state["visitor"] != other.session_state["visitor"]


@pytest.mark.usefixtures("verdicts")
def test_an_altered_model_is_named_and_left_out(monkeypatch, tmp_path):
    card = read_cards().cards[0]
    altered = card.path.read_bytes()
    (tmp_path / "altered.safetensors").write_bytes(altered[:-1] + bytes([altered[-1] ^ 1]))
    text_of_card = card.path.with_suffix(".json").read_text()
    (tmp_path / "altered.json").write_text(text_of_card.replace(f'"{card.name}"', '"altered"', 1))
    monkeypatch.setenv("XAI_WEIGHTS", str(tmp_path))
    session.catalogue.clear()
    try:
        page = visit().run()
    finally:
        session.catalogue.clear()
    assert not page.exception
    assert any("altered" in warning.value for warning in page.warning)
    assert f"**{NAMES[0]}**" in text(page)


@pytest.mark.usefixtures("verdicts")
def test_without_any_model_the_page_says_what_to_do(monkeypatch):
    gone = Catalogue((), ("The model x is left out: its weights file is missing.",))
    monkeypatch.setattr(session, "catalogue", lambda: gone)
    page = visit().run()
    assert not page.exception
    assert "The model x is left out" in text(page)
    assert "There is no model to ask" in text(page)


FAMILIES_SHOWN = "log-odds lost"


def headlines(page):
    return {sub.value for sub in page.header if sub.value.startswith(":")}


def strips_of(page, found):
    """The faces of this evidence's strip that stand on the page, by their pictures."""
    html = "".join(part.proto.body for part in page.get("html"))
    return [each for each in found.strip if b64encode(encode_jpeg(each.picture)).decode() in html]


def numbers_of(page):
    """The headers of the tables of families."""
    return [list(table.value.columns) for table in page.table if FAMILIES_SHOWN in table.value.columns]


STATES = {
    "supported": (
        evidences.evidence("supported"),
        ":blue[",
        "Focus supported. It looks at nose and mouth and nothing else that was tried.",
    ),
    "mixed": (
        evidences.evidence("mixed", (evidences.mover("upper_face"), evidences.FOLLOWS)),
        ":violet[",
        "Mixed focus. It looks at nose and mouth, but the answer also depends on eyes and forehead.",
    ),
    "not supported": (
        evidences.evidence("not supported"),
        ":red[",
        "Focus not supported. It does not look at nose and mouth: the answer depends on "
        "hair, clothes and background.",
    ),
    "cannot tell": (
        evidences.evidence("cannot tell", (Reason("nothing_moves", {"value": 0.0}),)),
        ":gray[",
        "Cannot tell. Nothing that was tried changed the answer.",
    ),
}


@pytest.mark.parametrize(("verdicts", "colour", "said"), STATES.values(), ids=STATES, indirect=["verdicts"])
def test_each_verdict_is_said_with_its_shape_its_counts_and_its_faces(verdicts, colour, said):
    page = visit().run()
    assert not page.exception
    assert len(headlines(page)) == 1
    for headline in headlines(page):
        assert headline.startswith(f"{colour}:material/")
        assert headline.endswith(f"{said}]")
    shown = text(page)
    assert shown.count("Where it looked does not say whether it is right.") == len(MODELS)
    assert shown.count("answer reacted 7 of 8 times") == len(MODELS)
    assert shown.count("answer stayed 22 of 24 times") == len(MODELS)
    html = "".join(part.proto.body for part in page.get("html"))
    assert html.count("<figure>") == 8 * len(MODELS)


UNASKED = evidences.evidence("cannot tell", (Reason("small", {"value": 11.0, "limit": 14.0}),))


@pytest.mark.parametrize("verdicts", [UNASKED], indirect=True)
def test_where_nothing_was_asked_the_reason_and_what_to_do_stand_alone(verdicts):
    page = visit().run()
    assert not page.exception
    for headline in headlines(page):
        assert headline.startswith(":gray[:material/help: ")
        assert headline.endswith("Cannot tell. The face is too small to edit.]")
    assert "at least 14 are needed. Upload a larger photo" in text(page)
    assert "Lower-face edits" not in text(page)
    assert not any("<figure>" in part.proto.body for part in page.get("html"))


def test_each_verdict_has_a_shape_of_its_own():
    from dashboard.widgets.verdict_panel import _SIGNS
    from xai.evidence_types import VERDICTS

    assert set(_SIGNS) == set(VERDICTS)
    assert len({shape for shape, _ in _SIGNS.values()}) == len({c for _, c in _SIGNS.values()}) == 4


FLAGGED = evidences.evidence(
    "supported", flags=(Reason("map_elsewhere", {"method": "gradcam", "value": 0.6}),)
)


@pytest.mark.parametrize("verdicts", [FLAGGED], indirect=True)
def test_a_map_that_disagrees_is_said_in_the_open(verdicts):
    page = visit().run()
    assert any("Grad-CAM" in warning.value and "disagrees" in warning.value for warning in page.warning)


def test_a_verdict_that_fails_is_one_sentence_and_the_maps_stay(monkeypatch):
    give_verdicts(
        monkeypatch,
        lambda model: evidences.evidence("supported") if model == MODELS[0] else JobError("died"),
    )
    page = visit().run()
    assert not page.exception
    assert len(headlines(page)) == 1
    (error,) = page.error
    assert error.value.startswith("What this answer depends on could not be tested.")
    assert len(re.findall(r"lowered the answer|made the answer .* less likely", text(page))) == len(MODELS)


@pytest.mark.usefixtures("verdicts")
def test_the_wording_is_switched_kept_and_put_in_the_address():
    page = visit().run()
    assert numbers_of(page) == []
    assert "level" not in page.query_params
    page.toggle(key=EXPERT).set_value(True).run()
    assert len(numbers_of(page)) == len(MODELS)
    assert page.query_params["level"] == "technical"
    page.slider(key="opacity").set_value(0.2).run()
    assert len(numbers_of(page)) == len(MODELS)
    page.toggle(key=EXPERT).set_value(False).run()
    assert "level" not in page.query_params
    assert numbers_of(page) == []


@pytest.mark.usefixtures("verdicts")
def test_a_link_opens_in_the_wording_it_was_shared_in():
    page = visit()
    page.query_params["level"] = "technical"
    page.run()
    assert len(numbers_of(page)) == len(MODELS)
    assert "75 forward passes, 2.7 s." in text(page)
    assert "Thresholds: followed 0.7" in text(page)
    odd = visit()
    odd.query_params["level"] = "<b>"
    odd.run()
    assert not odd.exception
    assert numbers_of(odd) == []


@pytest.mark.usefixtures("verdicts")
def test_the_maps_are_tested_only_when_asked_and_the_price_is_said_before():
    page = visit().run()
    button = page.button(key=f"trust {MODELS[1]}")
    passes, seconds = map(int, re.search(r"(\d+) passes .* about (\d+) s", button.label).groups())
    assert passes > 100
    assert seconds > 0
    assert "scrambled" not in text(page)
    button.click().run()
    assert not page.exception
    shown = text(page)
    assert shown.count("Model-randomisation check") == 2  # occlusion and Grad-CAM
    assert shown.count("**Deletion") == shown.count("**Insertion") == 2
    assert f"{passes} passes through the network in" in shown


def test_evidence_is_kept_and_only_what_is_missing_is_asked_for(monkeypatch):
    """The page against the real process once; then no job at all for the same question."""
    page = visit().run()
    no_more_jobs(monkeypatch)
    before = headlines(page)
    page.selectbox(key="model").set_value(MODELS[1]).run()
    assert not page.exception
    assert not page.error
    assert headlines(page) == before
