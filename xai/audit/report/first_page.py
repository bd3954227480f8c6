"""The first page, and the claims one by one: what was asked, what was found, what stays open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from xai.audit.claims.definitions import ALL_MODELS
from xai.audit.report.figures import Dot, dot_plot
from xai.audit.report.finding_words import finding_title
from xai.audit.report.formats import counted, interval, isolated, listed, percent, points, shown
from xai.audit.report.record import Record
from xai.audit.report.rendering.document import (
    SIGNS,
    Block,
    Callout,
    Cell,
    Figures,
    Paragraph,
    Points,
    Section,
    Table,
    Terms,
)
from xai.audit.report.rendering.drawing import Drawing
from xai.audit.report.words import (
    ASKED,
    CLAIMS,
    READING,
    RESULT_TONES,
    family_words,
    reason_words,
)

__all__ = ["NO_CONFORMITY", "claims", "opening", "reading"]

Json = Mapping[str, Any]

NO_CONFORMITY = (
    "This report is no evidence of conformity with any law or standard, the EU AI Act included. It states "
    "what was measured on one set of photos."
)

_MOST_SERIOUS = 6
_DIFFERENCES = ("same_for_small_faces",)
"""Kinds of claims whose value is a difference of two shares."""


def opening(record: Record) -> tuple[Block, ...]:
    """The blocks of the first page."""
    return (
        Paragraph(_audited(record)),
        *_withheld(record),
        _verdicts(record),
        *_plots(record),
        Section("The most serious findings", (_serious(record),), "serious"),
        Section("Scope", (Terms(_scope(record)), Callout(NO_CONFORMITY)), "scope"),
    )


def reading() -> Section:
    """The words that the report rests on."""
    return Section("How to read this report", (Terms(READING),), "reading")


def claims(record: Record) -> Section:
    """Each claim: result, figures, what it does not establish."""
    made = record.summary["claims"]
    passed = [_title(each, made) for each in made.values() if each["result"] == "holds"]
    said = (
        f"{counted(len(passed), 'claim holds', 'claims hold')}: {listed(passed)}."
        if passed
        else "No claim was shown to hold."
    )
    intro = (
        f"{counted(len(made), 'claim was', 'claims were')} fixed before any photo was read. {said} Where the "
        "evidence is not enough, a claim is neither confirmed nor refuted."
    )
    each = [_claim(number, one, made, record) for number, one in enumerate(made.values(), 1)]
    return Section("The claims one by one", (Paragraph(intro), *each), "claims")


def _audited(record: Record) -> str:
    summary, names = record.summary, [isolated(name) for name in record.models]
    return (
        f"This audit put {counted(summary['photos'], 'photo')} with {counted(summary['faces'], 'face')} to "
        f"{counted(len(names), 'model')}: {listed(names)}. Each model's answer for each face was tested by "
        "changing parts of the face and asking again."
    )


def _withheld(record: Record) -> tuple[Block, ...]:
    """Doubts about the tool itself come before what it found."""
    if not record.controls:
        return (
            Callout(
                "The tool was not checked on these photos: no control models were run, so its verdicts rest "
                "on measurements made elsewhere."
            ),
        )
    return () if record.controls["hold"] else (Callout(record.controls["sentence"]),)


def _verdicts(record: Record) -> Table:
    made = record.summary["claims"]
    rows = tuple(
        (
            _title(each, made),
            Cell(each["result"], RESULT_TONES[each["result"]]),
            _measured(each),
            _limit(each),
            f"{each['n']:,}",
            _unjudged(each),
        )
        for each in made.values()
    )
    return Table(
        "Verdict per claim",
        ("Claim", "Verdict", "Measured (95% interval)", "Asked for", "Answers", "Could not be judged"),
        rows,
        numeric=(4,),
        weights=(2.2, 1.5, 1.6, 1.0, 1.05, 3.8),
        note="An answer is one face put to one model. Of a claim made of several parts, the measured part "
        "is the one that speaks most clearly against it.",
    )


def _plots(record: Record) -> tuple[Block, ...]:
    made = record.summary["claims"]
    drawings = []
    for differences in (False, True):
        known = [each for each in made.values() if each["value"] is not None]
        those = [each for each in known if (each["asked"]["kind"] in _DIFFERENCES) is differences]
        if those:
            drawings.append(_plot(those, made, differences=differences))
    if not drawings:
        return ()
    caption = (
        "Dot: what was measured. Bar: its 95% interval. Upright line with a triangle: what the claim asks "
        "for. The dot should lie to the right of the line; of a difference, between the two lines."
    )
    return (Figures(tuple(drawings), caption),)


def _plot(those: Sequence[Json], made: Mapping[str, Json], *, differences: bool) -> Drawing:
    dots = [
        Dot(
            f"{SIGNS[RESULT_TONES[each['result']]]} {_title(each, made)}",
            each["value"],
            tuple(each["interval"]),
            each["asked"]["threshold"],
        )
        for each in those
    ]
    told = "; ".join(
        f"{_title(e, made)}: {e['result']}, {_measured(e)}, asked for {_limit(e)}" for e in those
    )
    return dot_plot(dots, f"Claims against what they ask for. {told}", differences=differences)


def _serious(record: Record) -> Block:
    found = record.findings["findings"]
    if not found:
        return Paragraph("None of the checks beyond the claims found anything.")
    lines = [finding_title(each) for each in found[:_MOST_SERIOUS]]
    more = len(found) - len(lines)
    if more:
        lines.append(
            f"{counted(more, 'further finding is', 'further findings are')} in the section on findings."
        )
    return Points(tuple(lines))


def _scope(record: Record) -> tuple[tuple[str, str], ...]:
    inside = (
        "What each answer depends on, on the photos of this set; where they have labels, also whether it is "
        "right."
    )
    outside = (
        "How the models do on other photos, cameras or people; faces that were not found; attributes of "
        "people, such as age or skin colour, which the tool neither estimates nor compares; security, "
        "privacy, and the system around the models."
    )
    return ("In scope", inside), ("Out of scope", outside), ("Could not be judged", _not_judged(record))


def _not_judged(record: Record) -> str:
    summary = record.summary
    untold = {name: summary["verdicts"][name]["cannot tell"] for name in record.models}
    parts = [f"{counted(n, 'answer')} of {isolated(name)}" for name, n in untold.items()]
    said = (
        f"{listed(parts)}, of {counted(summary['faces'], 'face')} each."
        if any(untold.values())
        else "No answer."
    )
    counts = (
        (summary["refused"], "file was refused", "files were refused"),
        (summary["no_face"], "photo has no face that was found", "photos have no face that was found"),
        (summary["duplicates"], "file repeats another", "files repeat another"),
        (
            summary.get("unexplained", 0),
            "face could not be put to every model",
            "faces could not be put to every model",
        ),
        (summary["unmatched"], "label belongs to no found face", "labels belong to no found face"),
    )
    files = "; ".join(counted(*each) for each in counts if each[0])
    return f"{said} {files}." if files else said


def _claim(number: int, each: Json, made: Mapping[str, Json], record: Record) -> Section:
    asked, result = each["asked"], each["result"]
    models = "every model" if asked["model"] == ALL_MODELS else isolated(asked["model"])
    terms = [
        ("Asked", f"{ASKED[asked['kind']].format(limit=_limit(each))} About {models}; at least "
                  f"{counted(asked['least_n'], 'judged face')} for each share."),
        ("Measured", _about(each, record)),
        ("Answers", _counts(each)),
        ("Power", _power(each)),
        ("What this does not establish", each["not_established"]),
    ]  # fmt: skip
    blocks = (Paragraph(result, RESULT_TONES[result]), Terms(tuple(terms)))
    return Section(_title(each, made), blocks, f"claim-{number}")


def _title(each: Json, made: Mapping[str, Json]) -> str:
    """Of a claim; with model and threshold where its kind is claimed more than once."""
    asked = each["asked"]
    title = CLAIMS[asked["kind"]]
    if sum(other["asked"]["kind"] == asked["kind"] for other in made.values()) == 1:
        return title
    model = "every model" if asked["model"] == ALL_MODELS else isolated(asked["model"])
    return f"{title} ({model}, {_limit(each)})"


def _measured(each: Json) -> str:
    if each["value"] is None:
        return "no estimate"
    difference = each["asked"]["kind"] in _DIFFERENCES
    value = points(each["value"]) if difference else percent(each["value"])
    return f"{value} ({interval(*each['interval'], difference=difference)})"


def _limit(each: Json) -> str:
    limit = each["asked"]["threshold"]
    return points(limit).lstrip("+") if each["asked"]["kind"] in _DIFFERENCES else percent(limit)


def _about(each: Json, record: Record) -> str:
    if "controls" in each["reasons"]:
        return "Withheld: the controls did not confirm the tool on these photos."
    if each["value"] is None:
        return "No share could be estimated: too few faces could be judged."
    model = next((n for n in record.models if f"{each['about']}:".startswith(f"{n}:")), "")
    parts = each["about"][len(model) :].strip(": ").split(": ")
    named = [isolated(model)] if model else []
    if each["asked"]["kind"] in ("rests_on_lower_face", "accuracy_per_class"):
        named.append(f"class {shown(parts.pop(0))}")
    named += [family_words(part) for part in parts if part]
    return f"{_measured(each)}. The part that speaks most clearly against the claim: {', '.join(named)}."


def _counts(each: Json) -> str:
    if not each["n"]:
        return "There are no answers that the claim asks about."
    said = f"The claim asks about {counted(each['n'], 'answer')}"
    if not each["unjudged"]:
        return f"{said}; all could be judged."
    return f"{said}. Could not be judged: {_unjudged(each)}."


def _unjudged(each: Json) -> str:
    if not each["unjudged"]:
        return "none"
    share = f"{each['unjudged']:,} ({percent(each['unjudged'] / each['n'])})"
    why = "; ".join(f"{reason_words(code)} ({n:,})" for code, n in each["reasons"].items())
    return f"{share}: {why}"


def _power(each: Json) -> str:
    kind = "a difference beyond the limit" if each["asked"]["kind"] in _DIFFERENCES else "a shortfall"
    if "controls" in each["reasons"]:
        return "Withheld."
    if each["power"] is None:
        return f"These faces are too few: no size of {kind} would have been found nine times in ten."
    size = points(each["power"]).lstrip("+")
    return f"With these faces, {kind} of {size} would have been found nine times in ten."
