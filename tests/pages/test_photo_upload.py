"""Ways into the page *Check a photo*: the camera, hard samples, and boxes set by hand."""

import contextlib
import io

import numpy as np
import pytest
from PIL import Image as Pictures
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.components import box_editor
from dashboard.components.box_editor import parse_box
from dashboard.i18n import messages, t
from dashboard.views.photo import box_editing
from dashboard.worker.jobs import ManualBox
from tests.support import evidences
from tests.support.pages import give_verdicts
from tests.support.paths import APP
from xai.photo.faces import find_faces
from xai.photo.sample_rendering import load_sample, sample_png
from xai.photo.samples import SAMPLES
from xai.types import MIN_FACE, Box

pytestmark = pytest.mark.usefixtures("one_model_process")

FIRST = next(iter(SAMPLES))
WALL = Box(5, 300, 95, 420)
"""Part of the astronaut's picture in which nobody is."""


@pytest.fixture(autouse=True)
def _verdicts(monkeypatch):
    """Verdicts by hand in place of the long measuring; faces without landmarks keep their own reason."""
    supported = evidences.evidence("supported")
    give_verdicts(monkeypatch, lambda _model: supported)


def visit():
    return AppTest.from_file(str(APP), default_timeout=280).run()


def text(page):
    assert not page.exception
    parts = [*page.markdown, *page.caption, *page.error, *page.warning, *page.info]
    return "\n".join(str(part.value) for part in parts)


def press(page, label):
    return next(button for button in page.button if button.label == label).click().run()


def use(page, monkeypatch, number, box, name=FIRST):
    """What happens when the component sends a box for face ``number`` and the page runs again."""
    digest = load_sample(name).sha256 if name in SAMPLES else name
    sent = [box.left, box.top, box.width, box.height]

    def recall(key):
        with contextlib.suppress(KeyError):
            return page.session_state[key]

    with monkeypatch.context() as patch:
        state = page.session_state
        patch.setattr(box_editor, "sent_by", lambda key: sent if key == f"box {digest} {number}" else None)
        patch.setattr(session, "set_state", state.__setitem__)
        patch.setattr(session, "get_state", recall)
        box_editing._use(digest, number, (10_000, 10_000))
    return page.run()


def boxes_of(page, name=FIRST):
    """Boxes of the faces that the page holds last of a photo."""
    held = [seen for key, seen in page.session_state["kept photo"].items() if key[0] == name]
    return [face.box for face in held[-1].faces]


@pytest.mark.parametrize(
    "sent",
    [
        None,
        [1, 2, 30],
        [1, 2, 30, "40"],
        [1.5, 2, 30, 40],
        [True, 2, 30, 40],
        [1, 2, MIN_FACE - 1, 40],
        [-1, 2, 30, 40],
        [71, 2, 30, 40],
        [1, 41, 30, 40],
        {"left": 1},
    ],
)
def test_what_is_no_box_on_the_photo_is_refused(sent):
    with pytest.raises(ValueError, match=rf"on the photo of 100x80, each side at least {MIN_FACE}"):
        parse_box(sent, 100, 80)


def test_a_box_is_read_as_it_was_sent():
    assert parse_box([70, 40, 30, 40], 100, 80) == Box(70, 40, 100, 80)
    assert parse_box([0, 0, MIN_FACE, MIN_FACE], 100, 80) == Box(0, 0, MIN_FACE, MIN_FACE)


def test_a_moved_box_is_answered_and_can_be_taken_back(monkeypatch):
    page = visit()
    (found,) = boxes_of(page)
    wider = Box(found.left - 9, found.top - 7, found.right + 5, found.bottom + 3)
    page = use(page, monkeypatch, 0, wider)
    assert boxes_of(page) == [wider]
    said = text(page)
    assert "the detector finds a face in it too" in said
    assert ": the correct answer is “" in said, "the box still holds the face, so the truth is known"
    page = press(page, "Back to the found box")
    assert boxes_of(page) == [found]
    assert "by hand" not in text(page)


def test_a_box_on_nobody_has_an_answer_but_no_truth_and_no_regions(monkeypatch):
    page = use(visit(), monkeypatch, 0, WALL)
    said = text(page)
    assert boxes_of(page) == [WALL]
    assert "The detector finds no face in it" in said
    assert "You have not told us the correct answer" in said
    assert "regions of this face are not known" in said


