"""The page "Cover it yourself" as a visitor drives it, against the real library, models and model process."""

import json
import re
from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.components import paint_canvas
from dashboard.i18n import class_title, t
from dashboard.text.model_names import display_name
from dashboard.views.counterfactuals.substitutions import PROBES_SHOWN
from dashboard.worker.job_handle import JobError
from dashboard.worker.tasks.counterfactuals import prepare
from tests.support.pages import page_at
from tests.support.paths import APP
from xai.evidence.counterfactuals.probes import pieces, whatif
from xai.models.cards import read_cards
from xai.models.classifiers import load_classifier
from xai.photo.faces import find_faces
from xai.photo.regions import region_masks
from xai.photo.sample_rendering import load_sample, sample_png
from xai.photo.samples import SAMPLES
from xai.types import REGIONS

pytestmark = pytest.mark.usefixtures("one_model_process")

CARDS = [card.name for card in read_cards().cards]
MODEL, SECOND = CARDS[:2]
FIRST = next(iter(SAMPLES))


@pytest.fixture(scope="module")
def face():
    return find_faces(load_sample(FIRST))[0]


def visit(**address):
    return page_at("cover", **address).run()


def paint_at(**address):
    return visit(**({"try": "paint"} | address))


def text(page):
    parts = [*page.title, *page.header, *page.markdown, *page.caption, *page.error, *page.warning, *page.info]
    return "\n".join(str(part.value) for part in parts)


def board(page):
    """What the page sends to the component with the face."""
    (component,) = page.get("bidi_component")
    return json.loads(component.proto.json)


def answers(page):
    """Model -> its answer under the brush: class, probability in percent, and the sentence."""
    found = {}
    for answer in board(page)["answers"]:
        (said,) = [bar for bar in answer["bars"] if bar["said"]]
        found[answer["model"]] = (said["name"], said["written"], answer["sentence"])
    return found


@cache
def classifier(model):
    return load_classifier(model, "cpu")


def answer_about(picture, model=MODEL):
    return classifier(model).predict([picture])[0]


def hidden(face, *parts):
    picture = face.crop.copy()
    picture[np.any([region_masks(face)[name] for name in parts], axis=0)] = 128
    return picture


def assert_says(page, picture, *models):
    """Each of the models says under the brush what it says of the picture."""
    shown = answers(page)
    assert list(shown) == [display_name(model) for model in models]
    for model in models:
        now = answer_about(picture, model)
        assert shown[display_name(model)][:2] == (class_title(now.label), f"{now.confidence:.0%}")


def test_the_page_opens_with_the_mask_where_the_first_answer_flips(face):
    page = visit()
    assert not page.exception
    assert not page.error
    assert page.selectbox(key="face").value == FIRST
    drawn = board(page)
    for model, answer in zip((MODEL, SECOND), drawn["answers"], strict=True):
        seen = answer_about(face.crop).label
        found = whatif(face, classifier(model), "pull_down", drawn_as=seen)
        assert answer["model"] == display_name(model)
        flips = "Never flips" if found.flips_at is None else f"down to {found.flips_at:.0%} of its height"
        assert flips in answer["sentence"]
        assert answer["flips"] == (found.flips_at is not None)
        if model == MODEL:
            assert drawn["steps"][drawn["start"]]["height"] == found.flips_at
    assert "try" not in page.query_params


def test_the_brush_opens_with_a_cover_that_flips_and_says_so(face):
    page = paint_at()
    assert page.pills(key="regions").value == ["nose", "mouth"]
    assert_says(page, hidden(face, "nose", "mouth"), MODEL, SECOND)
    assert all(sentence.startswith("Flips from") for _, _, sentence in answers(page).values())
    assert "regions" not in page.query_params


def test_more_is_covered_where_nose_and_mouth_are_not_enough():
    page = paint_at(face="admiral-navy")
    parts = ("nose", "mouth", "chin", "cheeks")
    assert page.pills(key="regions").value == list(parts)
    assert_says(page, hidden(find_faces(load_sample("admiral-navy"))[0], *parts), MODEL, SECOND)
    assert answers(page)[display_name(MODEL)][2].startswith("Flips")


def test_a_cover_that_does_not_flip_is_shown_as_one():
    page = paint_at(face="astronaut-red")
    assert page.pills(key="regions").value == ["nose", "mouth"]
    assert answers(page)[display_name(MODEL)][2].startswith("Stays")


def test_hiding_a_part_asks_the_models_about_just_that(face):
    page = paint_at()
    page.pills(key="regions").set_value(["nose"]).run()
    assert not page.exception
    assert_says(page, hidden(face, "nose"), MODEL, SECOND)
    before, now = answer_about(face.crop), answer_about(hidden(face, "nose"))
    said = answers(page)[display_name(MODEL)][2]
    assert f"{before.confidence:.0%} before, {now.confidence:.0%} now" in said
    assert f"{region_masks(face)['nose'].mean():.1%} of the picture" in board(page)["note"]
    assert page.query_params["regions"] == "nose"


