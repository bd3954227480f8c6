"""Where a model looks, over a set: the verdicts on its right answers of all classes together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xai.evidence_types import VERDICTS
from xai.models.card_schema import ClassVerdict, Metric

__all__ = ["Focus", "focus_over", "sets_of"]

_Z = 1.96  # of a 95 % interval


@dataclass(frozen=True)
class Focus:
    """The verdicts on a model's right answers over one set.

    Attributes:
        dataset: short name of the set.
        counts: every one of ``VERDICTS`` -> answers.
        photos: how many independent photos the answers that could be tested are worth.
        classes: in how many classes the model's verdict over the set is *supported*, of how many.
    """

    dataset: str
    counts: Mapping[str, int]
    photos: float
    classes: tuple[int, int]

    @property
    def told(self) -> int:
        """Answers that could be tested."""
        return sum(self.counts.values()) - self.counts["cannot tell"]

    @property
    def supported(self) -> Metric | None:
        """Share of the answers that could be tested on which the focus is supported; None without any.

        The interval is Wilson's (1927), with as many trials as photos: faces of one photo are dependent.
        """
        if not self.told:
            return None
        share = self.counts["supported"] / self.told
        return Metric(share, *_wilson(share, self.photos))


def sets_of(verdicts: Sequence[ClassVerdict]) -> tuple[str, ...]:
    """The sets that verdicts are about, in their order."""
    return tuple(dict.fromkeys(found.dataset for found in verdicts))


def focus_over(verdicts: Sequence[ClassVerdict], dataset: str) -> Focus | None:
    """The verdicts on one set together; None where there are none, or no answers were counted."""
    own = [found for found in verdicts if found.dataset == dataset]
    counts = {verdict: sum(found.verdicts.get(verdict, 0) for found in own) for verdict in VERDICTS}
    if not any(counts.values()):
        return None
    return Focus(
        dataset=dataset,
        counts=counts,
        photos=sum(_told(found) * found.groups / found.faces for found in own if found.faces),
        classes=(sum(found.verdict == "supported" for found in own), len(own)),
    )


def _told(found: ClassVerdict) -> int:
    return found.faces - found.verdicts.get("cannot tell", 0)


def _wilson(share: float, trials: float) -> tuple[float, float]:
    spread = _Z**2 / trials
    middle = (share + spread / 2) / (1 + spread)
    half = _Z / (1 + spread) * math.sqrt((share * (1 - share) + spread / 4) / trials)
    return max(0.0, middle - half), min(1.0, middle + half)
