"""Which of a model's evaluations are shown first, and which is compared with its study's figures."""

from __future__ import annotations

from collections.abc import Sequence

from xai.models.card_schema import Evaluation
from xai.models.cards import Card

__all__ = ["most_informative", "replication_result"]


def most_informative(evaluations: Sequence[Evaluation]) -> tuple[Evaluation, ...]:
    """Most informative evaluation of each dataset: the whole set before parts, its boxes before ours."""
    best: dict[str, Evaluation] = {}
    for one in sorted(
        evaluations, key=lambda e: (len(e.setting), e.setting.get("crops") != "annotated", -e.n)
    ):
        best.setdefault(one.dataset, one)
    return tuple(best.values())


def replication_result(card: Card) -> Evaluation | None:
    """The evaluation to compare with the published figures: by the study's protocol, best on its set."""
    under = [one for one in card.evaluations if one.setting.get("protocol") == "seed"]
    own = card.training.trained_on
    return next(iter(sorted(most_informative(under), key=lambda one: one.dataset != own)), None)
