"""The findings of an audit, worst first: what it is, five faces, and the auditor's status and note."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from dashboard import session
from dashboard.i18n import class_short_label, has_key, t
from dashboard.text.model_names import model_names
from dashboard.text.predictions import file_name
from dashboard.views.audit import faces
from dashboard.views.audit.state import Audit, counted
from dashboard.worker.audit_jobs import Finished
from xai.types import CLASSES

__all__ = ["level_words", "show"]

STATUSES = ("open", "agreed", "disputed")
"""What an auditor can say of a finding, as in the report."""

_THUMBNAIL = 96
"""Width of a face in pixels."""


def show(audit: Audit, found: Finished) -> None:
    """Every finding with its faces, status and note."""
    told = found.findings["findings"]
    if not told:
        signs = t("audit_findings.signs") if found.findings["signs"]["classes"] else ""
        withheld = found.findings["withheld"]
        st.info(t("audit_findings.none_withheld" if withheld else "audit_findings.none", signs=signs))
    if unsearched := _unsearched(found.findings["signs"]):
        st.caption(unsearched)
    if not told:
        return
    st.caption(t("audit_findings.note", findings=counted("findings", len(told))))
    rows = {(row["photo"], row["face"]): row for row in found.rows}
    for number, (key, each) in enumerate(zip(found.keys, told, strict=True), start=1):
        with st.container(key=f"audit-finding-{number}"):
            _finding(audit, number, key, each, rows)


def _unsearched(signs: Mapping[str, Any]) -> str:
    """In which classes no mark or light was looked for; empty where in all."""
    left = [class_short_label(label) for label in CLASSES if label not in signs["classes"]]
    told = ", ".join(left)
    return t("audit_findings.unsearched", told=told, needed=signs["needed"]) if left else ""


def _finding(
    audit: Audit, number: int, key: str, each: Mapping[str, Any], rows: Mapping[Any, Mapping[str, Any]]
) -> None:
    code, values = each["code"], _values(each["values"])
    title, meaning = t(f"audit_finding.{code}", **values), code
    if code == "label_doubt" and values["models"] == 1:
        meaning = "label_doubt_one"
    if each["model"] is not None:
        names = model_names(session.catalogue().cards)
        title = t("audit_findings.of_model", model=names.get(each["model"], each["model"]), title=title)
    st.header(t("audit_findings.numbered", number=number, title=title), anchor=False)
    st.markdown(t(f"audit_meaning.{meaning}", **values))
    _pictures(audit, number, [rows[photo, face] for photo, face in each["faces"] if (photo, face) in rows])
    if not each["faces"] and each["photos"]:
        st.caption(", ".join(file_name(name) for name in each["photos"]))
    _say(audit, number, key)


def _pictures(audit: Audit, number: int, shown: Sequence[Mapping[str, Any]]) -> None:
    """The faces side by side, each opens in *Check a photo*."""
    cut = faces.pictures(audit, shown)
    with st.container(horizontal=True, gap="small"):
        for row in shown:
            face = row["photo"], row["face"]
            name = f"{row['photo']} {row['face']}"
            if face in cut:
                alt = t("audit_faces.alt", name=row["photo"], face=row["face"] + 1)
                with st.container(width=_THUMBNAIL, gap="xxsmall"):
                    st.image(cut[face], width=_THUMBNAIL, alt=alt)
                    label = class_short_label(row["label"]) if row["label"] else t("audit_answer.unlabelled")
                    st.caption(f"{file_name(row['photo'])}  \n{label}")
                    opened = st.button(
                        t("audit_faces.open"),
                        key=f"audit finding {number} {name}",
                        type="tertiary",
                    )
                if opened:
                    faces.open_in_photo(audit, face)


def _say(audit: Audit, number: int, key: str) -> None:
    """Status and note, which go into the report."""
    said = audit.notes.get(key, {"status": STATUSES[0], "note": ""})
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small", key=f"audit-note-{number}"):
        status, note = f"audit status {key}", f"audit words {key}"
        st.segmented_control(
            t("audit_findings.status", number=number),
            STATUSES,
            default=said["status"],
            required=True,
            format_func=lambda name: t(f"audit_status.{name}"),
            key=status,
            on_change=partial(_keep, audit, key, status, note),
        )
        st.text_input(
            t("audit_findings.words", number=number),
            said["note"],
            max_chars=1000,
            key=note,
            on_change=partial(_keep, audit, key, status, note),
        )


def _keep(audit: Audit, key: str, status: str, note: str) -> None:
    told = {"status": str(session.get_state(status)), "note": str(session.get_state(note) or "").strip()}
    audit.notes[key] = told
    if told == {"status": STATUSES[0], "note": ""}:
        del audit.notes[key]


def level_words(factor: str, level: str) -> str:
    """A level of a factor; one without words as it is."""
    if factor == "label":
        return class_short_label(level)
    return t(f"audit_level.{level}") if has_key(f"audit_level.{level}") else level


def _values(values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with their codes in words."""
    told = dict(values)
    if "class" in told:
        told["name"] = class_short_label(str(told.pop("class")))
    if "measure" in told:
        told["measure"] = t(f"audit_measure.{told['measure']}")
    if "factor" in told:
        told["level"] = level_words(str(told["factor"]), str(told["level"]))
        told["factor"] = t(f"audit_factor.{told['factor']}")
    if "faces" in told and "small" in told:
        told["few"], told["many"] = told.pop("faces")
    if "interval" in told:
        told["low"], told["high"] = told.pop("interval")
    if "median" in told:
        told["change"] = t("audit_light.lighter" if told["median"] > told["others"] else "audit_light.darker")
    return told
