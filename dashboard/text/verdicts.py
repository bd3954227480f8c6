"""Sentences about a verdict, made from its ``Evidence`` alone, in plain words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dashboard.i18n import class_title, t
from dashboard.text.map_units import method_title
from dashboard.text.regions import area_name
from xai.classes import class_info
from xai.evidence.verdict.decision import THRESHOLDS
from xai.evidence_types import VERDICTS, Evidence, Reason

__all__ = [
    "Figure",
    "deciding_reason",
    "family_name",
    "family_title",
    "figures",
    "flag_lines",
    "for_and_against",
    "headline",
    "looked_at",
    "verdict_legend",
    "verdict_reason",
    "word",
]

_MOVERS = ("moved_by", "hangs_on")
"""Reasons that name a family of edits under which the answer should have stayed and did not."""


@dataclass(frozen=True)
class Figure:
    """One of the two questions with its counts.

    Attributes:
        title: the question.
        said: how many edits had the expected effect.
        more: addition on the same line; may be empty.
    """

    title: str
    said: str
    more: str = ""

    @property
    def counted(self) -> str:
        """The counts with the addition."""
        return "; ".join(filter(None, (self.said, self.more)))

    @property
    def line(self) -> str:
        """All of it in one line."""
        return t("question.figures", title=self.title, said=self.counted)


def word(verdict: str) -> str:
    """Display name of one of ``VERDICTS``."""
    return t(f"outcome.{verdict.replace(' ', '_')}")


def headline(evidence: Evidence, answer: str | None = None) -> str:
    """The verdict in one line: its name, and a sentence made from the deciding reason.

    Args:
        evidence: the verdict.
        answer: the model's answer; where the evidence is about another class, the line says which.
    """
    line = t("verdict.line", word=word(evidence.verdict), said=deciding_reason(evidence))
    if answer in (None, evidence.target):
        return line
    return t("verdict.asked", target=class_title(evidence.target), line=line)


def looked_at(evidence: Evidence) -> str:
    """The verdict in a few words: the place, whether it is the only one, or that it cannot be told."""
    code = _code(evidence)
    if code in ("rim_mask", "rim_bare", "follows_partly"):
        return t(f"looked_at.{code}", area=_area(evidence))
    return t(f"looked_at.{evidence.verdict.replace(' ', '_')}", area=_area(evidence))


def for_and_against(evidence: Evidence) -> tuple[list[str], list[str]]:
    """What speaks for the answer depending on the lower face alone, and what against; a few words a line.

    Both are empty where nothing was tested.
    """
    if not evidence.families:
        return [], []
    follow, stay, mover = evidence.follow, evidence.stay, _mover(evidence)
    speaks_for = [
        t(f"argument_counted.{question}", held=tally.held, of=tally.of)
        for question, tally in (("follow", follow), ("stay", stay))
        if tally.held
    ]
    against = []
    if follow.held < follow.of:
        against.append(t("argument.follow_not", failed=follow.of - follow.held, of=follow.of))
    if evidence.reasons[0].code == "rim":
        against.append(t("argument.rim", share=evidence.place_share or 0.0))
    if mover:
        against.append(_moved(mover))
        if others := _other_changes(evidence, mover):
            against.append(others)
    elif stay.held < stay.of:
        against.append(t("argument.stay_not", failed=stay.of - stay.held, of=stay.of))
    return speaks_for, against


def verdict_reason(evidence: Evidence) -> str:
    """Addition to the headline: a remedy for *cannot tell*, or how far something else moves the answer."""
    first, mover = evidence.reasons[0], _mover(evidence)
    if evidence.verdict == "cannot tell":
        return t(f"remedy.{first.code}", **first.values)
    if mover:
        return _how_far(mover)
    return t("found.stays") if first.code == "follows_partly" else ""


def figures(evidence: Evidence) -> tuple[Figure, ...]:
    """Both questions with their counts; none where nothing was tested."""
    if not evidence.families:
        return ()
    follow, stay = evidence.follow, evidence.stay
    return (
        Figure(
            t("question.follow"),
            t("question.follow_said", held=follow.held, of=follow.of),
            _place(evidence.place_share),
        ),
        Figure(t("question.stay"), t("question.stay_said", held=stay.held, of=stay.of)),
    )


def verdict_legend(evidence: Evidence, marks: Mapping[str, str]) -> list[str]:
    """A sentence for each verdict: what it means and what it does not; the present one is marked.

    Args:
        evidence: says which verdict is the present one.
        marks: verdict -> its symbol.
    """
    return [
        t(
            "verdict.four_present" if verdict == evidence.verdict else "verdict.four_absent",
            mark=marks[verdict],
            said=t(f"four.{verdict.replace(' ', '_')}"),
        )
        for verdict in VERDICTS
    ]


def flag_lines(evidence: Evidence, level: str) -> list[str]:
    """Where a map disagrees with the verdict, a sentence each.

    Args:
        evidence: the verdict with its flags.
        level: one of ``LEVELS``.
    """
    return [_flag(flag, level) for flag in evidence.flags]


def family_name(family: str) -> str:
    """What the edits of a family change, within a sentence.

    >>> family_name("light")
    'other light'
    """
    return t(f"family.{family}")


def family_title(family: str) -> str:
    """``family_name`` as the beginning of a line.

    >>> family_title("light")
    'Other light'
    """
    said = family_name(family)
    return said[0].upper() + said[1:]


def deciding_reason(evidence: Evidence) -> str:
    """The deciding reason as a sentence."""
    reason, mover = evidence.reasons[0], _mover(evidence)
    family = reason.values.get("family")
    return t(
        f"found.{_code(evidence)}",
        area=_area(evidence),
        cue=t(f"cue.{mover.values['family']}") if mover else "",
        family=family_name(str(family)) if family else "",
        name=reason.values.get("name", ""),
    )


def _code(evidence: Evidence) -> str:
    """The deciding reason's code, or the variant of it that has texts of its own."""
    code = evidence.reasons[0].code
    if code == "rim":
        return "rim_bare" if "uncovered" in class_info(evidence.target).wearings else "rim_mask"
    return "follows_partly_moved" if code == "follows_partly" and _mover(evidence) else code


