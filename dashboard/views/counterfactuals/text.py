"""Sentences about covered and edited faces, made from numbers alone."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dashboard.i18n import class_title, t
from dashboard.worker.counterfactual_jobs import ProbeResult
from xai.evidence.counterfactuals.probes import GRID, pieces
from xai.types import REGIONS, Prediction

__all__ = [
    "alt_covered",
    "alt_curve",
    "changes_sentence",
    "covered_sentence",
    "pieces_sentence",
    "place_of_cover",
    "pulled_sentence",
    "smallest_sentence",
    "technical_search",
    "value_name",
    "where_sentence",
]

_WORTH_NAMING = 0.1


def covered_sentence(before: Prediction, now: Prediction) -> str:
    """How covering changed a model's answer ``before``."""
    if np.array_equal(before.probabilities, now.probabilities):
        return t("cover.says", answer=class_title(now.label), probability=now.confidence)
    return t(
        "cover.stays" if now.label == before.label else "cover.flips",
        before_answer=class_title(before.label),
        before=before.confidence,
        answer=class_title(now.label),
        after=now.confidence,
    )


def alt_covered(share: float, hidden: Sequence[str]) -> str:
    """Text alternative of the covered face."""
    if not share:
        return t("cover.alt_bare")
    parts = ", ".join(t(f"region.{name}") for name in hidden)
    return t("cover.alt", share=share, parts=t("cover.alt_parts", parts=parts) if hidden else "").strip()


def pulled_sentence(found: ProbeResult) -> str:
    """At which height of the mask the answer changes, and whether it changes back."""
    before = class_title(found.start.label)
    if found.flips_at is None:
        return t("cover_slide.stays", before=before)
    at = found.values.index(found.flips_at)
    after = found.answers[at].label
    said = t("cover_slide.flips", before=before, height=found.flips_at, after=class_title(after))
    steps = zip(found.values[at:], found.answers[at:], strict=True)
    back = next((value for value, answer in steps if answer.label == found.start.label), None)
    return said if back is None else f"{said} {t('cover_slide.flips_back', before=before, height=back)}"


def alt_curve(found: ProbeResult) -> str:
    """Text alternative of the curve over the heights."""
    rows = (
        t(
            "cover_slide.alt_row",
            height=value,
            answer=class_title(answer.label),
            probability=answer.confidence,
        )
        for value, answer in zip(found.values, found.answers, strict=True)
    )
    return t("cover_slide.alt", rows=" ".join(rows))


def smallest_sentence(model: str, found: ProbeResult, fill: str) -> str:
    """How small a cover flipped the answer, or that none did."""
    name, before = t(f"cover_fill.{fill}"), class_title(found.start.label)
    if found.flips_at is None:
        return t("cover_smallest.none", share=found.values[-1], fill=name, before=before, model=model)
    return t(
        "cover_smallest.found",
        share=found.flips_at,
        fill=name,
        model=model,
        before=before,
        before_probability=found.start.confidence,
        after=class_title(found.answers[-1].label),
        after_probability=found.answers[-1].confidence,
    )


def pieces_sentence(found: ProbeResult, fill: str, *, alone: bool) -> str:
    """How much of the picture is covered, and whether the cover is connected.

    Args:
        found: with a cover.
        fill: one of ``COVER_FILLS``.
        alone: no other cover is shown, because none in one piece was found or none in several is smaller.
    """
    squares, count = t("cover_smallest.squares", fill=t(f"cover_fill.{fill}")), pieces(found.cover)
    if count > 1:
        apart = t("cover_smallest.only_apart" if alone else "cover_smallest.apart", count=count)
        return f"{squares} {apart}"
    return f"{squares} {t('cover_smallest.together')}" if alone else squares


def where_sentence(found: ProbeResult, regions: NDArray[np.int8]) -> str:
    """On which parts of the face a cover lies, the largest first.

    Args:
        found: of ``smallest_cover``, with a cover.
        regions: int8 ``(S, S)``, index into ``REGIONS``.
    """
    place = place_of_cover(found, len(regions))
    shares = np.bincount(regions[place], minlength=len(REGIONS)) / place.sum()
    largest = sorted(zip(shares, REGIONS, strict=True), reverse=True)
    parts = [
        t("cover_smallest.where_one", part=float(share), place=t(f"cover_where.{name}"))
        for share, name in largest
        if share >= _WORTH_NAMING
    ]
    return t("cover_smallest.where", parts=", ".join(parts))


def place_of_cover(found: ProbeResult, side: int) -> NDArray[np.bool_]:
    """Where a cover that was found lies, bool ``(side, side)``."""
    place = np.zeros((side, side), np.bool_)
    for part in found.cover:
        place[part.top : part.bottom, part.left : part.right] = True
    return place


def changes_sentence(model: str, found: ProbeResult, *, drawn: bool) -> str:
    """In how many of the edited faces a model's answer changes.

    Args:
        model: its name.
        found: what was tried.
        drawn: the start is the first edited face, not the face as it is.
    """
    said = {
        "model": model,
        "answer": class_title(found.start.label),
        "probability": found.start.confidence,
        "count": sum(answer.label != found.start.label for answer in found.answers),
        "total": len(found.answers),
    }
    start = t("cover_swap.start_drawn" if drawn else "cover_swap.start", **said)
    return f"{start} **{t('cover_swap.flips' if said['count'] else 'cover_swap.stays', **said)}**"


def technical_search() -> str:
    """How the smallest cover is searched for, at the technical level."""
    return t("cover_smallest.technical", grid=GRID)


def value_name(value: float | str) -> str:
    """A value of a probe in words: a colour, or the number of a drawing."""
    if isinstance(value, str):
        return t(f"cover_colour.{value}")
    return t("cover_swap.number", number=value)
