"""The faces of an audit, filtered and a page at a time; one opens in *Check a photo*. And its files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import streamlit as st

from dashboard import own_photos, session
from dashboard.i18n import class_short_label, t, translate_notice
from dashboard.text.model_names import model_names
from dashboard.text.predictions import file_name
from dashboard.views.audit.state import Audit, Face, counted
from dashboard.worker.audit_jobs import CutFaces, Finished
from dashboard.worker.job_handle import JobError
from xai.classes import possible_wearings
from xai.evidence_types import VERDICTS

__all__ = ["files", "listed", "open_in_photo", "pictures", "show"]

_PAGE, _FILES_PAGE = 10, 50
"""Faces and files of one page."""

_THUMBNAIL = 72
"""Width of a face in pixels."""

_ALL = "all"
_FACES, _FILES = "audit-faces-page", "audit-files-page"
Row = Mapping[str, Any]


def show(audit: Audit, found: Finished) -> None:
    """The filters, and the faces that pass them."""
    withheld = bool(found.findings["withheld"])
    rows = _filtered(found.rows, audit.models, withheld=withheld)
    st.caption(t("audit_faces.count", count=len(rows), total=len(found.rows)))
    if not rows:
        st.info(t("audit_faces.none"))
        return
    listed(audit, rows, _FACES)


def listed(audit: Audit, rows: Sequence[Row], key: str) -> None:
    """Answers with their faces, a page at a time.

    Args:
        audit: whose photos are cut.
        rows: of the answers.
        key: of the choice of a page; unique.
    """
    pages = max(1, -(-len(rows) // _PAGE))
    page = min(int(str(session.get_state(key) or 1)), pages)
    shown = rows[(page - 1) * _PAGE : page * _PAGE]
    cut = pictures(audit, shown)
    names = model_names(session.catalogue().cards)
    for number, row in enumerate(shown):
        _row(audit, row, cut.get((row["photo"], row["face"])), names, f"{key} {number}")
    if pages > 1:
        st.pagination(pages, key=key)


def _filtered(rows: Sequence[Row], models: Sequence[str], *, withheld: bool) -> list[Row]:
    names = model_names(session.catalogue().cards)
    classes = sorted({str(row["prediction"]) for row in rows})
    with st.container(horizontal=True, gap="small", key="audit-filters"):
        model = _choice("model", models, lambda name: names.get(name, name))
        verdict = _ALL if withheld else _choice("verdict", VERDICTS, _verdict_words)
        answer = _choice("answer", ("right", "wrong", "unlabelled"), lambda name: t(f"audit_answer.{name}"))
        predicted = _choice("class", classes, class_short_label)
    return [
        row
        for row in rows
        if model in (_ALL, row["model"])
        and verdict in (_ALL, row["verdict"])
        and answer in (_ALL, _answer(row))
        and predicted in (_ALL, row["prediction"])
    ]


def _choice(name: str, options: Sequence[str], label: Any) -> str:
    return st.selectbox(
        t(f"audit_filter.{name}"),
        (_ALL, *options),
        format_func=lambda each: t("audit_filter.all") if each == _ALL else label(each),
        key=f"audit filter {name}",
        width=200,
        on_change=session.set_state,
        args=(_FACES, 1),
    )


def _answer(row: Row) -> str:
    if row["label"] is None:
        return "unlabelled"
    return "right" if row["label"] in possible_wearings(row["prediction"]) else "wrong"


def _row(audit: Audit, row: Row, picture: bytes | None, names: Mapping[str, str], key: str) -> None:
    answer = _answer(row)
    label = class_short_label(row["label"]) if row["label"] else ""
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"audit-face-{key}"):
        if picture:
            st.image(
                picture, width=_THUMBNAIL, alt=t("audit_faces.alt", name=row["photo"], face=row["face"] + 1)
            )
        with st.container(gap="xxsmall", width="stretch"):
            st.markdown(
                t(
                    f"audit_said.{answer}",
                    answer=class_short_label(row["prediction"]),
                    confidence=row["confidence"],
                    label=label,
                )
            )
            st.caption(
                t(
                    "audit_faces.line",
                    verdict=_verdict(audit, row),
                    model=names.get(row["model"], row["model"]),
                    name=file_name(row["photo"]),
                    face=row["face"] + 1,
                )
            )
        opened = st.button(
            t("audit_faces.open"), key=f"audit open {key}", icon=":material/open_in_new:", type="tertiary"
        )
    if opened:
        open_in_photo(audit, (row["photo"], row["face"]))


def _verdict(audit: Audit, row: Row) -> str:
    if audit.finished is not None and audit.finished.findings["withheld"]:
        return t("audit_verdict.withheld")
    return _verdict_words(row["verdict"])


def _verdict_words(verdict: str) -> str:
    return t(f"audit_verdict.{verdict.replace(' ', '_')}")


def open_in_photo(audit: Audit, face: Face) -> None:
    """Hand a photo over to *Check a photo* as an own one, its label in its name, with this face chosen."""
    file = audit.photos.named[face[0]]
    name = file_name(file.name.split("/")[-1])
    if file.label:
        name = t("audit_faces.labelled", name=name, label=class_short_label(file.label))
    taken, _ = own_photos.add([(name, file.data)])
    if not taken:
        st.warning(t("audit_faces.full", photos=own_photos.PHOTOS, megabytes=own_photos.MEGABYTES))
        return
    own_photos.choose_face(taken[0], face[1])
    kept = {name: st.query_params[name] for name in ("lang", "level") if name in st.query_params}
    st.switch_page("views/photo/page.py", query_params={**kept, "photo": str(taken[0].number)})


def pictures(audit: Audit, rows: Sequence[Row]) -> Mapping[Face, bytes]:
    """The faces of rows as JPEG files, cut out of the photos that are held; those that fail are absent."""
    missing: dict[tuple[str, int], dict[int, tuple[int, int, int, int]]] = {}
    for row in rows:
        if (row["photo"], row["face"]) not in audit.pictures:
            missing.setdefault((row["photo"], row["turn"]), {})[row["face"]] = tuple(row["box"])
    for (photo, turn), boxes in missing.items():
        job = CutFaces(audit.photos.named[photo], turn, tuple(boxes.values()))
        try:
            cut = cast("tuple[bytes, ...]", session.run_job(job, lambda _stage: None))
        except JobError:
            continue
        audit.pictures |= {(photo, face): data for face, data in zip(boxes, cut, strict=True)}
    return audit.pictures


def files(found: Finished) -> None:
    """The files that gave no rows, or of which something is to be said, with their sentence."""
    unmatched = found.summary["unmatched"]
    if unmatched:
        st.caption(counted("unmatched", unmatched))
    told = [each for each in found.outcomes if each["sentence"] or each["outcome"] not in ("read", "labels")]
    if not told:
        st.info(t("audit_files.none"))
        return
    st.caption(t("audit_files.count", count=len(told), total=len(found.outcomes)))
    pages = max(1, -(-len(told) // _FILES_PAGE))
    page = min(int(str(session.get_state(_FILES) or 1)), pages)
    st.table(
        [
            {
                t("audit_files.name"): str(each["name"]),
                t("audit_files.became"): t(f"audit_outcome.{each['outcome']}"),
                t("audit_files.why"): _remark(each),
            }
            for each in told[(page - 1) * _FILES_PAGE : page * _FILES_PAGE]
        ],
        hide_index=True,
    )
    if pages > 1:
        st.pagination(pages, key=_FILES)


def _remark(outcome: Mapping[str, Any]) -> str:
    if outcome["outcome"] == "no_face" and not outcome["sentence"]:
        return t("audit_files.no_face")
    return translate_notice(str(outcome["sentence"]))