def _area(evidence: Evidence) -> str:
    """What the answer depends on; nose and mouth are not named where alone they hardly move it."""
    share = evidence.place_share
    return (
        t("area.lower_face") if share is not None and share < THRESHOLDS.rim else area_name(evidence.target)
    )


def _mover(evidence: Evidence) -> Reason | None:
    """What else moves the answer most."""
    return next((reason for reason in evidence.reasons if reason.code in _MOVERS), None)


def _how_far(mover: Reason) -> str:
    """How far something else moves the answer; empty where that is not measured."""
    held, of, part = (float(mover.values.get(name, 0)) for name in ("held", "of", "value"))
    family = family_name(str(mover.values["family"]))
    if held < of:
        return t("how_far.turned", family=family, held=int(held), of=int(of))
    return t("how_far.lessened", family=family, value=part) if part > 0 else ""


def _moved(mover: Reason) -> str:
    """How what else moves the answer moved it, in a few words."""
    held, of, part = (float(mover.values.get(name, 0)) for name in ("held", "of", "value"))
    title = t(f"edited_short.{mover.values['family']}")
    if held < of:
        return t("argument.moved", family=title, failed=int(of - held), of=int(of))
    return t("argument.lessened", family=title, share=part)


def _other_changes(evidence: Evidence, mover: Reason) -> str:
    """How often edits of other families than the mover's changed the answer; empty where none did."""
    others = [
        each.tally
        for each in evidence.families
        if each.asks == "stay" and each.family != mover.values["family"]
    ]
    failed = sum(tally.of - tally.held for tally in others)
    return t("argument.stay_more", failed=failed, of=sum(tally.of for tally in others)) if failed else ""


def _place(share: float | None) -> str:
    """The share of the lower face's effect that nose and mouth alone carry; empty where it is not known."""
    if share is None:
        return ""
    percent = round(100 * share)
    if percent <= 0:
        return t("question.place_none")
    return t("question.place_all") if percent >= 100 else t("question.place", share=share)


def _flag(flag: Reason, level: str) -> str:
    values = {**flag.values, "method": method_title(str(flag.values["method"]))}
    return t(f"plain.{flag.code}", **values) if level == "plain" else t(f"technical.{flag.code}", **values)
