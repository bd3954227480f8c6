"""The page as a visitor drives it, against the real library, models and model process."""

import io
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pictures
from streamlit.testing.v1 import AppTest

from dashboard import session
from xai.models.cards import Catalogue, read_cards
from xai.photo.samples import SAMPLES, sample_png

APP = Path(__file__).parents[2] / "dashboard" / "app.py"
FIRST = next(iter(SAMPLES.values()))
MODELS = [card.name for card in read_cards().cards][:2]


@pytest.fixture(scope="module", autouse=True)
def _one_model_process():
    yield
    session.worker().close()
    session.worker.clear()
    session.catalogue.clear()
    session._thumbnail.clear()


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
    for model in MODELS:
        assert f"**{model}**" in shown
    assert len(re.findall(r"lowered the answer|made the answer .* less likely", shown)) == len(MODELS)
    truth = next(box for box in page.selectbox if str(box.key).startswith("truth"))
    assert truth.value == FIRST.truth[0]
    assert len(re.findall(r"That is (right|wrong)", shown)) == len(MODELS)
    assert "proves neither" in shown


def test_a_sample_that_is_picked_takes_the_place_of_the_one_before():
    page = visit().run()
    other = next(sample for sample in SAMPLES.values() if sample.truth == ("uncovered",))
    page.button(key=f"sample {other.id}").click().run()
    assert not page.exception
    assert f"Sample: {other.title}." in text(page)
    assert f"Sample: {FIRST.title}." not in text(page)


def test_an_upload_is_shown_and_the_sample_is_gone():
    page = hand_in(visit().run(), ("me.png", sample_png("astronaut-plain"), "image/png"))
    assert not page.exception
    shown = text(page)
    assert "Sample:" not in shown
    assert "One face found" in shown
    assert "not known: nobody has said" in shown


def test_saying_the_true_answer_judges_the_answer_without_measuring_again(monkeypatch):
    page = hand_in(visit().run(), ("me.png", sample_png("astronaut-plain"), "image/png"))
    no_more_jobs(monkeypatch)
    truth = next(box for box in page.selectbox if str(box.key).startswith("truth"))
    truth.set_value("uncovered").run()
    assert not page.exception
    assert not page.error
    assert len(re.findall(r"That is (right|wrong)", text(page))) == len(MODELS)


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


def test_a_refused_photo_gets_one_sentence_and_the_others_go_on():
    good = ("good.png", sample_png("astronaut-plain"), "image/png")
    page = hand_in(visit().run(), ("bad`name.jpg", b"this is no picture", "image/jpeg"), good)
    assert not page.exception
    (error,) = page.error
    assert "`bad'name.jpg` was not taken in." in error.value
    assert "One face found" in text(page)


def test_no_face_is_said_and_the_whole_picture_offered():
    page = hand_in(visit().run(), png("wall.png", blank()))
    assert not page.exception
    assert "No face was found" in text(page)
    next(button for button in page.button if button.label == "Use the whole picture").click().run()
    assert not page.exception
    shown = text(page)
    assert "treated as one face" in shown
    assert "regions of this face are not known" in shown
    for model in MODELS:
        assert f"**{model}**" in shown


def test_the_question_why_not_another_answer_explains_that_answer():
    page = visit().run()
    target = next(box for box in page.selectbox if str(box.key).startswith("target"))
    target.set_value("uncovered").run()
    assert not page.exception
    assert "Explains “no mask”" in text(page)


def test_two_visitors_never_see_each_others_photo():
    one, other = visit().run(), visit().run()
    hand_in(one, png("one.png", blank(90)))
    hand_in(other, png("other.png", blank(160)))
    first, second = set(photos_kept(one)), set(photos_kept(other))
    assert first & second == {FIRST.id}
    assert len(first) == len(second) == 2
    assert one.session_state["visitor"] != other.session_state["visitor"]


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
    assert f"**{MODELS[0]}**" in text(page)


def test_without_any_model_the_page_says_what_to_do(monkeypatch):
    gone = Catalogue((), ("The model x is left out: its weights file is missing.",))
    monkeypatch.setattr(session, "catalogue", lambda: gone)
    page = visit().run()
    assert not page.exception
    assert "The model x is left out" in text(page)
    assert "There is no model to ask" in text(page)
