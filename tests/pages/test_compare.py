"""The page "Compare models" as a visitor drives it, against the real library and model process."""

import hashlib
import json
import os
import re
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from streamlit.testing.v1 import AppTest

from dashboard import face_explanations, session
from dashboard.i18n import class_title, messages
from dashboard.preferences import EXPERT
from dashboard.text.model_names import model_name
from dashboard.worker.job_handle import JobError
from tests.support import evidences
from tests.support.map_checks import check
from tests.support.models import make_card
from tests.support.pages import give_verdicts, page_at, statuses, tell_truth
from tests.support.paths import APP
from tests.support.trials import export_onnx, write_onnx_card
from xai.models.architectures import ARCHITECTURES
from xai.models.cards import read_cards
from xai.models.classifiers import load_card
from xai.photo.sample_rendering import sample_png
from xai.photo.samples import SAMPLES
from xai.types import CLASSES

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
        session.installed.clear()
        yield
        session.worker().close()
        for kept in (session.worker, session.installed, session._thumbnail):
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


def heading(page):
    return page.header[0].value


def test_the_first_visit_compares_two_models_on_a_sample_and_says_so_in_one_sentence():
    page = visit()
    assert not page.exception
    assert not page.error
    said = f"{NAMES[0]} and {NAMES[1]}: same answer, both right, "
    assert heading(page) in {
        f"{said}{WORDS[key]}." for key in ("compare_reasons.same", "compare_reasons.different")
    }
    shown = text(page)
    assert shown.count("Focus supported. It looks at nose and mouth and") == 2
    assert "one scale for all maps" in shown
    assert "top-10% areas overlap" in shown
    assert re.search(r"costs the answer, \d+% lies in different regions for each model\.", shown)
    assert re.search(r"Largest difference, \w+: \d+% for", shown)
    figures = page.table[0].value
    assert list(figures.iloc[:, 1]) == [
        figures.iloc[0, 1],
        *re.findall(r"[−]?\d\.\d\d", figures.iloc[1, 1]),
        *re.findall(r"\d+%", figures.iloc[2, 1] + figures.iloc[3, 1]),
    ]


def test_the_shares_in_the_table_are_those_that_were_measured_and_differ_by_points():
    page = visit()
    one, two = (e.shares["occlusion"] for e in explanations(page))
    table = page.table[1].value
    assert table.columns[3] == "Difference (percentage points)"
    for row, name in enumerate(one.share):
        assert list(table.iloc[row, 1:3]) == [f"{one.share[name]:.0%}", f"{two.share[name]:.0%}"]
        apart = round(100 * (one.share[name] - two.share[name]))
        assert table.iloc[row, 3] == (f"{apart:+d}".replace("-", "−") if apart else "0")


def test_one_answer_with_two_verdicts_is_one_answer_for_different_reasons(verdicts):
    verdicts[MODELS[1]] = evidences.evidence("not supported")
    page = visit(face="admiral-plain")
    assert not page.exception
    assert {e.prediction.label for e in explanations(page)} == {"uncovered"}
    assert heading(page) == f"{NAMES[0]} and {NAMES[1]}: same answer, both right, different reasons."
    assert "Focus not supported. It does not look at nose and mouth" in text(page)


def test_where_a_verdict_cannot_tell_neither_does_the_headline(verdicts):
    verdicts[MODELS[1]] = evidences.evidence("cannot tell")
    page = visit(face="admiral-plain")
    assert not page.exception
    assert heading(page).endswith(f"same answer, both right, {WORDS['compare_reasons.unknown']}.")


def test_where_the_test_fails_the_page_says_so_and_the_shares_are_left(verdicts):
    verdicts[MODELS[1]] = JobError("died")
    page = visit()
    assert not page.exception
    (error,) = page.error
    assert error.value.startswith("What this answer depends on could not be tested.")
    assert text(page).count("Focus supported. It looks at nose and mouth") == 1
    assert WORDS["compare.waits"] not in text(page)
    assert re.search("both right, (same|different) reasons", heading(page))


def test_a_model_of_two_classes_is_held_against_the_nearest_class_and_the_page_says_it():
    page = visit(models=[MODELS[0], BINARY], answer="covered", face="admiral-blue")
    assert not page.exception
    assert {e.target for e in explanations(page)} == {"covered", "with_mask"}
    assert "The models know different answers. “mask worn correctly”" in text(page)
    page.selectbox(key="answer").set_value("incorrect").run()
    assert not page.exception
    assert f"{BINARY} has no answer that means “mask worn incorrectly”" in text(page)


