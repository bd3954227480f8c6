"""The numbers behind a verdict: those that were measured, and the limits that the rule uses."""

from dataclasses import asdict

import pytest

from dashboard import i18n
from dashboard.text.verdict_numbers import family_header, family_rows, number_lines
from tests.support.evidences import evidence, family
from xai.evidence.verdict.decision import THRESHOLDS
from xai.evidence_types import Reason


def test_every_family_has_a_row_with_its_figures():
    found = evidence(
        families=(
            family("lower_face", 5, 6, 9.7949, rounds=2),
            family("background", 3, 8, 2.5, 0.4123, False, 2),
            family("light", 4, 4, -0.25, -0.04),
            family("cast", 6, 6, 0.1, 0.02),
            family("same_class", 2, 3, 0.25),
            family("whole_face", 0, 3, 7.0),
        )
    )
    rows = [tuple(cell.replace("\u00a0", " ") for cell in row) for row in family_rows(found)]
    assert rows == [
        ("another person's lower face", "change", "5 of 6", "9.79", "–", "did ≥ 70%", "yes", "2"),
        (
            "another person's hair, clothes and background",
            "stay",
            "3 of 8",
            "2.50",
            "0.41",
            "part ≤ 0.20, did ≥ 66%",
            "no",
            "2",
        ),
        ("other light", "stay", "4 of 4", "−0.25", "−0.04", "part ≤ 0.20, did ≥ 66%", "yes", "1"),
        ("another tint", "stay", "6 of 6", "0.10", "0.02", "part ≤ 0.22, did ≥ 66%", "yes", "1"),
        (
            "another person's lower face with the same answer",
            "stay (control)",
            "2 of 3",
            "0.25",
            "–",
            "–",
            "–",
            "1",
        ),
        ("another person's whole face", "change (control)", "3 of 3", "7.00", "–", "–", "–", "1"),
    ]
    assert all(len(row) == len(family_header()) for row in family_rows(found))


@pytest.mark.parametrize("code", ["en", "es"])
def test_what_else_there_is_in_numbers(monkeypatch, code):
    monkeypatch.setattr(i18n, "language", lambda: code)
    said = "\n".join(number_lines(evidence("mixed", donors="set")))
    for number in ("3.30", "5.10", "75", "2.7", "moved_by (family background, held 3, of 8, value 0.41)"):
        assert number.replace(".", {"en": ".", "es": ","}[code]) in said
    for name in asdict(THRESHOLDS):
        assert f"{name} " in said
    assert i18n.t("numbers.donors_set") in said


def test_what_was_not_asked_is_not_spoken_of():
    lines = number_lines(evidence("cannot tell", (Reason("no_mesh"),)))
    assert lines == ["Log-odds of the answer: 0.00.", "Reasons: no_mesh.", "1 forward passes, 0.0 s."]
