"""The page "Cover it yourself" as a visitor drives it, against the real library, models and model process."""

import re

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.components import paint_canvas
from dashboard.i18n import t
from dashboard.text.model_names import display_name
from dashboard.views.counterfactuals.substitutions import PROBES_SHOWN
from dashboard.worker.counterfactual_handlers import prepare
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

MODEL = read_cards().cards[0].name
FIRST = next(iter(SAMPLES))


@pytest.fixture(scope="module")
def face():
    return find_faces(load_sample(FIRST))[0]


def visit(**address):
    return page_at("cover", **address).run()


def text(page):
    parts = [*page.title, *page.header, *page.markdown, *page.caption, *page.error, *page.warning, *page.info]
    return "\n".join(str(part.value) for part in parts)


def percent(page):
    """The probability that the badge names."""
    return int(re.search(r", (\d+)%", text(page)).group(1))


def answer_about(picture, model=MODEL):
    return load_classifier(model, "cpu").predict([picture])[0]


def hidden(face, *parts):
    picture = face.crop.copy()
    picture[np.any([region_masks(face)[name] for name in parts], axis=0)] = 128
    return picture


def test_the_first_sample_is_ready_at_the_first_visit(face):
    page = visit()
    assert not page.exception
    assert not page.error
    assert page.selectbox(key="face").value == FIRST
    assert f"Nothing is covered. {display_name(MODEL)} says" in text(page)
    assert percent(page) == round(100 * answer_about(face.crop).confidence)


def test_hiding_a_part_asks_the_model_about_just_that(face):
    page = visit()
    page.pills(key="regions").set_value(["nose", "mouth"]).run()
    assert not page.exception
    now = answer_about(hidden(face, "nose", "mouth"))
    assert percent(page) == round(100 * now.confidence)
    before = answer_about(face.crop)
    share = (region_masks(face)["nose"] | region_masks(face)["mouth"]).mean()
    assert f"Covering {share:.1%} of the picture" in text(page)
    assert ("changes the answer" in text(page)) == (now.label != before.label)
    assert page.query_params["regions"] == "nose,mouth"


def test_the_address_opens_face_model_fill_parts_and_language():
    other, model = "admiral-plain", read_cards().cards[1].name
    page = visit(face=other, model=model, fill="mean", regions="mouth,nonsense", lang="es", level="technical")
    assert not page.exception
    face = find_faces(load_sample(other))[0]
    picture = face.crop.copy()
    picture[region_masks(face)["mouth"]] = np.rint(face.crop.astype(np.float32).mean(axis=(0, 1)))
    now = answer_about(picture, model)
    assert page.selectbox(key="model").value == model
    assert page.pills(key="regions").value == ["mouth"]
    assert f"Tapar el {100 * region_masks(face)['mouth'].mean():.1f}".replace(".", ",") in text(page)
    assert str(round(100 * now.confidence)) in text(page)
    assert page.query_params["fill"] == "mean"


@pytest.mark.parametrize(("sent", "refused"), [([{"kind": "bar"}], True), ("x" * 9, True), (None, False)])
def test_what_cannot_be_read_is_left_out_and_said(monkeypatch, sent, refused):
    monkeypatch.setattr(paint_canvas, "sent_by", lambda _key, _name: sent)
    page = visit()
    assert not page.exception
    assert bool(page.warning) == refused
    assert "Nothing is covered" in text(page)


def test_a_painted_rectangle_is_covered_with_the_fill(monkeypatch, face):
    sent = [{"kind": "bar", "left": 20, "top": 30, "right": 90, "bottom": 100}]
    monkeypatch.setattr(paint_canvas, "sent_by", lambda _key, name: sent if name == "shapes" else None)
    page = visit()
    picture = face.crop.copy()
    picture[30:100, 20:90] = 128
    assert percent(page) == round(100 * answer_about(picture).confidence)
    assert f"{70 * 70 / len(picture) ** 2:.1%}" in text(page)


def test_the_mask_is_pulled_down_and_the_slider_measures_nothing(face):
    page = visit(**{"try": "slide"})
    assert not page.exception
    found = whatif(face, load_classifier(MODEL, "cpu"), "pull_down")
    assert f"Pulled down to {found.flips_at:.0%} of the height" in text(page)
    jobs = session.worker()._count
    page.select_slider(key="height").set_value(0.5).run()
    answer = found.answers[found.values.index(0.5)]
    assert percent(page) == round(100 * answer.confidence)
    assert session.worker()._count == jobs


def test_the_smallest_cover_is_looked_for_when_asked(face):
    page = visit(**{"try": "smallest", "level": "technical"})
    assert "Greedy search" in text(page)
    assert "with grey is enough" not in text(page)
    page.button(key="smallest").click().run()
    assert not page.exception
    model = load_classifier(MODEL, "cpu")
    apart, whole = (whatif(face, model, probe) for probe in ("smallest_cover", "smallest_patch"))
    assert pieces(whole.cover) == 1
    assert f"Covering {whole.flips_at:.1%} of the picture with grey is enough" in text(page)
    both = pieces(apart.cover) > 1 and apart.flips_at < whole.flips_at
    assert (f"Covering {apart.flips_at:.1%} of" in text(page)) == (both or apart.flips_at == whole.flips_at)
    assert "there may be one" in text(page)


@pytest.mark.parametrize("change", PROBES_SHOWN)
def test_every_change_shows_every_step(change):
    page = visit(**{"try": "swap", "change": change})
    assert not page.exception
    assert not page.info
    steps = [one.value for one in page.caption if re.search(r", \d+%$", one.value)]
    assert len(steps) == len(session_found(page).values)
    assert re.search(r"The answer (changes in \d|stays in all)", text(page))


def test_a_face_that_cannot_be_drawn_on_is_refused_in_the_readers_language(monkeypatch):
    sentence = "Nothing can be drawn on this face: the head is turned too far to the side."
    from dashboard.worker.job_handle import JobError

    real = session.run_cached

    def refuse(kind, key, job, show):
        if kind == "probe":
            raise JobError("refused", sentence=sentence, error="XaiError")
        return real(kind, key, job, show)

    monkeypatch.setattr(session, "run_cached", refuse)
    page = visit(**{"try": "slide", "lang": "es"})
    assert not page.exception
    assert "demasiado girada" in page.info[0].value


def test_a_photo_handed_in_before_is_offered(face):
    page = AppTest.from_file(str(APP), default_timeout=280).run()
    page.file_uploader(key="photo").upload("me.png", sample_png("admiral-plain"), "image/png").run()
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
    page = visit()
    painted = re.search(r"Covering [\d.]+% of the picture", text(page)).group()
    sent.clear()  # as when the canvas was away
    assert painted in text(page.run())
    sent["shapes"] = [{"kind": "bar"}]
    assert "Nothing is covered" in text(page.run())
    sent.clear()
    assert painted in text(page.run())
    sent["shapes"] = []
    assert "Nothing is covered" in text(page.run())
    sent.clear()
    assert "Nothing is covered" in text(page.run())
    assert not page.exception