def test_an_added_face_is_chosen_and_the_found_one_stays(monkeypatch):
    page = visit()
    (found,) = boxes_of(page)
    page = use(page, monkeypatch, 1, WALL)
    assert boxes_of(page) == [found, WALL]
    assert "boxes set by hand: 1" in text(page)
    assert "You have not told us" in text(page)
    page = press(page, "Face 1")
    assert ": the correct answer is “" in text(page)
    page = press(page, "Face 2")
    page = press(page, "Remove this box")
    assert boxes_of(page) == [found]


def test_added_boxes_move_up_when_one_before_them_goes(monkeypatch):
    page = visit()
    first, second = Box(5, 300, 95, 420), Box(300, 300, 400, 400)
    page = use(use(page, monkeypatch, 1, first), monkeypatch, 2, second)
    assert boxes_of(page)[1:] == [first, second]
    page = press(press(page, "Face 2"), "Remove this box")
    assert boxes_of(page)[1:] == [second]


def test_a_box_does_not_go_over_to_another_photo(monkeypatch):
    page = use(visit(), monkeypatch, 0, WALL)
    page.button(key="sample admiral-plain").click().run()
    (face,) = find_faces(load_sample("admiral-plain"))
    assert boxes_of(page, "admiral-plain") == [face.box]
    assert "by hand" not in text(page)
    page.button(key=f"sample {FIRST}").click().run()
    assert boxes_of(page) == [WALL]


def test_where_no_face_was_found_a_box_can_be_drawn(monkeypatch):
    page = visit()
    stream = io.BytesIO()
    Pictures.fromarray(np.full((240, 320, 3), 90, np.uint8)).save(stream, "PNG")
    page.file_uploader(key="photo").upload("wall.png", stream.getvalue(), "image/png")
    page.run()
    digest = next(key[0] for key in page.session_state["kept photo"] if key[0] not in SAMPLES)
    page = press(page, "Draw a box yourself")
    assert "Use the whole picture" not in [button.label for button in page.button]
    drawn = Box(40, 50, 140, 150)
    page = use(page, monkeypatch, 0, drawn, digest)
    assert boxes_of(page, digest) == [drawn]
    assert "The detector finds no face in it" in text(page)
    assert page.session_state[f"boxes {digest}"] == (ManualBox(0, drawn),)
    page = press(page, "Remove this box")
    assert "No face was found" in text(page)


def test_the_camera_is_mounted_only_after_a_click_and_its_picture_is_a_photo_like_any():
    page = visit()
    assert not page.camera_input
    page.toggle(key="use camera").set_value(True).run()
    assert "nowhere else" in text(page)
    assert "Sample:" in text(page), "a camera that shows nothing changes nothing"
    stream = io.BytesIO()
    Pictures.open(io.BytesIO(sample_png("astronaut-plain"))).convert("RGB").save(stream, "JPEG", quality=95)
    page.camera_input(key="camera").set_value(("shot.jpg", stream.getvalue(), "image/jpeg")).run()
    said = text(page)
    assert "One face found" in said
    assert "Sample:" not in said
    assert "You have not told us" in said
    page.button(key="sample admiral-plain").click().run()
    assert "Sample: Admiral." in text(page)
    page.toggle(key="use camera").set_value(False).run()
    assert not page.camera_input


def test_the_newest_of_file_and_camera_comes_first():
    page = visit()
    page.toggle(key="use camera").set_value(True).run()
    stream = io.BytesIO()
    Pictures.fromarray(np.full((240, 320, 3), 90, np.uint8)).save(stream, "JPEG")
    page.camera_input(key="camera").set_value(("shot.jpg", stream.getvalue(), "image/jpeg")).run()
    assert "No face was found" in text(page)
    page.file_uploader(key="photo").upload("me.png", sample_png("astronaut-plain"), "image/png")
    page.run()
    assert "One face found" in text(page)


def test_every_trap_has_a_word_and_a_note():
    traps = {trap for sample in SAMPLES.values() for trap in sample.traps}
    assert {key for key in messages() if key.startswith(("trap.", "trap_note."))} == {
        f"{section}.{trap}" for section in ("trap", "trap_note") for trap in traps
    }


def test_a_hard_sample_says_why_and_is_held_to_its_true_answer():
    page = visit()
    page.button(key="sample admiral-hand").click().run()
    assert t("trap_note.hand") in text(page)
    truth = next(box for box in page.selectbox if str(box.key).startswith("truth"))
    assert truth.value == "uncovered"
