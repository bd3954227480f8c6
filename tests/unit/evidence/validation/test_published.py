"""The table of calibration as it is put into a page, and the numbers below it."""

import pytest

from xai.errors import XaiError
from xai.evidence.validation.published import check_page, publish, rates_of_error, table
from xai.evidence_types import VERDICTS


def row(faces, right, grave=0.0, **verdicts):
    counts = dict.fromkeys(VERDICTS, 0) | {name.replace("_", " "): n for name, n in verdicts.items()}
    return {
        "models": 10, "faces": faces, "expected": ["supported", "mixed"],
        "verdicts": counts, "right": right, "interval": [right - 0.1, right],
        "grave": grave,
    }  # fmt: skip


FOUND = {
    "aperture_nose": row(10, 0.9, 0.1, supported=9, not_supported=1),
    "corner_mark": row(30, 0.8, 0.2, supported=6, not_supported=24),
    "trained_mark": row(10, 0.5, 0.5, supported=5, not_supported=5),
    "mixture_025": row(10, 0.2, 0.8, supported=8, mixed=2),
    "mixture_050": row(10, 1.0, mixed=10),
    "ideal_sharp_02": row(50, 0.98, supported=49, mixed=1),
    "ideal_sharp_05": row(50, 0.5, supported=25, mixed=25),
}


def test_the_five_numbers_by_hand():
    """Certain: 10 x .9, 30 x .8, 10 x .2, 10 x 1 of 60. Cheats: 6, 5 and 8 of 60. Ideal: the quiet one
    alone."""
    rates = rates_of_error(FOUND)
    assert rates["ideal"] == pytest.approx(0.98)
    assert rates["right"] == pytest.approx((9 + 24 + 2 + 10) / 60)
    assert rates["accused"] == pytest.approx(1 / 10)
    assert rates["acquitted"] == pytest.approx(19 / 60)
    assert rates["least_dose"] == 0.5


def test_what_was_not_asked_has_no_rate():
    assert rates_of_error({"corner_mark": FOUND["corner_mark"]})["accused"] is None
    assert rates_of_error({})["right"] is None


def test_the_table_says_every_count_and_changes_with_it():
    lines = table(FOUND).splitlines()
    assert lines[2].split(" | ")[3:9] == ["9", "0", "1", "0", "10", "0.900 (0.800 to 0.900) |"]
    assert "supported or mixed" in lines[2]
    assert "cheats called *supported*: 31.7 %" in table(FOUND)
    better = FOUND | {"corner_mark": row(30, 1.0, not_supported=30)}
    assert "cheats called *supported*: 21.7 %" in table(better)


NETWORKS = {
    name: {
        "honest": honest,
        "separation": {"at full dose": {"faces": 40, "auc": 0.995, "pairs": [3, 6]}} if honest else None,
        "classes": {
            "covered": {
                "dose": dose, "accuracy": 0.9, "faces": 10,
                "verdicts": dict.fromkeys(VERDICTS, 0) | {"supported": supported, "mixed": 10 - supported},
                "set": {"followed": 0.5, "part": 0.4, "moved_most_by": "outside"}
                | {"verdict": word, "why": "outside"},
            },
            "incorrect": {
                "dose": 0.0, "accuracy": 0.8, "faces": 5, "set": None,
                "verdicts": dict.fromkeys(VERDICTS, 0) | {"supported": 5},
            },
        },
    }
    for name, honest, dose, supported, word in (
        ("honest_plain", True, 0.0, 8, "supported"),
        ("stamp_full", False, 0.9, 1, "mixed"),
        ("stamp_half", False, 0.5, 2, "mixed"),
    )
}  # fmt: skip


def test_networks_are_told_class_by_class_and_counted_by_dose():
    text = table(FOUND | NETWORKS)
    assert (
        "| stamp_full | covered | 0.90 | 0.90 | 1 | 9 | 0 | 0 | 0.50 | outside 0.40 | mixed (outside) |"
        in text
    )
    assert "honest networks, 15 answers: *supported* 86.7 %" in text
    assert "cheats at full dose, 10 answers: *supported* 10.0 %" in text
    assert "cheats at half dose, 10 answers: *supported* 20.0 %" in text
    assert "over the set, of 1 classes *supported* 1" in text
    assert "against cheats at full dose, mean over 40 faces: AUC 0.995" in text
    assert rates_of_error(FOUND | NETWORKS) == rates_of_error(FOUND)


def test_the_table_takes_the_place_of_the_one_before(tmp_path):
    page = tmp_path / "page.md"
    page.write_text("above\n<!-- calibration -->\nold\n<!-- /calibration -->\nbelow\n")
    publish(FOUND, page)
    once = page.read_text()
    assert once.startswith("above\n<!-- calibration -->\n| kind |")
    assert once.endswith("\n<!-- /calibration -->\nbelow\n")
    assert "old" not in once
    publish(FOUND, page)
    assert page.read_text() == once
    assert [p.name for p in tmp_path.iterdir()] == ["page.md"]


@pytest.mark.parametrize("text", [None, "no markers", "<!-- calibration --> never ends"])
def test_a_page_without_its_markers_is_refused_and_left_alone(tmp_path, text):
    page = tmp_path / "page.md"
    if text is not None:
        page.write_text(text)
    for refuse in (lambda: check_page(page), lambda: publish(FOUND, page)):
        with pytest.raises(XaiError, match=r"page\.md cannot take the table"):
            refuse()
    assert (page.read_text() if page.exists() else None) == text


def test_the_projects_own_page_can_take_it():
    before, after = check_page()
    assert "How often it is right" in before
    assert after.strip()