def test_nothing_hidden_stays_so_and_can_be_shared(face):
    page = paint_at()
    page.pills(key="regions").set_value([]).run()
    assert_says(page, face.crop, MODEL, SECOND)
    assert board(page)["note"] == "Nothing is covered."
    assert page.query_params["regions"] == "none"
    page.segmented_control(key="try").set_value("slide").run()
    assert "regions" not in page.query_params
    page.segmented_control(key="try").set_value("paint").run()
    assert page.pills(key="regions").value == []
    assert page.query_params["regions"] == "none"
    again = visit(regions="none")
    assert again.segmented_control(key="try").value == "paint"
    assert board(again)["note"] == "Nothing is covered."


def test_every_face_opens_with_its_cover_and_keeps_what_was_hidden():
    page = paint_at(regions="eyes")
    assert page.pills(key="regions").value == ["eyes"]
    page.selectbox(key="face").set_value("admiral-navy").run()
    assert page.pills(key="regions").value == ["nose", "mouth", "chin", "cheeks"]
    page.selectbox(key="face").set_value(FIRST).run()
    assert page.pills(key="regions").value == ["eyes"]
    assert page.query_params["regions"] == "eyes"


def test_the_address_opens_face_models_fill_parts_and_language():
    other = "admiral-plain"
    page = visit(
        face=other, model=SECOND, other="none", fill="mean", regions="mouth,nonsense", lang="es",
        level="technical",
    )  # fmt: skip
    assert not page.exception
    face = find_faces(load_sample(other))[0]
    picture = face.crop.copy()
    picture[region_masks(face)["mouth"]] = np.rint(face.crop.astype(np.float32).mean(axis=(0, 1)))
    now = answer_about(picture, SECOND)
    assert page.selectbox(key="model").value == SECOND
    assert page.pills(key="regions").value == ["mouth"]
    assert f"{100 * region_masks(face)['mouth'].mean():.1f}".replace(".", ",") in board(page)["note"]
    ((_, written, _),) = answers(page).values()
    assert written.startswith(str(round(100 * now.confidence)))
    assert page.query_params["fill"] == "mean"


def test_the_second_model_is_another_one_or_none(face):
    page = paint_at()
    assert page.selectbox(key="other").value == SECOND
    assert len(page.selectbox(key="other").options) == len(CARDS)
    page.selectbox(key="model").set_value(SECOND).run()
    assert_says(page, hidden(face, "nose", "mouth"), SECOND, MODEL)
    page.selectbox(key="other").set_value("none").run()
    assert_says(page, hidden(face, "nose", "mouth"), SECOND)
    assert page.query_params["other"] == "none"


@pytest.mark.parametrize(("sent", "refused"), [([{"kind": "bar"}], True), ("x" * 9, True), (None, False)])
def test_what_cannot_be_read_is_left_out_and_said(monkeypatch, sent, refused):
    monkeypatch.setattr(paint_canvas, "sent_by", lambda _key, _name: sent)
    page = paint_at(regions="none")
    assert not page.exception
    assert bool(page.warning) == refused
    assert board(page)["note"] == "Nothing is covered."


def test_a_painted_rectangle_is_covered_with_the_fill(monkeypatch, face):
    sent = [{"kind": "bar", "left": 20, "top": 30, "right": 90, "bottom": 100}]
    monkeypatch.setattr(paint_canvas, "sent_by", lambda _key, name: sent if name == "shapes" else None)
    page = paint_at(regions="none")
    picture = face.crop.copy()
    picture[30:100, 20:90] = 128
    assert_says(page, picture, MODEL, SECOND)
    assert f"{70 * 70 / len(picture) ** 2:.1%}" in board(page)["note"]


def test_a_face_without_known_parts_opens_with_its_lower_half_covered(monkeypatch, face):
    real = session.run_cached

    def without_parts(kind, key, job, show):
        made = real(kind, key, job, show)
        return replace(made, regions=None) if kind == "ground" else made

    monkeypatch.setattr(session, "run_cached", without_parts)
    page = paint_at()
    assert not page.exception
    assert not page.pills
    (bar,) = board(page)["shapes"]
    scale, middle = len(face.crop) / face.crop_box.width, (face.box.top + face.box.bottom) / 2
    assert bar["top"] == pytest.approx(scale * (middle - face.crop_box.top), abs=0.1)
    assert bar["right"] - bar["left"] == pytest.approx(scale * face.box.width, abs=0.2)
    assert board(page)["covered"]


