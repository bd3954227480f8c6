"""What class names mean, in every spelling."""

import pytest

from xai.classes import INCORRECT_GOES, MEANINGS, class_named, wearings_by_class
from xai.types import CLASSES


def test_every_spelling_belongs_to_one_class():
    spellings = [spelling for info in MEANINGS.values() for spelling in (info.name, *info.aliases)]
    assert len(spellings) == len(set(spellings))
    for info in MEANINGS.values():
        assert info.wearings
        assert set(info.wearings) <= set(CLASSES)
        for spelling in (info.name, *info.aliases):
            for written in (
                spelling,
                spelling.upper(),
                spelling.replace("_", " "),
                spelling.replace("_", "-"),
            ):
                assert class_named(f" {written} ") is info


@pytest.mark.parametrize("name", ["", "happy", "maskless", "7"])
def test_another_word_is_no_class(name):
    assert class_named(name) is None
    assert wearings_by_class([name, "covered"]) == {name: (), "covered": ("covered",)}


@pytest.mark.parametrize(
    ("classes", "goes", "expected"),
    [
        (CLASSES, "unknown", [("covered",), ("incorrect",), ("uncovered",)]),
        (CLASSES, "with", [("covered",), ("incorrect",), ("uncovered",)]),
        (("Without_Mask", "MASK"), "unknown", [("uncovered",), ("covered",)]),
        (("Without_Mask", "MASK"), "with", [("uncovered",), ("covered", "incorrect")]),
        (("Without_Mask", "MASK"), "without", [("incorrect", "uncovered"), ("covered",)]),
        (
            ("with_mask", "without_mask", "mask_weared_incorrect"),
            "with",
            [("covered",), ("uncovered",), ("incorrect",)],
        ),
        (("covered", "uncovered"), "without", [("covered",), ("incorrect", "uncovered")]),
    ],
)
def test_where_a_mask_worn_incorrectly_belongs(classes, goes, expected):
    assert goes in INCORRECT_GOES
    assert wearings_by_class(classes, goes) == dict(zip(classes, expected, strict=True))
