"""Ways into the page *Check a photo*: the camera, hard samples, boxes set by hand, and photos put upright."""

import contextlib
import io

import numpy as np
import pytest
from PIL import Image as Pictures

from dashboard import session
from dashboard.components import box_editor
from dashboard.components.box_editor import parse_box
from dashboard.i18n import messages, t
from dashboard.views.photo import box_editing
from dashboard.worker.jobs import ManualBox
from tests.support import evidences
from tests.support.pages import (
    address,
    alts,
    chips,
    give_verdicts,
    keys,
    menus,
    page_at,
    pick_face,
    press,
    shoot,
    statuses,
    text,
    upload,
)
from xai.photo.faces import find_faces
from xai.photo.images import encode_png
from xai.photo.sample_rendering import load_sample, sample_png
from xai.photo.samples import SAMPLES
from xai.types import MIN_FACE, Box

pytestmark = pytest.mark.usefixtures("one_model_process")

FIRST = next(iter(SAMPLES))
WALL = Box(5, 300, 95, 420)
"""Part of the astronaut's picture in which nobody is."""

ME = ("me.png", sample_png("astronaut-plain"), "image/png")
ASKED = "Is that right?"


@pytest.fixture(autouse=True)
def _verdicts(monkeypatch):
    """Verdicts by hand in place of the long measuring; faces without landmarks keep their own reason."""
    supported = evidences.evidence("supported")
    give_verdicts(monkeypatch, lambda _model: supported)


def visit():
    return page_at("").run()


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


def last_seen(page, name=FIRST):
    """The photo as the page holds it last."""
    return [seen for key, seen in page.session_state["kept photo"].items() if key[0] == name][-1]


def boxes_of(page, name=FIRST):
    """Boxes of the faces that the page holds last of a photo."""
    return [face.box for face in last_seen(page, name).faces]


def jpeg(pixels):
    stream = io.BytesIO()
    Pictures.fromarray(pixels).save(stream, "JPEG", quality=95)
    return stream.getvalue()


def wall():
    stream = io.BytesIO()
    Pictures.fromarray(np.full((240, 320, 3), 90, np.uint8)).save(stream, "PNG")
    return "wall.png", stream.getvalue(), "image/png"


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
    assert "the detector finds a face in it too" in text(page)
    assert len(statuses(page)) == 2, "the box still holds the face, so the truth is known"
    assert ASKED not in menus(page)
    page = press(page, "Back to the found box")
    assert boxes_of(page) == [found]
    assert "by hand" not in text(page)


def test_a_box_on_nobody_has_an_answer_but_no_truth_no_test_and_no_regions(monkeypatch):
    page = use(visit(), monkeypatch, 0, WALL)
    said = text(page)
    assert boxes_of(page) == [WALL]
    assert "The detector finds no face in it" in said
    assert "One face**; cannot be tested" in said
    assert statuses(page) == []
    assert menus(page).count(ASKED) == 2
    assert "regions of this face are not known" in said
    assert [key for key in keys(page) if key.startswith("untestable-")], "a short verdict is waited for"
    assert not [key for key in keys(page) if key.startswith("verdict-")]


def test_an_added_face_is_chosen_and_the_found_one_stays(monkeypatch):
    page = visit()
    (found,) = boxes_of(page)
    page = use(page, monkeypatch, 1, WALL)
    assert boxes_of(page) == [found, WALL]
    said = text(page)
    assert "Boxes set by hand: 1 of 2." in said
    assert "; ● 1 can be tested" in said
    assert [option.endswith("●") for option in chips(page).options] == [True, False]
    assert chips(page).value == 1
    assert statuses(page) == []
    page = pick_face(page, 1)
    assert len(statuses(page)) == 2
    page = press(pick_face(page, 2), "Remove this box")
    assert boxes_of(page) == [found]
    assert "face-chips" not in keys(page)


def test_added_boxes_move_up_when_one_before_them_goes(monkeypatch):
    page = visit()
    first, second = Box(5, 300, 95, 420), Box(300, 300, 400, 400)
    page = use(use(page, monkeypatch, 1, first), monkeypatch, 2, second)
    assert boxes_of(page)[1:] == [first, second]
    page = press(pick_face(page, 2), "Remove this box")
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
    page = upload(visit(), wall())
    (photo,) = page.session_state["own photos"]
    assert {"Draw a box yourself", "Rotate", "Whole picture"} <= {b.label for b in page.button}
    page = press(page, "Draw a box yourself")
    assert "Whole picture" not in [button.label for button in page.button]
    drawn = Box(40, 50, 140, 150)
    page = use(page, monkeypatch, 0, drawn, photo.sha256)
    assert boxes_of(page, photo.sha256) == [drawn]
    assert "The detector finds no face in it" in text(page)
    assert page.session_state[f"boxes {photo.sha256}"] == (ManualBox(0, drawn),)
    page = press(page, "Remove this box")
    assert "No face was found" in text(page)


