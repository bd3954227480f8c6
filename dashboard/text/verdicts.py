"""Sentences about a verdict, made from its ``Evidence`` and nothing else, in words for every reader."""

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
    "family_name",
    "figures",
    "flag_lines",
    "headline",
    "verdict_legend",
    "verdict_reason",
    "word",
]

_MOVERS = ("moved_by", "hangs_on")
"""Reasons that name a family of changes at which the answer should have stayed and did not."""


@dataclass(frozen=True)
class Figure:
    """One of the two questions with what was counted.

    Attributes:
        title: the question.
        said: how many changes did what they should.
        more: what belongs to it in the same line; may be empty.
    """

    title: str
    said: str
    more: str = ""

    @property
    def counted(self) -> str:
        """What was counted, with what belongs to it."""
        return "; ".join(filter(None, (self.said, self.more)))

    @property
    def line(self) -> str:
        """All of it in one line."""
        return t("question.figures", title=self.title, said=self.counted)


def word(verdict: str) -> str:
    """One of ``VERDICTS``, as it is called on every page."""
    return t(f"outcome.{verdict.replace(' ', '_')}")


def headline(evidence: Evidence, answer: str | None = None) -> str:
    """The verdict in one line: its word, and a sentence made from the deciding reason.

    Args:
        evidence: the verdict.
        answer: what the model answered; where the evidence is about another class, the line says about which.
    """
    line = t("verdict.line", word=word(evidence.verdict), said=_sentence(evidence))
    if answer in (None, evidence.target):
        return line
    return t("verdict.asked", target=class_title(evidence.target), line=line)


def verdict_reason(evidence: Evidence) -> str:
    """What belongs to the headline: a remedy where it cannot be told, or how far something else moves it."""
    first, mover = evidence.reasons[0], _mover(evidence)
    if evidence.verdict == "cannot tell":
        return t(f"remedy.{first.code}", **first.values)
    if mover:
        return _how_far(mover)
    return t("found.stays") if first.code == "follows_partly" else ""


def figures(evidence: Evidence) -> tuple[Figure, ...]:
    """Both questions with what was counted; none where nothing was asked."""
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
        marks: verdict -> its sign.
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
    """What the edits of a family change, in the middle of a sentence.

    >>> family_name("light")
    'other light'
    """
    return t(f"family.{family}")


def _sentence(evidence: Evidence) -> str:
    """The deciding reason as a sentence."""
    reason, mover = evidence.reasons[0], _mover(evidence)
    code = reason.code
    if code == "rim":
        code = "rim_bare" if "uncovered" in class_info(evidence.target).wearings else "rim_mask"
    elif code == "follows_partly" and mover:
        code = "follows_partly_moved"
    family = reason.values.get("family")
    return t(
        f"found.{code}",
        area=_area(evidence),
        cue=t(f"cue.{mover.values['family']}") if mover else "",
        family=family_name(str(family)) if family else "",
        name=reason.values.get("name", ""),
    )


def _area(evidence: Evidence) -> str:
    """What the answer goes by; nose and mouth are not named where alone they hardly move it."""
    share = evidence.place_share
    return (
        t("area.lower_face") if share is not None and share < THRESHOLDS.rim else area_name(evidence.target)
    )


def _mover(evidence: Evidence) -> Reason | None:
    """What else moves the answer, that which counts most."""
    return next((reason for reason in evidence.reasons if reason.code in _MOVERS), None)


def _how_far(mover: Reason) -> str:
    """How far something else moves the answer; nothing where there is no measure for it."""
    held, of, part = (float(mover.values.get(name, 0)) for name in ("held", "of", "value"))
    family = family_name(str(mover.values["family"]))
    if held < of:
        return t("how_far.turned", family=family, held=int(held), of=int(of))
    return t("how_far.lessened", family=family, value=part) if part > 0 else ""


def _place(share: float | None) -> str:
    """What nose and mouth alone carry of the lower face's effect; nothing where that is not known."""
    if share is None:
        return ""
    percent = round(100 * share)
    if percent <= 0:
        return t("question.place_none")
    return t("question.place_all") if percent >= 100 else t("question.place", share=share)


def _flag(flag: Reason, level: str) -> str:
    values = {**flag.values, "method": method_title(str(flag.values["method"]))}
    return t(f"plain.{flag.code}", **values) if level == "plain" else t(f"technical.{flag.code}", **values)