def test_all_models_are_run_on_the_pictures_that_are_shown(face):
    """The second model is run on what is drawn for the first, whatever it would have drawn itself."""
    drawn = board(visit())
    seen = answer_about(face.crop).label
    for number, model in enumerate((MODEL, SECOND)):
        found = whatif(face, classifier(model), "pull_down", drawn_as=seen)
        for step, answer in zip(drawn["steps"], found.answers, strict=True):
            bars = step["bars"][number]
            assert [bar["part"] for bar in bars] == pytest.approx(answer.probabilities.tolist(), abs=1e-4)
    edges = [step["edge"] for step in drawn["steps"]]
    assert edges == sorted(edges)


def test_the_smallest_cover_is_looked_for_at_once(face):
    page = visit(**{"try": "smallest", "level": "technical"})
    assert not page.exception
    assert "Greedy search" in text(page)
    model = classifier(MODEL)
    apart, whole = (whatif(face, model, probe) for probe in ("smallest_cover", "smallest_patch"))
    assert pieces(whole.cover) == 1
    assert f"Covering {whole.flips_at:.1%} of the picture with grey is enough" in text(page)
    both = pieces(apart.cover) > 1 and apart.flips_at < whole.flips_at
    assert (f"Covering {apart.flips_at:.1%} of" in text(page)) == (both or apart.flips_at == whole.flips_at)
    assert "there may be one" in text(page)
    picture = face.crop.copy()
    for part in whole.cover:
        picture[part.top : part.bottom, part.left : part.right] = 128
    now = answer_about(picture, SECOND)
    assert re.search(rf"{display_name(SECOND)}: .*{now.confidence:.0%}", text(page))
    assert not [button for button in page.button if button.key == "search" or button.key.startswith("stop ")]


def test_a_search_that_was_stopped_goes_on_when_asked(face):
    page = page_at("cover", **{"try": "smallest"})
    box = map(str, face.crop_box.as_list())
    page.session_state[" ".join(("stopped", face.photo_sha256, *box, MODEL, "grey"))] = True
    page.run()
    assert "is enough" not in text(page)
    page.button(key="search").click().run()
    assert "is enough" in text(page)


@pytest.mark.parametrize("change", PROBES_SHOWN)
def test_every_change_shows_every_step(change):
    page = visit(**{"try": "swap", "change": change})
    assert not page.exception
    assert not page.info
    for model in (MODEL, SECOND):
        name = re.escape(display_name(model))
        steps = [one.value for one in page.caption if re.match(rf"{name}: .*, \d+%$", one.value)]
        assert len(steps) == len(session_found(page).values)
        assert re.search(rf"{name} says .*The answer (changes in \d|stays in all)", text(page))


def test_a_face_that_cannot_be_drawn_on_is_refused_in_the_readers_language_and_can_be_painted(monkeypatch):
    sentence = "Nothing can be drawn on this face: the head is turned too far to the side."
    real = session.run_cached

    def refuse(kind, key, job, show):
        if kind == "probe":
            raise JobError("refused", sentence=sentence, error="XaiError")
        return real(kind, key, job, show)

    monkeypatch.setattr(session, "run_cached", refuse)
    page = visit(lang="es")
    assert not page.exception
    assert "demasiado girada" in page.info[0].value
    assert page.pills(key="regions").value == ["nose", "mouth"]
    assert board(page)["covered"]


def test_a_photo_handed_in_before_is_offered(face):
    page = AppTest.from_file(str(APP), default_timeout=280).run()
    page.file_uploader[0].upload("me.png", sample_png("admiral-plain"), "image/png").run()
    page.switch_page("views/counterfactuals/page.py").run()
    assert not page.exception
    assert page.selectbox(key="face").options[0] == t("face.own", number=1, face=1)


def test_the_ground_holds_the_regions_and_the_fills(face):
    ground = prepare(face)
    for name, mask in region_masks(face).items():
        np.testing.assert_array_equal(ground.regions == REGIONS.index(name), mask)
    assert (ground.contents["grey"] == 128).all()


def session_found(page):
    """What the page's session holds of the last probe."""
    return next(reversed(page.session_state["kept probe"].values()))


def test_what_was_painted_outlives_the_canvas_and_what_cannot_be_read_does_not(monkeypatch):
    bar = [{"kind": "bar", "left": 20, "top": 30, "right": 90, "bottom": 100}]
    sent = {"shapes": bar}
    monkeypatch.setattr(paint_canvas, "sent_by", lambda _key, name: sent.get(name))
    page = paint_at(regions="none")
    painted = board(page)["note"]
    assert re.match(r"[\d.]+% of the picture", painted)
    sent.clear()  # as when the canvas was away
    assert board(page.run())["note"] == painted
    sent["shapes"] = [{"kind": "bar"}]
    assert board(page.run())["note"] == "Nothing is covered."
    sent.clear()
    assert board(page.run())["note"] == painted
    sent["shapes"] = []
    assert board(page.run())["note"] == "Nothing is covered."
    sent.clear()
    assert board(page.run())["note"] == "Nothing is covered."
    assert not page.exception
