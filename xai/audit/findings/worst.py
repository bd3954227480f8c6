"""The answers of a model that most need a look, worst first."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from xai.audit.findings.answers import Answers, Flags
from xai.classes import class_info

__all__ = ["CONFIDENT", "MOST", "WHYS", "doubtful_labels", "kinds_of_worst", "worst_of"]

CONFIDENT = 0.9
"""Confidence from which a wrong answer is a confident one."""

MOST = 100
"""How many answers of a model are listed."""

WHYS = ("confident_wrong", "wrong", "right_elsewhere", "elsewhere")
"""Why an answer needs a look, worst first: wrong, at ``CONFIDENT`` or more; wrong, below; right, but *not
supported* by nose and mouth; *not supported*, and not known to be right or wrong."""


def kinds_of_worst(answers: Answers) -> dict[str, list[int]]:
    """Each of ``WHYS`` -> the places of its answers, the most confident first."""
    sure, elsewhere = answers.confidence >= CONFIDENT, answers.verdict == "not supported"
    kinds: dict[str, Flags] = {
        "confident_wrong": (answers.right == 0) & sure,
        "wrong": (answers.right == 0) & ~sure,
        "right_elsewhere": (answers.right == 1) & elsewhere,
        "elsewhere": np.isnan(answers.right) & elsewhere,
    }
    return {why: answers.by_confidence(kinds[why]) for why in WHYS}


def worst_of(answers: Answers) -> list[dict[str, Any]]:
    """The first ``MOST``: ``{photo, face, why, label, prediction, confidence, verdict}``; ``label`` may be
    None.
    """
    return list(_told(answers))[:MOST]


def doubtful_labels(models: list[Answers]) -> list[tuple[str, int]]:
    """Faces whose label may be wrong: every model contradicts it alike, at ``CONFIDENT`` or more, and each of
    these answers follows nose and mouth (*supported*). The most confident first.

    A label that confident answers contradict is the more often a wrong one (Northcutt, Jiang and Chuang 2021,
    "Confident Learning: Estimating Uncertainty in Dataset Labels"); this is a rule, not their estimate.
    """
    told: list[dict[tuple[str, int], tuple[float, str]]] = []
    for answers in models:
        doubted = (answers.right == 0) & (answers.confidence >= CONFIDENT) & (answers.supported == 1)
        places = answers.by_confidence(doubted)
        told.append(
            {answers.keys[at]: (float(answers.confidence[at]), answers.prediction[at]) for at in places}
        )
    shared = [
        key for key in (told[0] if told else ()) if all(key in each for each in told) and _alike(told, key)
    ]
    return sorted(shared, key=lambda key: (-min(each[key][0] for each in told), key))


def _alike(told: list[dict[tuple[str, int], tuple[float, str]]], key: tuple[str, int]) -> bool:
    return len({class_info(each[key][1]).wearings for each in told}) == 1


def _told(answers: Answers) -> Iterator[dict[str, Any]]:
    for why, places in kinds_of_worst(answers).items():
        for place in places:
            photo, face = answers.keys[place]
            yield {
                "photo": photo,
                "face": face,
                "why": why,
                "label": answers.label[place],
                "prediction": answers.prediction[place],
                "confidence": float(answers.confidence[place]),
                "verdict": answers.verdict[place],
            }
