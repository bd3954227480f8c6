"""A preview stands where the map will stand, says that it is one, and goes away."""

from functools import partial

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from dashboard import face_explanations
from dashboard.preferences import EXPERT
from dashboard.views.photo import face
from dashboard.widgets.map_preview import Previews
from dashboard.worker.job_handle import JobError
from dashboard.worker.jobs import JobProgress, ModelRequest
from tests.support.models import make_face
from tests.support.pages import give_checks, page_at
from xai.models.cards import read_cards
from xai.partial_results import Preview
from xai.types import CLASSES, Explanation, Heatmap, Prediction, Provenance

pytestmark = pytest.mark.usefixtures("one_model_process")

MODELS = [card.name for card in read_cards().cards][:2]
NOTE = "This is a preview"
LABEL = "Occlusion map (cover test): preview"


def visit():
    return page_at("")


def text(page):
    return "\n".join(str(part.value) for part in (*page.markdown, *page.caption))


def heatmap(drop):
    values = np.zeros((40, 40), np.float32)
    values[5:9, 20:30] = drop
    return Heatmap(values, "probability", "occlusion", {}, "covered")


def prediction():
    return Prediction(CLASSES, np.array([0.8, 0.15, 0.05], np.float32))


def explanation(drop):
    face = make_face(np.full((40, 40, 3), 120, np.uint8))
    maps = {"occlusion": heatmap(drop)}
    return Explanation(face, prediction(), "covered", maps, {"occlusion": None}, None, None,
                       Provenance("m", "0" * 64, "cpu", {}))  # fmt: skip


def stages(*drawn):
    """A page on which so much has come of two models' maps."""

    def script(drawn, tools):
        import streamlit as st

        from dashboard.widgets.progress import Progress

        place = st.empty()
        progress = Progress(place, height=300)
        previews = tools["Previews"](place, tools["face"], ("one", "two"), progress, ("gradcam",))
        for model, drop, done in drawn:
            progress.of(model)(tools["stage"])
            if done:
                previews.done(model, tools["explanation"](drop))
            else:
                previews.of(model)(tools["Preview"](tools["prediction"](), tools["heatmap"](drop)))
        progress.of("two")(tools["stage"])

    tools = {
        "Previews": Previews, "Preview": Preview, "heatmap": heatmap,
        "stage": JobProgress("explaining", 3, 9),
        "prediction": prediction, "explanation": explanation,
        "face": make_face(np.full((40, 40, 3), 120, np.uint8)),
    }  # fmt: skip
    page = AppTest.from_function(script, args=(drawn, tools)).run()
    assert not page.exception
    return page


def captions(page):
    return [caption.value for caption in page.caption]


def test_a_preview_is_labelled_and_the_other_model_keeps_its_place():
    page = stages(("one", 0.4, False))
    assert captions(page).count(LABEL) == 1
    assert text(page).count(NOTE) == 1
    assert "Full colour is a change of 40.0 percentage points" in text(page)
    assert captions(page).count("Occlusion map (cover test): being measured") == 1
    assert captions(page).count("Activation map (Grad-CAM): being measured") == 2
    assert len(page.get("progress")) == 1, "the bar has moved, there are not two"
    assert [button.label for button in page.button] == ["Stop"], "and so has its button"


def test_a_map_takes_the_place_of_its_preview_on_one_scale_with_the_next():
    page = stages(("one", 0.4, False), ("one", 0.3, True), ("two", 0.6, False))
    assert captions(page).count(LABEL) == 1
    assert captions(page).count("Occlusion map (cover test)") == 1
    assert "Full colour is a change of 60.0 percentage points" in text(page)


def test_what_is_at_hand_is_not_drawn_twice():
    page = stages(("one", 0.4, True))
    assert captions(page) == []


@pytest.fixture
def in_pieces(monkeypatch):
    """What the page drew of previews, while the maps come from the real model process."""
    seen, draw = [], Previews.draw

    def listened(self):
        seen.append({model: shown.preview for model, shown in self._shown.items()})
        draw(self)

    monkeypatch.setattr(Previews, "draw", listened)
    monkeypatch.setattr(face, "ModelRequest", partial(ModelRequest, test=False))  # no verdict, for speed
    give_checks(monkeypatch)
    return seen


def test_a_new_face_has_a_preview_per_model_and_the_page_ends_with_maps_alone(in_pieces):
    page = visit().run()
    assert not page.exception
    assert in_pieces == [{MODELS[0]: True}, {MODELS[0]: False, MODELS[1]: True}]
    assert NOTE not in text(page)
    assert LABEL not in captions(page)
    page.run()
    assert len(in_pieces) == 2


def fine_places(side):
    """By the definition: a window of a seventh of the side, in steps of a 56th, to the far edge."""
    window, step, top, rows = round(side / 7), max(1, round(side / 56)), 0, 1
    while top + window < side:
        top, rows = top + step, rows + 1
    return rows**2


def test_an_expert_may_have_a_finer_map_and_stop_it(in_pieces, monkeypatch):
    page = visit().run()
    assert not [button for button in page.button if str(button.key).startswith("measure fine")]
    page.toggle(key=EXPERT).set_value(True).run()
    offer = next(button for button in page.button if str(button.key).startswith("measure fine"))
    places = sum(fine_places(card.input_size) for card in read_cards().cards[:2])
    assert f"{places:,} places" in offer.label
    explain, asked = face_explanations.explain, []

    def stopped(job, listener):
        if job.methods != ("occlusion",):
            explain(job, listener)
            return
        asked.append(job)
        for request in job.requests:
            listener.failed(request.model, JobError("cancelled"))

    monkeypatch.setattr(face_explanations, "explain", stopped)
    offer.click().run()
    assert [(job.options["occlusion"]["stride"], len(job.requests)) for job in asked] == [(1 / 56, 2)]
    assert len(page.error) == 2
    monkeypatch.setattr(face_explanations, "explain", explain)
    before = len(in_pieces)
    page.run()
    assert not page.error
    assert in_pieces[-1] == dict.fromkeys(MODELS, False)
    assert len(in_pieces) > before + 1, "coarse places came first"
    assert not [b for b in page.button if str(b.key).startswith("stop fine")]
