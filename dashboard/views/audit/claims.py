"""What became of the claims, of each model on its own, and how the controls fared."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import Any

import streamlit as st

from dashboard import session
from dashboard.i18n import class_short_label, format_number, has_key, t
from dashboard.text.model_names import model_names
from dashboard.views.audit.state import Audit
from xai.audit.claims.definitions import Claim

__all__ = ["claim_line", "claim_title", "show"]

_MARKS = {"holds": "✓", "does_not_hold": "✗", "mixed": "≠", "not_enough_evidence": "?"}
"""Result -> a mark beside its words: a colour is never alone."""

_DIFFERENCE = "same_for_small_faces"
_EDITS = ("rests_on_lower_face", "not_on_mask_colour")
"""Kinds whose figure is a share of edits."""

Json = Mapping[str, Any]


def show(audit: Audit, summary: Json) -> None:
    """The controls' sentence where they fail, the claims in their order, and the controls."""
    controls = summary["controls"]
    if not controls["hold"]:
        st.warning(_withheld(controls["models"]))
    names = model_names(session.catalogue().cards)
    if told := _untold(summary, names):
        st.markdown(told)
    rows = "".join(_section(each, names) for each in summary["claims"].values())
    st.html(f'<div class="audit-claims">{rows}</div>')
    st.caption(t("audit_result.interval_note"))
    _controls(controls["models"])


def claim_title(kind: str, threshold: float) -> str:
    """A claim with its limit, as the report says it."""
    limit = t("audit_result.points", points=100 * threshold) if kind == _DIFFERENCE else _percent(threshold)
    return t(f"audit_claim.{kind}", limit=limit)


def claim_line(claim: Claim) -> str:
    """A claim with its limits."""
    return t("audit_result.claim", claim=claim_title(claim.kind, claim.threshold), n=claim.least_n)


def _percent(share: float) -> str:
    return format_number(share, ".0%")


def _controls(models: Mapping[str, Json]) -> None:
    """Each control: what is expected of it, and what came."""
    st.header(t("audit_controls.title"), anchor=False)
    st.caption(t("audit_controls.note"))
    st.table(
        [
            {
                t("audit_controls.model"): t(f"audit_control.{name}"),
                t("audit_controls.expected"): t(
                    "audit_controls.right", right=found["right"], faces=found["faces"]
                ),
                t("audit_controls.result"): _control_result(found),
            }
            for name, found in models.items()
        ],
        hide_index=True,
    )


def _control_result(found: Json) -> str:
    if not found["interval"]:
        return t("audit_controls.too_few")
    return t("audit_controls.passed" if found["as_expected"] else "audit_controls.failed")


def _withheld(models: Mapping[str, Json]) -> str:
    """Which control models were misjudged on these photos, or that there are too few faces to know."""
    wrong = [
        t("audit_controls.wrong", model=t(f"audit_control.{name}"), wrong=n - found["right"], faces=n)
        for name, found in models.items()
        if found["interval"] and not found["as_expected"] and (n := found["faces"])
    ]
    if wrong:
        return t("audit_controls.misjudged", told="; ".join(wrong))
    return t("audit_controls.few", faces=min(found["faces"] for found in models.values()))


def _untold(summary: Json, names: Mapping[str, str]) -> str:
    """Of each model, how many answers could not be judged, and why; empty where there are none to tell."""
    told = {model: why for model, why in summary["untold"].items() if why and summary["controls"]["hold"]}
    lines = (
        t(
            "audit_result.untold",
            model=names.get(model, model),
            unjudged=sum(why.values()),
            n=summary["faces"],
            share=sum(why.values()) / summary["faces"],
            why=_reasons(why),
        )
        for model, why in told.items()
    )
    return "  \n".join(lines)


def _reasons(reasons: Mapping[str, int]) -> str:
    return "; ".join(t("audit_result.reason", why=_reason(code), n=n) for code, n in reasons.items())


def _reason(code: str) -> str:
    """Why something could not be judged; what explains a verdict explains nothing here."""
    known = code if has_key(f"audit_untold.{code}") else "not_stated"
    return t(f"audit_untold.{known}")


def _section(claim: Json, names: Mapping[str, str]) -> str:
    kind, models = claim["asked"]["kind"], claim["models"]
    parts = [f"<h2>{escape(claim_title(kind, claim['asked']['threshold']))}</h2>"]
    if len(models) > 1:
        parts.append(_pill(claim["result"], t("audit_result.together")))
    parts += [_model(claim, one, names.get(name, name)) for name, one in models.items()]
    parts += [
        f"<details><summary>{escape(t('audit_result.not'))}</summary>",
        f"<p>{escape(t(f'audit_not.{kind}'))}</p><p>{escape(_counts(claim))}</p></details>",
    ]
    return f"<section>{''.join(parts)}</section>"


