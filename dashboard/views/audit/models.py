"""What the rows say of one model: by class, by place, by kind of face; and two models compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import streamlit as st

from dashboard import session
from dashboard.components import confusion_matrix
from dashboard.i18n import class_short_label, format_number, t
from dashboard.text.model_names import model_names
from dashboard.views.audit import faces, maps
from dashboard.views.audit.findings import level_words
from dashboard.views.audit.state import Audit
from dashboard.worker.audit_jobs import Finished
from xai.evidence_types import VERDICTS

__all__ = ["compare", "show"]

_MEASURES = ("accuracy", "supported")


@dataclass(frozen=True)
class _Counts:
    """A confusion matrix's numbers."""

    confusion: Mapping[str, Mapping[str, int]]


def show(audit: Audit, found: Finished) -> None:
    """One model's tables, chosen among those of the audit."""
    names = model_names(session.catalogue().cards)
    known = [name for name in audit.models if name in found.findings["models"]]
    if not known:
        st.info(t("audit_models.none"))
        return
    chosen = known[0]
    if len(known) > 1:
        chosen = st.selectbox(
            t("audit_filter.model"), known, format_func=lambda name: names.get(name, name), width=320
        )
    one = found.findings["models"][chosen]
    _classes(found, one)
    _places(one)
    _confusion(audit, found, chosen, one)
    _slices(found, one)
    _maps(found, chosen, one)


def _classes(found: Finished, one: Mapping[str, Any]) -> None:
    """All faces, then those of each label."""
    everything = {"class": None, "n": one["faces"], **{measure: one[measure] for measure in _MEASURES}}
    st.table(
        [
            {
                t("audit_models.class"): class_short_label(each["class"])
                if each["class"]
                else t("audit_models.all"),
                t("audit_models.n"): format_number(each["n"], ","),
                **{t(f"audit_measure.{measure}"): _estimate(found, each, measure) for measure in _MEASURES},
            }
            for each in (everything, *one["classes"])
        ],
        hide_index=True,
    )
    st.caption(t("audit_models.faces", faces=one["faces"], labelled=one["labelled"]))


def _places(one: Mapping[str, Any]) -> None:
    st.header(t("audit_models.places"), anchor=False)
    if one["places"] is None:
        st.caption(t("audit_lack.controls"))
        return
    st.caption(t("audit_models.places_note"))
    st.table(
        [
            {
                t("audit_filter.answer"): t(f"audit_answer.{answer}"),
                **{
                    t(f"audit_verdict.{verdict.replace(' ', '_')}"): format_number(counts[verdict], ",")
                    for verdict in VERDICTS
                },
            }
            for answer in ("right", "wrong", "unlabelled")
            for counts in [one["places"][answer]]
        ],
        hide_index=True,
    )


def _confusion(audit: Audit, found: Finished, model: str, one: Mapping[str, Any]) -> None:
    """True class by answer; a cell shows its faces."""
    table = one["confusion"]
    if not table["labels"]:
        return
    st.header(t("audit_models.confusion"), anchor=False)
    st.caption(t("audit_models.confusion_note"))
    counts = {
        label: {said: len(cell) for said, cell in zip(table["predictions"], row, strict=True)}
        for label, row in zip(table["labels"], table["cells"], strict=True)
    }
    cell = confusion_matrix.table(
        _Counts(counts), table["predictions"], f"audit confusion {model}", can_open=True
    )
    if cell is None:
        return
    label, said = cell
    rows = [
        row for row in found.rows if (row["model"], row["label"], row["prediction"]) == (model, label, said)
    ]
    faces.listed(audit, rows, f"cell-{label}-{said}")


def _slices(found: Finished, one: Mapping[str, Any]) -> None:
    if not one["slices"]:
        return
    st.header(t("audit_models.slices"), anchor=False)
    st.caption(t("audit_models.slices_note"))
    st.table(
        [
            {
                t("audit_models.kind"): t(
                    "audit_models.kind_is",
                    factor=t(f"audit_factor.{each['factor']}"),
                    level=level_words(each["factor"], each["level"]),
                ),
                t("audit_models.n"): format_number(each["n"], ","),
                **{t(f"audit_measure.{measure}"): _estimate(found, each, measure) for measure in _MEASURES},
                t("audit_models.differs"): _differs(each),
            }
            for each in one["slices"]
        ],
        hide_index=True,
    )


def _maps(found: Finished, model: str, one: Mapping[str, Any]) -> None:
    """The mean maps, those of all models on one scale."""
    if not any(each["values"] for each in one["maps"]):
        return
    st.header(t("audit_maps.title"), anchor=False)
    scale = found.findings["scales"]["models"]
    st.caption(t("audit_maps.note"))
    maps.legend(scale, "answer")
    maps.show(one["maps"], scale, f"{id(found)} {model}")


def _differs(one: Mapping[str, Any]) -> str:
    if one["differs"]:
        return t("audit_models.yes")
    compared = any(p is not None for p in one["p"].values())
    return t("audit_models.no" if compared else "audit_models.too_few")


def _estimate(found: Finished, one: Mapping[str, Any], measure: str) -> str:
    if measure == "supported" and found.findings["withheld"]:
        return t("audit_models.withheld")
    value = one[measure]
    if value is None:
        return t("audit_models.too_few")
    low, high = value["interval"]
    return t("audit_models.estimate", value=value["value"], n=value["n"], low=low, high=high)


def compare(found: Finished) -> None:
    """Each two models on the same faces."""
    names = model_names(session.catalogue().cards)
    st.caption(t("audit_compare.note"))
    pairs = found.findings["comparisons"]
    scale = found.findings["scales"]["comparisons"]
    for each in pairs:
        first, second = (names.get(each[which], each[which]) for which in ("first", "second"))
        st.header(t("audit_compare.title", first=first, second=second), anchor=False)
        told = [_compared(found, each[measure], measure, (first, second)) for measure in _MEASURES]
        st.markdown("\n".join(f"- {line}" for line in told))
        if any(one["values"] for one in each["maps"]):
            st.caption(t("audit_maps.difference_note", first=first, second=second, scale=scale))
            maps.legend(scale, "difference")
            maps.show(each["maps"], scale, f"{id(found)} {first} {second}")


def _compared(found: Finished, test: Mapping[str, Any] | None, measure: str, names: tuple[str, str]) -> str:
    name, (first, second) = t(f"audit_measure.{measure}"), names
    if measure == "supported" and found.findings["withheld"]:
        return t("audit_compare.withheld", measure=name)
    if test is None:
        return t("audit_compare.too_few", measure=name)
    low, high = test["interval"]
    differs = "differ" if test["adjusted"] <= 0.05 else "not_shown"
    return t(
        f"audit_compared.{differs}",
        measure=name,
        difference=format_number(100 * test["difference"], "+.1f"),
        low=format_number(100 * low, "+.1f"),
        high=format_number(100 * high, "+.1f"),
        n=test["n"],
        first=first,
        second=second,
        only_first=test["only_first"],
        only_second=test["only_second"],
        p=t("audit_compare.p_small") if test["adjusted"] < 0.001 else format_number(test["adjusted"], ".3f"),
    )
