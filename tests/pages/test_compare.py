"""The page "Compare models" as a visitor drives it, against the real library and model process."""

import hashlib
import json
import re

import pytest
import torch
from safetensors.torch import save_file
from streamlit.testing.v1 import AppTest

from dashboard import session
from dashboard.i18n import messages
from dashboard.preferences import EXPERT
from dashboard.text.model_names import model_name
from dashboard.worker.job_handle import JobError
from tests.support import evidences
from tests.support.models import make_card
from tests.support.pages import give_verdicts, page_at
from tests.support.paths import APP
from xai.models.architectures import ARCHITECTURES
from xai.models.cards import read_cards
from xai.photo.sample_rendering import sample_png
from xai.photo.samples import SAMPLES

WORDS = messages()
MODELS = [card.name for card in read_cards().cards][:2]
NAMES = [model_name(card) for card in read_cards().cards[:2]]
BINARY = "zz_two_classes"
TWO_FACES = next(sample for sample in SAMPLES.values() if len(sample.truth) == 2)


@pytest.fixture(scope="module", autouse=True)
def _a_model_of_two_classes_beside_the_others(tmp_path_factory):
    folder = tmp_path_factory.mktemp("weights")
    torch.manual_seed(0)
    path = folder / f"{BINARY}.safetensors"
    save_file(ARCHITECTURES["custom_cnn_relu_bn"].build(2).state_dict(), path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    card = make_card(35, ("with_mask", "without_mask"), name=BINARY, sha256=digest)
    path.with_suffix(".json").write_text(json.dumps(card.as_dict()))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XAI_WEIGHTS", str(folder))
        session.catalogue.clear()
        yield
        session.worker().close()
        for kept in (session.worker, session.catalogue, session._thumbnail):
            kept.clear()


@pytest.fixture(autouse=True)
def verdicts(monkeypatch):
    """Model -> its verdict, by hand in place of the long measuring; a test may change them."""
    canned = {}
    give_verdicts(monkeypatch, lambda model: canned.get(model, evidences.evidence("supported")))
    return canned


def visit(**address):
    return page_at("compare", **address).run()


def text(page):
    parts = [*page.header, *page.subheader, *page.markdown, *page.caption, *page.info, *page.error]
    return "\n".join(str(part.value) for part in parts)


def explanations(page):
    return [kept.explanation for kept in page.session_state["kept explanation"].values()]


def test_the_first_visit_compares_two_models_on_a_sample_and_says_so_in_one_sentence():
    page = visit()
    assert not page.exception
    assert not page.error
    assert page.header[0].value in {WORDS[f"compare_found.{key}"] for key in ("same_same", "same_different")}
    shown = text(page)
    for model in NAMES:
        assert f"**{model}:** Focus supported. It looks at nose and mouth and" in shown
    assert "one scale for all maps" in shown
    assert "top-10% areas overlap" in shown
    words = page.table[0].value
    assert list(words.iloc[:, 0]) == NAMES
    assert list(words.iloc[:, 1]) == ["Focus supported", "Focus supported"]
    assert list(words.iloc[0, 2:]) == [
        "answer reacted 7 of 8 times",
        "answer stayed 22 of 24 times",
    ]
    figures = page.table[1].value
    assert list(figures.iloc[:, 1]) == [
        figures.iloc[0, 1],
        *re.findall(r"-?\d\.\d\d", figures.iloc[1, 1]),
        *re.findall(r"\d+%", figures.iloc[2, 1] + figures.iloc[3, 1]),
    ]


def test_the_shares_in_the_table_are_those_that_were_measured():
    page = visit()
    one, two = (e.shares["occlusion"] for e in explanations(page))
    table = page.table[2].value
    for row, name in enumerate(one.share):
        assert list(table.iloc[row, 1:3]) == [f"{one.share[name]:.0%}", f"{two.share[name]:.0%}"]
        assert table.iloc[row, 3] == f"{one.share[name] - two.share[name]:+.0%}"


def test_one_answer_with_two_verdicts_is_one_answer_for_different_reasons(verdicts):
    verdicts[MODELS[1]] = evidences.evidence("not supported")
    page = visit(face="admiral-plain")
    assert not page.exception
    assert {e.prediction.label for e in explanations(page)} == {"uncovered"}
    assert page.header[0].value == "Same answer, different reasons."
    assert f"**{NAMES[1]}:** Focus not supported. It does not look at nose and mouth" in text(page)
    assert list(page.table[0].value.iloc[:, 1]) == ["Focus supported", "Focus not supported"]


def test_where_the_test_fails_the_page_says_so_and_the_shares_are_left(verdicts):
    verdicts[MODELS[1]] = JobError("died")
    page = visit()
    assert not page.exception
    (error,) = page.error
    assert error.value.startswith("What this answer depends on could not be tested.")
    shown = text(page)
    assert f"**{NAMES[0]}:** Focus supported. It looks at nose and mouth" in shown
    assert f"**{NAMES[1]}:** what its answer depends on could not be tested." in shown
    assert page.header[0].value in {WORDS[f"compare_found.{key}"] for key in ("same_same", "same_different")}


def test_a_model_of_two_classes_is_held_against_the_nearest_class_and_the_page_says_it():
    page = visit(models=[MODELS[0], BINARY], answer="covered", face="admiral-blue")
    assert not page.exception
    assert {e.target for e in explanations(page)} == {"covered", "with_mask"}
    assert "The models know different answers. “mask worn correctly”" in text(page)
    page.selectbox(key="answer").set_value("incorrect").run()
    assert not page.exception
    assert f"{BINARY} has no answer that means “mask worn incorrectly”" in text(page)


def test_three_models_are_shown_and_any_two_of_them_held_against_each_other():
    page = visit(models=[*MODELS, BINARY])
    assert not page.exception
    assert WORDS["agree.title"].format(first=NAMES[0], second=NAMES[1]) in text(page)
    page.selectbox(key="hold").set_value(BINARY).run()
    assert not page.exception
    assert WORDS["agree.title"].format(first=BINARY, second=NAMES[0]) in text(page)
    for model in (*NAMES, BINARY):
        assert f"**{model}**" in text(page)


def test_two_faces_of_one_sample_are_laid_on_each_other():
    page = visit(face=f"{TWO_FACES.id}.1", beside=f"{TWO_FACES.id}.2", models=[MODELS[0]])
    assert not page.exception
    assert len({tuple(e.face.crop_box.as_list()) for e in explanations(page)}) == 2
    assert WORDS["compare.laid"] in text(page)
    assert f"{NAMES[0]}, second face" in text(page)


def test_one_map_is_no_comparison():
    page = visit(models=[MODELS[0]])
    assert not page.exception
    assert page.info[0].value == WORDS["compare.too_few"]
    assert not page.table


def test_the_address_holds_what_is_compared_and_opens_it():
    page = visit()
    assert set(page.query_params) == set()
    page.selectbox(key="face").set_value("admiral-plain").run()
    page.selectbox(key="method").set_value("gradcam").run()
    page.selectbox(key="answer").set_value("covered").run()
    page.pills(key="models").set_value([MODELS[1], MODELS[0]]).run()
    assert page.query_params["models"] == [MODELS[1], MODELS[0]]
    page.pills(key="models").set_value(MODELS).run()
    assert "models" not in page.query_params
    page.toggle(key=EXPERT).set_value(True).run()
    said = dict(page.query_params)
    expected = {
        "face": ["admiral-plain"],
        "method": ["gradcam"],
        "answer": ["covered"],
        "level": ["technical"],
    }
    assert {name: [value] if isinstance(value, str) else value for name, value in said.items()} == expected
    again = visit(**{name: value[0] for name, value in expected.items()})
    assert not again.exception
    assert "gradcam" in [box.value for box in again.selectbox]
    assert WORDS["compare_technical.correlation"] in set(again.table[1].value.iloc[:, 0])
    assert {e.target for e in explanations(again)} == {"covered"}


def test_what_the_address_does_not_know_is_ignored():
    page = visit(face="<b>", method="nothing", answer="x", beside="y", models=["no_such_model"])
    assert not page.exception
    assert page.selectbox(key="face").value == next(iter(SAMPLES))
    for model in NAMES:
        assert f"**{model}**" in text(page)


def test_a_photo_that_was_handed_in_is_offered_first_and_never_named_in_the_address():
    page = AppTest.from_file(str(APP), default_timeout=280).run()
    page.file_uploader(key="photo").upload("me.png", sample_png(TWO_FACES.id), "image/png")
    page.run()
    page.switch_page("views/compare/page.py")
    page.run()
    assert not page.exception
    assert page.selectbox(key="face").value == "own1.1"
    page.selectbox(key="beside").set_value("own1.2").run()
    assert not page.exception
    assert set(page.query_params) == set()
    assert WORDS["compare.laid"] in text(page)
    digest = hashlib.sha256(sample_png(TWO_FACES.id)).hexdigest()
    assert {e.face.photo_sha256 for e in explanations(page)} >= {digest}


def test_log_odds_are_offered_to_experts():
    page = visit(level="technical", unit="contrast", face="admiral-plain")
    assert not page.exception
    assert "lowers the log-odds of the answer" in text(page)
    plain = visit(unit="contrast", face="admiral-plain")
    assert "log-odds" not in text(plain)


def test_everything_is_said_in_spanish():
    page = visit(lang="es", method="gradcam")
    assert not page.exception
    spanish = messages("es")
    assert page.title[0].value == spanish["compare.title"]
    assert spanish["agree.note"] in text(page)
    english = [
        WORDS[key] for key in WORDS if key.startswith(("compare.", "agree.")) and "{" not in WORDS[key]
    ]
    assert not [sentence for sentence in english if len(sentence) > 12 and sentence in text(page)]
