"""Every language says everything, with the same blanks; the library's sentences are in the catalogue."""

import ast
import re
import string

import pytest
import torch

from dashboard import i18n, preferences
from tests.support.paths import ROOT
from xai.attribution import gradients
from xai.attribution.base import AttributionRequest
from xai.attribution.methods import METHODS
from xai.models.classifiers import to_input
from xai.photo.samples import PORTRAITS, SAMPLES

LANGUAGES = tuple(i18n.languages())


@pytest.fixture
def spoken(monkeypatch):
    """Speak another language, as a page does whose reader chose it."""

    def choose(code):
        monkeypatch.setattr(i18n, "language", lambda: code)
        monkeypatch.setattr(preferences, "language", lambda: code)

    return choose


def blanks(sentence):
    return sorted(field for _, field, _, _ in string.Formatter().parse(sentence) if field)


def formats(sentence):
    return sorted((field, form) for _, field, form, _ in string.Formatter().parse(sentence) if field)


def test_english_comes_first_and_spanish_is_there():
    assert LANGUAGES[0] == "en"
    assert "es" in LANGUAGES


def test_every_language_says_every_sentence_with_the_same_blanks():
    english, wrong = i18n.messages("en"), []
    for code in LANGUAGES[1:]:
        other = i18n.messages(code)
        wrong += [f"{code} lacks {key}" for key in english.keys() - other.keys()]
        wrong += [f"{code} says {key}, which English does not" for key in other.keys() - english.keys()]
        for key in english.keys() & other.keys():
            if blanks(other[key]) != blanks(english[key]):
                wrong.append(f"{code}: {key} has other blanks")
            if formats(other[key]) != formats(english[key]):
                wrong.append(f"{code}: {key} writes a number in another way")
    assert not wrong, "\n".join(sorted(wrong))


def test_hardly_a_sentence_is_left_in_english():
    """What has three words and more is translated; names and marks may be alike."""
    english = i18n.messages("en")
    alike = {
        "own.command",
        "bullet.title",
        "bullet.alt",
        "compare.found",
        "compare_answer.unknown",
        "dataset.mfn",
        "photo.line",
        "photo.face_chip",
    }
    same = [
        f"{code}: {key}"
        for code in LANGUAGES[1:]
        for key, sentence in english.items()
        if sentence == i18n.messages(code).get(key) and len(re.findall(r"[a-z]{2,}", sentence)) > 2
        if key not in alike
    ]
    assert not same, "\n".join(same)


def test_numbers_are_written_as_the_language_writes_them(spoken):
    written = {"en": ("62.5%", "0.07", "12,345"), "es": ("62,5\u00a0%", "0,07", "12\u00a0345")}
    found = {}
    for code in written:
        spoken(code)
        found[code] = (
            i18n.format_number(0.625, ".1%"),
            i18n.format_number(0.07, ".2f"),
            i18n.format_number(12345, ","),
        )
    assert found == written


def test_a_sentence_is_filled_with_the_marks_of_its_language(spoken):
    spoken("es")
    said = i18n.t("finding.map_share", method="Grad-CAM", share=0.405, lift=2.25)
    assert said == "Grad-CAM pone el 40\u00a0% de su peso en la nariz y la boca, 2,2 veces la media."


def test_names_are_never_rewritten_as_numbers(spoken):
    spoken("es")
    assert "red_1.5" in i18n.t("dots.alt", title="red_1.5", rows="a")


def test_a_refusal_of_the_library_is_said_in_the_language_with_its_numbers(spoken):
    refusal = "The picture has 20,000 × 31 pixels and each side needs at least 32; choose a larger picture."
    assert i18n.translate_notice(refusal) == refusal
    spoken("es")
    assert i18n.translate_notice(refusal).startswith("La imagen tiene 20\u00a0000 × 31 píxeles")
    assert i18n.translate_notice("Something nobody wrote down.") == "Something nobody wrote down."


def said_in(path, *functions):
    """Every sentence that a file's functions say, its blanks filled with 7."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    names = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.JoinedStr)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        called = (
            isinstance(node, ast.Call)
            and getattr(node.func, "id", getattr(node.func, "attr", "")) in functions
        )
        if called and node.args and isinstance(node.args[0], ast.JoinedStr | ast.Constant):
            yield text_of(node.args[0], names)


def text_of(node, names):
    if isinstance(node, ast.Constant):
        return str(node.value)
    parts = []
    for part in node.values:
        inner = part.value if isinstance(part, ast.FormattedValue) else part
        known = names.get(getattr(inner, "id", None))
        parts.append(
            text_of(known, names) if known else "7" if isinstance(part, ast.FormattedValue) else part.value
        )
    return "".join(parts)


def test_what_the_library_says_to_a_visitor_is_in_the_catalogue(spoken):
    refusals = [
        (path, sentence)
        for path, functions in (
            ("xai/photo/image_headers.py", ("ImageRejected",)),
            ("xai/photo/images.py", ("ImageRejected", "append")),
            ("xai/photo/faces.py", ("append",)),
            ("xai/models/cards.py", ("WeightsUnavailable",)),
            ("xai/attribution/layers.py", ("MapRefused",)),
            ("xai/attribution/methods.py", ("MapRefused",)),
            ("xai/attribution/region_effects.py", ("MapRefused",)),
        )
        for sentence in said_in(path, *functions)
        if " " in sentence
    ]
    assert len(refusals) >= 16
    spoken("es")
    wrong = [
        f"{path}: {sentence}" for path, sentence in refusals if i18n.translate_notice(sentence) == sentence
    ]
    assert not wrong, "\n".join(wrong)


def test_a_map_whose_values_do_not_add_up_is_refused_in_the_language(spoken, small_cnn, noise_crop):
    asked = AttributionRequest(small_cnn, to_input(noise_crop, 35), 1)
    missing = gradients._missing(asked, torch.zeros(1, 3, 35, 35), gradients._ends(asked, {}))
    assert missing
    refusals = [
        sentence.replace("7", missing, 1) if sentence.startswith("7") else sentence
        for sentence in said_in("xai/attribution/gradients.py", "MapRefused")
    ]
    assert len(refusals) == 4
    spoken("es")
    assert [i18n.translate_notice(each)[:2] for each in refusals] == ["El", "El", "El", "De"]
    assert not [each for each in refusals if i18n.translate_notice(each) == each]


def test_every_parameter_of_a_method_has_a_name_and_a_sentence_in_every_language():
    named = {parameter.name: parameter for method in METHODS.values() for parameter in method.parameters}
    for code in LANGUAGES:
        said = i18n.messages(code)
        assert not [name for name in named if f"parameter.{name}" not in said]
        assert not [name for name in named if f"parameter_help.{name}" not in said]


def test_samples_and_credits_are_called_as_the_library_calls_them():
    english = i18n.messages("en")
    assert {f"sample.{name}": sample.title for name, sample in SAMPLES.items()}.items() <= english.items()
    assert {
        f"credit.{name}": portrait.credit for name, portrait in PORTRAITS.items()
    }.items() <= english.items()
