"""The numbers behind a verdict, for the technical level: every family of edits and its threshold."""

from __future__ import annotations

from dataclasses import asdict

from dashboard.i18n import format_number, t
from dashboard.text.verdicts import family_name
from xai.evidence.interventions.families import FAMILIES
from xai.evidence.verdict.decision import THRESHOLDS
from xai.evidence_types import Evidence, FamilyEvidence, Reason

__all__ = ["family_header", "family_rows", "number_lines"]


def family_header() -> tuple[str, ...]:
    """The columns of ``family_rows``."""
    return (
        t("numbers.change"),
        t("numbers.asks"),
        t("numbers.tally"),
        t("numbers.effect"),
        t("numbers.part"),
        t("numbers.limit"),
        t("numbers.holds"),
        t("numbers.rounds"),
    )


def family_rows(evidence: Evidence) -> list[tuple[str, ...]]:
    """A row for each family of edits, as long as the header, every cell as it is printed."""
    return [_row(found) for found in evidence.families]


def number_lines(evidence: Evidence) -> list[str]:
    """The other numbers, a sentence or two each."""
    contrast = [t("numbers.contrast", contrast=evidence.contrast)]
    if evidence.reach is not None:
        contrast.append(t("numbers.reach", reach=evidence.reach))
    lines = [" ".join(contrast), t("numbers.reasons", each="; ".join(map(_reason, evidence.reasons)))]
    if evidence.families:
        limits = ", ".join(
            f"{name} {format_number(value, 'g')}" for name, value in asdict(THRESHOLDS).items()
        )
        lines += [t("numbers.note"), t("numbers.thresholds", each=limits)]
    if evidence.donors:
        lines.append(t(f"numbers.donors_{evidence.donors}"))
    return [*lines, t("numbers.price", forwards=evidence.forwards, seconds=evidence.seconds)]


def _row(found: FamilyEvidence) -> tuple[str, ...]:
    none = t("numbers.none")
    holds = {True: t("numbers.yes"), False: t("numbers.no"), None: none}[found.holds]
    return (
        family_name(found.family),
        t(f"asks.{found.asks}"),
        t("numbers.tally_said", held=_did(found), of=found.tally.of),
        format_number(found.effect, ".2f"),
        none if found.part is None else format_number(found.part, ".2f"),
        _limit(found) or none,
        holds,
        format_number(found.rounds, ".0f"),
    )


def _did(found: FamilyEvidence) -> int:
    """Edits that behaved as their row says: for a whole face, the tally counts those that did not."""
    return found.tally.of - found.tally.held if found.asks == "whole" else found.tally.held


def _limit(found: FamilyEvidence) -> str:
    """Threshold of the family; empty where it has none."""
    if found.asks == "follow":
        return t("numbers.limit_share", share=THRESHOLDS.followed)
    if found.asks == "stay":
        directions = FAMILIES[found.family].directions
        part = THRESHOLDS.direction if directions else THRESHOLDS.part
        return t("numbers.limit_part", part=part, share=1 - THRESHOLDS.left)
    return ""


def _reason(reason: Reason) -> str:
    """A reason as the library names it, with its values."""
    values = (
        f"{name} {value if isinstance(value, str) else format_number(value, '.3g')}"
        for name, value in reason.values.items()
    )
    told = ", ".join(values)
    return f"{reason.code} ({told})" if told else reason.code