def test_of_more_than_two_models_in_the_address_the_first_two_are_compared_and_the_page_says_so():
    page = visit(models=[*MODELS[::-1], BINARY])
    assert not page.exception
    assert "the first two of this address" in page.info[0].value
    assert heading(page).startswith(f"{NAMES[1]} and {NAMES[0]}: ")
    assert BINARY not in text(page)
    assert page.query_params["models"] == MODELS[::-1]


def test_the_slots_offer_models_for_use_first_and_name_those_of_two_classes():
    page = visit()
    one, two = page.selectbox(key="model A").options, page.selectbox(key="model B").options
    uses = [option for option in one if "– for use" in option]
    assert one[: len(uses)] == uses
    assert all("– from studies" in option for option in one[len(uses) :])
    assert f"{BINARY} – for use, two-class" in one
    assert two == [WORDS["compare.same_model"], *(option for option in one if NAMES[0] not in option)]


def test_a_model_chosen_for_both_slots_changes_places():
    page = visit()
    page.selectbox(key="model A").set_value(MODELS[1]).run()
    assert not page.exception
    assert page.selectbox(key="model B").value == MODELS[0]
    assert heading(page).startswith(f"{NAMES[1]} and {NAMES[0]}: ")


def test_one_model_is_compared_on_two_faces_that_are_aligned():
    page = visit(face=f"{TWO_FACES.id}.1", beside=f"{TWO_FACES.id}.2", models=[MODELS[0]])
    assert not page.exception
    assert len({tuple(e.face.crop_box.as_list()) for e in explanations(page)}) == 2
    assert WORDS["compare.laid"] in text(page)
    assert heading(page).startswith(f"{NAMES[0]} on two faces: different answers, both right, ")
    assert f"{NAMES[0]}, second face" in text(page)
    assert "ask all" not in [button.key for button in page.button]
    page.selectbox(key="model B").set_value(MODELS[1]).run()
    assert not page.exception
    assert "beside" not in page.query_params
    page.selectbox(key="model B").set_value("").run()
    assert page.query_params["models"] == MODELS[0]
    assert page.query_params["beside"]


def test_the_address_holds_what_is_compared_and_opens_it():
    page = visit()
    assert set(page.query_params) == set()
    page.selectbox(key="face").set_value("admiral-plain").run()
    page.selectbox(key="method").set_value("gradcam").run()
    page.selectbox(key="answer").set_value("covered").run()
    page.selectbox(key="model A").set_value(MODELS[1]).run()
    assert page.query_params["models"] == MODELS[::-1]
    page.selectbox(key="model A").set_value(MODELS[0]).run()
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
    assert WORDS["compare_technical.correlation"] in set(again.table[0].value.iloc[:, 0])
    assert {e.target for e in explanations(again)} == {"covered"}


def test_what_the_address_does_not_know_is_ignored():
    page = visit(face="<b>", method="nothing", answer="x", beside="y", models=["no_such_model"])
    assert not page.exception
    assert page.selectbox(key="face").value == next(iter(SAMPLES))
    assert heading(page).startswith(f"{NAMES[0]} and {NAMES[1]}: ")


def with_own_photo(truth=None):
    """The page for a visitor who uploaded a photo of two faces, and said what is correct of one."""
    page = AppTest.from_file(str(APP), default_timeout=280).run()
    page.file_uploader[0].upload("me.png", sample_png(TWO_FACES.id), "image/png")
    page.run()
    if truth:
        tell_truth(page, truth)
    page.query_params.clear()  # as a browser does on the way to another page
    page.switch_page("views/compare/page.py")
    return page.run()


def test_a_photo_that_was_handed_in_is_offered_first_and_never_named_in_the_address():
    page = with_own_photo()
    assert not page.exception
    assert page.selectbox(key="face").value == "own1.1"
    page.selectbox(key="model B").set_value("").run()
    page.selectbox(key="beside").set_value("own1.2").run()
    assert not page.exception
    assert dict(page.query_params) == {"models": MODELS[0]}
    assert WORDS["compare.laid"] in text(page)
    digest = hashlib.sha256(sample_png(TWO_FACES.id)).hexdigest()
    assert {e.face.photo_sha256 for e in explanations(page)} >= {digest}


def test_what_the_visitor_said_is_correct_counts_here_too():
    page = with_own_photo(TWO_FACES.truth[0])  # of the face that is shown first
    assert not page.exception
    marked = []
    for face in ("own1.1", "own1.2"):
        page.selectbox(key="face").set_value(face).run()
        marked.append(len(statuses(page)))
    assert sorted(marked) == [0, len(MODELS)]


