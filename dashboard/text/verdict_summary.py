"""The verdict on an answer in one breath, and what each of the four verdicts means."""

from __future__ import annotations

from collections.abc import Mapping

from dashboard.i18n import class_name, say
from dashboard.text.predictions import is_right, is_wrong
from dashboard.text.regions import area_name
from dashboard.text.verdicts import headline
from xai.evidence_types import VERDICTS, Evidence
from xai.types import Prediction

__all__ = ["four_verdicts", "in_one_breath"]


def in_one_breath(evidence: Evidence, prediction: Prediction, truth: str | None, level: str) -> str:
    """What the model says, whether that is right where it is known, and where it looked.

    Args:
        evidence: about the answer, or about another class that was asked for.
        prediction: the answer.
        truth: the true class, or None.
        level: one of ``LEVELS``.
    """
    where, answer = headline(evidence, level), class_name(prediction.label)
    if evidence.target != prediction.label:
        return say("verdict.asked", answer=answer, target=class_name(evidence.target), where=where)
    known = "wrong" if is_wrong(prediction, truth) else "right" if is_right(prediction, truth) else "open"
    return say(f"breath.{known}", answer=answer, where=where)


def four_verdicts(evidence: Evidence, marks: Mapping[str, str]) -> list[str]:
    """A sentence for each verdict: what it means and what it does not; the present one is marked.

    Args:
        evidence: says which verdict is the present one, and of which area it speaks.
        marks: verdict -> its sign.
    """
    area = area_name(evidence.area)
    return [
        say(
            "verdict.four_present" if verdict == evidence.verdict else "verdict.four_absent",
            mark=marks[verdict],
            said=say(f"four.{verdict.replace(' ', '_')}", area=area),
        )
        for verdict in VERDICTS
    ]