def test_a_picture_of_the_camera_is_a_photo_like_any_and_the_camera_is_empty_again():
    page = visit()
    assert "nowhere else" in text(page), "what happens to the picture is said before it is taken"
    first = page.camera_input[0].key
    page = shoot(page, "shot.jpg", jpeg(load_sample("astronaut-plain").pixels))
    said = text(page)
    assert "**One face**; can be tested" in said
    assert SAMPLES[FIRST].title not in said
    assert menus(page).count(ASKED) == 2
    assert page.camera_input[0].key != first
    assert page.camera_input[0].value is None
    page.button(key="sample admiral-plain").click().run()
    assert "**Admiral: One face**" in text(page)
    assert len(page.session_state["own photos"]) == 1, "it is kept until it is removed"


def test_the_newest_of_file_and_camera_comes_first():
    page = shoot(visit(), "shot.jpg", jpeg(np.full((240, 320, 3), 90, np.uint8)))
    assert "No face was found" in text(page)
    page = upload(page, ME)
    assert "**One face**" in text(page)
    assert address(page)["photo"] == "2"


def test_every_trap_has_a_word_and_a_note():
    traps = {trap for sample in SAMPLES.values() for trap in sample.traps}
    assert {key for key in messages() if key.startswith(("trap.", "trap_note."))} == {
        f"{section}.{trap}" for section in ("trap", "trap_note") for trap in traps
    }


def test_a_hard_sample_says_why_and_is_held_to_its_true_answer():
    page = visit()
    page.button(key="sample admiral-hand").click().run()
    assert t("trap_note.hand") in text(page)
    for status in statuses(page):
        assert status == "✓ Right" or status == "✗ Wrong: no mask"
    assert len(statuses(page)) == 2


def lying(name, turn):
    """A sample that lies so many quarter turns clockwise, as a file."""
    turned = np.ascontiguousarray(np.rot90(load_sample(name).pixels, -turn))
    return f"turned {turn}.png", encode_png(turned), "image/png"


def answers(page):
    return [part.value for part in page.markdown if "-badge[mask" in part.value or "-badge[no" in part.value]


def shown(page):
    """Width and height of the picture that is shown, in pixels of the reduced one."""
    photo = next(iter(page.session_state["own photos"]))
    with Pictures.open(io.BytesIO(last_seen(page, photo.sha256).picture)) as picture:
        return picture.size


@pytest.mark.parametrize(("turn", "side"), [(1, "left"), (3, "right")])
def test_a_photo_on_its_side_is_turned_upright_and_gets_the_answers_of_the_upright_one(turn, side):
    upright = upload(visit(), lying("admiral-blue", 0))
    turned = upload(visit(), lying("admiral-blue", turn))
    assert answers(turned) == answers(upright)
    assert len(answers(turned)) == 2
    assert shown(turned) == shown(upright)
    assert "**One face**; can be tested" in text(turned)
    said = f"The photo lay on its side and was turned by a quarter to the {side}."
    assert text(turned).count(said) == 1
    assert "lay on its side" not in text(upright)


def test_the_button_turns_the_photo_by_a_quarter_and_what_was_known_of_it_goes():
    page = upload(visit(), lying("admiral-blue", 0))
    (photo,) = page.session_state["own photos"]
    width, height = shown(page)
    assert width != height
    for quarter in (1, 2, 3, 4):
        page = press(page, "Rotate")
        assert last_seen(page, photo.sha256).turn == quarter % 4
        assert shown(page) == ((height, width) if quarter % 2 else (width, height))
        turns = {key[3] for key in page.session_state["kept photo"] if key[0] == photo.sha256}
        assert turns == {quarter}, "of the other turns nothing is kept"
        for kind in ("explanation", "evidence", "check"):
            faces = {str(key) for key in page.session_state[f"kept {kind}"] if photo.sha256 in str(key)}
            assert all(f"'{photo.sha256}', {quarter % 4}, " in face for face in faces)
        assert "lay on its side" not in text(page), "the visitor knows"
    assert page.session_state["own photos"] == (photo,), "the photo itself stays"
    assert len(answers(page)) == 2


def test_a_sample_can_be_turned_too_and_another_sample_is_as_it_was():
    page = press(visit(), "Rotate")
    assert last_seen(page).turn == 1
    page.button(key="sample admiral-plain").click().run()
    assert last_seen(page, "admiral-plain").turn == 0
    assert [alt for alt in alts(page) if "numbered boxes" in alt]