def test_both_models_are_asked_about_every_face_and_where_they_differ_each_can_be_opened():
    page = with_own_photo()
    faces = sum(len(sample.truth) for sample in SAMPLES.values())
    assert WORDS["compare_all.cost"].format(count=faces + 2) in text(page)
    page.button(key="ask all").click().run()
    assert not page.exception
    assert "ask all" not in [button.key for button in page.button]
    answers = [
        [each for sample in SAMPLES for each in page.session_state["kept answers"][(sample, model)]]
        for model in MODELS
    ]
    truths = [truth for sample in SAMPLES.values() for truth in sample.truth]
    opened = [button for button in page.button if str(button.key).startswith("open ")]
    assert f"agree on {faces + 2 - len(opened)} of {faces + 2} faces" in text(page)
    for slot, said in zip(("Model A", "Model B"), answers, strict=True):
        right = sum(each.label == truth for each, truth in zip(said, truths, strict=True))
        assert f"{slot}: {right} of {faces} right." in text(page)
    differ = sum(one.label != two.label for one, two in zip(*answers, strict=True))
    assert len([button for button in opened if "own" not in button.key]) == differ > 0
    assert WORDS["compare_all.differ"].format(count=len(opened)) in [each.label for each in page.expander]
    opened[-1].click().run()
    assert not page.exception
    assert page.selectbox(key="face").value == opened[-1].key.removeprefix("open ")
    assert "different answers" in heading(page)


def test_verdicts_that_are_known_are_compared_and_none_is_measured_for_it(monkeypatch):
    known = {MODELS[0]: evidences.evidence("supported"), MODELS[1]: evidences.evidence("not supported")}
    page = visit()
    page.button(key="ask all").click()
    monkeypatch.setattr(face_explanations, "known_evidence", lambda face, request: known.get(request.model))
    page.run()
    assert not page.exception
    assert "Same reasons: 0 of 1 (faces with both verdicts)." in text(page)  # one picture was analysed
    assert len(page.session_state["kept explanation"]) == len(MODELS)


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


def shown_maps(page, method):
    """The heat maps of a method that the session has, those without a second class first."""
    found = [e.heatmaps[method] for e in explanations(page) if method in e.heatmaps]
    return sorted(found, key=lambda heatmap: heatmap.against or "")


def test_why_this_answer_and_not_another_is_off_until_it_is_chosen():
    page = visit(face="admiral-plain")
    assert page.selectbox(key="against").value == "nothing"
    assert "against" not in page.query_params
    plain = heading(page)
    page.selectbox(key="against").set_value("covered").run()
    assert not page.exception
    assert not page.error
    assert page.query_params["against"] == "covered"
    maps = shown_maps(page, "occlusion")
    assert [heatmap.against for heatmap in maps] == [None, None, "covered", "covered"]
    assert WORDS["compare.contrast_legend"] in text(page)
    assert heading(page) == plain


@pytest.mark.parametrize("lang", ["en", "es"])
def test_a_method_that_cannot_contrast_says_so(lang):
    page = visit(face="admiral-plain", method="eigencam", against="covered", lang=lang)
    assert not page.exception
    said = messages(lang)["compare.no_contrast"].partition("}")[2]
    assert said in text(page)
    assert "against" not in [box.key for box in page.selectbox]
    assert "against" not in page.query_params


def test_an_answer_against_itself_or_unknown_to_a_model_is_one_sentence():
    page = visit(face="admiral-plain", against="uncovered")
    assert not page.exception
    assert sum("answers “no mask” itself" in each.value for each in page.info) == len(MODELS)
    page = visit(models=[MODELS[0], BINARY], face="admiral-blue", against="incorrect")
    assert not page.exception
    assert f"{BINARY} has no answer that means “mask worn incorrectly”" in text(page)


def test_methods_are_offered_in_the_order_of_their_tests_and_one_that_failed_warns():
    page = visit(face="admiral-plain", method="gradcam++")
    assert not page.exception
    offered = page.selectbox(key="method").options
    marked = [option.startswith("Failed a test: ") for option in offered]
    assert offered[0] == "XGrad-CAM"
    assert marked == sorted(marked)
    assert sum(marked) == 9
    (warning,) = [each.value for each in page.warning]
    assert warning.startswith(
        "Activation map, many places (Grad-CAM++) failed a test: its maps hardly change"
    )
    assert "(rank correlation 1.00, below 0.50 passes)" in warning
    page.selectbox(key="method").set_value("hirescam").run()
    assert not page.exception
    assert not page.warning


