"""A finding in words: its title, in one line, and what it means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from xai.audit.report.formats import counted, interval, isolated, percent, points
from xai.audit.report.words import FACTORS, MEASURES, class_words, level_words
from xai.errors import XaiError

__all__ = ["FINDINGS", "finding_meaning", "finding_title"]

Values = Mapping[str, Any]


def finding_title(finding: Mapping[str, Any]) -> str:
    """A finding in one line.

    Raises:
        XaiError: its code is not known here.
    """
    title = _words(finding)[0]
    if finding["model"] is not None:
        return f"{isolated(finding['model'])}: {title}"
    return title[:1].upper() + title[1:]


def finding_meaning(finding: Mapping[str, Any]) -> str:
    """What a finding means, and what to do.

    Raises:
        XaiError: its code is not known here.
    """
    return _words(finding)[1]


def _words(finding: Mapping[str, Any]) -> tuple[str, str]:
    code = finding["code"]
    if code not in FINDINGS:
        raise XaiError(f"The finding {code!r} is of another version; audit into a new folder.")
    return FINDINGS[code](finding["values"])


def _class_mark(values: Values) -> tuple[str, str]:
    left, top, right, bottom = values["box"]
    where = _third((top + bottom) / 2, ("top", "middle", "bottom"))
    side = _third((left + right) / 2, ("left", "centre", "right"))
    red, green, blue = values["colour"]
    return (
        f"a patch of the picture beside the mask gives the class {class_words(values['class'])} away",
        f"The patch is at the {where} {side} of the picture cut round the face; in this class its usual "
        f"colour is red {red}, green {green}, blue {blue} of 255. By the patch alone, "
        f"{percent(values['area'])} of pairs of a face of this class and another face are told apart; "
        "chance would be 50%. A model can learn the patch in place of the mask, and fail where it is "
        "missing. Look for a logo, a date stamp or a frame.",
    )


def _class_light(values: Values) -> tuple[str, str]:
    lighter = values["median"] > values["others"]
    return (
        f"photos of the class {class_words(values['class'])} are {'lighter' if lighter else 'darker'} than "
        "the others",
        f"Beside the lower face, their usual lightness is {percent(values['median'])} of white, that of the "
        f"other classes {percent(values['others'])}. A model can learn the light in place of the mask.",
    )


def _duplicates(values: Values) -> tuple[str, str]:
    return (
        f"{counted(values['photos'], 'photo is', 'photos are')} in the set more than once",
        f"{counted(values['repeats'], 'file has', 'files have')} the same bytes as an earlier one; each was "
        "counted once. A set with copies looks larger than it is.",
    )


def _label_conflict(values: Values) -> tuple[str, str]:
    return (
        f"{counted(values['photos'], 'photo has', 'photos have')} copies with another label",
        "Files with the same bytes have different labels, so one of them is wrong. The label counts as not "
        "known, and these faces are left out of right and wrong answers.",
    )


def _near_duplicates(values: Values) -> tuple[str, str]:
    return (
        f"{counted(values['faces'], 'face')} nearly repeat one another",
        f"{counted(values['pairs'], 'pair looks', 'pairs look')} alike although the set does not say that "
        f"they belong together.{_labels(values['contradicted'])} Copies make intervals look narrower than "
        "they are.",
    )


def _labels(contradicted: int) -> str:
    if not contradicted:
        return ""
    return (
        f" {counted(contradicted, 'of them has', 'of them have')} different labels, so one of these is wrong."
    )


def _small_faces(values: Values) -> tuple[str, str]:
    said = MEASURES[values["measure"]]
    return (
        f"fewer {said} on small faces" if values["difference"] < 0 else f"more {said} on small faces",
        f"On faces 48 to 80 pixels wide the share of {said} is {percent(values['small'])}, on wider ones "
        f"{percent(values['larger'])}: a difference of {points(values['difference'])} "
        f"({interval(*values['interval'], difference=True)}). What holds for large faces may not hold for "
        "small ones.",
    )


def _slice_worse(values: Values) -> tuple[str, str]:
    said = MEASURES[values["measure"]]
    which = f"{FACTORS[values['factor']].lower()}: {level_words(values['factor'], values['level'])}"
    return (
        f"fewer {said} on some faces ({which})",
        f"The share of {said} is {percent(values['value'])} on these {counted(values['n'], 'face')} and "
        f"{percent(values['rest'])} on the others. They differ together with this property; that it is the "
        "cause is not shown.",
    )


def _confident_wrong(values: Values) -> tuple[str, str]:
    return (
        f"{_of(values)} wrong answers {_were(values)} given with at least 90% confidence",
        "Such an answer gives no warning to the people who act on it.",
    )


def _right_elsewhere(values: Values) -> tuple[str, str]:
    return (
        f"{_of(values)} right answers {_were(values)} not supported",
        "Such an answer was right and did not follow the lower face when it changed: something else decided "
        "it, and it may be wrong on other photos.",
    )


def _of(values: Values) -> str:
    return f"{values['n']:,} of {values['of']:,}"


def _were(values: Values) -> str:
    return "was" if values["n"] == 1 else "were"


def _label_doubt(values: Values) -> tuple[str, str]:
    return (
        f"{counted(values['n'], 'label')} may be wrong",
        f"{_contradicts(values)} the label with at least 90% confidence, and the answer is supported. Look "
        "at these faces before counting the answers as errors.",
    )


def _contradicts(values: Values) -> str:
    return "The model contradicts" if values["models"] == 1 else "All models contradict"


def _third(place: float, names: tuple[str, str, str]) -> str:
    return names[min(2, int(3 * place))]


FINDINGS: Mapping[str, Callable[[Values], tuple[str, str]]] = {
    "class_mark": _class_mark,
    "class_light": _class_light,
    "label_conflict": _label_conflict,
    "duplicates": _duplicates,
    "near_duplicates": _near_duplicates,
    "small_faces": _small_faces,
    "confident_wrong": _confident_wrong,
    "right_elsewhere": _right_elsewhere,
    "slice_worse": _slice_worse,
    "label_doubt": _label_doubt,
}
"""Code of a finding -> its title and meaning from its values."""
