"""Every code that an audit can write has words, and the words say the values."""

import pytest

from dashboard.i18n import messages
from tests.support import evidences
from tests.support.audits import SMALL_FACES
from xai.audit.claims.definitions import NOT_ESTABLISHED
from xai.audit.claims.judge import LACKS, RESULTS
from xai.audit.controls import EXPECTED
from xai.audit.findings import slices
from xai.audit.findings.remarks import CODES
from xai.audit.findings.worst import WHYS
from xai.audit.report import words
from xai.audit.report.calibration import read_calibration
from xai.audit.report.finding_words import FINDINGS, finding_meaning, finding_title
from xai.audit.report.formats import counted, interval, percent, points, shown
from xai.evidence.interventions.families import FAMILIES, named_families
from xai.evidence_types import VERDICTS
from xai.models.architectures import ARCHITECTURES


def test_every_code_has_words():
    assert set(FINDINGS) == set(CODES)
    assert set(words.CLAIMS) == set(words.ASKED) == set(NOT_ESTABLISHED)
    assert set(words.RESULT_TONES) == set(RESULTS)
    assert set(words.VERDICT_TONES) == set(VERDICTS)
    assert set(words.CONTROLS) == set(EXPECTED)
    assert set(words.MEASURES) == set(slices.MEASURES)
    reasons = {reasons[0].code for _, reasons in evidences.outcomes()} | evidences.DOCUMENTED - {"stays"}
    reasons |= {"no_label", "unknown_class", "incorrect_not_stated", "not_stated", "controls"}
    assert reasons <= set(words.REASONS)
    untold = {*evidences.ABSTENTIONS, "no_label", "incorrect_not_stated", "not_stated"}
    assert {f"audit_untold.{code}" for code in untold} <= set(messages("en"))
    assert all(words.worst_words(why) != why.replace("_", " ") or why == "wrong" for why in WHYS)
    required = {name for name in named_families("covered") if FAMILIES[name].asks == "stay"} | {"followed"}
    assert all(words.family_words(name) != name for name in required)


def test_claims_classes_and_networks_are_named_as_on_the_pages():
    said = messages("en")
    for kind, title in words.CLAIMS.items():
        assert said[f"audit_claim.{kind}"] == title
    assert {f"short.{name}": name_of for name, name_of in words._CLASSES.items()}.items() <= said.items()
    assert {f"network.{name}": title for name, title in words.NETWORKS.items()}.items() <= said.items()
    assert set(words.NETWORKS) >= set(ARCHITECTURES)
    assert set(words.LACKS) == set(LACKS)
    assert {said[f"audit_verdict.{verdict.replace(' ', '_')}"] for verdict in VERDICTS} == set(VERDICTS)


def test_every_level_of_a_slice_has_words():
    for factor, levels in (("size", slices._SIZES), ("turn", slices._TURNS)):
        assert all("_" not in words.level_words(factor, level) for level, *_ in levels)
    sizes = [words.level_words("size", level) for level, *_ in slices._SIZES]
    for said, (_, least, most) in zip(sizes, slices._SIZES, strict=True):
        assert str(most + 1 if least == 0 else least if most else least - 1) in said


@pytest.mark.parametrize(
    ("code", "values", "title", "meaning"),
    [
        ("small_faces", SMALL_FACES, "Fewer answers that are supported", "80% of 60: a difference of −60"),
        (
            "class_mark",
            {"class": "covered", "area": 0.98, "colour": [250, 20, 30], "box": [0.9, 0.9, 1.0, 1.0]},
            "gives the class worn correctly away",
            "at the bottom right",
        ),
        ("class_light", {"class": "x", "median": 0.3, "others": 0.5}, "x are darker", "30% of white"),
        ("class_light", {"class": "x", "median": 0.6, "others": 0.5}, "x are lighter", "classes 50%"),
        ("duplicates", {"photos": 1, "repeats": 2, "contradicted": 1}, "1 photo is", "2 files have"),
        ("label_conflict", {"photos": 2}, "2 photos have copies with another label", "not known"),
        ("label_doubt", {"n": 1, "models": 1}, "1 label may be wrong", "The model contradicts the label"),
        ("confident_wrong", {"n": 1, "of": 1}, "1 of 1 wrong answers was given", "no warning"),
    ],
)  # fmt: skip
def test_a_finding_says_its_values(code, values, title, meaning):
    finding = {"code": code, "model": None, "values": values}
    assert title in finding_title(finding)
    assert meaning in finding_meaning(finding)


def test_numbers_are_not_rounded_to_something_else():
    assert percent(0.9996) == ">99.9%"
    assert percent(0.0004) == "<0.1%"
    assert percent(0.0) == "0%"
    assert points(-0.0001) == "0 points"
    assert interval(-0.1, 0.025, difference=True) == "−10 to +2.5 points"
    assert counted(1000, "face") == "1,000 faces"


@pytest.mark.parametrize("mark", ["\u202e", "\u200f", "\x07", "\n", "\u2069", "\ud800"])
def test_marks_that_turn_or_hide_text_are_shown_as_their_number(mark):
    assert shown(f"a{mark}b") == f"a⟨U+{ord(mark):04X}⟩b"


def test_the_calibration_is_read_from_the_page_and_never_made_up(tmp_path):
    page = tmp_path / "verdict.md"
    page.write_text(
        "Before\n<!-- calibration -->\n| kind | looks at | right |\n|---|---|---|\n| a | the nose | 1.000 |\n"
        "\n- cheats called *supported*: 0.7 %;\n\n| network | x |\n|---|---|\n| n | 1 |\n"
        "<!-- /calibration -->\nAfter\n"
    )
    found = read_calibration(page)
    assert found.columns == ("looks at", "right")
    assert found.rows == (("the nose", "1.000"),)
    assert found.rates == ("cheats called supported: 0.7 %.",)
    page.write_text("no markers")
    assert read_calibration(page) is None
    assert read_calibration(tmp_path / "missing.md") is None
    assert len(read_calibration().rows) > 20
