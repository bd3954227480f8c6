"""The first page, and the claims one by one: what was asked, what was found, what stays open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from xai.audit.claims.definitions import ALL_MODELS
from xai.audit.claims.judge import UNDECIDED
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
    LACKS,
    READING,
    RESULT_TONES,
    SHORT,
    UNCERTAIN,
    UNCONFIRMED,
    WITHHELD,
    class_words,
    family_words,
    reason_words,
)
from xai.types import CLASSES

__all__ = ["NOT_STATED", "NO_CONFORMITY", "claims", "nothing_found", "opening", "reading", "unsearched"]

Json = Mapping[str, Any]

NO_CONFORMITY = (
    "This report is no evidence of conformity with any law or standard, the EU AI Act included. It states "
    "what was measured on one set of photos."
)

NOT_STATED = "not stated"

_MOST_SERIOUS = 6
_REASONS = 3
"""Reasons that the first page gives for what could not be judged."""
_DIFFERENCES = ("same_for_small_faces",)
"""Kinds of claims whose value is a difference of two shares."""
_EDITS = ("rests_on_lower_face", "not_on_mask_colour")
"""Kinds of claims whose value is a share of edits."""


def opening(record: Record) -> tuple[Block, ...]:
    """The blocks of the first page."""
    return (
        Terms(tuple(_about_audit(record))),
        Paragraph(_audited(record)),
        *_withheld(record),
        Paragraph(_not_judged(record)),
        _verdicts(record),
        *_plots(record),
        Section("The most serious findings", (_serious(record),), "serious"),
        Section("Scope", (Terms(_scope(record)), Callout(NO_CONFORMITY)), "scope"),
    )


def reading() -> Section:
    """The words that the report rests on."""
    return Section("How to read this report", (Terms(READING),), "reading")


def nothing_found(record: Record) -> str:
    """What was looked for in vain."""
    looked = ["copies", "confident errors", "groups of faces that do worse"]
    if record.findings["signs"]["classes"]:
        looked.insert(1, "marks and light that give a class away")
    if not record.withheld:
        looked += ["right answers that are not supported", "doubtful labels"]
    return " ".join(filter(None, (f"No findings. Checked for: {', '.join(looked)}.", unsearched(record))))


def unsearched(record: Record) -> str:
    """In which classes no mark or light was looked for; empty where in all."""
    signs = record.findings["signs"]
    left = [class_words(label) for label in CLASSES if label not in signs["classes"]]
    if not left:
        return ""
    return (
        f"Marks and light that give a class away were not looked for under {listed(left)}: that takes "
        f"{signs['needed']} faces with the label and as many with others."
    )


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
    each = [_claim(number, one, made) for number, one in enumerate(made.values(), 1)]
    return Section("The claims one by one", (Paragraph(intro), *each), "claims")


def _about_audit(record: Record) -> Iterator[tuple[str, str]]:
    said = {"set": "Set", "auditor": "Auditor", "purpose": "Purpose"}
    for key, name in said.items():
        yield name, isolated(record.about[key]) if key in record.about else NOT_STATED
    yield "Begun", record.begun.isoformat() if record.begun else NOT_STATED


def _audited(record: Record) -> str:
    summary, names = record.summary, [record.title(name) for name in record.models]
    photos = summary["photos"] - summary["no_face"]
    bare = summary["no_face"]
    without = f" ({counted(bare, 'further photo has', 'further photos have')} none)" if bare else ""
    return (
        f"This audit put {counted(summary['faces'], 'face')} in {counted(photos, 'photo')}{without} to "
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
    return (Callout(record.controls["sentence"]),) if record.withheld else ()


def _verdicts(record: Record) -> Table:
    """A row for each claim, and below it one for each model where there are several."""
    made = record.summary["claims"]
    rows = []
    for each in made.values():
        verdict, *rest = _became(each, each)
        if len(each["models"]) < 2:
            rows.append((_title(each, made), verdict, *rest))
        else:
            rows.append((_title(each, made), verdict, "", rest[1], ""))
            rows += [(f"– {isolated(name)}", *_became(each, one)) for name, one in each["models"].items()]
    return Table(
        "Verdict per claim" + (" and model" if len(record.models) > 1 else ""),
        ("Claim", "Verdict", "Measured (95% interval)", "Judged answers", "Why not decided"),
        tuple(rows),
        weights=(3.0, 1.5, 2.2, 1.1, 2.4),
        note="An answer is one face put to one model. Of a claim made of several parts, the measured part "
        "is the one that speaks most clearly against it.",
    )


def _became(each: Json, one: Json) -> tuple[str | Cell, ...]:
    judged = "–" if "controls" in each["reasons"] else f"{one['n'] - one['unjudged']:,} of {one['n']:,}"
    verdict = Cell(one["result"], RESULT_TONES[one["result"]])
    return verdict, _measured(each, one), judged, _undecided(each, one)


def _undecided(each: Json, one: Json) -> str:
    """Why there is not enough evidence; nothing where there is."""
    if one["result"] != UNDECIDED:
        return ""
    if "controls" in each["reasons"]:
        return "the controls did not confirm the tool"
    lack = one["lack"]
    if lack is None:
        return UNCERTAIN
    said = LACKS[lack["code"]].format(**lack)
    about = _named(each, lack["about"])[1:]
    return f"{listed(about)}: {said}" if about else said


def _plots(record: Record) -> tuple[Block, ...]:
    made = record.summary["claims"]
    drawings = []
    for differences in (False, True):
        known = [
            (each, name, one)
            for each in made.values()
            for name, one in each["models"].items()
            if one["value"] is not None
        ]
        those = [each for each in known if (each[0]["asked"]["kind"] in _DIFFERENCES) is differences]
        if those:
            drawings.append(_plot(those, differences=differences))
    if not drawings:
        return ()
    caption = (
        "Dot: what was measured. Bar: its 95% interval. Upright line with a triangle: what the claim asks "
        "for. The dot should lie to the right of the line; of a difference, between the two lines."
    )
    return (Figures(tuple(drawings), caption),)


def _plot(those: Sequence[tuple[Json, str, Json]], *, differences: bool) -> Drawing:
    dots, told = [], []
    for each, name, one in those:
        title = f"{SHORT[each['asked']['kind']]} · {shown(name)}"
        limit, ends = each["asked"]["threshold"], tuple(one["interval"])
        dots.append(Dot(f"{SIGNS[RESULT_TONES[one['result']]]} {title}", one["value"], ends, limit))
        told.append(f"{title}: {one['result']}, {_measured(each, one)}, asked for {_limit(each)}")
    alt = f"Claims against what they ask for. {'; '.join(told)}"
    return dot_plot(dots, alt, differences=differences)


def _serious(record: Record) -> Block:
    found = record.findings["findings"]
    if not found:
        return Paragraph(nothing_found(record))
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
    return ("In scope", inside), ("Out of scope", outside)


def _not_judged(record: Record) -> str:
    """The answers that could not be judged, with the reasons, and the files without any."""
    summary = record.summary
    untold = {name: why for name in record.models if (why := summary["untold"][name])}
    if record.withheld:
        said = "No answer could be judged: verdicts are withheld, as the controls did not confirm the tool."
    elif untold:
        parts = (_untold(record.title(name), why, summary["faces"]) for name, why in untold.items())
        said = f"Could not be judged: {'; '.join(parts)}."
    else:
        said = "Every answer could be judged."
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


def _untold(model: str, why: Mapping[str, int], faces: int) -> str:
    """How many answers of a model could not be judged, and the most frequent reasons."""
    named = [f"{reason_words(code)} ({n:,})" for code, n in list(why.items())[:_REASONS]]
    if rest := sum(list(why.values())[_REASONS:]):
        named.append(f"for other reasons ({rest:,})")
    count = sum(why.values())
    share = percent(count / faces)
    return f"{count:,} of {counted(faces, 'answer')} ({share}) of {model}, since {', '.join(named)}"


def _claim(number: int, each: Json, made: Mapping[str, Json]) -> Section:
    asked, result = each["asked"], each["result"]
    terms = [
        ("Asked", f"{ASKED[asked['kind']].format(limit=_limit(each))} About {_models(each)}; at least "
                  f"{counted(asked['least_n'], 'judged face')} for each share."),
        *(_by_model(each) if len(each["models"]) > 1 else [("Measured", _about(each))]),
        ("Answers", _counts(each)),
        ("Power", _power(each)),
        ("What this does not establish", each["not_established"]),
    ]  # fmt: skip
    blocks = (Paragraph(result, RESULT_TONES[result]), Terms(tuple(terms)))
    return Section(_title(each, made), blocks, f"claim-{number}")


def _by_model(each: Json) -> Iterator[tuple[str, str]]:
    for name, one in each["models"].items():
        why = _undecided(each, one)
        yield isolated(name), f"{one['result']}{f' ({why})' if why else ''}; {_measured(each, one)}."


def _title(each: Json, made: Mapping[str, Json]) -> str:
    """Of a claim; with its model where its kind is claimed more than once."""
    asked = each["asked"]
    title = CLAIMS[asked["kind"]].format(limit=_limit(each))
    if sum(other["asked"]["kind"] == asked["kind"] for other in made.values()) == 1:
        return title
    return f"{title} ({_models(each)})"


def _models(each: Json) -> str:
    model = each["asked"]["model"]
    return "every model" if model == ALL_MODELS else isolated(model)


def _measured(each: Json, one: Json) -> str:
    """Class and edits, the share, of how many faces, and its interval."""
    if one["value"] is None:
        return WITHHELD if "controls" in each["reasons"] else "no estimate"
    kind, about = each["asked"]["kind"], _named(each, one["about"])[1:]
    faces = " and ".join(f"{n:,}" for n in one["of"])
    if kind in _DIFFERENCES:
        said = f"{points(one['value'])} on {faces} faces"
    elif kind in _EDITS:
        said = f"{percent(one['value'])} of edits of {faces} faces"
    else:
        said = f"{percent(one['value'])} of {faces}"
    lead = f"{', '.join(about)}: " if about else ""
    return f"{lead}{said} ({interval(*one['interval'], difference=kind in _DIFFERENCES)})"


def _limit(each: Json) -> str:
    limit = each["asked"]["threshold"]
    return points(limit).lstrip("+") if each["asked"]["kind"] in _DIFFERENCES else percent(limit)


def _about(each: Json) -> str:
    if "controls" in each["reasons"]:
        return UNCONFIRMED
    if each["value"] is None:
        return f"No share could be estimated: {_undecided(each, each)}."
    named = _named(each, each["about"])[0]
    undecided = _undecided(each, each)
    why = f" Not decided: {undecided}." if undecided else ""
    least = "the part that speaks most clearly against the claim"
    return f"{named}, {_measured(each, each)}; {least}.{why}"


def _named(each: Json, about: str) -> list[str]:
    """Model, class and family of a share."""
    model = max((n for n in each["models"] if f"{about}:".startswith(f"{n}:")), key=len, default="")
    parts = about[len(model) :].strip(": ").split(": ")
    named = [isolated(model)]
    if each["asked"]["kind"] in ("rests_on_lower_face", "accuracy_per_class"):
        named.append(class_words(parts.pop(0)))
    return named + [family_words(part) for part in parts if part not in ("", "followed")]


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
    if each["asked"]["kind"] in _DIFFERENCES:
        found = f"a difference of {points(each['asked']['threshold'] + each['power']).lstrip('+')}"
    else:
        found = f"a share of {percent(each['asked']['threshold'] - each['power'])} or less"
    return f"With these faces, {found} would have been found nine times in ten."