def _pill(result: str, of: str) -> str:
    code = result.replace(" ", "_")
    pill = f'<b class="pill {code}">{_MARKS[code]} {escape(t(f"audit_became.{code}"))}</b>'
    return f'<p class="became">{pill} {escape(of)}</p>'


def _model(claim: Json, one: Json, name: str) -> str:
    said = "<br>".join(escape(line) for line in (_figure(claim, one), _why(claim, one)) if line)
    figure = f'<p class="figure">{said}</p>{_bar(claim, one)}'
    return f'<div class="model">{_pill(one["result"], name)}{figure}</div>'


def _figure(claim: Json, one: Json) -> str:
    """Which share, its number, of how many faces, and its interval."""
    if one["value"] is None:
        return ""
    kind = claim["asked"]["kind"]
    form = "+.0%" if kind == _DIFFERENCE else ".0%"
    key = "difference" if kind == _DIFFERENCE else "edits" if kind in _EDITS else "share"
    low, high = (format_number(end, form) for end in one["interval"])
    faces = [format_number(n, ",") for n in one["of"]]
    value = format_number(one["value"], form)
    said = t(f"audit_figure.{key}", value=value, n=faces[0], others=faces[-1], low=low, high=high)
    about = _about(one["about"], claim)
    return t("audit_result.about", about=about, said=said) if about else said


def _about(share: str, claim: Json) -> str:
    """Class and edits of a share, in words."""
    model = max((name for name in claim["models"] if f"{share}:".startswith(f"{name}:")), key=len, default="")
    parts = [part for part in share[len(model) :].strip(": ").split(": ") if part not in ("", "followed")]
    said = (t(f"audit_part.{p}") if has_key(f"audit_part.{p}") else class_short_label(p) for p in parts)
    return ", ".join(said)


def _why(claim: Json, one: Json) -> str:
    """Why there is not enough evidence; empty where there is."""
    if one["result"].replace(" ", "_") != "not_enough_evidence":
        return ""
    if "controls" in claim["reasons"]:
        return t("audit_lack.controls")
    lack = one["lack"]
    if lack is None:
        return t("audit_lack.interval")
    said = t(f"audit_lack.{lack['code']}", there=lack["there"], needed=lack["needed"])
    about = _about(lack["about"], claim)
    return t("audit_result.about", about=about, said=said) if about else said


def _counts(claim: Json) -> str:
    """Of how many answers, what could not be judged, and what would have been found."""
    known = claim["unjudged"] and "controls" not in claim["reasons"]
    why = f": {_reasons(claim['reasons'])}" if known else ""
    least = claim["asked"]["least_n"]
    told = [t("audit_result.of", n=claim["n"], unjudged=claim["unjudged"], why=why, least=least)]
    power, limit = claim["power"], claim["asked"]["threshold"]
    if power is not None and claim["asked"]["kind"] == _DIFFERENCE:
        told.append(t("audit_result.power_apart", points=100 * (limit + power)))
    elif power is not None:
        told.append(t("audit_result.power", share=limit - power))
    return " ".join(told)


def _bar(claim: Json, one: Json) -> str:
    """Interval, number and threshold on a line from 0 to 1, or from -1 to 1 for a difference."""
    if one["value"] is None:
        return ""
    limit = claim["asked"]["threshold"]
    difference = claim["asked"]["kind"] == _DIFFERENCE
    limits, ends = ((-limit, limit), (-1, 0, 1)) if difference else ((limit,), (0, 0.5, 1))

    def at(value: float) -> float:
        return round(100 * ((value + 1) / 2 if difference else value), 2)

    drawn = "".join(_mark("limit", f"left:{at(each)}%") for each in limits)
    low, high = one["interval"]
    drawn += _mark("range", f"left:{at(low)}%;width:{round(at(high) - at(low), 2)}%")
    drawn += _mark("dot", f"left:{at(one['value'])}%")
    axis = "".join(f"<b>{escape(format_number(end, '+.0%' if difference else '.0%'))}</b>" for end in ends)
    line = f'<div class="line">{drawn}</div><div class="axis">{axis}</div>'
    return f'<div class="plot" aria-hidden="true">{line}</div>'


def _mark(kind: str, style: str) -> str:
    return f'<i class="{kind}" style="{style}"></i>'