def test_a_black_box_has_the_maps_that_outputs_allow():
    """An ONNX file beside a network: compared by occlusion; another method is refused by name."""
    folder = Path(os.environ["XAI_WEIGHTS"])
    native = load_card(next(card for card in read_cards().cards if card.name == MODELS[1]))
    path = folder / "zz_onnx.onnx"
    export_onnx(native.network, path, native.card.input_size)
    write_onnx_card(path, native.card, source="own")
    session.installed.clear()
    try:
        page = visit(models=[MODELS[1], "zz_onnx"], face="admiral-plain")
        assert not page.exception
        assert not page.error
        one, two = (e.heatmaps["occlusion"].values for e in explanations(page))
        assert abs(one - two).max() < 1e-4
        page.selectbox(key="method").set_value("gradcam").run()
        assert not page.exception
        (error,) = page.error
        assert "needs gradients or layers, and zz_onnx gives outputs alone" in error.value
    finally:
        for ending in (".onnx", ".json"):
            path.with_suffix(ending).unlink()
        session.installed.clear()


def rows_of_grid(page):
    """Title of a row of the grid -> its HTML."""
    found = [part.proto.body for part in page.get("html") if 'class="map-grid"' in part.proto.body]
    return {re.search(r"<strong>(.*?)</strong>", each)[1]: each for each in found}


@pytest.fixture
def checked(monkeypatch):
    """The methods whose maps were checked; each passes."""
    methods = []

    def check_by_hand(_face, _model, heatmap, _show):
        methods.append(heatmap.method)
        return check()

    monkeypatch.setattr(face_explanations, "check_map", check_by_hand)
    return methods


def test_the_grid_shows_every_class_by_every_method_on_one_scale_per_unit(checked):
    page = visit(face="admiral-blue", rows=["gradcam", "region_ablation", "occlusion", "deeplift"])
    assert not rows_of_grid(page)
    page.button(key="draw grid").click().run()
    assert not page.exception
    assert not page.error
    rows = rows_of_grid(page)
    assert len(rows) == 4
    for title, row in rows.items():
        maps, refused = row.count("<img "), row.count('class="no-map"')
        assert (maps, refused) == ((0, 3) if title == "DeepLift" else (3, 0)), title
    assert "its values should add up to" in rows["DeepLift"]
    assert WORDS["grid_result.failed"] in rows[WORDS["method_title.region_ablation"]]
    first = rows[WORDS["method_title.gradcam"]]
    assert WORDS["grid_result.passed"] in first
    assert WORDS["grid.check_passed"] in first
    kept = page.session_state["kept class map"]
    for name in CLASSES:
        one = next(one for key, one in kept.items() if key[2:] == ("gradcam", name))
        supported = bool((one.values > 0).any())
        assert (f"for “{class_title(name)}”. Strongest value" in first) == supported
        assert (f"for “{class_title(name)}”: nothing supports the answer" in first) != supported
    assert len(re.findall(rf"<span>(overlap \d+%|{WORDS['grid.nothing']})</span>", first)) == 3
    probabilities = [one for one in kept.values() if getattr(one, "unit", "") == "probability"]
    largest = max(abs(one.values).max() for one in probabilities)
    assert f"Full colour is {100 * largest:.0f} percentage points, one scale for all maps" in text(page)
    assert sorted(checked) == ["gradcam", "occlusion"]
    assert "draw grid" not in [button.key for button in page.button]


def test_the_grid_of_models_shows_each_own_answer_and_only_asks_for_what_is_missing(checked, monkeypatch):
    page = visit(face="admiral-plain", rows=["gradcam"], across="models")
    page.button(key="draw grid").click().run()
    assert not page.exception
    (row,) = rows_of_grid(page).values()
    assert row.count("<img ") == len(MODELS)
    assert all(f"Grad-CAM) of {name} for “no mask”" in row for name in NAMES)
    jobs, run = [], session.run_job
    monkeypatch.setattr(session, "run_job", lambda job, *rest: (jobs.append(job), run(job, *rest))[1])
    page.multiselect(key="rows").set_value(["gradcam", "hirescam"]).run()
    assert len(rows_of_grid(page)) == 1
    page.button(key="draw grid").click().run()
    assert not page.exception
    assert len(rows_of_grid(page)) == 2
    assert {job.method for job in jobs} == {"hirescam"}
    assert page.query_params["rows"] == ["gradcam", "hirescam"]
    page.button(key="check grid").click().run()
    assert checked[-1] == "hirescam"


def test_where_a_map_of_the_grid_fails_the_page_says_so_and_offers_the_rest(checked, monkeypatch):
    page = visit(face="admiral-plain", rows=["gradcam", "hirescam"])
    run = face_explanations.explain_classes

    def fail(job, show):
        if job.method == "hirescam":
            raise JobError("died")
        return run(job, show)

    monkeypatch.setattr(face_explanations, "explain_classes", fail)
    page.button(key="draw grid").click().run()
    assert not page.exception
    assert WORDS["failure.died"] in [error.value for error in page.error]
    assert len(rows_of_grid(page)) == 1
    page.run()
    assert page.button(key="draw grid").label == WORDS["grid.draw"].format(count=3)
