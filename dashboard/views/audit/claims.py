"""What became of the claims: a line each with its number, interval and threshold."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from dashboard import session
from dashboard.i18n import format_number, t
from dashboard.text.model_names import model_names
from dashboard.views.audit.state import Audit
from xai.audit.claims.definitions import Claim

__all__ = ["claim_line", "show"]

_MARKS = {"holds": "✓", "does_not_hold": "✗", "mixed": "≠", "not_enough_evidence": "?"}
"""Result -> a mark beside its words: a colour is never alone."""

_DIFFERENCE = "same_for_small_faces"
_ASKED = ("at_least", "at_most")


def show(audit: Audit, summary: Mapping[str, Any]) -> None:
    """The controls' sentence where they fail, and the claims in their order."""
    controls = summary["controls"]
    if not controls["hold"]:
        st.warning(_withheld(controls["models"]))
    names = model_names(session.catalogue().cards)
    rows = "".join(_row(each, names) for each in summary["claims"].values())
    st.html(f'<div class="audit-claims">{rows}</div>')
    st.caption(t("audit_result.interval_note"))


def claim_line(claim: Claim) -> str:
    """A claim with its limits."""
    limit = t(f"audit_asked.{_ASKED[claim.kind == _DIFFERENCE]}", limit=claim.threshold)
    return t("audit_result.claim", claim=t(f"audit_claim.{claim.kind}"), asked=limit, n=claim.least_n)


def _withheld(models: Mapping[str, Mapping[str, Any]]) -> str:
    """Which control models were misjudged on these photos, or that there are too few faces to know."""
    wrong = [
        t("audit_controls.wrong", model=t(f"audit_control.{name}"), wrong=n - found["right"], faces=n)
        for name, found in models.items()
        if found["interval"] and not found["as_expected"] and (n := found["faces"])
    ]
    if wrong:
        return t("audit_controls.misjudged", told="; ".join(wrong))
    return t("audit_controls.few", faces=min(found["faces"] for found in models.values()))


def _row(claim: Mapping[str, Any], names: Mapping[str, str]) -> str:
    kind, result = claim["asked"]["kind"], claim["result"].replace(" ", "_")
    became = t(f"audit_became.{result}")
    parts = (
        f"<h2>{escape(t(f'audit_claim.{kind}'))}</h2>",
        f'<p class="pill {result}">{_MARKS[result]} {escape(became)}</p>',
        f'<p class="figure">{escape(_figure(claim))}</p>',
        _bar(claim),
        f"<details><summary>{escape(t('audit_result.not'))}</summary>",
        f"<p>{escape(t(f'audit_not.{kind}'))}</p><p>{escape(_counts(claim, names))}</p></details>",
    )
    return f"<section>{''.join(parts)}</section>"


def _figure(claim: Mapping[str, Any]) -> str:
    """The number with its interval against the threshold."""
    kind, limit = claim["asked"]["kind"], claim["asked"]["threshold"]
    asked = t(f"audit_asked.{_ASKED[kind == _DIFFERENCE]}", limit=limit)
    if claim["value"] is None:
        return t("audit_result.no_figure", asked=asked, least=claim["asked"]["least_n"])
    low, high = claim["interval"]
    form = "+.0%" if kind == _DIFFERENCE else ".0%"
    return t(
        "audit_result.figure",
        value=format_number(claim["value"], form),
        low=format_number(low, form),
        high=format_number(high, form),
        asked=asked,
    )


def _counts(claim: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Which share it is, of how many answers, and what could not be judged."""
    told = [t("audit_result.of", n=claim["n"], unjudged=claim["unjudged"], least=claim["asked"]["least_n"])]
    if claim["about"]:
        first, *rest = str(claim["about"]).split(": ")
        told.insert(0, t("audit_result.about", about=": ".join([names.get(first, first), *rest])))
    if claim["power"] is not None:
        told.append(t("audit_result.power", power=claim["power"]))
    return " ".join(told)


def _bar(claim: Mapping[str, Any]) -> str:
    """Interval, number and threshold on a line from 0 to 1, or from -1 to 1 for a difference."""
    if claim["value"] is None:
        return ""
    limit = claim["asked"]["threshold"]
    difference = claim["asked"]["kind"] == _DIFFERENCE
    limits = (-limit, limit) if difference else (limit,)

    def at(value: float) -> float:
        return round(100 * ((value + 1) / 2 if difference else value), 2)

    drawn = "".join(_mark("limit", f"left:{at(each)}%") for each in limits)
    low, high = claim["interval"]
    drawn += _mark("range", f"left:{at(low)}%;width:{round(at(high) - at(low), 2)}%")
    drawn += _mark("dot", f"left:{at(claim['value'])}%")
    return f'<div class="line" aria-hidden="true">{drawn}</div>'


def _mark(kind: str, style: str) -> str:
    return f'<i class="{kind}" style="{style}"></i>'
